"""Elementwise arithmetic, comparison, selection and elementary functions of one float.

Where Python's operator or a function of `math` already answers as IEEE 754 does, it is
the kernel itself, without a frame of ours.  The others turn Python's exceptions into
the nan or inf that an array would hold.
"""

import math
import operator
import struct

add = operator.add
subtract = operator.sub
multiply = operator.mul
negative = operator.neg
abs = operator.abs
equal = operator.eq
not_equal = operator.ne
less = operator.lt
less_equal = operator.le
greater = operator.gt
greater_equal = operator.ge
logical_and = operator.and_
logical_or = operator.or_
logical_xor = operator.xor
logical_not = operator.not_
isnan = math.isnan
isinf = math.isinf
isfinite = math.isfinite
arctan2 = math.atan2
arctan = math.atan
arcsinh = math.asinh
tanh = math.tanh
erf = math.erf


def divide(x, y):
    """x / y; x/0 is ±inf, 0/0 is nan."""
    try:
        return x / y
    except ZeroDivisionError:
        return x * math.copysign(math.inf, y)


def floor_divide(x, y):
    """⌊x / y⌋; x/0 is ±inf, 0/0 is nan."""
    try:
        return x // y
    except ZeroDivisionError:
        return divide(x, y)


def remainder(x, y):
    """x - y ⌊x / y⌋, with the sign of y."""
    try:
        return x % y
    except ZeroDivisionError:
        return math.nan


def maximum(x, y):
    """x if it is larger or nan, else y: so nan wins, and of two zeros the second."""
    return x if x > y or x != x else y


def minimum(x, y):
    """x if it is smaller or nan, else y."""
    return x if x < y or x != x else y


def share_of_maximum(x, y):
    """1 if x > y, ½ if they are equal, else 0."""
    return 0.5 if x == y else float(x > y)


def sign(x):
    """1, 0 or -1, as x is above, at or below 0; nan stays nan."""
    return x if x != x else float((x > 0) - (x < 0))


def square(x):
    """x²."""
    return x * x


def reciprocal(x):
    """1 / x."""
    return divide(1.0, x)


def floor(x):
    """⌊x⌋, as a float."""
    return math.copysign(math.floor(x), x) if math.isfinite(x) else x


def ceil(x):
    """⌈x⌉, as a float."""
    return math.copysign(math.ceil(x), x) if math.isfinite(x) else x


def round(x):
    """The integer next to x, as a float; of two equally near, the even one."""
    return x.__round__(0)


def clip(x, *, minimum, maximum):
    """x, or the border that it is beyond; nan stays nan."""
    raised = minimum if x < minimum else x
    return maximum if raised > maximum else raised


def copy(x):
    """x: a number cannot be changed in place."""
    return x


def where(condition, x, y):
    """x if the condition is true, else y."""
    return x if condition else y


def cast(x, *, dtype):
    """x rounded to the numbers of another dtype; truncated towards 0 for an integer.

    nan and ±inf, which no integer can be, become 0.

    Raises: ValueError if the dtype has no numbers.
    """
    name = str(dtype)
    if name == "float64":
        return float(x)
    if name in FLOAT_FORMATS:
        return rounded_to(FLOAT_FORMATS[name], x)
    if name == "bool":
        return x != 0
    if name.lstrip("u").startswith("int"):
        return int(x) if math.isfinite(x) else 0
    raise ValueError(
        f"cast needs the name of a dtype such as 'float32'; got {dtype!r}."
    )


FLOAT_FORMATS = {"float32": "f", "float16": "e"}  # as `struct` calls them


def rounded_to(form, x):
    try:
        return struct.unpack(form, struct.pack(form, x))[0]
    except OverflowError:
        return math.copysign(math.inf, x)


def power(x, y):
    """x to the power y; nan for x < 0 unless y is an integer."""
    try:
        return math.pow(x, y)
    except OverflowError:
        return -math.inf if x < 0 and y % 2 == 1 else math.inf
    except ValueError:
        if x != 0:
            return math.nan
        return math.copysign(math.inf, x) if y % 2 == 1 else math.inf


def sqrt(x):
    """√x; nan below 0."""
    return math.sqrt(x) if not x < 0 else math.nan


def rsqrt(x):
    """1 / √x."""
    return divide(1.0, sqrt(x))


def exp(x):
    """e to the power x."""
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


def expm1(x):
    """exp(x) - 1, accurate near 0."""
    try:
        return math.expm1(x)
    except OverflowError:
        return math.inf


def log(x):
    """The natural logarithm; -inf at 0, nan below."""
    try:
        return math.log(x)
    except ValueError:
        return -math.inf if x == 0 else math.nan


def log1p(x):
    """log(1 + x), accurate near 0."""
    try:
        return math.log1p(x)
    except ValueError:
        return -math.inf if x == -1 else math.nan


def log2(x):
    """The logarithm to base 2."""
    try:
        return math.log2(x)
    except ValueError:
        return -math.inf if x == 0 else math.nan


def log10(x):
    """The logarithm to base 10."""
    try:
        return math.log10(x)
    except ValueError:
        return -math.inf if x == 0 else math.nan


def sin(x):
    """The sine of x radians; nan at ±inf."""
    try:
        return math.sin(x)
    except ValueError:
        return math.nan


def cos(x):
    """The cosine of x radians; nan at ±inf."""
    try:
        return math.cos(x)
    except ValueError:
        return math.nan


def tan(x):
    """The tangent of x radians; nan at ±inf."""
    try:
        return math.tan(x)
    except ValueError:
        return math.nan


def arcsin(x):
    """The angle from -π/2 to π/2 whose sine is x; nan beyond ±1."""
    try:
        return math.asin(x)
    except ValueError:
        return math.nan


def arccos(x):
    """The angle from 0 to π whose cosine is x; nan beyond ±1."""
    try:
        return math.acos(x)
    except ValueError:
        return math.nan


def sinh(x):
    """(exp(x) - exp(-x)) / 2."""
    try:
        return math.sinh(x)
    except OverflowError:
        return math.copysign(math.inf, x)


def cosh(x):
    """(exp(x) + exp(-x)) / 2."""
    try:
        return math.cosh(x)
    except OverflowError:
        return math.inf


def arccosh(x):
    """The number ≥ 0 whose cosh is x; nan below 1."""
    try:
        return math.acosh(x)
    except ValueError:
        return math.nan


def arctanh(x):
    """The number whose tanh is x; nan beyond ±1."""
    try:
        return math.atanh(x)
    except ValueError:
        return x * math.inf if math.fabs(x) == 1 else math.nan
