"""Optimizers against what Keras does: weights after each of six steps, and slots."""

import warnings

import numpy as np
import pytest

from minikeras import Variable, optimizers
from minikeras.values.naming import reset_names
from tests.golden.golden_files import read

INPUTS, *CASES = read("optimizers")
CASES += read("other_optimizers")


def tolerances(case):
    """Returns relative and absolute tolerance.

    Keras rounds β₂ and β₂ᵗ to float32 before it subtracts them from 1, which moves each
    step of Adam by up to 2.4e-5 of its size; here the correction is made in float64.
    Numbers such as ε are float32 in Keras also where weights are float64.
    """
    if case.get("dtype") == "float64":
        return {"rtol": 2e-7, "atol": 3e-8}
    by_adam = {"Adam", "AdamW", "Adamax", "Nadam", "Muon"}
    if case["class"].removeprefix("optimizers.") not in by_adam:
        return {"rtol": 1e-5, "atol": 1e-6}
    rate = case["keywords"].get("learning_rate", 0.2)
    return {"rtol": 1e-5, "atol": 1e-6 + 1.5e-4 * rate}


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
    reset_names()
    optimizer = made(case)
    dtype, close = case.get("dtype", "float32"), tolerances(case)
    kernel = Variable(INPUTS["kernel"], dtype=dtype, name="kernel")
    bias = Variable(INPUTS["bias"], dtype=dtype, name="bias")
    optimizer.build([kernel, bias])
    assert [v.path for v in optimizer.variables] == case["variables_when_built"]
    assert {v.dtype for v in optimizer.variables[2:]} <= {dtype, "int32"}
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
            np.testing.assert_allclose(weight, value, **close)
    assert int(optimizer.iterations) == case["iterations"]
    for variable, value in zip(optimizer.variables, case["variables"], strict=True):
        np.testing.assert_allclose(variable, value, **close)
    if "finalized" in case:
        optimizer.finalize_variable_values([kernel, bias])
        for weight, value in zip((kernel, bias), case["finalized"], strict=True):
            np.testing.assert_allclose(weight, value, **close)


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
