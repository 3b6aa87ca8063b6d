"""Metrics against what Keras computes, update by update."""

import numpy as np
import pytest

from minikeras import Tensor, metrics
from minikeras.values.naming import reset_names
from tests.golden.golden_files import read

RECORDED = [*read("metrics"), *read("more_metrics")]
CASES = [case for case in RECORDED if "config" not in case]
CONFIGS = [case for case in RECORDED if "config" in case]


def with_mask(update):
    update = dict(update)
    mask = update.pop("mask", None)
    if mask is not None:
        update["y_pred"] = Tensor(update["y_pred"])
        update["y_pred"]._keras_mask = Tensor(mask)
    return update


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_as_keras(case):
    reset_names()
    metric = getattr(metrics, case["class"].removeprefix("metrics."))(
        **case["keywords"]
    )
    for update, expected in zip(case["updates"], case["results"], strict=True):
        metric.update_state(**with_mask(update))
        np.testing.assert_allclose(metric.result(), expected, rtol=2e-5, atol=1e-6)
        assert metric.result().dtype == str(expected.dtype)
    assert [(v.name, v.path) for v in metric.variables] == [
        (name, path) for name, path, _ in case["variables"]
    ]
    for variable, (_, _, value) in zip(
        metric.variables, case["variables"], strict=True
    ):
        np.testing.assert_allclose(variable, value, rtol=2e-5, atol=1e-6)
    metric.reset_state()
    np.testing.assert_array_equal(metric.result(), case["after_reset"])


def test_a_result_does_not_change_with_the_metric():
    total = metrics.Sum()
    total.update_state([1.0, 2.0])
    before = total.result()
    total.update_state([4.0])
    assert (float(before), float(total.result())) == (3.0, 7.0)


@pytest.mark.parametrize("case", CONFIGS, ids=lambda case: case["name"])
def test_written_down_as_keras_does(case):
    metric = metrics.deserialize(case["config"])
    assert metrics.serialize(metric) == case["config"]
    assert metric.get_config() == case["config"]["config"]
