"""Replayed derivatives: those of a function's own steps, on any vocabulary."""

import numpy as np

from minikeras.autograd import grad
from minikeras.autograd.replay import Replayed, replayed_vjp
from minikeras.kernels.reference import reference
from minikeras.primitives import elementwise, recorded
from minikeras.values import Tensor

X, Y = np.array([1.0, 2.0, 3.0]), np.array([0.5, 0.25, 4.0])
G, H = np.array([1.0, -1.0, 2.0]), np.array([3.0, 0.5, 1.0])


def product_and_square(x, nothing, y):
    assert nothing is None
    return elementwise.multiply(x, y), elementwise.square(y)


def test_each_input_gets_the_gradients_of_all_results():
    x_grad, nothing, y_grad = replayed_vjp(
        reference, (True, True, True), (G, H), product_and_square, X, None, Y
    )
    assert nothing is None
    np.testing.assert_array_equal(x_grad, G * Y)
    np.testing.assert_array_equal(y_grad, G * X + H * 2 * Y)


def test_a_result_without_a_gradient_sends_none():
    wanted = (False, False, True)
    x_grad, _, y_grad = replayed_vjp(
        reference, wanted, (None, H), product_and_square, X, None, Y
    )
    assert x_grad is None
    np.testing.assert_array_equal(y_grad, H * 2 * Y)


def test_where_nothing_is_wanted_nothing_comes():
    wanted = (False, False, False)
    gradients = replayed_vjp(reference, wanted, (G, H), product_and_square, X, None, Y)
    assert gradients == (None, None, None)


def test_on_values_that_record_it_can_be_differentiated_again():
    """∂²/∂y² of Σ y³ is 6y."""

    def cube(y):
        return (elementwise.multiply(y, elementwise.square(y)),)

    def slope(y):
        (gradient,) = replayed_vjp(recorded, (True,), (Tensor(np.ones(3)),), cube, y)
        return recorded.sum(gradient, axis=None, keepdims=False)

    np.testing.assert_allclose(grad(slope)(Tensor(Y)).numpy(), 6 * Y, rtol=1e-15)


def test_it_leaves_no_vocabulary_behind():
    replayed_vjp(reference, (True,), (G,), lambda x: (elementwise.square(x),), X)
    assert Replayed.active.kernels is None
