"""Activations and the kernels of their derivatives in NumPy: the definition of right.

Formulas are written so that no exp overflows and nothing cancels.  GELU and the softmax
family compute float32 in float64 and round once; the others in the dtype that they get.
"""

import math

import numpy as np

from minikeras.kernels.reference.elementwise import finished, typed
from minikeras.kernels.reference.error_function import erfc_of

SQRT_HALF = math.sqrt(0.5)
SQRT_TWO_PI = math.sqrt(2.0 * math.pi)
SQRT_EIGHT_OVER_PI = math.sqrt(8.0 / math.pi)
TANH_CUBIC = 0.044715  # of the tanh form of GELU


def relu(x, *, out=None):
    """max(x_i, 0); nan stays nan, and a zero comes out as +0."""
    # Which zero np.maximum returns differs between processors and dtypes: + 0 decides.
    return np.asarray(np.add(np.maximum(x, 0), 0, out=out))


def relu_grad(grad, x, *, out=None):
    """grad_i where x_i > 0, else 0."""
    grad, x = typed(grad, x)
    return finished(np.where(np.greater(x, 0), grad, 0), out)


def leaky_relu(x, *, negative_slope, out=None):
    """x_i where x_i > 0, else negative_slope · x_i."""
    return finished(np.where(np.greater(x, 0), x, np.multiply(negative_slope, x)), out)


def leaky_relu_grad(grad, x, *, negative_slope, out=None):
    """grad_i where x_i > 0, else negative_slope · grad_i."""
    grad, x = typed(grad, x)
    below = np.multiply(negative_slope, grad)
    return finished(np.where(np.greater(x, 0), grad, below), out)


def sigmoid(x, *, out=None):
    """1 / (1 + exp(-x_i)), and where x_i < 0 as exp(x_i) / (1 + exp(x_i))."""
    with np.errstate(all="ignore"):
        # Both cases in one: no exponent is positive, so nothing overflows or cancels.
        return finished(np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x))), out)


def sigmoid_grad(grad, y, *, out=None):
    """grad_i · y_i (1 - y_i), y = sigmoid(x)."""
    grad, y = typed(grad, y)
    with np.errstate(all="ignore"):
        return finished(grad * (y * (1 - y)), out)


def tanh_grad(grad, y, *, out=None):
    """grad_i · (1 - y_i²), y = tanh(x), as (1 - y)(1 + y), accurate near y = ±1."""
    grad, y = typed(grad, y)
    with np.errstate(all="ignore"):
        return finished(grad * ((1 - y) * (1 + y)), out)


def softplus(x, *, out=None):
    """log(1 + exp(x_i)), as max(x_i, 0) + log(1 + exp(-|x_i|))."""
    with np.errstate(all="ignore"):
        return np.asarray(np.logaddexp(x, 0.0, out=out))


def silu(x, *, out=None):
    """x_i · sigmoid(x_i)."""
    with np.errstate(all="ignore"):
        return finished(x * sigmoid(x), out)


def gelu(x, *, approximate, out=None):
    """x_i Φ(x_i), Φ the normal distribution function; or its approximation by tanh."""
    with np.errstate(all="ignore"):
        wide = x.astype(np.float64)
        probability = tanh_form(wide)[0] if approximate else normal_distribution(wide)
        return finished((wide * probability).astype(x.dtype), out)


def gelu_grad(grad, x, *, approximate, out=None):
    """grad_i · ∂gelu(x_i)/∂x_i."""
    grad, x = typed(grad, x)
    with np.errstate(all="ignore"):
        wide = x.astype(np.float64)
        if approximate:
            probability, density = tanh_form(wide)
        else:
            probability, density = normal_distribution(wide), normal_density(wide)
        result = grad * (probability + wide * density)
        return finished(result.astype(x.dtype), out)


def normal_distribution(x):
    """Φ(x) = ½ erfc(-x/√2)."""
    return 0.5 * erfc_of(-x * SQRT_HALF)


def normal_density(x):
    """φ(x) = Φ′(x) = exp(-x²/2) / √2π."""
    return np.exp(-0.5 * np.square(x)) / SQRT_TWO_PI


def tanh_form(x):
    """Returns ½ + ½ tanh(√(2/π) (x + 0.044715 x³)) and its derivative.

    Written as s and s (1 - s) u′ with s = sigmoid(u), u = √(8/π) (x + 0.044715 x³).
    """
    square = np.square(x)
    u = SQRT_EIGHT_OVER_PI * (x * (1.0 + TANH_CUBIC * square))
    slope = SQRT_EIGHT_OVER_PI * (1.0 + 3.0 * TANH_CUBIC * square)
    probability = sigmoid(u)
    # As sigmoid(-u), because 1 - s cancels where s is near 1.
    return probability, slope * (probability * sigmoid(-u))


def elu(x, *, alpha, out=None):
    """x_i where x_i > 0, else alpha · (exp(x_i) - 1)."""
    with np.errstate(all="ignore"):
        return finished(np.where(np.greater(x, 0), x, alpha * np.expm1(x)), out)


def elu_grad(grad, x, *, alpha, out=None):
    """grad_i where x_i > 0, else grad_i · alpha · exp(x_i)."""
    grad, x = typed(grad, x)
    with np.errstate(all="ignore"):
        below = grad * (alpha * np.exp(x))
        return finished(np.where(np.greater(x, 0), grad, below), out)


def softmax(x, *, axis, out=None):
    """exp(x_i - m) / Σ_j exp(x_j - m) along axis; m = max_j x_j: no exp overflows."""
    with np.errstate(all="ignore"):
        exps = np.exp(shifted(x, axis))
        result = exps / np.sum(exps, axis=axis, keepdims=True)
        return finished(result.astype(x.dtype, copy=False), out)


def softmax_grad(grad, y, *, axis, out=None):
    """y_i (grad_i - Σ_j grad_j y_j) along axis, y = softmax(x)."""
    grad, y = typed(grad, y)
    with np.errstate(all="ignore"):
        weighted = np.multiply(grad, y, dtype=np.float64)
        mean = np.sum(weighted, axis=axis, keepdims=True)
        return finished((y * (grad - mean)).astype(y.dtype, copy=False), out)


def log_softmax(x, *, axis, out=None):
    """x_i - m - log Σ_j exp(x_j - m) along axis, m = max_j x_j."""
    with np.errstate(all="ignore"):
        z = shifted(x, axis)
        total = np.sum(np.exp(z), axis=axis, keepdims=True)
        return finished((z - np.log(total)).astype(x.dtype, copy=False), out)


def shifted(x, axis):
    """Returns x_i - max_j x_j along axis, in float64; an empty axis stays empty."""
    largest = np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    return np.subtract(x, largest, dtype=np.float64)
