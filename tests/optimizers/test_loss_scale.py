"""LossScaleOptimizer: Keras's scale, steps that are left out, what is inside."""

import numpy as np
import pytest

from minikeras import Tensor, Variable, optimizers
from minikeras.values.naming import reset_names
from tests.golden.golden_files import read

CASES = read("loss_scale")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_as_keras(case):
    reset_names()
    inner = getattr(optimizers, case["class"])(**case["keywords"])
    optimizer = optimizers.LossScaleOptimizer(
        inner, initial_scale=4.0, dynamic_growth_steps=2
    )
    weight = Variable(np.ones(2, "float32"), name="weight")
    assert float(optimizer.scale_loss(Tensor(3.0))) == case["scaled_before_build"]
    optimizer.build([weight])
    assert [variable.path for variable in optimizer.variables] == case["paths"]
    for gradient, (value, *numbers) in zip(
        case["gradients"], case["steps"], strict=True
    ):
        optimizer.apply([gradient], [weight])
        np.testing.assert_allclose(weight, value, rtol=1e-5, atol=5e-5)
        assert [
            float(optimizer.dynamic_scale),
            float(optimizer.step_counter),
            float(optimizer.iterations),
        ] == numbers
    assert float(optimizer.scale_loss(Tensor(3.0))) == case["scaled"]
    for variable, value in zip(optimizer.variables, case["variables"], strict=True):
        np.testing.assert_allclose(variable, value, rtol=1e-5, atol=5e-5)
    assert list(optimizer.get_config()) == case["keys"]


def test_the_config_makes_an_equal_optimizer():
    optimizer = optimizers.LossScaleOptimizer(
        optimizers.Adam(optimizers.schedules.CosineDecay(0.1, 10)), initial_scale=2.0
    )
    again = optimizers.deserialize(optimizers.serialize(optimizer))
    assert again.get_config() == optimizer.get_config()
    assert type(again.inner_optimizer) is optimizers.Adam


def test_the_learning_rate_is_that_of_the_optimizer_inside():
    optimizer = optimizers.LossScaleOptimizer(optimizers.SGD(0.5))
    assert float(optimizer.learning_rate) == 0.5
    optimizer.learning_rate = 0.25
    assert float(optimizer.inner_optimizer.learning_rate) == 0.25


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: optimizers.LossScaleOptimizer("adam"), "needs an optimizer"),
        (lambda: scaled(clipnorm=1.0), "does not take clipnorm"),
        (lambda: scaled(initial_scale=0), "initial_scale` must be a positive number"),
        (lambda: scaled(dynamic_growth_steps=1.5), "positive integer; got 1.5"),
    ],
)
def test_a_mistake_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def scaled(**keywords):
    return optimizers.LossScaleOptimizer(optimizers.SGD(), **keywords)
