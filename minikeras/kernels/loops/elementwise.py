"""Elementwise kernels as one plain loop, `mapped`, around the kernels on single floats.

What is computed of the numbers stands in `kernels/scalar`: step into it from the loop.
"""

import numpy as np

from minikeras.kernels.loops.reduction import stored
from minikeras.kernels.reference.elementwise import typed
from minikeras.kernels.scalar import elementwise as scalar


def mapped(function, *inputs, out, dtype=None):
    """Applies `function` to the numbers at each place of arrays that broadcast.

    The numbers are Python's, and a result is rounded once, to the dtype of the inputs.
    """
    arrays = np.broadcast_arrays(*typed(*inputs))
    results = []
    for numbers in zip(*(x.ravel().tolist() for x in arrays), strict=True):
        results.append(function(*numbers))
    return stored(results, arrays[0].shape, dtype or arrays[0].dtype, out)


def mapped_to_integral(function, x, out):
    """Applies a function that rounds floats to integers; integers stay as they are."""
    if x.dtype.kind == "f":
        return mapped(function, x, out=out)
    return copy(x, out=out)


def add(x, y, *, out=None):
    """x_i + y_i."""
    return mapped(scalar.add, x, y, out=out)


def subtract(x, y, *, out=None):
    """x_i - y_i."""
    return mapped(scalar.subtract, x, y, out=out)


def multiply(x, y, *, out=None):
    """x_i · y_i."""
    return mapped(scalar.multiply, x, y, out=out)


def divide(x, y, *, out=None):
    """x_i / y_i; x/0 is ±inf, 0/0 is nan."""
    return mapped(scalar.divide, x, y, out=out)


def floor_divide(x, y, *, out=None):
    """⌊x_i / y_i⌋, of a float x/0 is ±inf and 0/0 nan."""
    integers = np.result_type(x, y).kind != "f"
    function = integer_floor_divide if integers else scalar.floor_divide
    return mapped(function, x, y, out=out)


def remainder(x, y, *, out=None):
    """x_i - y_i ⌊x_i / y_i⌋, which has the sign of y_i, as in Python."""
    integers = np.result_type(x, y).kind != "f"
    function = integer_remainder if integers else scalar.remainder
    return mapped(function, x, y, out=out)


def maximum(x, y, *, out=None):
    """x_i if x_i > y_i or x_i is nan, else y_i."""
    return mapped(scalar.maximum, x, y, out=out)


def minimum(x, y, *, out=None):
    """x_i if x_i < y_i or x_i is nan, else y_i."""
    return mapped(scalar.minimum, x, y, out=out)


def share_of_maximum(x, y, *, out=None):
    """1 if x_i > y_i, ½ if they are equal, else 0: the part of x in ∂max(x, y)."""
    return mapped(scalar.share_of_maximum, x, y, out=out)


def negative(x, *, out=None):
    """-x_i."""
    return mapped(scalar.negative, x, out=out)


def abs(x, *, out=None):
    """|x_i|."""
    return mapped(scalar.abs, x, out=out)


def sign(x, *, out=None):
    """1, 0 or -1, as x_i is above, at or below 0; nan stays nan."""
    function = scalar.sign if x.dtype.kind == "f" else integer_sign
    return mapped(function, x, out=out)


def square(x, *, out=None):
    """x_i²."""
    return mapped(scalar.square, x, out=out)


def sqrt(x, *, out=None):
    """√x_i; nan below 0."""
    return mapped(scalar.sqrt, x, out=out)


def reciprocal(x, *, out=None):
    """1 / x_i."""
    return mapped(scalar.reciprocal, x, out=out)


def floor(x, *, out=None):
    """⌊x_i⌋, the next integer at or below."""
    return mapped_to_integral(scalar.floor, x, out)


def ceil(x, *, out=None):
    """⌈x_i⌉, the next integer at or above."""
    return mapped_to_integral(scalar.ceil, x, out)


def round(x, *, out=None):
    """The integer next to x_i; of two equally near, the even one."""
    return mapped_to_integral(scalar.round, x, out)


def clip(x, *, minimum, maximum, out=None):
    """x_i, or the border that it is beyond; nan stays nan."""
    # The borders are rounded to the dtype of x before anything is compared to them.
    low, high = (np.asarray(border, x.dtype).item() for border in (minimum, maximum))

    def clip_one(number):
        return scalar.clip(number, minimum=low, maximum=high)

    return mapped(clip_one, x, out=out)


def equal(x, y, *, out=None):
    """x_i = y_i."""
    return mapped(scalar.equal, x, y, out=out, dtype=np.bool_)


def not_equal(x, y, *, out=None):
    """x_i ≠ y_i."""
    return mapped(scalar.not_equal, x, y, out=out, dtype=np.bool_)


def less(x, y, *, out=None):
    """x_i < y_i; false if one is nan."""
    return mapped(scalar.less, x, y, out=out, dtype=np.bool_)


def less_equal(x, y, *, out=None):
    """x_i ≤ y_i; false if one is nan."""
    return mapped(scalar.less_equal, x, y, out=out, dtype=np.bool_)


def greater(x, y, *, out=None):
    """x_i > y_i; false if one is nan."""
    return mapped(scalar.greater, x, y, out=out, dtype=np.bool_)


def greater_equal(x, y, *, out=None):
    """x_i ≥ y_i; false if one is nan."""
    return mapped(scalar.greater_equal, x, y, out=out, dtype=np.bool_)


def logical_and(x, y, *, out=None):
    """x_i ∧ y_i, of bools."""
    return mapped(scalar.logical_and, x, y, out=out, dtype=np.bool_)


def logical_or(x, y, *, out=None):
    """x_i ∨ y_i, of bools."""
    return mapped(scalar.logical_or, x, y, out=out, dtype=np.bool_)


def logical_xor(x, y, *, out=None):
    """Whether one of x_i and y_i is true and the other is not."""
    return mapped(scalar.logical_xor, x, y, out=out, dtype=np.bool_)


def logical_not(x, *, out=None):
    """¬x_i, of bools."""
    return mapped(scalar.logical_not, x, out=out, dtype=np.bool_)


def isnan(x, *, out=None):
    """Whether x_i is not a number."""
    return mapped(scalar.isnan, x, out=out, dtype=np.bool_)


def isinf(x, *, out=None):
    """Whether x_i is ±inf."""
    return mapped(scalar.isinf, x, out=out, dtype=np.bool_)


def isfinite(x, *, out=None):
    """Whether x_i is neither nan nor ±inf."""
    return mapped(scalar.isfinite, x, out=out, dtype=np.bool_)


def where(condition, x, y, *, out=None):
    """x_i where the condition is true, else y_i."""
    condition, x, y = np.broadcast_arrays(condition, *typed(x, y))
    results = []
    for chosen, a, b in zip(
        *(v.ravel().tolist() for v in (condition, x, y)), strict=True
    ):
        results.append(scalar.where(chosen, a, b))
    return stored(results, x.shape, x.dtype, out)


def cast(x, *, dtype, out=None):
    """x_i as another dtype; x itself if it has that dtype already."""
    dtype = np.dtype(dtype)
    if x.dtype == dtype and out is None:
        return x

    def cast_one(number):
        return scalar.cast(number, dtype=dtype)

    return mapped(cast_one, x, out=out, dtype=dtype)


def copy(x, *, out=None):
    """x_i, in memory of its own."""
    return mapped(scalar.copy, x, out=out)


def power(x, y, *, out=None):
    """x_i to the power y_i; nan for x_i < 0 unless y_i is an integer."""
    return mapped(scalar.power, x, y, out=out)


def arctan2(x, y, *, out=None):
    """The angle from -π to π of the point that is y_i to the right and x_i up."""
    return mapped(scalar.arctan2, x, y, out=out)


def rsqrt(x, *, out=None):
    """1 / √x_i."""
    return mapped(scalar.rsqrt, x, out=out)


def exp(x, *, out=None):
    """e to the power x_i."""
    return mapped(scalar.exp, x, out=out)


def expm1(x, *, out=None):
    """exp(x_i) - 1, accurate near 0."""
    return mapped(scalar.expm1, x, out=out)


def log(x, *, out=None):
    """The natural logarithm of x_i; -inf at 0, nan below."""
    return mapped(scalar.log, x, out=out)


def log1p(x, *, out=None):
    """log(1 + x_i), accurate near 0."""
    return mapped(scalar.log1p, x, out=out)


def log2(x, *, out=None):
    """The logarithm to base 2."""
    return mapped(scalar.log2, x, out=out)


def log10(x, *, out=None):
    """The logarithm to base 10."""
    return mapped(scalar.log10, x, out=out)


def sin(x, *, out=None):
    """The sine of x_i radians."""
    return mapped(scalar.sin, x, out=out)


def cos(x, *, out=None):
    """The cosine of x_i radians."""
    return mapped(scalar.cos, x, out=out)


def tan(x, *, out=None):
    """The tangent of x_i radians."""
    return mapped(scalar.tan, x, out=out)


def arcsin(x, *, out=None):
    """The angle from -π/2 to π/2 whose sine is x_i; nan beyond ±1."""
    return mapped(scalar.arcsin, x, out=out)


def arccos(x, *, out=None):
    """The angle from 0 to π whose cosine is x_i; nan beyond ±1."""
    return mapped(scalar.arccos, x, out=out)


def arctan(x, *, out=None):
    """The angle from -π/2 to π/2 whose tangent is x_i."""
    return mapped(scalar.arctan, x, out=out)


def sinh(x, *, out=None):
    """(exp(x_i) - exp(-x_i)) / 2."""
    return mapped(scalar.sinh, x, out=out)


def cosh(x, *, out=None):
    """(exp(x_i) + exp(-x_i)) / 2."""
    return mapped(scalar.cosh, x, out=out)


def tanh(x, *, out=None):
    """sinh(x_i) / cosh(x_i)."""
    return mapped(scalar.tanh, x, out=out)


def arcsinh(x, *, out=None):
    """The number whose sinh is x_i."""
    return mapped(scalar.arcsinh, x, out=out)


def arccosh(x, *, out=None):
    """The number ≥ 0 whose cosh is x_i; nan below 1."""
    return mapped(scalar.arccosh, x, out=out)


def arctanh(x, *, out=None):
    """The number whose tanh is x_i; nan beyond ±1."""
    return mapped(scalar.arctanh, x, out=out)


def erf(x, *, out=None):
    """2/√π ∫ exp(-t²) dt from 0 to x_i, the error function."""
    return mapped(scalar.erf, x, out=out)


def integer_floor_divide(x, y):
    """⌊x / y⌋, and 0 for y = 0."""
    return x // y if y != 0 else 0


def integer_remainder(x, y):
    """x - y ⌊x / y⌋, and 0 for y = 0."""
    return x % y if y != 0 else 0


def integer_sign(x):
    """1, 0 or -1, as x is above, at or below 0."""
    return (x > 0) - (x < 0)
