"""Normalization in NumPy: the definition of right.

All is said by broadcasting: the statistics keep the axes that they were taken over,
with size 1, so a batch normalization and a layer normalization differ in shapes only.
"""

import numpy as np

from minikeras.kernels.reference.elementwise import finished
from minikeras.kernels.reference.reduction import accumulator, size_of, stored
from minikeras.kernels.shapes.normalization import (
    check_batch_scale,
    check_operands,
    check_same,
)
from minikeras.kernels.shapes.shape_dtype import normalized_axes


def standardize(x, mean, variance, gamma, beta, *, epsilon, out=None):
    """(x - m) · (1 / √(v + ε)) · γ + β, rounded after each operation."""
    check_operands("standardize", x.shape, mean, variance, gamma, beta)
    one, epsilon = x.dtype.type(1), x.dtype.type(epsilon)
    with np.errstate(all="ignore"):
        scale = one / np.sqrt(variance + epsilon)
        return finished((x - mean) * scale * gamma + beta, out)


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
    """Returns y, m and v; y is made of m and v as they are returned, rounded."""
    y, mean, variance = (None, None, None) if out is None else out
    axes = normalized_axes(axis, x.ndim)
    size = size_of(x.shape, axes)
    with np.errstate(all="ignore"):
        mean64 = np.sum(x, axes, accumulator(x), keepdims=True) / size
        variance64 = np.sum(np.square(x - mean64), axes, keepdims=True) / size
        mean = stored(mean64, x.dtype, mean)
        variance = stored(variance64, x.dtype, variance)
    y = standardize(x, mean, variance, gamma, beta, epsilon=epsilon, out=y)
    return y, mean, variance


def batch_normalization_grad(
    grad, x, mean, variance, gamma, *, axis, epsilon, out=None
):
    """γ r (g - Σ g / n - x̂ Σ g x̂ / n), Σ g x̂ and Σ g, with sums along `axis`.

    x̂ = (x - m) r,   r = 1 / √(v + ε)
    """
    check_operands("batch_normalization_grad", x.shape, grad, mean, variance)
    check_batch_scale("batch_normalization_grad", x.shape, axis, gamma)
    axes = normalized_axes(axis, x.ndim)
    size = size_of(x.shape, axes)
    with np.errstate(all="ignore"):
        x_hat, scale = standardized(x, mean, variance, epsilon)
        wide = np.broadcast_to(grad.astype(accumulator(grad)), x.shape)
        beta_grad = np.sum(wide, axes, keepdims=True)
        gamma_grad = np.sum(wide * x_hat, axes, keepdims=True)
        rest = wide - beta_grad / size - x_hat * (gamma_grad / size)
        results = gamma * scale * rest, gamma_grad, beta_grad
        return all_stored(results, x.dtype, out)


def layer_normalization_grad(
    grad, x, mean, variance, gamma, *, axis, epsilon, out=None
):
    """r (w - Σ w / n - x̂ Σ w x̂ / n), w = g γ, with sums along `axis`; Σ g x̂ and Σ g.

    x̂ = (x - m) r,   r = 1 / √(v + ε);   the last two sums are over the axes of size 1
    of γ.
    """
    check_operands("layer_normalization_grad", x.shape, grad, mean, variance, gamma)
    axes = normalized_axes(axis, x.ndim)
    repeated = tuple(i for i, side in enumerate(gamma.shape) if side == 1)
    size = size_of(x.shape, axes)
    with np.errstate(all="ignore"):
        x_hat, scale = standardized(x, mean, variance, epsilon)
        wide = np.broadcast_to(grad.astype(accumulator(grad)), x.shape)
        weighted = wide * gamma
        weighted_mean = np.sum(weighted, axes, keepdims=True) / size
        product_mean = np.sum(weighted * x_hat, axes, keepdims=True) / size
        results = (
            scale * (weighted - weighted_mean - x_hat * product_mean),
            np.sum(wide * x_hat, repeated, keepdims=True),
            np.sum(wide, repeated, keepdims=True),
        )
        return all_stored(results, x.dtype, out)


def standardized(x, mean, variance, epsilon):
    """Returns x̂ = (x - m) / √(v + ε) and 1 / √(v + ε), in float64."""
    wide = accumulator(x)
    scale = 1 / np.sqrt(variance.astype(wide) + epsilon)
    return (x.astype(wide) - mean) * scale, scale


def all_stored(results, dtype, out):
    """Returns several results, each rounded once, in `out` if it was given."""
    outs = [None] * len(results) if out is None else out
    return tuple(map(stored, results, [dtype] * len(results), outs))
