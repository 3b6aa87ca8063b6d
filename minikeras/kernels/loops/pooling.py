"""Pooling one window at a time."""

import numpy as np

from minikeras.kernels.reference.reduction import accumulator, stored
from minikeras.kernels.shapes.pooling import (
    check_grad,
    check_values,
    padded_before,
    pooled_shape,
)


def max_pool(x, *, pool_size, strides, padding, out=None):
    """out_w = max over the members of window w; nan if there is one."""
    largest = np.empty(pooled_shape(x.shape, pool_size, strides, padding), x.dtype)
    for window, members in windows(x.shape, pool_size, strides, padding):
        largest[window] = x[first_maximum(x, members)]
    return stored(largest, x.dtype, out)


def max_pool_grad(grad, x, *, pool_size, strides, padding, out=None):
    """∂L/∂x_i = Σ grad_w over the windows whose first maximum is element i."""
    check_grad(grad.shape, pooled_shape(x.shape, pool_size, strides, padding))
    total = np.zeros(x.shape, accumulator(grad))
    for window, members in windows(x.shape, pool_size, strides, padding):
        total[first_maximum(x, members)] += grad[window]
    return stored(total, grad.dtype, out)


def max_pool_pick(values, x, *, pool_size, strides, padding, out=None):
    """out_w = the value at the element of x that is the first maximum of window w."""
    check_values(values.shape, x.shape)
    shape = pooled_shape(x.shape, pool_size, strides, padding)
    picked = np.empty(shape, values.dtype)
    for window, members in windows(x.shape, pool_size, strides, padding):
        picked[window] = values[first_maximum(x, members)]
    return stored(picked, values.dtype, out)


def average_pool(x, *, pool_size, strides, padding, out=None):
    """out_w = the mean over the members of window w."""
    shape = pooled_shape(x.shape, pool_size, strides, padding)
    average = np.empty(shape, accumulator(x))
    for window, members in windows(x.shape, pool_size, strides, padding):
        total = 0.0
        for place in members:
            total += float(x[place])
        average[window] = total / len(members)
    return stored(average, x.dtype, out)


def average_pool_grad(grad, x, *, pool_size, strides, padding, out=None):
    """∂L/∂x_i = Σ grad_w / (members of w) over the windows w that element i is in."""
    check_grad(grad.shape, pooled_shape(x.shape, pool_size, strides, padding))
    total = np.zeros(x.shape, accumulator(grad))
    for window, members in windows(x.shape, pool_size, strides, padding):
        for place in members:
            total[place] += float(grad[window]) / len(members)
    return stored(total, grad.dtype, out)


def windows(shape, pool_size, strides, padding):
    """Yields, for each number of the result, its place and the places of the members.

    Those are a list in row-major order; what is outside of the array is left out.
    """
    sides = shape[1:-1]
    befores = [
        padded_before(side, size, stride, padding)
        for side, size, stride in zip(sides, pool_size, strides, strict=True)
    ]
    for place in np.ndindex(pooled_shape(shape, pool_size, strides, padding)):
        sample, *window, channel = place
        starts = [
            w * stride - before
            for w, stride, before in zip(window, strides, befores, strict=True)
        ]
        members = []
        for offset in np.ndindex(*pool_size):
            inside = tuple(a + b for a, b in zip(starts, offset, strict=True))
            if all(0 <= i < side for i, side in zip(inside, sides, strict=True)):
                members.append((sample, *inside, channel))
        yield place, members


def first_maximum(x, members):
    """Returns the place of the first nan among members, else of the first maximum."""
    best = members[0]
    for place in members:
        if x[best] != x[best]:
            return best
        if x[place] > x[best] or x[place] != x[place]:
            best = place
    return best
