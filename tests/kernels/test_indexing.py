"""What picking by position means: views, counting from the end, wrong indices."""

import numpy as np
import pytest

from minikeras.kernels.shapes import shapes
from minikeras.kernels.shapes.shape_dtype import ShapeDtype
from tests.kernels.sets import ARRAY_SETS

every_set = pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
X = np.arange(12.0).reshape(3, 4)


# --- Keys -----------------------------------------------------------------------------


@every_set
def test_a_single_element_is_a_view_too(kernels):
    x = X.copy()
    element = kernels.getitem(x, key=(1, -1))
    assert type(element) is np.ndarray
    assert element.shape == ()
    x[1, 3] = 100.0
    assert element == 100.0


@every_set
def test_a_gradient_goes_where_its_part_came_from(kernels):
    key = (slice(None, None, -2), None, 1)
    grad = kernels.getitem_grad(np.array([[5.0], [7.0]]), X, key=key)
    expected = np.zeros((3, 4))
    expected[2, 1], expected[0, 1] = 5.0, 7.0
    np.testing.assert_array_equal(grad, expected)


@pytest.mark.parametrize("kernels", [*ARRAY_SETS, shapes], ids=str)
@pytest.mark.parametrize("key", [3, (0, -5), (0, 0, 0), (..., 0, ...)])
def test_keys_out_of_range_are_refused(kernels, key):
    x = ShapeDtype(X.shape, X.dtype) if kernels is shapes else X
    with pytest.raises(IndexError):
        kernels.getitem(x, key=key)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (slice(1, None), (None, 3)),
        (0, (3,)),
        ((..., None, 0), (None, 1)),
        ((slice(None), slice(0, 10, 2)), (None, 2)),
    ],
)
def test_a_part_of_an_unknown_size_is_unknown(key, expected):
    x = ShapeDtype((None, 3), "float32")
    assert shapes.getitem(x, key=key) == ShapeDtype(expected, "float32")


# --- Indices --------------------------------------------------------------------------


@every_set
@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8"])
def test_slices_are_picked(kernels, dtype):
    indices = np.array([[2, 0], [0, 1]], dtype)
    picked = kernels.take(X, indices, axis=0)
    assert picked.shape == (2, 2, 4)
    np.testing.assert_array_equal(picked[1, 0], X[0])
    np.testing.assert_array_equal(kernels.take(X, np.array(-1), axis=1), X[:, 3])


@every_set
def test_gradients_of_one_slice_add_up_in_float64(kernels):
    """In float32 arithmetic 2²⁴ + 1 + 1 would stay 2²⁴."""
    grad = np.array([[2.0**24], [1.0], [1.0], [5.0]], "float32")
    x = np.zeros((3, 1), "float32")
    total = kernels.take_grad(grad, x, np.array([1, -2, 1, 0]), axis=0)
    np.testing.assert_array_equal(total, [[5.0], [2.0**24 + 2], [0.0]])
    assert total.dtype == "float32"
    indices = np.array([[1], [-2], [1], [0]])
    total = kernels.take_along_axis_grad(grad, x, indices, axis=0)
    np.testing.assert_array_equal(total, [[5.0], [2.0**24 + 2], [0.0]])


@every_set
@pytest.mark.parametrize("index", [3, -4, 2**31 - 1, -(2**31)])
def test_indices_out_of_range_are_refused(kernels, index):
    indices = np.array([0, index], "int32")
    message = f"index {index} is out of bounds for axis 0 with size 3"
    with pytest.raises(IndexError, match=message):
        kernels.take(X, indices, axis=0)
    with pytest.raises(IndexError, match=message):
        kernels.take_grad(np.ones((2, 4)), X, indices, axis=0)
    with pytest.raises(IndexError, match=message):
        kernels.take_along_axis(X, indices[:, None], axis=0)
    with pytest.raises(IndexError, match=message):
        kernels.take_along_axis_grad(np.ones((2, 4)), X, indices[:, None], axis=0)


@pytest.mark.parametrize("kernels", [*ARRAY_SETS, shapes], ids=str)
def test_nothing_can_be_picked_from_nothing(kernels):
    x, indices = np.ones((0, 2)), np.array([0])
    if kernels is shapes:
        x, indices = ShapeDtype((0, 2), "float64"), ShapeDtype((1,), "int64")
    with pytest.raises(IndexError, match="axis 0 with size 0"):
        kernels.take(x, indices, axis=0)
    assert kernels.take(x, indices, axis=1).shape == (0, 1)


@every_set
def test_places_are_picked_along_an_axis(kernels):
    x = np.array([[3.0, 1.0, 2.0], [0.0, 5.0, 4.0]])
    order = kernels.argsort(x, axis=1)
    np.testing.assert_array_equal(order, [[1, 2, 0], [0, 2, 1]])
    np.testing.assert_array_equal(
        kernels.take_along_axis(x, order, axis=1), np.sort(x, axis=1)
    )
    last_of_each = kernels.take_along_axis(x, np.array([[-1]]), axis=1)
    np.testing.assert_array_equal(last_of_each, [[2.0], [4.0]])


@pytest.mark.parametrize("kernels", [*ARRAY_SETS, shapes], ids=str)
def test_indices_along_an_axis_need_all_axes(kernels):
    x, indices = np.ones((2, 3)), np.array([0])
    if kernels is shapes:
        x, indices = ShapeDtype((2, 3), "float64"), ShapeDtype((1,), "int64")
    with pytest.raises(ValueError, match=r"x \(2, 3\) and indices \(1,\)"):
        kernels.take_along_axis(x, indices, axis=0)


@pytest.mark.parametrize("kernels", [*ARRAY_SETS, shapes], ids=str)
def test_gradients_of_another_shape_are_refused(kernels):
    x, indices, grad = np.ones((2, 3)), np.array([[0]]), np.ones((4, 4))
    if kernels is shapes:
        x, indices, grad = (ShapeDtype(a.shape, a.dtype) for a in (x, indices, grad))
    message = r"needs a gradient in the shape of what was picked, \(.*\); got \(4, 4\)"
    with pytest.raises(ValueError, match=message):
        kernels.getitem_grad(grad, x, key=0)
    with pytest.raises(ValueError, match=message):
        kernels.take_grad(grad, x, indices, axis=1)
    with pytest.raises(ValueError, match=message):
        kernels.take_along_axis_grad(grad, x, indices, axis=1)


# --- One-hot rows and orders ----------------------------------------------------------


@every_set
@pytest.mark.parametrize("index_dtype", ["int8", "int32", "int64", "uint8"])
def test_one_hot_rows(kernels, index_dtype):
    indices = np.array([[2, 0], [3, 1]], index_dtype)
    rows = kernels.one_hot(indices, classes=3, dtype="float32")
    assert rows.dtype == "float32"
    expected = [[[0, 0, 1], [1, 0, 0]], [[0, 0, 0], [0, 1, 0]]]
    np.testing.assert_array_equal(rows, expected)


@every_set
def test_one_hot_of_negative_indices_is_zero(kernels):
    rows = kernels.one_hot(np.array([-1, 1, -2]), classes=2, dtype="int32")
    np.testing.assert_array_equal(rows, [[0, 0], [0, 1], [0, 0]])


@every_set
def test_equals_stay_in_order_and_nan_comes_last(kernels):
    x = np.array([np.nan, 1.0, -0.0, 1.0, 0.0, np.nan, -np.inf])
    order = kernels.argsort(x, axis=0)
    np.testing.assert_array_equal(order, [6, 2, 4, 1, 3, 0, 5])
    assert order.dtype == "int32"
