"""The arithmetic of shapes whose sizes may be unknown."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras.kernels.shapes.shape_dtype import (
    ShapeDtype,
    broadcast_shapes,
    dtype_of,
    normalized_axes,
    normalized_axis,
    product,
    shape_of,
)
from tests.strategies import broadcastable_shapes
from tests.strategies import shapes as any_shape


def test_a_shape_dtype_knows_what_an_array_would():
    x = ShapeDtype([2, 3], "float32")
    assert (x.shape, x.dtype, x.ndim, x.size) == ((2, 3), np.dtype("float32"), 2, 6)
    assert ShapeDtype((None, 3), "float32").size is None


def test_equal_shapes_with_equal_dtypes_are_equal():
    x = ShapeDtype((None, 3), "float32")
    assert x == ShapeDtype((None, 3), np.float32)
    assert hash(x) == hash(ShapeDtype((None, 3), np.float32))
    assert x != ShapeDtype((None, 3), "float64")
    assert x != ShapeDtype((2, 3), "float32")
    assert x != "float32"


@given(shapes=broadcastable_shapes(count=3))
def test_known_shapes_broadcast_as_numpys(shapes):
    assert broadcast_shapes(*shapes) == np.broadcast_shapes(*shapes)


@given(shapes=st.tuples(any_shape(max_dims=3), any_shape(max_dims=3)))
def test_shapes_that_numpy_refuses_are_refused(shapes):
    try:
        expected = np.broadcast_shapes(*shapes)
    except ValueError:
        with pytest.raises(ValueError, match="do not broadcast"):
            broadcast_shapes(*shapes)
    else:
        assert broadcast_shapes(*shapes) == expected


def test_unknown_sizes_broadcast_to_what_they_must_be():
    assert broadcast_shapes((None,), (3,)) == (3,)
    assert broadcast_shapes((None,), (1,)) == (None,)
    assert broadcast_shapes((None,), (None,)) == (None,)
    assert broadcast_shapes((None,), (0,)) == (0,)
    assert broadcast_shapes((None,), ()) == (None,)
    assert broadcast_shapes() == ()


def test_a_product_with_zero_is_zero_even_if_a_size_is_unknown():
    assert product(()) == 1
    assert product((2, None, 3)) is None
    assert product((None, 0)) == 0


def test_axes_are_counted_from_the_front():
    assert normalized_axis(-1, 3) == 2
    assert normalized_axes((0, -1), 3) == (0, 2)
    assert normalized_axes(None, 2) == (0, 1)
    assert normalized_axes((), 2) == ()


def test_axes_that_are_not_there_are_refused_as_numpy_does():
    with pytest.raises(np.exceptions.AxisError):
        normalized_axis(2, 2)
    with pytest.raises(np.exceptions.AxisError):
        normalized_axes((0, -3), 2)
    with pytest.raises(ValueError, match="twice"):
        normalized_axes((1, -1), 2)


def test_numbers_have_no_axes_and_leave_the_dtype_to_the_others():
    x = ShapeDtype((2,), "float16")
    assert shape_of(1.5) == ()
    assert shape_of(x) == (2,)
    assert dtype_of(1.5, x) == np.float16
    assert dtype_of(1.5, np.ones(2, "int8")) == np.int8  # a constant
    with pytest.raises(TypeError, match="an array; got float, int"):
        dtype_of(1.5, 2)
