"""LossScaleOptimizer: Keras's scale, steps that are left out, what is inside."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras import Tensor, Variable, optimizers
from minikeras.values.naming import reset_names
from tests.golden.golden_files import read

CASES = read("loss_scale")

START = np.array([1.0, 2.0], "float32")


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


@given(
    st.lists(
        st.lists(st.floats(-8, 8, width=16), min_size=2, max_size=2),
        min_size=1,
        max_size=5,
    ),
    st.integers(-3, 15),
)
def test_scaling_by_powers_of_two_changes_nothing(gradients, power):
    plain, scaled = Variable(START, name="w"), Variable(START, name="w")
    inner = optimizers.Adam(0.1)
    optimizer = optimizers.LossScaleOptimizer(
        optimizers.Adam(0.1), initial_scale=2.0**power
    )
    for gradient in gradients:
        gradient = np.array(gradient, "float32")
        inner.apply([gradient], [plain])
        optimizer.apply([gradient * np.float32(2.0**power)], [scaled])
    np.testing.assert_array_equal(plain, scaled)


def test_the_loss_is_multiplied_also_before_it_is_built():
    inner = optimizers.SGD(0.1, loss_scale_factor=4.0)
    optimizer = optimizers.LossScaleOptimizer(inner, initial_scale=8.0)
    assert inner.loss_scale_factor is None
    loss = Variable(3.0) * 1.0
    assert float(optimizer.scale_loss(loss)) == 24.0
    weight = Variable(START, name="weight")
    optimizer.build([weight])
    assert float(optimizer.scale_loss(loss)) == 24.0
    optimizer.apply([np.array([8.0, 0.0], "float32")], [weight])
    np.testing.assert_allclose(weight, [0.9, 2.0], rtol=1e-6)


def test_a_weight_without_a_gradient_is_left_alone():
    weights = [Variable(START, name="a"), Variable(START, name="b")]
    optimizer = optimizers.LossScaleOptimizer(optimizers.SGD(0.1), initial_scale=1.0)
    with pytest.warns(UserWarning, match=r"do not exist.*'a'.*no NumPy"):
        optimizer.apply([None, START], weights)
    np.testing.assert_array_equal(weights[0], START)
    np.testing.assert_allclose(weights[1], START * 0.9, rtol=1e-6)


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


def test_optimizers_in_a_map_lose_their_scale_too():
    inner = optimizers.SGD(0.1)
    chosen = optimizers.MultiOptimizer(
        optimizers.OptimizerMap(inner), loss_scale_factor=5.0
    )
    assert inner.loss_scale_factor == 5.0
    optimizer = optimizers.LossScaleOptimizer(chosen, initial_scale=8.0)
    assert chosen.loss_scale_factor is None
    weight = Variable(START, name="weight")
    optimizer.apply([np.array([8.0, 0.0], "float32")], [weight])
    np.testing.assert_allclose(weight, [0.9, 2.0], rtol=1e-6)


def test_arguments_of_older_files_may_say_nothing():
    inner = optimizers.SGD(0.1)
    optimizers.LossScaleOptimizer(
        inner, dynamic=True, clipnorm=None, use_ema=False, ema_momentum=0.99
    )
    with pytest.raises(ValueError, match="loss_scale_factor"):
        optimizers.LossScaleOptimizer(inner, dynamic=False)
    with pytest.raises(ValueError, match=r"does not take clipnorm:"):
        optimizers.LossScaleOptimizer(inner, clipnorm=1.0, clipvalue=None)
