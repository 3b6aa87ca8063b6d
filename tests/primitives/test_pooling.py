"""The derivatives of pooling are pooling and unpooling again."""

import numpy as np
import pytest

from minikeras.primitives import pooling
from tests.kernels.sets import ARRAY_SETS

every_set = pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
X = np.array([1.0, 5.0, 2.0, 4.0, 3.0, 0.0]).reshape(1, 6, 1)
PAIRS = {"pool_size": (2,), "strides": (2,), "padding": "valid"}


@every_set
def test_a_maximum_gets_the_gradient_of_its_window(kernels):
    out = pooling.max_pool.forward(kernels, X, **PAIRS)
    upstream = np.array([1.0, 2.0, 3.0]).reshape(1, 3, 1)
    [grad] = pooling.max_pool.vjp(kernels, (True,), (upstream, None), out, X, **PAIRS)
    np.testing.assert_array_equal(grad.ravel(), [0, 1, 0, 2, 3, 0])
    assert pooling.max_pool.vjp(kernels, (True,), (None, None), out, X, **PAIRS) == (
        None,
    )


@every_set
def test_unpooling_and_picking_are_each_others_derivatives(kernels):
    grad = np.array([1.0, 2.0, 3.0]).reshape(1, 3, 1)
    values = np.arange(6.0).reshape(1, 6, 1)
    _, places = pooling.max_pool.forward(kernels, X, **PAIRS)
    back, *nothing = pooling.max_pool_grad.vjp(
        kernels, (True, False, False), values, None, grad, places, X, **PAIRS
    )
    np.testing.assert_array_equal(back.ravel(), [1, 3, 4])
    assert nothing == [None, None]
    back, nothing = pooling.max_pool_pick.vjp(
        kernels, (True, False), grad, None, values, places, **PAIRS
    )
    np.testing.assert_array_equal(back.ravel(), [0, 1, 0, 2, 3, 0])
    assert nothing is None


@every_set
def test_an_average_is_spread_over_its_members(kernels):
    grad = np.array([2.0, 4.0, 6.0]).reshape(1, 3, 1)
    [back] = pooling.average_pool.vjp(kernels, (True,), grad, None, X, **PAIRS)
    np.testing.assert_array_equal(back.ravel(), [1, 1, 2, 2, 3, 3])
    back, nothing = pooling.average_pool_grad.vjp(
        kernels, (True, False), X, None, grad, X, **PAIRS
    )
    np.testing.assert_array_equal(back.ravel(), [3, 3, 1.5])
    assert nothing is None
