"""Activations as plain loops: over all numbers, or row by row along one axis.

What is computed of single numbers stands in `kernels/scalar/activation.py`.
"""

import math
from functools import partial

import numpy as np

from minikeras.kernels.loops.elementwise import mapped
from minikeras.kernels.loops.reduction import max_of
from minikeras.kernels.reference.elementwise import typed
from minikeras.kernels.scalar import activation as scalar
from minikeras.kernels.shapes.shape_dtype import normalized_axis


def relu(x, *, out=None):
    """max(x_i, 0); nan stays nan."""
    return mapped(scalar.relu, x, out=out)


def relu_grad(grad, x, *, out=None):
    """grad_i where x_i > 0, else 0."""
    return mapped(scalar.relu_grad, grad, x, out=out)


def leaky_relu(x, *, negative_slope, out=None):
    """x_i where x_i > 0, else negative_slope · x_i."""
    slope = rounded(negative_slope, x.dtype)
    return mapped(partial(scalar.leaky_relu, negative_slope=slope), x, out=out)


def leaky_relu_grad(grad, x, *, negative_slope, out=None):
    """grad_i where x_i > 0, else negative_slope · grad_i."""
    slope = rounded(negative_slope, np.result_type(grad, x))
    function = partial(scalar.leaky_relu_grad, negative_slope=slope)
    return mapped(function, grad, x, out=out)


def rounded(parameter, dtype):
    """Returns a parameter as the reference uses it, with the precision of the array."""
    return np.asarray(parameter, dtype).item()


def sigmoid(x, *, out=None):
    """1 / (1 + exp(-x_i))."""
    return mapped(scalar.sigmoid, x, out=out)


def sigmoid_grad(grad, y, *, out=None):
    """grad_i · y_i (1 - y_i), y = sigmoid(x)."""
    return mapped(scalar.sigmoid_grad, grad, y, out=out)


def tanh_grad(grad, y, *, out=None):
    """grad_i · (1 - y_i²), y = tanh(x)."""
    return mapped(scalar.tanh_grad, grad, y, out=out)


def softplus(x, *, out=None):
    """log(1 + exp(x_i))."""
    return mapped(scalar.softplus, x, out=out)


def silu(x, *, out=None):
    """x_i · sigmoid(x_i)."""
    return mapped(scalar.silu, x, out=out)


def gelu(x, *, approximate, out=None):
    """x_i Φ(x_i), Φ the normal distribution function; or its approximation by tanh."""
    return mapped(partial(scalar.gelu, approximate=approximate), x, out=out)


def gelu_grad(grad, x, *, approximate, out=None):
    """grad_i · ∂gelu(x_i)/∂x_i."""
    function = partial(scalar.gelu_grad, approximate=approximate)
    return mapped(function, grad, x, out=out)


def elu(x, *, alpha, out=None):
    """x_i where x_i > 0, else alpha · (exp(x_i) - 1)."""
    return mapped(partial(scalar.elu, alpha=alpha), x, out=out)


def elu_grad(grad, x, *, alpha, out=None):
    """grad_i where x_i > 0, else grad_i · alpha · exp(x_i)."""
    return mapped(partial(scalar.elu_grad, alpha=alpha), grad, x, out=out)


def softmax(x, *, axis, out=None):
    """exp(x_i - m) / Σ_j exp(x_j - m) along axis, m = max_j x_j."""
    return along_axis(softmax_of, x, axis=axis, out=out)


def softmax_grad(grad, y, *, axis, out=None):
    """y_i (grad_i - Σ_j grad_j y_j) along axis, y = softmax(x)."""
    grad, y = np.broadcast_arrays(*typed(grad, y))
    return along_axis(softmax_grad_of, grad, y, axis=axis, out=out)


def log_softmax(x, *, axis, out=None):
    """x_i - m - log Σ_j exp(x_j - m) along axis, m = max_j x_j."""
    return along_axis(log_softmax_of, x, axis=axis, out=out)


def softmax_of(row):
    largest, total = largest_and_total(row)
    results = []
    for x in row:
        results.append(math.exp(x - largest) / total)
    return results


def softmax_grad_of(grads, row):
    mean = 0.0
    for grad, y in zip(grads, row, strict=True):
        mean += grad * y
    results = []
    for grad, y in zip(grads, row, strict=True):
        results.append(y * (grad - mean))
    return results


def log_softmax_of(row):
    largest, total = largest_and_total(row)
    log_total = math.log(total) if row else 0.0
    results = []
    for x in row:
        results.append(x - largest - log_total)
    return results


def largest_and_total(row):
    """Returns m = max_j x_j and Σ_j exp(x_j - m): each term is at most 1, one is 1."""
    largest = max_of(row) if row else -math.inf
    total = 0.0
    for x in row:
        total += math.exp(x - largest)
    return largest, total


def along_axis(function, *arrays, axis, out):
    """Applies `function` to each row along `axis`; it returns as many numbers."""
    shape, dtype = arrays[0].shape, arrays[0].dtype
    axis = normalized_axis(axis, len(shape))
    moved = [np.moveaxis(x, axis, -1) for x in arrays]
    results = []
    for rows in zip(*map(rows_of, moved), strict=True):
        results += function(*rows)
    back = np.moveaxis(np.array(results).reshape(moved[0].shape), -1, axis)
    if out is None:
        out = np.empty(shape, dtype)
    with np.errstate(over="ignore"):
        out[...] = back
    return out


def rows_of(x):
    """Returns the rows along the last axis as lists of Python floats."""
    return x.reshape(math.prod(x.shape[:-1]), x.shape[-1]).tolist()
