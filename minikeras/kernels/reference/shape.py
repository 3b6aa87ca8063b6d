"""Shapes changed in place of numbers, in NumPy: views first, then copies.

A view shares memory with its input or raises; it is never a hidden copy.
"""

import numpy as np

from minikeras.kernels.shapes.shape import (
    check_pad_width,
    length_of_range,
    padded_shape,
)
from minikeras.kernels.shapes.shape_dtype import normalized_axes


def reshape(x, *, shape):
    """The same elements in C order under another shape; one side may be -1.

    Raises: ValueError if the elements do not fill the shape, or only a copy could.
    """
    if min(shape, default=0) < -1:  # NumPy takes any negative size for -1
        raise ValueError(f"reshape needs sizes, at most one of them -1; got {shape}.")
    result = x.reshape(shape)
    if not x.flags.c_contiguous and x.size and not np.may_share_memory(x, result):
        raise ValueError(
            f"An array of shape {x.shape} and strides {x.strides} has no view of shape "
            f"{shape}. Copy it first: reshape(contiguous(x), shape=...)."
        )
    return result


def expand_dims(x, *, axis):
    """New axes of size 1, at the places `axis` of the result."""
    axes = axis if isinstance(axis, tuple) else (axis,)
    ndim = x.ndim + len(axes)
    new = normalized_axes(axes, ndim)
    return x[(..., *[np.newaxis if i in new else slice(None) for i in range(ndim)])]


def squeeze(x, *, axis):
    """The axes `axis` taken out; each must have size 1."""
    return x.squeeze(axis)


def transpose(x, *, axes):
    """Axis i of the result is axis axes[i] of x; None reverses them all."""
    return x.transpose(axes)


def swap_last(x):
    """The last two axes swapped: a stack of transposed matrices."""
    return x.swapaxes(-1, -2)


def broadcast_to(x, *, shape):
    """x repeated to fill `shape`, without a copy; read-only."""
    return np.broadcast_to(x, shape)


def flip(x, *, axis):
    """The elements in reverse order along one axis, several, or all (None)."""
    backwards = normalized_axes(axis, x.ndim)
    step = [-1 if i in backwards else 1 for i in range(x.ndim)]
    return x[(..., *[slice(None, None, n) for n in step])]


def contiguous(x, *, out=None):
    """x in C order; x itself if it is so already."""
    if out is None:
        return x if x.flags.c_contiguous else x.copy(order="C")
    np.copyto(out, x)
    return out


def concatenate(*arrays, axis, out=None):
    """The arrays one after the other along an axis they already have."""
    return np.concatenate(arrays, axis, out)


def pad(x, *, pad_width, value, out=None):
    """x surrounded by `value`, pad_width[i] = (before, after) times on axis i."""
    check_pad_width(x.shape, pad_width)
    if out is None:
        out = np.empty(padded_shape(x.shape, pad_width), x.dtype)
    out[...] = value
    sides = zip(x.shape, pad_width, strict=True)
    out[tuple(slice(before, before + n) for n, (before, _) in sides)] = x
    return out


def full(*, shape, value, dtype, out=None):
    """`value` everywhere."""
    if out is None:
        return np.full(shape, value, dtype)
    out[...] = value
    return out


def arange(*, start, stop, step, dtype, out=None):
    """start + i·step for i = 0, 1, …, before `stop`; rounded once, from float64."""
    numbers = start + step * np.arange(length_of_range(start, stop, step))
    if out is None:
        return numbers.astype(dtype, copy=False)
    np.copyto(out, numbers, casting="unsafe")
    return out


def ones_like(x, *, out=None):
    """1 everywhere."""
    return full(shape=x.shape, value=1, dtype=x.dtype, out=out)


def zeros_like(x, *, out=None):
    """0 everywhere."""
    if out is None:
        return np.zeros(x.shape, x.dtype)
    out[...] = 0
    return out
