"""Shapes of numbers of a distribution with parameters: the one that was asked for."""

from minikeras.kernels.shapes.shape import broadcast_to
from minikeras.kernels.shapes.shape_dtype import ShapeDtype


def random_gamma(state, alpha, *, shape, dtype):
    """`shape`."""
    check_parameters(shape, alpha)
    return ShapeDtype(shape, dtype)


def random_beta(state, alpha, beta, *, shape, dtype):
    """`shape`."""
    check_parameters(shape, alpha, beta)
    return ShapeDtype(shape, dtype)


def random_binomial(state, counts, probabilities, *, shape, dtype):
    """`shape`."""
    check_parameters(shape, counts, probabilities)
    return ShapeDtype(shape, dtype)


def check_parameters(shape, *parameters):
    """Refuses parameters that do not broadcast to the shape of what is drawn."""
    for parameter in parameters:
        broadcast_to(parameter, shape=shape)
