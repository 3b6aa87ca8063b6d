"""Activations: functions that a layer applies to what it computed."""

from minikeras.primitives import activation, elementwise, reduction
from minikeras.values.tensor import Tensor, as_float, as_tensor
from minikeras.values.types import Axis, TensorLike

# Chosen so that mean 0 and variance 1 are a fixed point of a layer.
# Source: Klambauer et al., Self-normalizing neural networks (2017), equation 14.
SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805


def relu(x: TensorLike) -> Tensor:
    """Returns max(x, 0); its derivative at 0 is 0.  Integers stay integers."""
    x = as_tensor(x)
    if x.data.dtype.kind != "f":
        return elementwise.maximum(x, 0)
    return activation.relu(x)


def relu6(x: TensorLike) -> Tensor:
    """Returns x limited to [0, 6]; its derivative at 0 and at 6 is 0.

    Source: Howard et al., MobileNets (2017).
    """
    x = as_tensor(x)
    if x.data.dtype.kind != "f":
        return elementwise.clip(x, minimum=0, maximum=6)
    return elementwise.where(elementwise.greater_equal(x, 6.0), 6.0, activation.relu(x))


def leaky_relu(x: TensorLike, negative_slope: float = 0.2) -> Tensor:
    """Returns x where x > 0, and negative_slope · x elsewhere."""
    return activation.leaky_relu(as_float(x), negative_slope=negative_slope)


def sigmoid(x: TensorLike) -> Tensor:
    """Returns 1 / (1 + e⁻ˣ)."""
    return activation.sigmoid(as_float(x))


def log_sigmoid(x: TensorLike) -> Tensor:
    """Returns log(sigmoid(x)) = -log(1 + e⁻ˣ), exact where the sigmoid is nearly 0."""
    x = elementwise.negative(as_float(x))
    return elementwise.negative(activation.softplus(x))


def hard_sigmoid(x: TensorLike) -> Tensor:
    """Returns relu6(x + 3) / 6, a sigmoid made of three straight lines."""
    return elementwise.divide(relu6(elementwise.add(as_float(x), 3.0)), 6.0)


def softplus(x: TensorLike) -> Tensor:
    """Returns log(1 + eˣ), without an exponential that overflows."""
    return activation.softplus(as_float(x))


def softsign(x: TensorLike) -> Tensor:
    """Returns x / (1 + |x|)."""
    x = as_float(x)
    return elementwise.divide(x, elementwise.add(elementwise.abs(x), 1.0))


def silu(x: TensorLike) -> Tensor:
    """Returns x · sigmoid(x).

    Source: Ramachandran, Zoph and Le, Searching for activation functions (2017).
    """
    return activation.silu(as_float(x))


def hard_silu(x: TensorLike) -> Tensor:
    """Returns x · hard_sigmoid(x).

    Source: Howard et al., Searching for MobileNetV3 (2019).
    """
    x = as_float(x)
    return elementwise.multiply(x, hard_sigmoid(x))


# Keras's older names.
swish = silu
hard_swish = hard_silu


def gelu(x: TensorLike, approximate: bool = True) -> Tensor:
    """Returns x · Φ(x), with Φ the distribution function of the normal distribution.

        Φ(x) = (1 + erf(x / √2)) / 2
             ≈ (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2    if `approximate`

    Source: Hendrycks and Gimpel, Gaussian error linear units (2016).
    """
    return activation.gelu(as_float(x), approximate=bool(approximate))


def elu(x: TensorLike, alpha: float = 1.0) -> Tensor:
    """Returns x where x > 0, and alpha · (eˣ - 1) elsewhere.

    Source: Clevert, Unterthiner and Hochreiter, ELU (2015).
    """
    return activation.elu(as_float(x), alpha=alpha)


def selu(x: TensorLike) -> Tensor:
    """Returns scale · elu(x, alpha), which keeps mean and variance through layers.

    Source: Klambauer et al., Self-normalizing neural networks (2017).
    """
    return elementwise.multiply(
        activation.elu(as_float(x), alpha=SELU_ALPHA), SELU_SCALE
    )


def celu(x: TensorLike, alpha: float = 1.0) -> Tensor:
    """Returns max(x, 0) + min(0, alpha · (exp(x / alpha) - 1)).

    Source: Barron, Continuously differentiable exponential linear units (2017).
    """
    x = elementwise.divide(as_float(x), alpha)
    return elementwise.multiply(activation.elu(x, alpha=1.0), alpha)


def softmax(x: TensorLike, axis: Axis | None = -1) -> Tensor:
    """Turns scores into probabilities: exp(x_i) / Σ_j exp(x_j) along an axis.

    With `axis` None, or several axes, the sum is over all of them.

    Shapes: out has the shape of x; its sum along the axis is 1.
    """
    x = as_float(x)
    if isinstance(axis, int):
        return activation.softmax(x, axis=axis)
    return elementwise.exp(log_softmax(x, axis))


def log_softmax(x: TensorLike, axis: Axis | None = -1) -> Tensor:
    """Returns log(softmax(x)) = x - log Σ_j exp(x_j), exact for small ones."""
    x = as_float(x)
    if isinstance(axis, int):
        return activation.log_softmax(x, axis=axis)
    axis = axis if axis is None else tuple(axis)
    total = reduction.logsumexp(x, axis=axis, keepdims=True)
    return elementwise.subtract(x, total)


def hard_tanh(x: TensorLike) -> Tensor:
    """Returns x limited to [-1, 1]."""
    return elementwise.clip(as_float(x), minimum=-1.0, maximum=1.0)


def hard_shrink(x: TensorLike, threshold: float = 0.5) -> Tensor:
    """Returns x where |x| > threshold, else 0."""
    x = as_float(x)
    large = elementwise.greater(elementwise.abs(x), threshold)
    return elementwise.where(large, x, 0.0)


def soft_shrink(x: TensorLike, threshold: float = 0.5) -> Tensor:
    """Moves x towards 0 by `threshold`: sign(x) · max(|x| - threshold, 0)."""
    x = as_float(x)
    rest = activation.relu(elementwise.subtract(elementwise.abs(x), threshold))
    return elementwise.multiply(elementwise.sign(x), rest)


def tanh_shrink(x: TensorLike) -> Tensor:
    """Returns x - tanh(x)."""
    x = as_float(x)
    return elementwise.subtract(x, elementwise.tanh(x))


def threshold(
    x: TensorLike, threshold: TensorLike, default_value: TensorLike
) -> Tensor:
    """Returns x where x > threshold, else `default_value`."""
    x = as_float(x)
    return elementwise.where(elementwise.greater(x, threshold), x, default_value)


def squareplus(x: TensorLike, b: float = 4) -> Tensor:
    """Returns (x + √(x² + b)) / 2, a softplus without exponentials.

    Source: Barron, Squareplus (2021).
    """
    x = as_float(x)
    root = elementwise.sqrt(elementwise.add(elementwise.square(x), float(b)))
    return elementwise.divide(elementwise.add(x, root), 2.0)


def sparse_sigmoid(x: TensorLike) -> Tensor:
    """Returns (x + 1) / 2 limited to [0, 1]."""
    half = elementwise.multiply(elementwise.add(as_float(x), 1.0), 0.5)
    return elementwise.clip(half, minimum=0.0, maximum=1.0)


def sparse_plus(x: TensorLike) -> Tensor:
    """Returns 0 for x ≤ -1, x for x ≥ 1, and (x + 1)² / 4 between."""
    x = as_float(x)
    inside = elementwise.clip(x, minimum=-1.0, maximum=1.0)
    curve = elementwise.divide(elementwise.square(elementwise.add(inside, 1.0)), 4.0)
    return elementwise.add(curve, activation.relu(elementwise.subtract(x, 1.0)))
