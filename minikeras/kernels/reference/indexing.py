"""Elements picked by position, and their gradients put back, in NumPy.

Indices count from the end if negative; one out of range is an IndexError, never a read
of somebody else's memory.
"""

import numpy as np

from minikeras.kernels.reference.reduction import accumulator, stored
from minikeras.kernels.shapes.indexing import (
    along_axis_shape,
    check_grad,
    check_places,
    check_same_axes,
    taken_shape,
)
from minikeras.kernels.shapes.shape_dtype import normalized_axis


def getitem(x, *, key):
    """x[key], a view: `key` is made of ints, slices, None and Ellipsis.

    Raises: IndexError if an int is out of range or there are too many.
    """
    return x[with_ellipsis(key)]


def getitem_grad(grad, x, *, key, out=None):
    """Zeros in the shape of x, with out[key] = grad."""
    if out is None:
        out = np.zeros(x.shape, grad.dtype)
    else:
        out[...] = 0
    part = out[with_ellipsis(key)]
    check_grad("getitem_grad", grad.shape, part.shape)
    part[...] = grad
    return out


def take(x, indices, *, axis, out=None):
    """The slices x[…, indices, …], picked along one axis.

    Shapes: x (a, n, b), indices (i, j) → out (a, i, j, b), for axis=1.
    Raises: IndexError if an index is not in [-n, n).
    """
    axis = normalized_axis(axis, x.ndim)
    check_places(x.shape, axis, (*x.shape[:axis], *indices.shape))
    return np.asarray(np.take(x, indices, axis, out))


def take_grad(grad, x, indices, *, axis, out=None):
    """Zeros in the shape of x, with each slice of grad added where it came from.

    Raises: IndexError if an index is not in [-n, n).
    """
    check_grad("take_grad", grad.shape, taken_shape(x.shape, indices.shape, axis))
    axis = normalized_axis(axis, x.ndim)
    total = np.zeros(x.shape, accumulator(grad))
    np.add.at(total, (*[slice(None)] * axis, indices), grad)
    return stored(total, grad.dtype, out)


def take_along_axis(x, indices, *, axis, out=None):
    """out_ij = x_{i, indices_ij} for axis=1: another index for every place.

    Shapes: x and indices have the same number of axes, and broadcast except on `axis`;
    there out is as long as indices.
    Raises: IndexError if an index is not in [-n, n).
    """
    return stored(x[along_axis(x.shape, indices, axis)], x.dtype, out)


def take_along_axis_grad(grad, x, indices, *, axis, out=None):
    """Zeros in the shape of x, with each number of grad added where it came from.

    Raises: IndexError if an index is not in [-n, n).
    """
    picked = along_axis_shape(x.shape, indices.shape, axis)
    check_grad("take_along_axis_grad", grad.shape, picked)
    total = np.zeros(x.shape, accumulator(grad))
    np.add.at(total, along_axis(x.shape, indices, axis), grad)
    return stored(total, grad.dtype, out)


def one_hot(indices, *, classes, dtype, out=None):
    """out_ij = 1 where j = indices_i, else 0; all zero where an index is out of range.

    Shapes: indices (...) → out (..., classes).
    """
    return stored(indices[..., np.newaxis] == np.arange(classes), dtype, out)


def argsort(x, *, axis, out=None):
    """The indices that sort x along one axis; equals stay in order, nan comes last."""
    axis = normalized_axis(axis, x.ndim)
    return stored(np.argsort(x, axis, kind="stable"), np.int32, out)


def with_ellipsis(key):
    """Returns the key with an Ellipsis: without it x[0] may be a number, no array."""
    key = key if isinstance(key, tuple) else (key,)
    return key if Ellipsis in key else (*key, Ellipsis)


def along_axis(shape, indices, axis):
    """Returns the key that picks `indices` on one axis and all there is on others."""
    axis = normalized_axis(axis, len(shape))
    check_same_axes(shape, indices.shape)
    places = np.ogrid[tuple(slice(side) for side in shape)]
    return (*places[:axis], indices, *places[axis + 1 :])
