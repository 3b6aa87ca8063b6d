"""Normalization as plain loops, on Python numbers rounded once at the end.

Statistics and scales are repeated to the shape of x first, so that the loops run over
numbers side by side.
"""

import math

import numpy as np

from minikeras.kernels.loops.reduction import mean_of, stored, sum_of, variance_of
from minikeras.kernels.scalar.elementwise import rsqrt
from minikeras.kernels.shapes.normalization import (
    check_batch_scale,
    check_operands,
    check_same,
)
from minikeras.kernels.shapes.reduction import reduced_shape
from minikeras.kernels.shapes.shape_dtype import normalized_axes


def standardize(x, mean, variance, gamma, beta, *, epsilon, out=None):
    """(x - m) · (1 / √(v + ε)) · γ + β."""
    check_operands("standardize", x.shape, mean, variance, gamma, beta)
    columns = [numbers_of(y, x.shape) for y in (x, mean, variance, gamma, beta)]
    results = []
    for value, m, v, scale, offset in zip(*columns, strict=True):
        results.append((value - m) * rsqrt(v + epsilon) * scale + offset)
    return stored(results, x.shape, x.dtype, out)


def batch_normalization(x, gamma, beta, *, axis, epsilon, out=None):
    """y = standardize(x, m, v, γ, β), m = Σ x / n, v = Σ (x - m)² / n along `axis`."""
    check_batch_scale("batch_normalization", x.shape, axis, gamma, beta)
    check_same("batch_normalization", gamma, beta)
    return normalized(x, gamma, beta, axis, epsilon, out)


def layer_normalization(x, gamma, beta, *, axis, epsilon, out=None):
    """y = standardize(x, m, v, γ, β), m = Σ x / n, v = Σ (x - m)² / n along `axis`."""
    check_operands("layer_normalization", x.shape, gamma, beta)
    check_same("layer_normalization", gamma, beta)
    return normalized(x, gamma, beta, axis, epsilon, out)


def normalized(x, gamma, beta, axis, epsilon, out):
    """Returns y, m and v."""
    y, mean, variance = (None, None, None) if out is None else out
    means, variances = [], []
    for numbers in groups(x, x.shape, axis):
        means.append(mean_of(numbers))
        variances.append(variance_of(numbers))
    shape = reduced_shape(x.shape, axis, True)
    mean = stored(means, shape, x.dtype, mean)
    variance = stored(variances, shape, x.dtype, variance)
    y = standardize(x, mean, variance, gamma, beta, epsilon=epsilon, out=y)
    return y, mean, variance


def batch_normalization_grad(
    grad, x, mean, variance, gamma, *, axis, epsilon, out=None
):
    """γ r (g - Σ g / n - x̂ Σ g x̂ / n), Σ g x̂ and Σ g, with sums along `axis`."""
    check_operands("batch_normalization_grad", x.shape, grad, mean, variance)
    check_batch_scale("batch_normalization_grad", x.shape, axis, gamma)
    x_out, gamma_out, beta_out = (None, None, None) if out is None else out
    x_grads, gamma_grads, beta_grads = [], [], []
    operands = [groups(y, x.shape, axis) for y in (grad, x, mean, variance, gamma)]
    for slopes, values, means, variances, factors in zip(*operands, strict=True):
        scales = [rsqrt(v + epsilon) for v in variances]
        x_hats = standardized(values, means, scales)
        total = sum_of(slopes)
        product_total = sum_of(products(slopes, x_hats))
        n = len(slopes)
        for g, x_hat, scale, factor in zip(
            slopes, x_hats, scales, factors, strict=True
        ):
            rest = g - total / n - x_hat * (product_total / n)
            x_grads.append(factor * scale * rest)
        gamma_grads.append(product_total)
        beta_grads.append(total)
    shape = reduced_shape(x.shape, axis, True)
    return (
        regrouped(x_grads, x, axis, x_out),
        stored(gamma_grads, shape, x.dtype, gamma_out),
        stored(beta_grads, shape, x.dtype, beta_out),
    )


def layer_normalization_grad(
    grad, x, mean, variance, gamma, *, axis, epsilon, out=None
):
    """r (w - Σ w / n - x̂ Σ w x̂ / n), w = g γ, with sums along `axis`; Σ g x̂ and Σ g."""
    check_operands("layer_normalization_grad", x.shape, grad, mean, variance, gamma)
    x_out, gamma_out, beta_out = (None, None, None) if out is None else out
    x_grads = []
    operands = [groups(y, x.shape, axis) for y in (grad, x, mean, variance, gamma)]
    for slopes, values, means, variances, factors in zip(*operands, strict=True):
        scales = [rsqrt(v + epsilon) for v in variances]
        x_hats = standardized(values, means, scales)
        weighted = products(slopes, factors)
        weighted_mean = mean_of(weighted)
        product_mean = mean_of(products(weighted, x_hats))
        for w, x_hat, scale in zip(weighted, x_hats, scales, strict=True):
            x_grads.append(scale * (w - weighted_mean - x_hat * product_mean))
    gamma_grads, beta_grads = [], []
    repeated = tuple(i for i, side in enumerate(gamma.shape) if side == 1)
    operands = [groups(y, x.shape, repeated) for y in (grad, x, mean, variance)]
    for slopes, values, means, variances in zip(*operands, strict=True):
        scales = [rsqrt(v + epsilon) for v in variances]
        x_hats = standardized(values, means, scales)
        gamma_grads.append(sum_of(products(slopes, x_hats)))
        beta_grads.append(sum_of(slopes))
    return (
        regrouped(x_grads, x, axis, x_out),
        stored(gamma_grads, gamma.shape, x.dtype, gamma_out),
        stored(beta_grads, gamma.shape, x.dtype, beta_out),
    )


def standardized(values, means, scales):
    """Returns (x_i - m_i) · r_i for each i."""
    rows = zip(values, means, scales, strict=True)
    return [(value - mean) * scale for value, mean, scale in rows]


def products(xs, ys):
    """Returns x_i · y_i for each i."""
    return [x * y for x, y in zip(xs, ys, strict=True)]


def numbers_of(y, shape):
    """Returns the numbers of an array repeated to fill a shape."""
    return np.broadcast_to(y, shape).ravel().tolist()


def groups(y, shape, axis):
    """Returns the numbers that go into one sum along `axis`, for each of the sums."""
    kept, axes = split_axes(len(shape), axis)
    rows = np.broadcast_to(y, shape).transpose(*kept, *axes)
    sizes = [math.prod(shape[i] for i in part) for part in (kept, axes)]
    return rows.reshape(sizes).tolist()


def regrouped(results, x, axis, out):
    """Returns an array like x of what was computed sum after sum."""
    kept, axes = split_axes(x.ndim, axis)
    order = [*kept, *axes]
    in_groups = stored(results, [x.shape[i] for i in order], x.dtype, None)
    if out is None:
        out = np.empty(x.shape, x.dtype)
    out.transpose(order)[...] = in_groups
    return out


def split_axes(ndim, axis):
    """Returns the axes outside of `axis`, and those that it names, in order."""
    axes = sorted(normalized_axes(axis, ndim))
    return [i for i in range(ndim) if i not in axes], axes
