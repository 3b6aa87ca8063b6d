"""Activations of one float, and the kernels of their derivatives."""

import math

from minikeras.kernels.scalar.elementwise import exp, expm1

SQRT_HALF = math.sqrt(0.5)
SQRT_TWO_PI = math.sqrt(2.0 * math.pi)
SQRT_EIGHT_OVER_PI = math.sqrt(8.0 / math.pi)
TANH_CUBIC = 0.044715  # of the tanh form of GELU


def relu(x):
    """x if it is positive or nan, else 0."""
    return 0.0 if x <= 0 else x


def relu_grad(grad, x):
    """grad if x > 0, else 0."""
    return grad if x > 0 else 0.0


def leaky_relu(x, *, negative_slope):
    """x if x > 0, else negative_slope · x."""
    return x if x > 0 else negative_slope * x


def leaky_relu_grad(grad, x, *, negative_slope):
    """grad if x > 0, else negative_slope · grad."""
    return grad if x > 0 else negative_slope * grad


def sigmoid(x):
    """1 / (1 + exp(-x)), with an exp that is never above 1."""
    if x < 0:
        small = math.exp(x)
        return small / (1.0 + small)
    return 1.0 / (1.0 + math.exp(-x))


def sigmoid_grad(grad, y):
    """grad · y (1 - y), y = sigmoid(x)."""
    return grad * (y * (1.0 - y))


def tanh_grad(grad, y):
    """grad · (1 - y²), y = tanh(x), as (1 - y)(1 + y), accurate near y = ±1."""
    return grad * ((1.0 - y) * (1.0 + y))


def softplus(x):
    """log(1 + exp(x)), with an exp that is never above 1."""
    if x > 0:
        return x + math.log1p(math.exp(-x))
    return math.log1p(math.exp(x))


def silu(x):
    """x · sigmoid(x)."""
    return x * sigmoid(x)


def gelu(x, *, approximate):
    """x Φ(x), Φ the normal distribution function; or its approximation by tanh."""
    return x * (tanh_form(x)[0] if approximate else normal_distribution(x))


def gelu_grad(grad, x, *, approximate):
    """grad · ∂gelu(x)/∂x."""
    if approximate:
        probability, density = tanh_form(x)
    else:
        probability, density = normal_distribution(x), normal_density(x)
    return grad * (probability + x * density)


def normal_distribution(x):
    """Φ(x) = ½ erfc(-x/√2)."""
    return 0.5 * math.erfc(-x * SQRT_HALF)


def normal_density(x):
    """φ(x) = Φ′(x) = exp(-x²/2) / √2π."""
    return math.exp(-0.5 * (x * x)) / SQRT_TWO_PI


def tanh_form(x):
    """Returns ½ + ½ tanh(√(2/π) (x + 0.044715 x³)) and its derivative.

    Written as s and s (1 - s) u′ with s = sigmoid(u), u = √(8/π) (x + 0.044715 x³).
    """
    square = x * x
    u = SQRT_EIGHT_OVER_PI * (x * (1.0 + TANH_CUBIC * square))
    slope = SQRT_EIGHT_OVER_PI * (1.0 + 3.0 * TANH_CUBIC * square)
    probability = sigmoid(u)
    # As sigmoid(-u), because 1 - s cancels where s is near 1.
    return probability, slope * (probability * sigmoid(-u))


def elu(x, *, alpha):
    """x if x > 0, else alpha · (exp(x) - 1)."""
    return x if x > 0 else alpha * expm1(x)


def elu_grad(grad, x, *, alpha):
    """grad if x > 0, else grad · alpha · exp(x)."""
    return grad if x > 0 else grad * (alpha * exp(x))
