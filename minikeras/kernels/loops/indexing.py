"""Elements picked and put back one at a time."""

import math

import numpy as np

from minikeras.kernels.loops.shape import zeros_like
from minikeras.kernels.reference.indexing import with_ellipsis
from minikeras.kernels.reference.reduction import accumulator, stored
from minikeras.kernels.shapes.indexing import along_axis_shape, check_grad, taken_shape
from minikeras.kernels.shapes.shape_dtype import normalized_axis


def getitem_grad(grad, x, *, key, out=None):
    """Zeros in the shape of x, with out[key] = grad."""
    out = zeros_like(x, out=out)
    part = out[with_ellipsis(key)]  # a view of out
    check_grad("getitem_grad", grad.shape, part.shape)
    for place in np.ndindex(part.shape):
        part[place] = grad[place]
    return out


def take(x, indices, *, axis, out=None):
    """The slices x[…, indices, …], picked along one axis."""
    axis = normalized_axis(axis, x.ndim)
    if out is None:
        out = np.empty(taken_shape(x.shape, indices.shape, axis), x.dtype)
    for place, source in moves(x.shape, indices, axis):
        out[place] = x[source]
    return out


def take_grad(grad, x, indices, *, axis, out=None):
    """Zeros in the shape of x, with each slice of grad added where it came from."""
    axis = normalized_axis(axis, x.ndim)
    check_grad("take_grad", grad.shape, taken_shape(x.shape, indices.shape, axis))
    total = np.zeros(x.shape, accumulator(grad))
    for place, source in moves(x.shape, indices, axis):
        total[source] += grad[place]
    return stored(total, grad.dtype, out)


def take_along_axis(x, indices, *, axis, out=None):
    """out_ij = x_{i, indices_ij} for axis=1: another index for every place."""
    axis = normalized_axis(axis, x.ndim)
    if out is None:
        out = np.empty(along_axis_shape(x.shape, indices.shape, axis), x.dtype)
    for place, source in moves_along_axis(x.shape, indices, axis):
        out[place] = x[source]
    return out


def take_along_axis_grad(grad, x, indices, *, axis, out=None):
    """Zeros in the shape of x, with each number of grad added where it came from."""
    axis = normalized_axis(axis, x.ndim)
    picked = along_axis_shape(x.shape, indices.shape, axis)
    check_grad("take_along_axis_grad", grad.shape, picked)
    total = np.zeros(x.shape, accumulator(grad))
    for place, source in moves_along_axis(x.shape, indices, axis):
        total[source] += grad[place]
    return stored(total, grad.dtype, out)


def one_hot(indices, *, classes, dtype, out=None):
    """out_ij = 1 where j = indices_i, else 0; all 0 where an index is out of range."""
    if out is None:
        out = np.empty((*indices.shape, classes), dtype)
    for place in np.ndindex(indices.shape):
        for j in range(classes):
            out[(*place, j)] = indices[place] == j
    return out


def argsort(x, *, axis, out=None):
    """The indices that sort x along one axis; equals stay in order, nan comes last."""
    axis = normalized_axis(axis, x.ndim)
    rows = np.moveaxis(x, axis, -1)
    orders = []
    for row in rows.reshape(math.prod(rows.shape[:-1]), rows.shape[-1]).tolist():
        keys = [(number != number, number) for number in row]  # (whether nan, number)
        orders.append(sorted(range(len(row)), key=keys.__getitem__))
    result = np.array(orders, np.int32).reshape(rows.shape)
    return stored(np.moveaxis(result, -1, axis), np.int32, out)


def moves(shape, indices, axis):
    """Yields, for each element that `take` picks, its place in the result and in x."""
    for before in np.ndindex(shape[:axis]):
        for middle in np.ndindex(indices.shape):
            i = position(indices[middle], shape[axis], axis)
            for after in np.ndindex(shape[axis + 1 :]):
                yield (*before, *middle, *after), (*before, i, *after)


def moves_along_axis(shape, indices, axis):
    """Yields, for each element of the result, its place there and its place in x."""
    for place in np.ndindex(along_axis_shape(shape, indices.shape, axis)):
        # A side of 1 is broadcast: whatever the place, its element is number 0.
        source = [min(i, n - 1) for i, n in zip(place, shape, strict=True)]
        of_index = [min(i, n - 1) for i, n in zip(place, indices.shape, strict=True)]
        source[axis] = position(indices[tuple(of_index)], shape[axis], axis)
        yield place, tuple(source)


def position(index, side, axis):
    """Returns an index counted from the start; refuses one that is out of range."""
    if not -side <= index < side:
        raise IndexError(
            f"index {index} is out of bounds for axis {axis} with size {side}"
        )
    return int(index) % side
