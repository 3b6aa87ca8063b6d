"""Reductions of one number, which are nearly all that number."""


def sum(x, *, axis, keepdims):
    """x."""
    return x


def mean(x, *, axis, keepdims):
    """x."""
    return x


def variance(x, *, axis, keepdims):
    """(x - x)²: 0, or nan if x is not finite."""
    return (x - x) * (x - x)


def prod(x, *, axis, keepdims):
    """x."""
    return x


def logsumexp(x, *, axis, keepdims):
    """log eˣ = x."""
    return x


def cumsum(x, *, axis, reverse):
    """x."""
    return x


def cumprod(x, *, axis, reverse):
    """x."""
    return x


def sum_to_shape_of(x, like):
    """x: among numbers, nothing was broadcast."""
    return x
