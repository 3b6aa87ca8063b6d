"""Shapes of elementwise kernels: what the inputs broadcast to."""

import numpy as np

from minikeras.kernels.shapes.shape_dtype import (
    ShapeDtype,
    broadcast_shapes,
    dtype_of,
    shape_of,
)


def combined(x, y):
    """The shape that both broadcast to; the dtype of the arrays among them."""
    return ShapeDtype(broadcast_shapes(shape_of(x), shape_of(y)), dtype_of(x, y))


def compared(x, y):
    """The shape that both broadcast to, of bools."""
    return ShapeDtype(broadcast_shapes(shape_of(x), shape_of(y)), np.bool_)


def same(x):
    """The same shape and dtype."""
    return ShapeDtype(x.shape, x.dtype)


def tested(x):
    """The same shape, of bools."""
    return ShapeDtype(x.shape, np.bool_)


def clip(x, *, minimum, maximum):
    """The same shape and dtype."""
    return same(x)


def where(condition, x, y):
    """The shape that all three broadcast to, and the dtype of x and y."""
    shape = broadcast_shapes(shape_of(condition), shape_of(x), shape_of(y))
    return ShapeDtype(shape, dtype_of(x, y))


def cast(x, *, dtype):
    """The same shape, another dtype."""
    return ShapeDtype(x.shape, dtype)


add = combined
subtract = combined
multiply = combined
divide = combined
floor_divide = combined
remainder = combined
maximum = combined
minimum = combined
share_of_maximum = combined
power = combined
arctan2 = combined
equal = compared
not_equal = compared
less = compared
less_equal = compared
greater = compared
greater_equal = compared
logical_and = compared
logical_or = compared
logical_xor = compared
logical_not = tested
isnan = tested
isinf = tested
isfinite = tested
negative = same
abs = same
sign = same
square = same
sqrt = same
reciprocal = same
floor = same
ceil = same
round = same
copy = same
rsqrt = same
exp = same
expm1 = same
log = same
log1p = same
log2 = same
log10 = same
sin = same
cos = same
tan = same
arcsin = same
arccos = same
arctan = same
sinh = same
cosh = same
tanh = same
arcsinh = same
arccosh = same
arctanh = same
erf = same
