"""Pooling in NumPy: the largest number of each window, or its average.

x is (samples, *places, channels), with one to three axes of places. Windows of
`pool_size` places begin every `strides` places. With padding "valid" all lie inside;
with "same" there are ⌈side / stride⌉ of them, and those at the borders have fewer
members: what is outside takes no part.

A whole window is never in hand here: `members` goes through the places in a window, and
what is done is done to that member of all windows at once.
"""

import numpy as np

from minikeras.kernels.reference.reduction import accumulator, stored
from minikeras.kernels.shapes.pooling import (
    check_pooled,
    padded_before,
    place_dtype,
    pooled_shape,
    window_count,
)


def max_pool(x, *, pool_size, strides, padding, out=None):
    """max over the members of each window, nan if there is one; and its place.

    That is the number of the place in the window, in row-major order, where the first
    largest member is, or the first nan. So of two zeros the first comes out.

    Raises: ValueError if x has another number of axes, or no window fits.
    """
    shape = pooled_shape(x.shape, pool_size, strides, padding)
    largest, places = (None, None) if out is None else out
    best = np.full(shape, lowest(x.dtype), x.dtype)
    # Where nothing was seen yet, also a member of -inf is the largest so far.
    place_of_best = np.full(shape, -1)
    windows = members(x.shape, pool_size, strides, padding)
    for place, (of_windows, of_x) in enumerate(windows):
        part, member = best[of_windows], x[of_x]
        larger = exceeds(member, part) | (place_of_best[of_windows] < 0)
        np.copyto(part, member, where=larger)
        place_of_best[of_windows][larger] = place
    if places is None:
        places = np.empty(shape, place_dtype(pool_size))
    places[...] = place_of_best
    return stored(best, x.dtype, largest), places


def max_pool_grad(grad, places, x, *, pool_size, strides, padding, out=None):
    """∂L/∂x_i = Σ grad_w over the windows whose first maximum is element i.

    Shapes: grad and places have the shape of the results of max_pool; out that of x.
    """
    windows = pool_size, strides, padding
    shape = pooled_shape(x.shape, *windows)
    check_pooled("gradient", grad.shape, shape)
    check_pooled("places", places.shape, shape)
    total = np.zeros(x.shape, accumulator(grad))
    for place, (of_windows, of_x) in enumerate(members(x.shape, *windows)):
        chosen = places[of_windows] == place
        total[of_x] += np.where(chosen, grad[of_windows], 0)
    return stored(total, grad.dtype, out)


def max_pool_pick(values, places, *, pool_size, strides, padding, out=None):
    """out_w = the value at the place that was chosen in window w.

    The derivative of max_pool along `values`, and that of max_pool_grad.

    Shapes: places and out have the shape that max_pool(values) has.
    """
    windows = pool_size, strides, padding
    check_pooled("places", places.shape, pooled_shape(values.shape, *windows))
    picked = np.zeros(places.shape, values.dtype)
    for place, (of_windows, of_x) in enumerate(members(values.shape, *windows)):
        chosen = places[of_windows] == place
        np.copyto(picked[of_windows], values[of_x], where=chosen)
    return stored(picked, values.dtype, out)


def average_pool(x, *, pool_size, strides, padding, out=None):
    """out_w = the mean over the members of window w.

    Raises: ValueError if x has another number of axes, or no window fits.
    """
    windows = pool_size, strides, padding
    total = np.zeros(pooled_shape(x.shape, *windows), accumulator(x))
    for of_windows, of_x in members(x.shape, *windows):
        total[of_windows] += x[of_x]
    return stored(total / member_counts(x.shape, *windows), x.dtype, out)


def average_pool_grad(grad, x, *, pool_size, strides, padding, out=None):
    """∂L/∂x_i = Σ grad_w / (members of w) over the windows w that element i is in.

    Shapes: grad has the shape of average_pool(x); out has that of x.
    """
    windows = pool_size, strides, padding
    check_pooled("gradient", grad.shape, pooled_shape(x.shape, *windows))
    share = grad.astype(accumulator(grad)) / member_counts(x.shape, *windows)
    total = np.zeros(x.shape, share.dtype)
    for of_windows, of_x in members(x.shape, *windows):
        total[of_x] += share[of_windows]
    return stored(total, grad.dtype, out)


def members(shape, pool_size, strides, padding):
    """Yields, for each place in a window, (which windows have a member there, which
    elements those members are), as keys; places in row-major order.
    """
    sides = shape[1:-1]
    for place in np.ndindex(*pool_size):
        pairs = [
            along_axis(side, size, stride, padding, i)
            for side, size, stride, i in zip(
                sides, pool_size, strides, place, strict=True
            )
        ]
        yield (
            (slice(None), *(of_windows for of_windows, _ in pairs)),
            (slice(None), *(of_x for _, of_x in pairs)),
        )


def along_axis(side, size, stride, padding, i):
    """Returns which windows have an i-th member, and which elements those are."""
    shift = i - padded_before(side, size, stride, padding)
    first = max(0, -(shift // stride))  # the smallest w with w · stride + shift ≥ 0
    beyond = -(-(side - shift) // stride)  # … and the smallest that is too large
    last = max(first, min(beyond, window_count(side, size, stride, padding)))
    start = first * stride + shift
    return slice(first, last), slice(start, start + (last - first) * stride, stride)


def exceeds(x, y):
    """Whether x takes the place of y as a maximum: the first nan is never replaced."""
    return (x > y) | ((x != x) & (y == y))


def lowest(dtype):
    """Returns what no number of a dtype is below."""
    return -np.inf if dtype.kind == "f" else np.iinfo(dtype).min


def member_counts(shape, pool_size, strides, padding):
    """Returns how many members each window has, an array that broadcasts to them."""
    windows = pooled_shape(shape, pool_size, strides, padding)
    counts = np.zeros((1, *windows[1:-1], 1))
    for of_windows, _ in members(shape, pool_size, strides, padding):
        counts[of_windows] += 1
    return counts
