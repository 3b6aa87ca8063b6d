"""Which way metrics get better."""

import pytest

from minikeras import losses, metrics
from minikeras.metrics.directions import (
    HIGHER_IS_BETTER,
    LOWER_IS_BETTER,
    direction_of,
)
from minikeras.metrics.metric import MeanMetricWrapper


@pytest.mark.parametrize("name", ["BinaryAccuracy", "MeanSquaredError", "Sum"])
def test_the_tables_say_which_way_is_better(name):
    metric = getattr(metrics, name)()
    expected = {"BinaryAccuracy": "max", "MeanSquaredError": "min", "Sum": None}
    assert direction_of(metric) == expected[name]


def test_no_metric_is_better_both_ways():
    assert not HIGHER_IS_BETTER & LOWER_IS_BETTER


def test_the_mean_of_a_loss_is_better_when_lower():
    assert direction_of(MeanMetricWrapper(losses.mean_squared_error, "mse")) == "min"
    assert direction_of(MeanMetricWrapper(lambda y, p: p, "other")) is None


def test_a_metric_may_say_it_itself():
    metric = metrics.Sum()
    metric._direction = "up"
    assert direction_of(metric) == "max"
