"""What the derivatives of changed shapes are: the same numbers, sent back."""

import numpy as np
import pytest

from minikeras.primitives import shape
from tests.kernels.sets import ARRAY_SETS

every_set = pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
X = np.arange(6.0).reshape(2, 3)


@every_set
@pytest.mark.parametrize(
    ("primitive", "parameters"),
    [
        (shape.reshape, {"shape": (3, -1)}),
        (shape.expand_dims, {"axis": (0, -1)}),
        (shape.transpose, {"axes": None}),
        (shape.transpose, {"axes": (-1, 0)}),
        (shape.swap_last, {}),
        (shape.flip, {"axis": 1}),
        (shape.contiguous, {}),
    ],
    ids=str,
)
def test_what_only_moves_numbers_moves_them_back(kernels, primitive, parameters):
    """The gradient of the result itself must be x."""
    out = primitive.forward(kernels, X, **parameters)
    [grad] = primitive.vjp(kernels, (True,), out, out, X, **parameters)
    np.testing.assert_array_equal(grad, X)


@every_set
def test_three_axes_are_turned_back(kernels):
    x = np.arange(24.0).reshape(2, 3, 4)
    out = shape.transpose.forward(kernels, x, axes=(2, 0, 1))
    [grad] = shape.transpose.vjp(kernels, (True,), out, out, x, axes=(2, 0, 1))
    np.testing.assert_array_equal(grad, x)


@every_set
def test_reshape_copies_what_has_no_such_view(kernels):
    out = shape.reshape.forward(kernels, X.T, shape=(6,))
    np.testing.assert_array_equal(out, [0.0, 3.0, 1.0, 4.0, 2.0, 5.0])
    [grad] = shape.reshape.vjp(kernels, (True,), out, out, X.T, shape=(6,))
    np.testing.assert_array_equal(grad, X.T)


@every_set
def test_each_part_gets_its_own_gradient(kernels):
    inputs = (np.zeros((2, 1)), np.zeros((2, 0)), np.zeros((2, 2)))
    wanted = (True, True, True)
    grads = shape.concatenate.vjp(kernels, wanted, X, None, *inputs, axis=-1)
    np.testing.assert_array_equal(grads[0], X[:, :1])
    assert grads[1].shape == (2, 0)
    np.testing.assert_array_equal(grads[2], X[:, 1:])


def test_a_part_that_wants_none_gets_none():
    inputs = (np.zeros((1, 3)), np.zeros((1, 3)))
    grads = shape.concatenate.vjp(
        ARRAY_SETS[0], (False, True), X, None, *inputs, axis=0
    )
    assert grads[0] is None
    np.testing.assert_array_equal(grads[1], X[1:])


@every_set
def test_padding_gets_no_gradient(kernels):
    width = ((1, 0), (2, 1))
    out = shape.pad.forward(kernels, X, pad_width=width, value=9.0)
    [grad] = shape.pad.vjp(kernels, (True,), out, out, X, pad_width=width, value=9.0)
    np.testing.assert_array_equal(grad, X)


def test_constants_do_not_depend_on_what_they_are_like():
    assert shape.ones_like.vjp(None, (True,), X, X, X) == (None,)
    assert shape.zeros_like.vjp(None, (True,), X, X, X) == (None,)


@every_set
def test_swapping_names_the_shape_it_cannot_swap(kernels):
    with pytest.raises(ValueError, match=r"two axes or more; got shape \(3,\)"):
        shape.swap_last.forward(kernels, np.ones(3))
