"""What the derivatives of picking are: gradients go back to where each came from."""

import numpy as np
import pytest

from minikeras.primitives import indexing
from tests.kernels.sets import ARRAY_SETS

every_set = pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
X = np.arange(6.0).reshape(2, 3)


@every_set
def test_a_slice_sends_its_gradient_home(kernels):
    key = (..., None, slice(None, None, -2))
    upstream = np.array([[[1.0, 2.0]], [[3.0, 4.0]]])
    [grad] = indexing.getitem.vjp(kernels, (True,), upstream, None, X, key=key)
    np.testing.assert_array_equal(grad, [[2.0, 0.0, 1.0], [4.0, 0.0, 3.0]])


@every_set
def test_what_is_picked_twice_gets_both_gradients(kernels):
    upstream = np.array([[1.0, 10.0, 100.0], [2.0, 20.0, 200.0]])
    indices = np.array([0, -1, 0])
    grad, nothing = indexing.take.vjp(
        kernels, (True, False), upstream, None, X, indices, axis=1
    )
    np.testing.assert_array_equal(grad, [[101.0, 0.0, 10.0], [202.0, 0.0, 20.0]])
    assert nothing is None
    grad, nothing = indexing.take_along_axis.vjp(
        kernels, (True, False), upstream, None, X, indices[None], axis=1
    )
    np.testing.assert_array_equal(grad, [[101.0, 0.0, 10.0], [202.0, 0.0, 20.0]])


@every_set
def test_putting_back_and_picking_are_each_others_derivatives(kernels):
    indices = np.array([1, 1, 0])
    grad = np.ones((2, 3))
    out = indexing.take_grad.forward(kernels, grad, X, indices, axis=1)
    back, *nothing = indexing.take_grad.vjp(
        kernels, (True, False, False), X, out, grad, X, indices, axis=1
    )
    np.testing.assert_array_equal(back, X[:, [1, 1, 0]])
    assert nothing == [None, None]


@pytest.mark.parametrize(
    "key", [[0, 1], np.array([0]), np.array(0), True, (0, False), 1.0, "x"], ids=str
)
def test_only_keys_of_views_are_taken(key):
    with pytest.raises(IndexError, match="For arrays of indices use take"):
        indexing.getitem.forward(ARRAY_SETS[0], X, key=key)


def test_integers_have_no_gradient():
    indices = np.array([1, 0])
    parameters = {"classes": 2, "dtype": "float64"}
    result = indexing.one_hot.vjp(None, (True,), X, None, indices, **parameters)
    assert result == (None,)
    assert indexing.argsort.vjp(None, (True,), X, None, X, axis=0) == (None,)
