"""Pooling one window at a time."""

import numpy as np

from minikeras.kernels.reference.reduction import accumulator, stored
from minikeras.kernels.shapes.pooling import (
    check_pooled,
    padded_before,
    place_dtype,
    pooled_shape,
)


def max_pool(x, *, pool_size, strides, padding, out=None):
    """max over the members of each window, nan if there is one; and its place."""
    shape = pooled_shape(x.shape, pool_size, strides, padding)
    if out is None:
        out = np.empty(shape, x.dtype), np.empty(shape, place_dtype(pool_size))
    largest, places = out
    for window, members in windows(x.shape, pool_size, strides, padding):
        place, member = first_maximum(x, members)
        largest[window], places[window] = x[member], place
    return out


def max_pool_grad(grad, places, x, *, pool_size, strides, padding, out=None):
    """∂L/∂x_i = Σ grad_w over the windows whose first maximum is element i."""
    shape = pooled_shape(x.shape, pool_size, strides, padding)
    check_pooled("gradient", grad.shape, shape)
    check_pooled("places", places.shape, shape)
    total = np.zeros(x.shape, accumulator(grad))
    for window, members in windows(x.shape, pool_size, strides, padding):
        for place, member in members:
            if place == places[window]:
                total[member] += grad[window]
    return stored(total, grad.dtype, out)


def max_pool_pick(values, places, *, pool_size, strides, padding, out=None):
    """out_w = the value at the place that was chosen in window w."""
    shape = pooled_shape(values.shape, pool_size, strides, padding)
    check_pooled("places", places.shape, shape)
    picked = np.zeros(shape, values.dtype)
    for window, members in windows(values.shape, pool_size, strides, padding):
        for place, member in members:
            if place == places[window]:
                picked[window] = values[member]
    return stored(picked, values.dtype, out)


def average_pool(x, *, pool_size, strides, padding, out=None):
    """out_w = the mean over the members of window w."""
    shape = pooled_shape(x.shape, pool_size, strides, padding)
    average = np.empty(shape, accumulator(x))
    for window, members in windows(x.shape, pool_size, strides, padding):
        total = 0.0
        for _, member in members:
            total += float(x[member])
        average[window] = total / len(members)
    return stored(average, x.dtype, out)


def average_pool_grad(grad, x, *, pool_size, strides, padding, out=None):
    """∂L/∂x_i = Σ grad_w / (members of w) over the windows w that element i is in."""
    shape = pooled_shape(x.shape, pool_size, strides, padding)
    check_pooled("gradient", grad.shape, shape)
    total = np.zeros(x.shape, accumulator(grad))
    for window, members in windows(x.shape, pool_size, strides, padding):
        for _, member in members:
            total[member] += float(grad[window]) / len(members)
    return stored(total, grad.dtype, out)


def windows(shape, pool_size, strides, padding):
    """Yields, for each number of the result, its place and the members of its window.

    Those are pairs in row-major order: the number of the place in the window, and the
    place in the array; what is outside of the array is left out.
    """
    sides = shape[1:-1]
    befores = [
        padded_before(side, size, stride, padding)
        for side, size, stride in zip(sides, pool_size, strides, strict=True)
    ]
    for window in np.ndindex(pooled_shape(shape, pool_size, strides, padding)):
        sample, *places, channel = window
        starts = [
            place * stride - before
            for place, stride, before in zip(places, strides, befores, strict=True)
        ]
        members = []
        for number, offset in enumerate(np.ndindex(*pool_size)):
            inside = tuple(a + b for a, b in zip(starts, offset, strict=True))
            if all(0 <= i < side for i, side in zip(inside, sides, strict=True)):
                members.append((number, (sample, *inside, channel)))
        yield window, members


def first_maximum(x, members):
    """Returns the first member that is nan, else the first largest one."""
    best = members[0]
    for candidate in members:
        largest, number = x[best[1]], x[candidate[1]]
        if largest == largest and (number > largest or number != number):
            best = candidate
    return best
