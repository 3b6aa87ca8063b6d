"""What changing shapes means: order of elements, views, unknown sizes, errors."""

import numpy as np
import pytest

from minikeras.kernels.reference import reference
from minikeras.kernels.shapes import shapes
from minikeras.kernels.shapes.shape_dtype import ShapeDtype
from tests.kernels.sets import ARRAY_SETS

every_set = pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
every_set_and_shapes = pytest.mark.parametrize(
    "kernels", [*ARRAY_SETS, shapes], ids=str
)
X = np.arange(24).reshape(2, 3, 4)


def array_for(kernels, shape):
    """Returns something of a shape that a set can work with."""
    return ShapeDtype(shape, "float32") if kernels is shapes else np.ones(shape)


# --- Views ----------------------------------------------------------------------------


@every_set
def test_reshape_keeps_c_order(kernels):
    np.testing.assert_array_equal(
        kernels.reshape(X, shape=(4, -1)),
        [[*range(6 * i, 6 * i + 6)] for i in range(4)],
    )
    assert kernels.reshape(np.ones(1), shape=()).shape == ()
    assert kernels.reshape(np.ones((0, 3)), shape=(5, 0)).shape == (5, 0)


@every_set
def test_reshape_makes_a_view_or_refuses(kernels):
    rows_of_larger_array = np.zeros((4, 6))[:, :3]
    view = kernels.reshape(rows_of_larger_array, shape=(2, 2, 3))
    assert np.shares_memory(view, rows_of_larger_array)
    with pytest.raises(ValueError, match=r"no view of shape \(12,\)\. Copy it first"):
        kernels.reshape(rows_of_larger_array, shape=(12,))


@every_set_and_shapes
@pytest.mark.parametrize("shape", [(5,), (4, -1), (-1, -1), (2, -2, 3), (0, -1), ()])
def test_reshape_needs_the_same_number_of_elements(kernels, shape):
    with pytest.raises(ValueError, match=r"shape|size|dimension"):
        kernels.reshape(array_for(kernels, (2, 3)), shape=shape)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ((None, 4), (-1, 2), (None, 2)),
        ((None, 4), (8, -1), (8, None)),
        ((None, 4), (3, 8), (3, 8)),
        ((None, 0), (-1, 7), (0, 7)),
        ((None, 4), (None, -1), (None, None)),
        ((2, 6), (3, -1), (3, 4)),
        ((), (-1, 1), (1, 1)),
    ],
)
def test_reshape_infers_what_it_can(old, new, expected):
    x = ShapeDtype(old, "float32")
    assert shapes.reshape(x, shape=new) == ShapeDtype(expected, "float32")


def test_reshape_refuses_what_no_size_makes_right():
    x = ShapeDtype((None, 4), "float32")
    with pytest.raises(ValueError, match=r"\(None, 4\) do not fill shape \(3, 3\)"):
        shapes.reshape(x, shape=(3, 3))


@every_set
def test_axes_move(kernels):
    assert kernels.transpose(X, axes=None).shape == (4, 3, 2)
    moved = kernels.transpose(X, axes=(2, 0, -2))
    assert moved.shape == (4, 2, 3)
    assert moved[3, 1, 2] == X[1, 2, 3]
    assert kernels.swap_last(X)[1, 3, 2] == X[1, 2, 3]


@every_set
def test_axes_of_one_come_and_go(kernels):
    expanded = kernels.expand_dims(X, axis=(0, -1))
    assert expanded.shape == (1, 2, 3, 4, 1)
    assert kernels.squeeze(expanded, axis=(-1, 0)).shape == X.shape
    assert kernels.expand_dims(X, axis=1).shape == (2, 1, 3, 4)
    assert kernels.expand_dims(np.array(5.0), axis=0).shape == (1,)


@every_set
def test_flip_turns_the_axes_named(kernels):
    np.testing.assert_array_equal(kernels.flip(X, axis=None), X[::-1, ::-1, ::-1])
    np.testing.assert_array_equal(kernels.flip(X, axis=(0, -1)), X[::-1, :, ::-1])


@every_set
def test_broadcast_to_repeats_without_a_copy(kernels):
    x = np.array([[1.0], [2.0]])
    repeated = kernels.broadcast_to(x, shape=(3, 2, 2))
    np.testing.assert_array_equal(repeated, [[[1, 1], [2, 2]]] * 3)
    assert np.shares_memory(repeated, x)
    assert not repeated.flags.writeable


@every_set_and_shapes
@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("squeeze", {"axis": 0}),
        ("squeeze", {"axis": 2}),
        ("expand_dims", {"axis": 3}),
        ("expand_dims", {"axis": (0, 0)}),
        ("transpose", {"axes": (0, 0)}),
        ("transpose", {"axes": (0,)}),
        ("transpose", {"axes": (0, 2)}),
        ("broadcast_to", {"shape": (3,)}),
        ("broadcast_to", {"shape": (2, 4)}),
        ("broadcast_to", {"shape": (2, 2)}),
        ("flip", {"axis": -3}),
        ("pad", {"pad_width": ((1, 1),), "value": 0.0}),
        ("pad", {"pad_width": ((1, 1), (-1, 0)), "value": 0.0}),
    ],
)
def test_shapes_that_do_not_fit_are_refused(kernels, name, parameters):
    with pytest.raises(ValueError, match=r"\w"):
        getattr(kernels, name)(array_for(kernels, (2, 3)), **parameters)


@every_set_and_shapes
def test_swapping_needs_two_axes(kernels):
    with pytest.raises(ValueError, match="axis"):
        kernels.swap_last(array_for(kernels, (3,)))


# --- Copies ---------------------------------------------------------------------------


@every_set
def test_contiguous_copies_only_what_is_not(kernels):
    assert kernels.contiguous(X) is X
    copy = kernels.contiguous(X.T)
    assert copy.flags.c_contiguous
    np.testing.assert_array_equal(copy, X.T)
    assert kernels.contiguous(np.array(1.0)).shape == ()


@every_set
def test_arrays_are_put_one_after_the_other(kernels):
    x, y = np.array([[1, 2], [3, 4]]), np.array([[5], [6]])
    result = kernels.concatenate(x, y, x[:, :0], axis=-1)
    np.testing.assert_array_equal(result, [[1, 2, 5], [3, 4, 6]])


@every_set_and_shapes
@pytest.mark.parametrize("others", [((2, 4),), ((3,),), ((2, 3), (5, 2))])
def test_only_matching_arrays_are_concatenated(kernels, others):
    arrays = [array_for(kernels, shape) for shape in ((2, 3), *others)]
    with pytest.raises(ValueError, match=r"dimension|concatenate needs"):
        kernels.concatenate(*arrays, axis=0)


def test_unknown_sizes_add_up_to_unknown_ones():
    x, y = ShapeDtype((None, 3), "float32"), ShapeDtype((2, None), "float32")
    assert shapes.concatenate(x, y, axis=0).shape == (None, 3)
    assert shapes.concatenate(x, y, axis=1).shape == (2, None)
    assert shapes.pad(x, pad_width=((1, 2), (3, 4)), value=0).shape == (None, 10)


@every_set
def test_pad_surrounds(kernels):
    x = np.array([[1.0, 2.0]])
    padded = kernels.pad(x, pad_width=((1, 0), (0, 2)), value=-1.0)
    np.testing.assert_array_equal(padded, [[-1, -1, -1, -1], [1, 2, -1, -1]])
    assert kernels.pad(np.array(3), pad_width=(), value=0) == 3


@every_set
@pytest.mark.parametrize(
    ("start", "stop", "step", "expected"),
    [
        (0, 5, 1, [0, 1, 2, 3, 4]),
        (5, 0, -2, [5, 3, 1]),
        (0, 5, 2, [0, 2, 4]),
        (3, 3, 1, []),
        (3, 0, 1, []),
        (0.0, 1.0, 0.25, [0.0, 0.25, 0.5, 0.75]),
    ],
)
def test_a_range_ends_before_stop(kernels, start, stop, step, expected):
    result = kernels.arange(start=start, stop=stop, step=step, dtype="float32")
    np.testing.assert_array_equal(result, np.array(expected, "float32"))


@every_set
def test_a_range_does_not_drift(kernels):
    """Each number is start + i·step, not the one before plus a step."""
    result = kernels.arange(start=0, stop=100, step=0.1, dtype="float32")
    np.testing.assert_array_equal(result, (0.1 * np.arange(1000)).astype("float32"))


@every_set_and_shapes
def test_a_range_needs_a_step(kernels):
    with pytest.raises(ValueError, match="a step other than 0"):
        kernels.arange(start=0, stop=1, step=0, dtype="int32")


@every_set
@pytest.mark.parametrize("dtype", ["float16", "float32", "int64", "bool"])
def test_constants_have_the_dtype_asked_for(kernels, dtype):
    x = np.zeros((2, 1), dtype)
    for result, number in [
        (kernels.full(shape=(2, 1), value=1, dtype=dtype), 1),
        (kernels.ones_like(x), 1),
        (kernels.zeros_like(x), 0),
    ]:
        assert result.dtype == dtype
        np.testing.assert_array_equal(result, np.full((2, 1), number))


def test_reference_serves_views_of_any_dtype():
    x = np.array([[True, False]])
    assert np.shares_memory(reference.transpose(x, axes=None), x)
