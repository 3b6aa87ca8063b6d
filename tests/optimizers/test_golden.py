"""Optimizers against what Keras does: weights after each of six steps, and slots."""

import warnings

import numpy as np
import pytest

from minikeras import Variable, optimizers
from tests.golden.golden_files import read

INPUTS, *CASES = read("optimizers")


def tolerance(case):
    """Returns an absolute tolerance.

    Keras rounds β₂ and β₂ᵗ to float32 before it subtracts them from 1, which moves each
    step of Adam by up to 2.4e-5 of its size; here the correction is made in float64.
    """
    if "Adam" not in case["class"]:
        return 1e-6
    return 1e-6 + 1.5e-4 * case["keywords"].get("learning_rate", 0.2)


def made(case):
    cls = getattr(optimizers, case["class"].removeprefix("optimizers."))
    keywords = dict(case["keywords"])
    if "schedule" in case:
        schedule = case["schedule"]["class"].removeprefix("optimizers.schedules.")
        keywords["learning_rate"] = getattr(optimizers.schedules, schedule)(
            **case["schedule"]["keywords"]
        )
    return cls(**keywords, name=case["variables_when_built"][0].split("/")[0])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_as_keras(case):
    optimizer = made(case)
    kernel = Variable(INPUTS["kernel"], name="kernel")
    bias = Variable(INPUTS["bias"], name="bias")
    optimizer.build([kernel, bias])
    assert [v.path for v in optimizer.variables] == case["variables_when_built"]
    if "not_decayed" in case:
        optimizer.exclude_from_weight_decay(var_names=case["not_decayed"])
    for step, expected in enumerate(zip(case["kernel"], case["bias"], strict=True)):
        rates = dict(case.get("new_learning_rates", {}))
        if step in rates or str(step) in rates:
            optimizer.learning_rate = rates.get(step, rates.get(str(step)))
        bias_gradient = INPUTS["bias_gradients"][step]
        if step in case.get("no_bias_gradient_at", []):
            bias_gradient = None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            optimizer.apply(
                [INPUTS["kernel_gradients"][step], bias_gradient], [kernel, bias]
            )
        for weight, value in zip((kernel, bias), expected, strict=True):
            np.testing.assert_allclose(weight, value, rtol=1e-5, atol=tolerance(case))
    assert int(optimizer.iterations) == case["iterations"]
    for variable, value in zip(optimizer.variables, case["variables"], strict=True):
        np.testing.assert_allclose(variable, value, rtol=1e-5, atol=tolerance(case))
    if "finalized" in case:
        optimizer.finalize_variable_values([kernel, bias])
        for weight, value in zip((kernel, bias), case["finalized"], strict=True):
            np.testing.assert_allclose(weight, value, rtol=1e-5, atol=tolerance(case))


@pytest.mark.parametrize(
    ("keywords", "match"),
    [
        ({"learning_rate": 1}, "float"),
        ({"clipnorm": 1.0, "clipvalue": 1.0}, "Only one of"),
        ({"lr": 0.1}, "not recognized"),
        ({"momentum": 2}, "momentum"),
        ({"gradient_accumulation_steps": 1}, "gradient_accumulation_steps"),
        ({"use_ema": True, "ema_momentum": 2.0}, "ema_momentum"),
    ],
)
def test_arguments_that_are_refused(keywords, match):
    with pytest.raises(ValueError, match=match):
        optimizers.SGD(**keywords)


def test_decay_only_warns():
    with pytest.warns(UserWarning, match="decay"):
        optimizers.SGD(decay=0.1)


def test_a_schedule_decides_alone():
    optimizer = optimizers.SGD(optimizers.schedules.ExponentialDecay(0.1, 10, 0.9))
    with pytest.raises(TypeError, match="schedule"):
        optimizer.learning_rate = 0.1


def test_gradients_that_are_missing():
    weight = Variable(np.ones(2, "float32"), name="w")
    optimizer = optimizers.SGD()
    optimizer.build([weight])
    with pytest.raises(ValueError, match="No gradients"):
        optimizer.apply([None], [weight])
    optimizer.apply([])
    assert int(optimizer.iterations) == 0


def test_a_weight_it_was_not_built_for():
    optimizer = optimizers.SGD()
    optimizer.build([Variable(np.ones(2, "float32"))])
    with pytest.raises(ValueError, match="Unknown variable"):
        optimizer.apply([np.ones(2, "float32")], [Variable(np.ones(2, "float32"))])


@pytest.mark.parametrize(
    "cls", [optimizers.SGD, optimizers.RMSprop, optimizers.Adam, optimizers.AdamW]
)
def test_the_config_makes_an_equal_optimizer(cls):
    optimizer = cls(
        learning_rate=optimizers.schedules.CosineDecay(0.1, 10), clipnorm=1.0
    )
    again = optimizers.deserialize(optimizers.serialize(optimizer))
    assert again.get_config() == optimizer.get_config()


@pytest.mark.parametrize(
    ("schedule", "step", "rate"),
    [
        (optimizers.schedules.CosineDecay(0.1, 10), 5, 0.05),
        (
            optimizers.schedules.CosineDecay(
                0.0, 10, warmup_target=0.1, warmup_steps=5
            ),
            3,
            0.06,
        ),
        (
            optimizers.schedules.CosineDecay(
                0.0, 10, warmup_target=0.1, warmup_steps=5
            ),
            15,
            0.0,
        ),
        (optimizers.schedules.PiecewiseConstantDecay([5, 10], [1.0, 0.5, 0.1]), 5, 1.0),
        (
            optimizers.schedules.PiecewiseConstantDecay([5, 10], [1.0, 0.5, 0.1]),
            10,
            0.5,
        ),
        (
            optimizers.schedules.PiecewiseConstantDecay([5, 10], [1.0, 0.5, 0.1]),
            11,
            0.1,
        ),
        (optimizers.schedules.ExponentialDecay(1.0, 4, 0.5), 2, 0.5**0.5),
        (optimizers.schedules.ExponentialDecay(1.0, 4, 0.5, staircase=True), 7, 0.5),
    ],
)
def test_schedules(schedule, step, rate):
    assert float(schedule(np.array(step))) == pytest.approx(rate, abs=1e-6)
    assert (
        type(schedule).from_config(schedule.get_config()).get_config()
        == schedule.get_config()
    )
