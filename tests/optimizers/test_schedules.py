"""Schedules: Keras's rates, also of schedules of one's own."""

import numpy as np
import pytest

from minikeras import Variable, ops, optimizers, saving
from minikeras.optimizers import schedules
from tests.golden.golden_files import read

CASES = read("schedules")


def made(case):
    return getattr(schedules, case["class"])(**case["keywords"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_rates_are_those_of_keras(case):
    schedule = made(case)
    rates = [float(schedule(np.array(step))) for step in case["steps"]]
    np.testing.assert_allclose(rates, case["rates"], rtol=3e-6, atol=2e-8)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_config_is_that_of_keras_and_makes_an_equal_schedule(case):
    config = made(case).get_config()
    assert config == case["config"]
    assert list(config) == list(case["config"])
    serialized = schedules.serialize(made(case))
    assert serialized["module"] == "keras.optimizers.schedules"
    assert serialized["class_name"] == case["class"]
    assert schedules.deserialize(serialized).get_config() == config


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_rates_are_float32_numbers(case):
    rate = made(case)(Variable(np.array(3, "int32"), trainable=False))
    assert (rate.shape, rate.dtype) == ((), "float32")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("ExponentialDecay", (0.1, 0, 0.5)),
        ("InverseTimeDecay", (0.1, -1, 0.5)),
        ("PolynomialDecay", (0.1, 0)),
        ("CosineDecay", (0.1, 0)),
        ("CosineDecayRestarts", (0.1, 0)),
    ],
)
def test_steps_must_be_positive(name, arguments):
    with pytest.raises(ValueError, match="decay_steps` must be positive; got"):
        getattr(schedules, name)(*arguments)


def test_there_is_one_boundary_less_than_values():
    with pytest.raises(ValueError, match="2 boundaries and 2 values"):
        schedules.PiecewiseConstantDecay([1, 2], [1.0, 0.5])


class Halved(schedules.LearningRateSchedule):
    """Half the rate from some step on."""

    def __init__(self, rate, since):
        self.rate = rate
        self.since = since

    def __call__(self, step):
        return ops.where(step < self.since, self.rate, self.rate / 2)

    def get_config(self):
        return {"rate": self.rate, "since": self.since}


def test_a_schedule_of_ones_own():
    optimizer = optimizers.SGD(Halved(1.0, since=1))
    weight = Variable([3.0], name="w")
    for expected in (2.0, 1.5, 1.0):
        optimizer.apply([np.ones(1, "float32")], [weight])
        assert float(weight[0]) == expected
    config = optimizers.serialize(optimizer)
    again = optimizers.deserialize(config, custom_objects={"Halved": Halved})
    assert again.get_config() == optimizer.get_config()
    with saving.custom_object_scope({"Halved": Halved}):
        assert optimizers.deserialize(config).get_config() == optimizer.get_config()
    with pytest.raises(ValueError, match="Halved"):
        optimizers.deserialize(config)


def test_what_a_subclass_forgot_is_said():
    class Empty(schedules.LearningRateSchedule):
        pass

    with pytest.raises(NotImplementedError, match=r"Empty defines no __call__\(step\)"):
        Empty()(0)
    with pytest.raises(NotImplementedError, match="Empty defines no get_config"):
        Empty().get_config()
