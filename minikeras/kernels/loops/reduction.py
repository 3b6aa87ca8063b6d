"""Reductions as plain loops over lists of Python numbers, rounded once at the end."""

import math

import numpy as np

from minikeras.kernels.shapes.reduction import (
    check_choice,
    reduced_shape,
    stretched_axes,
)
from minikeras.kernels.shapes.shape_dtype import (
    normalized_axes,
    normalized_axis,
    shape_of,
)


def sum(x, *, axis, keepdims, out=None):
    """Σ x."""
    return reduced(sum_of, x, axis, keepdims, x.dtype, out)


def mean(x, *, axis, keepdims, out=None):
    """Σ x / n; nan where there is nothing to average."""
    return reduced(mean_of, x, axis, keepdims, x.dtype, out)


def variance(x, *, axis, keepdims, out=None):
    """Σ (x - mean)² / n."""
    return reduced(variance_of, x, axis, keepdims, x.dtype, out)


def prod(x, *, axis, keepdims, out=None):
    """Π x."""
    return reduced(prod_of, x, axis, keepdims, x.dtype, out)


def logsumexp(x, *, axis, keepdims, out=None):
    """log Σ eˣ, shifted by the maximum so that no exponential overflows."""
    return reduced(logsumexp_of, x, axis, keepdims, x.dtype, out)


def cumsum(x, *, axis, reverse, out=None):
    """y_i = Σ_{j ≤ i} x_j along one axis; over j ≥ i if `reverse`."""
    return accumulated(running_sums, x, axis, reverse, out)


def cumprod(x, *, axis, reverse, out=None):
    """y_i = Π_{j ≤ i} x_j along one axis; over j ≥ i if `reverse`."""
    return accumulated(running_products, x, axis, reverse, out)


def sum_to_shape_of(x, like, *, out=None):
    """Sums x over the axes along which `like` was broadcast to it."""
    shape = shape_of(like)
    if x.shape == shape:  # not 0.0 + x, which makes 0.0 of -0.0
        return x if out is None else stored(x.ravel().tolist(), shape, x.dtype, out)
    totals = reduced(sum_of, x, stretched_axes(shape, x.shape), True, x.dtype, None)
    return stored(totals.ravel().tolist(), shape, x.dtype, out)


def max(x, *, axis, keepdims, out=None):
    """The largest x, nan if there is one; a zero comes out as +0."""
    check_choice(x.shape, axis)
    return reduced(max_of, x, axis, keepdims, x.dtype, out)


def min(x, *, axis, keepdims, out=None):
    """The smallest x, nan if there is one; a zero comes out as +0."""
    check_choice(x.shape, axis)
    return reduced(min_of, x, axis, keepdims, x.dtype, out)


def argmax(x, *, axis, keepdims, out=None):
    """The index of the first maximum, or nan, along one axis or of the flattened x."""
    check_choice(x.shape, axis)
    return reduced(argmax_of, x, axis, keepdims, np.int32, out)


def argmin(x, *, axis, keepdims, out=None):
    """The index of the first minimum, or nan, along one axis or of the flattened x."""
    check_choice(x.shape, axis)
    return reduced(argmin_of, x, axis, keepdims, np.int32, out)


def all(x, *, axis, keepdims, out=None):
    """Whether every x is true."""
    return reduced(all_of, x, axis, keepdims, np.bool_, out)


def any(x, *, axis, keepdims, out=None):
    """Whether some x is true."""
    return reduced(any_of, x, axis, keepdims, np.bool_, out)


def sum_of(numbers):
    total = 0
    for number in numbers:
        total += number
    return total


def mean_of(numbers):
    return sum_of(numbers) / len(numbers) if numbers else math.nan


def variance_of(numbers):
    mean = mean_of(numbers)
    total = 0.0
    for number in numbers:
        total += (number - mean) * (number - mean)
    return total / len(numbers) if numbers else math.nan


def prod_of(numbers):
    product = 1
    for number in numbers:
        product *= number
    return product


def logsumexp_of(numbers):
    largest = max_of([-math.inf, *numbers])
    if not math.isfinite(largest):
        return largest  # nothing to shift by: inf - inf would be nan
    total = 0.0
    for number in numbers:
        total += math.exp(number - largest)
    return largest + math.log(total)


def running_sums(numbers):
    total = 0
    totals = []
    for number in numbers:
        total += number
        totals.append(total)
    return totals


def running_products(numbers):
    product = 1
    products = []
    for number in numbers:
        product *= number
        products.append(product)
    return products


def max_of(numbers):
    largest = numbers[0]
    for number in numbers:
        if number > largest or number != number:  # only nan is not equal to itself
            largest = number
    return largest + 0  # -0.0 becomes 0.0


def min_of(numbers):
    smallest = numbers[0]
    for number in numbers:
        if number < smallest or number != number:
            smallest = number
    return smallest + 0


def argmax_of(numbers):
    best = 0
    for i, number in enumerate(numbers):
        if number != number:
            return i
        if number > numbers[best]:
            best = i
    return best


def argmin_of(numbers):
    best = 0
    for i, number in enumerate(numbers):
        if number != number:
            return i
        if number < numbers[best]:
            best = i
    return best


def all_of(values):
    result = True
    for value in values:
        result = result and bool(value)
    return result


def any_of(values):
    result = False
    for value in values:
        result = result or bool(value)
    return result


def reduced(function, x, axis, keepdims, dtype, out):
    """Applies `function` to the list of elements that go into each result."""
    axes = normalized_axes(axis, x.ndim)
    kept = [i for i in range(x.ndim) if i not in axes]
    rows = x.transpose(*kept, *sorted(axes))
    rows = rows.reshape(
        math.prod(x.shape[i] for i in kept), math.prod(x.shape[i] for i in axes)
    )
    results = []
    for row in rows.tolist():
        results.append(function(row))
    return stored(results, reduced_shape(x.shape, axis, keepdims), dtype, out)


def accumulated(function, x, axis, reverse, out):
    """Applies `function` to each list of elements along one axis."""
    axis = normalized_axis(axis, x.ndim)
    rows = np.moveaxis(x, axis, -1)
    results = []
    for row in rows.reshape(math.prod(rows.shape[:-1]), rows.shape[-1]).tolist():
        if reverse:
            results += function(row[::-1])[::-1]
        else:
            results += function(row)
    results = stored(results, rows.shape, x.dtype, None)
    if out is None:
        out = np.empty(x.shape, x.dtype)
    out[...] = np.moveaxis(results, -1, axis)
    return out


def stored(results, shape, dtype, out):
    """Rounds Python numbers, once, to `dtype`; integers too long for it wrap around."""
    if out is None:
        out = np.empty(shape, dtype)
    if out.dtype.kind in "iu":
        words = [result % 2 ** (8 * out.itemsize) for result in results]
        out[...] = np.array(words, f"u{out.itemsize}").view(out.dtype).reshape(shape)
    else:
        with np.errstate(over="ignore"):
            out[...] = np.array(results, out.dtype).reshape(shape)
    return out
