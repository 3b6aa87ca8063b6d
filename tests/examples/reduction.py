"""Calls of the reductions."""

from hypothesis import strategies as st

from tests.examples.call import Call
from tests.strategies import (
    GENTLE,
    arrays,
    axes_of,
    axis_of,
    distinct_arrays,
    shapes,
)

# Products of a few of these neither vanish nor explode; zeros are what is hard.
FACTORS = (1.0, 0.0, -1.0, 0.5, -0.5, 1.25, -1.25, 0.75)
FEW_FACTORS = shapes(max_dims=2, max_side=3, min_side=1)
NOT_EMPTY = shapes(min_side=1)


@st.composite
def sums(draw, dtype, purpose):
    x = draw(arrays(dtype, values=None if purpose == "values" else GENTLE))
    return reduction(draw, x)


@st.composite
def averages(draw, dtype, purpose):
    """Like sums, but no gradient is asked of the average of nothing, which is nan."""
    if purpose == "values":
        return draw(sums(dtype, purpose))
    return reduction(draw, draw(arrays(dtype, NOT_EMPTY, GENTLE)))


@st.composite
def products(draw, dtype, purpose):
    if purpose == "values":
        return draw(sums(dtype, purpose))
    return reduction(draw, draw(arrays(dtype, FEW_FACTORS, FACTORS)))


@st.composite
def extremes(draw, dtype, purpose):
    if purpose == "values":
        return reduction(draw, draw(arrays(dtype, NOT_EMPTY)))
    return reduction(draw, draw(distinct_arrays(dtype, NOT_EMPTY)))


@st.composite
def positions_of_extremes(draw, dtype, purpose):
    x = draw(arrays(dtype, NOT_EMPTY))
    axis = draw(axis_of(x.shape)) if x.ndim and draw(st.booleans()) else None
    return Call((x,), {"axis": axis, "keepdims": draw(st.booleans())})


@st.composite
def truths(draw, dtype, purpose):
    return reduction(draw, draw(arrays("bool")))


@st.composite
def running_sums(draw, dtype, purpose):
    values = None if purpose == "values" else GENTLE
    return accumulation(draw, draw(arrays(dtype, shapes(min_dims=1), values)))


@st.composite
def running_products(draw, dtype, purpose):
    if purpose == "values":
        return draw(running_sums(dtype, purpose))
    shape = shapes(min_dims=1, max_dims=2, max_side=5)
    return accumulation(draw, draw(arrays(dtype, shape, FACTORS)))


@st.composite
def sums_to_shapes(draw, dtype, purpose):
    """x has more axes than `like`, and longer ones where `like` has 1."""
    values = None if purpose == "values" else GENTLE
    x = draw(arrays(dtype, values=values))
    missing = draw(st.integers(0, x.ndim))
    sides = [1 if draw(st.booleans()) else n for n in x.shape[missing:]]
    return Call((x, draw(arrays(dtype, tuple(sides), values))), {})


def reduction(draw, x):
    axis = draw(axes_of(x.shape))
    return Call((x,), {"axis": axis, "keepdims": draw(st.booleans())})


def accumulation(draw, x):
    axis = draw(axis_of(x.shape))
    return Call((x,), {"axis": axis, "reverse": draw(st.booleans())})


EXAMPLES = {
    "sum": sums,
    "mean": averages,
    "variance": averages,
    "prod": products,
    "logsumexp": averages,
    "cumsum": running_sums,
    "cumprod": running_products,
    "sum_to_shape_of": sums_to_shapes,
    "max": extremes,
    "min": extremes,
    "argmax": positions_of_extremes,
    "argmin": positions_of_extremes,
    "all": truths,
    "any": truths,
}
