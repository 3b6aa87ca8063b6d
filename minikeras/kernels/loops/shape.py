"""Copies from place to place, one element at a time; views are those of NumPy."""

import numpy as np

from minikeras.kernels.shapes.shape import (
    check_pad_width,
    concatenated_shape,
    length_of_range,
    padded_shape,
)


def contiguous(x, *, out=None):
    """x in C order; x itself if it is so already."""
    if out is None:
        if x.flags.c_contiguous:
            return x
        out = np.empty(x.shape, x.dtype)
    for place in np.ndindex(x.shape):
        out[place] = x[place]
    return out


def concatenate(*arrays, axis, out=None):
    """The arrays one after the other along an axis they already have."""
    shape = concatenated_shape([x.shape for x in arrays], axis)
    if out is None:
        out = np.empty(shape, arrays[0].dtype)
    start = 0
    for x in arrays:
        for place in np.ndindex(x.shape):
            moved = list(place)
            moved[axis] += start
            out[tuple(moved)] = x[place]
        start += x.shape[axis]
    return out


def pad(x, *, pad_width, value, out=None):
    """x surrounded by `value`, pad_width[i] = (before, after) times on axis i."""
    check_pad_width(x.shape, pad_width)
    shape = padded_shape(x.shape, pad_width)
    out = full(shape=shape, value=value, dtype=x.dtype, out=out)
    for place in np.ndindex(x.shape):
        moved = (i + before for i, (before, _) in zip(place, pad_width, strict=True))
        out[tuple(moved)] = x[place]
    return out


def full(*, shape, value, dtype, out=None):
    """`value` everywhere."""
    if out is None:
        out = np.empty(shape, dtype)
    for place in np.ndindex(out.shape):
        out[place] = value
    return out


def arange(*, start, stop, step, dtype, out=None):
    """start + i·step for i = 0, 1, …, before `stop`."""
    if out is None:
        out = np.empty(length_of_range(start, stop, step), dtype)
    for i in range(length_of_range(start, stop, step)):
        out[i] = start + i * step
    return out


def ones_like(x, *, out=None):
    """1 everywhere."""
    return full(shape=x.shape, value=1, dtype=x.dtype, out=out)


def zeros_like(x, *, out=None):
    """0 everywhere."""
    return full(shape=x.shape, value=0, dtype=x.dtype, out=out)
