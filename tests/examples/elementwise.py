"""Calls of elementwise kernels: anything for values, smooth places for gradients.

Class A takes integers too.  They stand in for float32 now and then, never for float64,
with which the scalar set is asked.
"""

import numpy as np
from hypothesis import strategies as st

from tests.examples.call import Call
from tests.strategies import (
    GENTLE,
    arrays,
    away_from,
    broadcastable_shapes,
    few_of,
    spread_values,
    values_for,
)

ANYTHING = None
NOT_ZERO = away_from(0.0)
FAR_FROM_ZERO = away_from(0.0, distance=0.5)
POSITIVE = away_from(low=0.25)
WITHIN_ONE = away_from(low=-0.75, high=0.75)
ABOVE_ONE = away_from(low=1.25)
# No x is near a multiple of a y.
DIVIDENDS = (0.3, -0.3, 1.3, -1.3, 2.3, -2.3, 3.3)
DIVISORS = (1.0, -1.0, 2.0, -2.0, 4.0)
# No element of one is near an element of the other.
HALVES = (0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0)
QUARTERS = (0.25, -0.25, 0.75, -0.75, 1.75, -1.75)
BORDERS = ((-1.0, 1.0), (0.0, 0.1), (-0.1, 0.7), (-np.inf, 0.3), (0.5, 0.5))
WHOLE_NUMBERS = tuple(range(-3, 4))
NEITHER_HALF_NOR_WHOLE = away_from(*(n / 2 for n in range(-6, 7)))


def calls_of(*gradient_values, values=(), integers=False):
    """Returns a strategy maker for calls with as many arrays as `gradient_values`.

    The shapes of the arrays broadcast together.  `values` adds to the usual values.
    """

    @st.composite
    def call(draw, dtype, purpose):
        if purpose == "gradient":
            choices = gradient_values
        else:
            if integers and dtype == "float32" and draw(st.booleans()):
                dtype = draw(st.sampled_from(("int32", "int64", "uint8")))
            choices = (some(draw, dtype, values),) * len(gradient_values)
        shapes = draw(broadcastable_shapes(len(gradient_values)))
        drawn = zip(shapes, choices, strict=True)
        return Call(tuple(draw(arrays(dtype, *each)) for each in drawn), {})

    return call


def some(draw, dtype, more):
    """Draws a few of all values, so that nan is in some arrays, not in all."""
    values = values_for(dtype)
    if np.dtype(dtype).kind in "iu":
        limits = np.iinfo(dtype)
        more = (limits.max, limits.min)
    return draw(few_of((*values, *more)))


@st.composite
def clippings(draw, dtype, purpose):
    low, high = draw(st.sampled_from(BORDERS))
    if purpose == "gradient":
        x = draw(arrays(dtype, values=away_from(low, high)))
    else:
        x = draw(arrays(dtype, values=some(draw, dtype, (low, high))))
        if dtype == "float32" and draw(st.booleans()):
            low, high = draw(st.sampled_from(((0, 2), (-1, 1))))
            x = draw(arrays("int32"))
    return Call((x,), {"minimum": low, "maximum": high})


@st.composite
def logic(draw, dtype, purpose, count=2):
    shapes = draw(broadcastable_shapes(count))
    return Call(tuple(draw(arrays("bool", shape)) for shape in shapes), {})


def negations(dtype, purpose):
    return logic(dtype, purpose, count=1)


@st.composite
def choices(draw, dtype, purpose):
    condition, x, y = draw(broadcastable_shapes(3))
    if purpose == "values" and dtype == "float32":
        dtype = draw(st.sampled_from(("float32", "int32", "bool")))
    values = GENTLE if purpose == "gradient" else ANYTHING
    inputs = draw(arrays(dtype, x, values)), draw(arrays(dtype, y, values))
    return Call((draw(arrays("bool", condition)), *inputs), {})


@st.composite
def casts(draw, dtype, purpose):
    """Draws an array and another dtype, among whose numbers are those of the array."""
    if purpose == "gradient":
        target = draw(st.sampled_from(("float64", "int32")))
        return Call((draw(arrays(dtype, values=GENTLE)),), {"dtype": target})
    if dtype == "float32":
        dtype = draw(st.sampled_from(("float32", "int32", "bool")))
    targets = ("float16", "float32", "float64", "int32", "int64", "uint8", "bool")
    target = draw(st.sampled_from(targets))
    if target == "uint8":
        values = (0, 1, 2, 7, 255) if dtype == "int32" else (0.0, 1.5, 2.7, -0.5)
    elif np.dtype(dtype).kind == "f" and np.dtype(target).kind == "i":
        values = (0.0, 1.5, -1.5, 2.7, -0.5, 1e6, *spread_values(count=20))
    else:
        values = ANYTHING
    if dtype == "bool":
        values = ANYTHING
    return Call((draw(arrays(dtype, values=values)),), {"dtype": target})


EXAMPLES = {
    "add": calls_of(GENTLE, GENTLE, integers=True),
    "subtract": calls_of(GENTLE, GENTLE, integers=True),
    "multiply": calls_of(GENTLE, GENTLE, integers=True),
    "divide": calls_of(GENTLE, FAR_FROM_ZERO),
    "floor_divide": calls_of(DIVIDENDS, DIVISORS, integers=True),
    "remainder": calls_of(DIVIDENDS, DIVISORS, integers=True),
    "maximum": calls_of(HALVES, QUARTERS, integers=True),
    "minimum": calls_of(HALVES, QUARTERS, integers=True),
    "share_of_maximum": calls_of(HALVES, QUARTERS),
    "negative": calls_of(GENTLE, integers=True),
    "abs": calls_of(NOT_ZERO, integers=True),
    "sign": calls_of(NOT_ZERO, integers=True),
    "square": calls_of(GENTLE, integers=True),
    "sqrt": calls_of(POSITIVE),
    "reciprocal": calls_of(FAR_FROM_ZERO),
    "floor": calls_of(NEITHER_HALF_NOR_WHOLE, values=WHOLE_NUMBERS, integers=True),
    "ceil": calls_of(NEITHER_HALF_NOR_WHOLE, values=WHOLE_NUMBERS, integers=True),
    "round": calls_of(NEITHER_HALF_NOR_WHOLE, values=(1.5, -2.5, 3.5), integers=True),
    "clip": clippings,
    "equal": calls_of(GENTLE, GENTLE, integers=True),
    "not_equal": calls_of(GENTLE, GENTLE, integers=True),
    "less": calls_of(GENTLE, GENTLE, integers=True),
    "less_equal": calls_of(GENTLE, GENTLE, integers=True),
    "greater": calls_of(GENTLE, GENTLE, integers=True),
    "greater_equal": calls_of(GENTLE, GENTLE, integers=True),
    "logical_and": logic,
    "logical_or": logic,
    "logical_xor": logic,
    "logical_not": negations,
    "isnan": calls_of(GENTLE, integers=True),
    "isinf": calls_of(GENTLE, integers=True),
    "isfinite": calls_of(GENTLE, integers=True),
    "where": choices,
    "cast": casts,
    "copy": calls_of(GENTLE, integers=True),
    "power": calls_of(POSITIVE, GENTLE),
    "arctan2": calls_of(FAR_FROM_ZERO, FAR_FROM_ZERO),
    "rsqrt": calls_of(POSITIVE),
    "exp": calls_of(GENTLE),
    "expm1": calls_of(GENTLE),
    "log": calls_of(POSITIVE),
    "log1p": calls_of(away_from(low=-0.5)),
    "log2": calls_of(POSITIVE),
    "log10": calls_of(POSITIVE),
    "sin": calls_of(GENTLE),
    "cos": calls_of(GENTLE),
    "tan": calls_of(away_from(low=-1.2, high=1.2)),
    "arcsin": calls_of(WITHIN_ONE),
    "arccos": calls_of(WITHIN_ONE),
    "arctan": calls_of(GENTLE),
    "sinh": calls_of(GENTLE),
    "cosh": calls_of(GENTLE),
    "tanh": calls_of(GENTLE),
    "arcsinh": calls_of(GENTLE),
    "arccosh": calls_of(ABOVE_ONE),
    "arctanh": calls_of(WITHIN_ONE),
    "erf": calls_of(GENTLE),
}
