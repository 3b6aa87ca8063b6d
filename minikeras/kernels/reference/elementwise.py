"""Elementwise arithmetic, comparison, selection and elementary functions in NumPy.

This is the definition of right for the other kernel sets.  `np.asarray` is there
because NumPy answers 0-d arrays with scalars.
"""

import numpy as np

from minikeras.kernels.reference.error_function import erf_of


def add(x, y, *, out=None):
    """x_i + y_i."""
    return np.asarray(np.add(x, y, out=out))


def subtract(x, y, *, out=None):
    """x_i - y_i."""
    return np.asarray(np.subtract(x, y, out=out))


def multiply(x, y, *, out=None):
    """x_i · y_i."""
    return np.asarray(np.multiply(x, y, out=out))


def divide(x, y, *, out=None):
    """x_i / y_i; x/0 is ±inf, 0/0 is nan."""
    with np.errstate(all="ignore"):
        return np.asarray(np.divide(x, y, out=out))


def floor_divide(x, y, *, out=None):
    """⌊x_i / y_i⌋, of a float x/0 is ±inf and 0/0 nan.

    Computed in float64 and rounded once: in float32 arithmetic quotients near 2²⁴ are
    off by one.
    """
    with np.errstate(all="ignore"):
        dtype = np.result_type(x, y)
        if dtype.kind != "f":
            return np.asarray(np.floor_divide(x, y, out=out))
        result = np.floor_divide(x, y, dtype=np.float64)
        return finished(result.astype(dtype), out)


def remainder(x, y, *, out=None):
    """x_i - y_i ⌊x_i / y_i⌋, which has the sign of y_i, as in Python."""
    with np.errstate(all="ignore"):
        return np.asarray(np.remainder(x, y, out=out))


def maximum(x, y, *, out=None):
    """x_i if x_i > y_i or x_i is nan, else y_i.

    So nan wins over any number, and of two zeros it is the second.  `np.maximum` leaves
    the sign of that zero to the processor.
    """
    return finished(np.where(np.greater(x, y) | np.not_equal(x, x), x, y), out)


def minimum(x, y, *, out=None):
    """x_i if x_i < y_i or x_i is nan, else y_i."""
    return finished(np.where(np.less(x, y) | np.not_equal(x, x), x, y), out)


def share_of_maximum(x, y, *, out=None):
    """1 if x_i > y_i, ½ if they are equal, else 0: the part of x in ∂max(x, y)."""
    share = np.where(np.equal(x, y), 0.5, np.greater(x, y))
    return finished(share.astype(np.result_type(x, y)), out)


def negative(x, *, out=None):
    """-x_i."""
    return finished(np.negative(x), out)


def abs(x, *, out=None):
    """|x_i|."""
    return np.asarray(np.absolute(x, out=out))


def sign(x, *, out=None):
    """1, 0 or -1, as x_i is above, at or below 0; nan stays nan."""
    return np.asarray(np.sign(x, out=out))


def square(x, *, out=None):
    """x_i²."""
    return np.asarray(np.square(x, out=out))


def sqrt(x, *, out=None):
    """√x_i; nan below 0."""
    with np.errstate(all="ignore"):
        return np.asarray(np.sqrt(x, out=out))


def reciprocal(x, *, out=None):
    """1 / x_i."""
    with np.errstate(all="ignore"):
        return np.asarray(np.divide(1, x, out=out))


def floor(x, *, out=None):
    """⌊x_i⌋, the next integer at or below."""
    return integral(np.floor, x, out)


def ceil(x, *, out=None):
    """⌈x_i⌉, the next integer at or above."""
    return integral(np.ceil, x, out)


def round(x, *, out=None):
    """The integer next to x_i; of two equally near, the even one."""
    return integral(np.rint, x, out)


def clip(x, *, minimum, maximum, out=None):
    """x_i, or the border that it is beyond; nan stays nan."""
    raised = np.where(np.less(x, minimum), minimum, x)
    return finished(np.where(np.greater(raised, maximum), maximum, raised), out)


def equal(x, y, *, out=None):
    """x_i = y_i."""
    return np.asarray(np.equal(x, y, out=out))


def not_equal(x, y, *, out=None):
    """x_i ≠ y_i."""
    return np.asarray(np.not_equal(x, y, out=out))


def less(x, y, *, out=None):
    """x_i < y_i; false if one is nan."""
    return np.asarray(np.less(x, y, out=out))


def less_equal(x, y, *, out=None):
    """x_i ≤ y_i; false if one is nan."""
    return np.asarray(np.less_equal(x, y, out=out))


def greater(x, y, *, out=None):
    """x_i > y_i; false if one is nan."""
    return np.asarray(np.greater(x, y, out=out))


def greater_equal(x, y, *, out=None):
    """x_i ≥ y_i; false if one is nan."""
    return np.asarray(np.greater_equal(x, y, out=out))


def logical_and(x, y, *, out=None):
    """x_i ∧ y_i, of bools."""
    return np.asarray(np.logical_and(x, y, out=out))


def logical_or(x, y, *, out=None):
    """x_i ∨ y_i, of bools."""
    return np.asarray(np.logical_or(x, y, out=out))


def logical_xor(x, y, *, out=None):
    """Whether one of x_i and y_i is true and the other is not."""
    return np.asarray(np.logical_xor(x, y, out=out))


def logical_not(x, *, out=None):
    """¬x_i, of bools."""
    return np.asarray(np.logical_not(x, out=out))


def isnan(x, *, out=None):
    """Whether x_i is not a number."""
    return finished(np.isnan(x), out)


def isinf(x, *, out=None):
    """Whether x_i is ±inf."""
    return finished(np.isinf(x), out)


def isfinite(x, *, out=None):
    """Whether x_i is neither nan nor ±inf."""
    return finished(np.isfinite(x), out)


def where(condition, x, y, *, out=None):
    """x_i where the condition is true, else y_i."""
    return finished(np.where(condition, x, y), out)


def cast(x, *, dtype, out=None):
    """x_i as another dtype; x itself if it has that dtype already.

    Floats are rounded to nearest, or truncated towards 0 if an integer is asked for
    (which one comes from nan, ±inf or a number out of range is not defined).
    """
    with np.errstate(all="ignore"):
        return finished(x if out is not None else x.astype(dtype, copy=False), out)


def copy(x, *, out=None):
    """x_i, in memory of its own."""
    return finished(x.copy() if out is None else x, out)


def power(x, y, *, out=None):
    """x_i to the power y_i; nan for x_i < 0 unless y_i is an integer."""
    with np.errstate(all="ignore"):
        return np.asarray(np.power(x, y, out=out))


def arctan2(x, y, *, out=None):
    """The angle from -π to π of the point that is y_i to the right and x_i up."""
    with np.errstate(all="ignore"):
        return np.asarray(np.arctan2(x, y, out=out))


def rsqrt(x, *, out=None):
    """1 / √x_i."""
    with np.errstate(all="ignore"):
        return np.asarray(np.divide(1, np.sqrt(x), out=out))


def exp(x, *, out=None):
    """e to the power x_i."""
    with np.errstate(all="ignore"):
        return np.asarray(np.exp(x, out=out))


def expm1(x, *, out=None):
    """exp(x_i) - 1, accurate near 0."""
    with np.errstate(all="ignore"):
        return np.asarray(np.expm1(x, out=out))


def log(x, *, out=None):
    """The natural logarithm of x_i; -inf at 0, nan below."""
    with np.errstate(all="ignore"):
        return np.asarray(np.log(x, out=out))


def log1p(x, *, out=None):
    """log(1 + x_i), accurate near 0."""
    with np.errstate(all="ignore"):
        return np.asarray(np.log1p(x, out=out))


def log2(x, *, out=None):
    """The logarithm to base 2."""
    with np.errstate(all="ignore"):
        return np.asarray(np.log2(x, out=out))


def log10(x, *, out=None):
    """The logarithm to base 10."""
    with np.errstate(all="ignore"):
        return np.asarray(np.log10(x, out=out))


def sin(x, *, out=None):
    """The sine of x_i radians."""
    with np.errstate(all="ignore"):
        return np.asarray(np.sin(x, out=out))


def cos(x, *, out=None):
    """The cosine of x_i radians."""
    with np.errstate(all="ignore"):
        return np.asarray(np.cos(x, out=out))


def tan(x, *, out=None):
    """The tangent of x_i radians."""
    with np.errstate(all="ignore"):
        return np.asarray(np.tan(x, out=out))


def arcsin(x, *, out=None):
    """The angle from -π/2 to π/2 whose sine is x_i; nan beyond ±1."""
    with np.errstate(all="ignore"):
        return np.asarray(np.arcsin(x, out=out))


def arccos(x, *, out=None):
    """The angle from 0 to π whose cosine is x_i; nan beyond ±1."""
    with np.errstate(all="ignore"):
        return np.asarray(np.arccos(x, out=out))


def arctan(x, *, out=None):
    """The angle from -π/2 to π/2 whose tangent is x_i."""
    with np.errstate(all="ignore"):
        return np.asarray(np.arctan(x, out=out))


def sinh(x, *, out=None):
    """(exp(x_i) - exp(-x_i)) / 2."""
    with np.errstate(all="ignore"):
        return np.asarray(np.sinh(x, out=out))


def cosh(x, *, out=None):
    """(exp(x_i) + exp(-x_i)) / 2."""
    with np.errstate(all="ignore"):
        return np.asarray(np.cosh(x, out=out))


def tanh(x, *, out=None):
    """sinh(x_i) / cosh(x_i)."""
    with np.errstate(all="ignore"):
        return np.asarray(np.tanh(x, out=out))


def arcsinh(x, *, out=None):
    """The number whose sinh is x_i."""
    with np.errstate(all="ignore"):
        return np.asarray(np.arcsinh(x, out=out))


def arccosh(x, *, out=None):
    """The number ≥ 0 whose cosh is x_i; nan below 1."""
    with np.errstate(all="ignore"):
        return np.asarray(np.arccosh(x, out=out))


def arctanh(x, *, out=None):
    """The number whose tanh is x_i; nan beyond ±1."""
    with np.errstate(all="ignore"):
        return np.asarray(np.arctanh(x, out=out))


def erf(x, *, out=None):
    """2/√π ∫ exp(-t²) dt from 0 to x_i, the error function."""
    with np.errstate(all="ignore"):
        return finished(erf_of(x.astype(np.float64)).astype(x.dtype), out)


def integral(function, x, out):
    """Applies a function that rounds floats to integers; integers stay as they are."""
    if x.dtype.kind == "f":
        return np.asarray(function(x, out=out))
    return copy(x, out=out)


def typed(*inputs):
    """Returns the inputs as arrays of one dtype; a Python number takes the others'."""
    dtype = np.result_type(*inputs)
    return [np.asarray(x, dtype) for x in inputs]


def finished(result, out):
    """Returns a result as an array, in `out` if it was given.

    `negative`, `isnan`, `isinf` and `isfinite` end in it, too: NumPy 2.4 writes to the
    wrong places of an `out` with strides.
    """
    if out is None:
        return np.asarray(result)
    np.copyto(out, result, casting="unsafe")
    return out
