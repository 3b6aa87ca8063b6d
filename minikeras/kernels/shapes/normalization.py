"""Shapes of normalization: statistics keep the axes they were taken over, with size 1.

The checks are used by the sets that compute too: one text of each error.
"""

from minikeras.kernels.shapes.losses import agree
from minikeras.kernels.shapes.reduction import reduced_shape
from minikeras.kernels.shapes.shape_dtype import ShapeDtype


def standardize(x, mean, variance, gamma, beta, *, epsilon):
    """The shape of x."""
    check_operands("standardize", x.shape, mean, variance, gamma, beta)
    return x


def batch_normalization(x, gamma, beta, *, axis, epsilon):
    """That of x, and twice with size 1 along the axes."""
    check_batch_scale("batch_normalization", x.shape, axis, gamma, beta)
    check_same("batch_normalization", gamma, beta)
    statistic = ShapeDtype(reduced_shape(x.shape, axis, True), x.dtype)
    return x, statistic, statistic


def batch_normalization_grad(grad, x, mean, variance, gamma, *, axis, epsilon):
    """That of x, and twice with size 1 along the axes."""
    check_operands("batch_normalization_grad", x.shape, grad, mean, variance)
    check_batch_scale("batch_normalization_grad", x.shape, axis, gamma)
    statistic = ShapeDtype(reduced_shape(x.shape, axis, True), x.dtype)
    return x, statistic, statistic


def layer_normalization(x, gamma, beta, *, axis, epsilon):
    """That of x, and twice with size 1 along the axes."""
    check_operands("layer_normalization", x.shape, gamma, beta)
    check_same("layer_normalization", gamma, beta)
    statistic = ShapeDtype(reduced_shape(x.shape, axis, True), x.dtype)
    return x, statistic, statistic


def layer_normalization_grad(grad, x, mean, variance, gamma, *, axis, epsilon):
    """That of x, and twice that of gamma."""
    check_operands("layer_normalization_grad", x.shape, grad, mean, variance, gamma)
    reduced_shape(x.shape, axis, True)
    return x, gamma, gamma


def check_operands(name, shape, *operands):
    """Refuses what has not the shape of x with sizes of 1 in some places."""
    for operand in operands:
        if not stretches(operand.shape, shape):
            raise ValueError(
                f"{name} needs operands with the {len(shape)} axes of x, {shape}, each "
                f"of its size or 1; got shape {operand.shape}. Reshape it?"
            )


def check_batch_scale(name, shape, axis, *operands):
    """Refuses scales that differ along an axis that is averaged over."""
    check_operands(name, shape, *operands)
    statistic = reduced_shape(shape, axis, True)
    for operand in operands:
        if not stretches(operand.shape, statistic):
            raise ValueError(
                f"{name} needs gamma and beta of the shape {statistic} of its "
                f"statistics, over axis={axis}; got shape {operand.shape}."
            )


def check_same(name, gamma, beta):
    """Refuses scales of different shapes: their gradients are sums over the same."""
    if not agree(gamma.shape, beta.shape):
        raise ValueError(
            f"{name} needs gamma and beta of one shape; got {gamma.shape} and "
            f"{beta.shape}. Fill the smaller one up?"
        )


def stretches(small, large):
    """Tells whether one shape is another with sizes of 1; None stands for any size."""
    return len(small) == len(large) and all(
        n in (1, m) or None in (n, m) for n, m in zip(small, large, strict=True)
    )
