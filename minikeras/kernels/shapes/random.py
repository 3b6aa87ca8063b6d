"""Shapes of random numbers: the one that was asked for."""

import numpy as np

from minikeras.kernels.shapes.shape_dtype import ShapeDtype


def random_uniform(state, *, shape, low, high, dtype):
    """`shape`."""
    return ShapeDtype(shape, dtype)


def random_integers(state, *, shape, low, high, dtype):
    """`shape`."""
    check_integers(low, high, dtype)
    return ShapeDtype(shape, dtype)


def dropout_mask(state, *, shape, rate, dtype):
    """`shape`."""
    return ShapeDtype(shape, dtype)


def random_normal(state, *, shape, mean, stddev, dtype):
    """`shape`."""
    return ShapeDtype(shape, dtype)


def random_truncated_normal(state, *, shape, mean, stddev, dtype):
    """`shape`."""
    return ShapeDtype(shape, dtype)


def advance_seed(state):
    """Changes no shape."""


def check_integers(low, high, dtype):
    """Refuses a range of integers that is empty or does not fit in the dtype."""
    limits = np.iinfo(dtype)
    if not (limits.min <= low < high <= limits.max + 1):
        raise ValueError(
            f"random_integers needs low < high and numbers of {np.dtype(dtype)}, "
            f"{limits.min} to {limits.max}; got low={low}, high={high}."
        )
