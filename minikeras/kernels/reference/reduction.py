"""Sums, products and extremes over axes in NumPy: the definition of right.

Sums of float32 and float16 are accumulated in float64 and rounded once: adding up a
million float32 numbers in float32 is off by per cents.
"""

import math

import numpy as np

from minikeras.kernels.shapes.reduction import check_choice, stretched_axes
from minikeras.kernels.shapes.shape_dtype import normalized_axes, normalized_axis


def sum(x, *, axis, keepdims, out=None):
    """Σ x."""
    axes = normalized_axes(axis, x.ndim)
    return stored(np.sum(x, axes, accumulator(x), keepdims=keepdims), x.dtype, out)


def mean(x, *, axis, keepdims, out=None):
    """Σ x / n; nan where there is nothing to average."""
    axes = normalized_axes(axis, x.ndim)
    total = np.sum(x, axes, accumulator(x), keepdims=keepdims)
    with np.errstate(all="ignore"):
        return stored(total / size_of(x.shape, axes), x.dtype, out)


def variance(x, *, axis, keepdims, out=None):
    """Σ (x - mean)² / n.

    In two passes: the one-pass Σ x² - n·mean² cancels when the mean is large.
    """
    axes = normalized_axes(axis, x.ndim)
    size = size_of(x.shape, axes)
    with np.errstate(all="ignore"):
        mean = np.sum(x, axes, accumulator(x), keepdims=True) / size
        total = np.sum(np.square(x - mean), axes, keepdims=keepdims)
        return stored(total / size, x.dtype, out)


def prod(x, *, axis, keepdims, out=None):
    """Π x."""
    axes = normalized_axes(axis, x.ndim)
    return stored(np.prod(x, axes, accumulator(x), keepdims=keepdims), x.dtype, out)


def logsumexp(x, *, axis, keepdims, out=None):
    """log Σ eˣ, shifted by the maximum so that no exponential overflows."""
    axes = normalized_axes(axis, x.ndim)
    x64 = x.astype(accumulator(x), copy=False)
    largest = np.max(x64, axes, keepdims=True, initial=-np.inf)
    # Where the maximum is infinite nothing is to be shifted: inf - inf would be nan.
    shift = np.where(np.isinf(largest), 0.0, largest)
    with np.errstate(all="ignore"):
        total = np.sum(np.exp(x64 - shift), axes, keepdims=True)
        result = np.log(total) + shift
    return stored(result if keepdims else result.squeeze(axes), x.dtype, out)


def cumsum(x, *, axis, reverse, out=None):
    """y_i = Σ_{j ≤ i} x_j along one axis; over j ≥ i if `reverse`."""
    return accumulated(np.add, x, axis, reverse, out)


def cumprod(x, *, axis, reverse, out=None):
    """y_i = Π_{j ≤ i} x_j along one axis; over j ≥ i if `reverse`."""
    return accumulated(np.multiply, x, axis, reverse, out)


def sum_to_shape_of(x, like, *, out=None):
    """Sums x over the axes along which `like` was broadcast to it.

    `like` is an array or a number; x itself is returned if there is nothing to sum.
    Raises: ValueError if `like` does not broadcast to the shape of x.
    """
    shape = like.shape if isinstance(like, np.ndarray) else ()
    if x.shape == shape:
        return x if out is None else stored(x, x.dtype, out)
    axes = stretched_axes(shape, x.shape)
    total = np.sum(x, axes, accumulator(x), keepdims=True)
    return stored(total.reshape(shape), x.dtype, out)


def max(x, *, axis, keepdims, out=None):
    """The largest x, nan if there is one.

    A zero comes out as +0: which of two equal zeros wins would depend on the processor.
    Raises: ValueError if there is nothing to choose from.
    """
    check_choice(x.shape, axis)
    return stored(plus_zero(np.max(x, axis, keepdims=keepdims)), x.dtype, out)


def min(x, *, axis, keepdims, out=None):
    """The smallest x, nan if there is one; a zero comes out as +0.

    Raises: ValueError if there is nothing to choose from.
    """
    check_choice(x.shape, axis)
    return stored(plus_zero(np.min(x, axis, keepdims=keepdims)), x.dtype, out)


def argmax(x, *, axis, keepdims, out=None):
    """The index of the first maximum along one axis, or of the flattened x.

    The first nan counts as the maximum.
    Raises: ValueError if there is nothing to choose from.
    """
    check_choice(x.shape, axis)
    return stored(np.argmax(x, axis, keepdims=keepdims), np.int32, out)


def argmin(x, *, axis, keepdims, out=None):
    """The index of the first minimum along one axis, or of the flattened x.

    The first nan counts as the minimum.
    Raises: ValueError if there is nothing to choose from.
    """
    check_choice(x.shape, axis)
    return stored(np.argmin(x, axis, keepdims=keepdims), np.int32, out)


def all(x, *, axis, keepdims, out=None):
    """Whether every x is true."""
    axes = normalized_axes(axis, x.ndim)
    return stored(np.all(x, axes, keepdims=keepdims), np.bool_, out)


def any(x, *, axis, keepdims, out=None):
    """Whether some x is true."""
    axes = normalized_axes(axis, x.ndim)
    return stored(np.any(x, axes, keepdims=keepdims), np.bool_, out)


def accumulated(operation, x, axis, reverse, out):
    """Returns the running sums or products of x, each rounded once."""
    axis = normalized_axis(axis, x.ndim)
    if reverse:
        x = np.flip(x, axis)
    result = operation.accumulate(x, axis, accumulator(x))
    return stored(np.flip(result, axis) if reverse else result, x.dtype, out)


def stored(result, dtype, out):
    """Returns a result, rounded once: as an array of `dtype`, or in `out`.

    What is too large for the dtype is inf, and no reason for a warning.
    """
    with np.errstate(over="ignore"):
        if out is None:
            return np.asarray(result).astype(dtype, copy=False)
        np.copyto(out, result, casting="same_kind")
        return out


def accumulator(x):
    """Returns the dtype in which sums of x are added up."""
    return np.float64 if x.dtype.kind == "f" else x.dtype


def plus_zero(x):
    """Returns x with its zeros positive: -0.0 + 0.0 is 0.0."""
    return x + 0.0 if x.dtype.kind == "f" else x


def size_of(shape, axes):
    """Returns how many elements go into each sum, as a NumPy number: 0 / 0 is nan."""
    return np.float64(math.prod(shape[i] for i in axes))
