"""Calls of the kernels that change shapes."""

import math

from hypothesis import strategies as st

from tests.examples.call import Call
from tests.strategies import (
    GENTLE,
    LAYOUTS,
    MAX_SIZE,
    arrays,
    axes_of,
    axis_of,
    in_c_order,
    read_only,
    shapes,
    unaligned,
)

FEW_AXES = shapes(max_dims=3)


@st.composite
def reshapes(draw, dtype, purpose):
    """As a view only what lies in C order can have every shape."""
    layouts = LAYOUTS if purpose == "gradient" else (in_c_order, read_only, unaligned)
    x = draw(arrays(dtype, values=values_for(purpose), layouts=layouts))
    sides = list(draw(st.permutations(x.shape)))
    while len(sides) > 1 and draw(st.booleans()):
        sides.append(sides.pop() * sides.pop())
    while len(sides) < 6 and draw(st.booleans()):
        sides.insert(draw(st.integers(0, len(sides))), 1)
    if sides and draw(st.booleans()):
        i = draw(st.integers(0, len(sides) - 1))
        if math.prod(sides[:i] + sides[i + 1 :]) > 0:
            sides[i] = -1
    return Call((x,), {"shape": tuple(sides)})


@st.composite
def expansions(draw, dtype, purpose):
    x = draw(arrays(dtype, FEW_AXES, values_for(purpose)))
    count = draw(st.integers(0, 2))
    axes = draw(different_axes(x.ndim + count, count))
    return Call((x,), {"axis": axes[0] if count == 1 else axes})


@st.composite
def squeezes(draw, dtype, purpose):
    shape = draw(FEW_AXES)
    count = draw(st.integers(0, 2))
    axes = draw(different_axes(len(shape) + count, count))
    sides = list(shape)
    for i in sorted(i % (len(shape) + count) for i in axes):
        sides.insert(i, 1)
    x = draw(arrays(dtype, tuple(sides), values_for(purpose)))
    return Call((x,), {"axis": axes[0] if count == 1 else axes})


@st.composite
def transpositions(draw, dtype, purpose):
    x = draw(arrays(dtype, values=values_for(purpose)))
    axes = draw(st.none() | different_axes(x.ndim, x.ndim))
    return Call((x,), {"axes": axes})


def swaps(dtype, purpose):
    x = arrays(dtype, shapes(min_dims=2), values_for(purpose))
    return x.map(lambda x: Call((x,), {}))


@st.composite
def broadcasts(draw, dtype, purpose):
    shape = draw(shapes())
    missing = draw(st.integers(0, len(shape)))
    sides = tuple(1 if draw(st.booleans()) else n for n in shape[missing:])
    x = draw(arrays(dtype, sides, values_for(purpose)))
    return Call((x,), {"shape": shape})


@st.composite
def flips(draw, dtype, purpose):
    x = draw(arrays(dtype, values=values_for(purpose)))
    return Call((x,), {"axis": draw(axes_of(x.shape))})


def single_arrays(dtype, purpose):
    x = arrays(dtype, values=values_for(purpose))
    return x.map(lambda x: Call((x,), {}))


@st.composite
def concatenations(draw, dtype, purpose):
    shape = list(draw(shapes(min_dims=1, max_dims=3)))
    axis = draw(axis_of(shape))
    inputs = []
    for _ in range(draw(st.integers(1, 3))):
        shape[axis] = draw(st.integers(0, 4))
        inputs.append(draw(arrays(dtype, tuple(shape), values_for(purpose))))
    return Call(tuple(inputs), {"axis": axis})


@st.composite
def pads(draw, dtype, purpose):
    x = draw(arrays(dtype, shapes(max_dims=3, max_side=4), values_for(purpose)))
    count = st.integers(0, 2)
    pad_width = tuple((draw(count), draw(count)) for _ in x.shape)
    value = draw(st.sampled_from(fills(dtype) if purpose == "values" else GENTLE))
    return Call((x,), {"pad_width": pad_width, "value": value})


@st.composite
def constants(draw, dtype, purpose):
    value = draw(st.sampled_from(fills(dtype)))
    return Call((), {"shape": draw(shapes()), "value": value, "dtype": dtype})


@st.composite
def ranges(draw, dtype, purpose):
    number = st.integers(-20, 20) | st.sampled_from((0.5, -0.25, 0.1, 1e-3, 7.3))
    start, stop, step = draw(number), draw(number), draw(number.filter(bool))
    if (stop - start) / step > MAX_SIZE:
        step = 1
    parameters = {"start": start, "stop": stop, "step": step, "dtype": dtype}
    return Call((), parameters)


def fills(dtype):
    """Returns numbers to fill an array with."""
    if dtype in ("float32", "float64"):
        return (0.0, 1, -0.5, 0.1, math.nan, -math.inf)
    return (0, 1, -3)


def values_for(purpose):
    """Returns smooth functions' usual values; None is for all that there are."""
    return None if purpose == "values" else GENTLE


@st.composite
def different_axes(draw, ndim, count):
    """Draws `count` different axes out of `ndim`, some counted from the end."""
    axes = draw(st.permutations(range(ndim)))[:count]
    return tuple(i - ndim if draw(st.booleans()) else i for i in axes)


EXAMPLES = {
    "reshape": reshapes,
    "expand_dims": expansions,
    "squeeze": squeezes,
    "transpose": transpositions,
    "swap_last": swaps,
    "broadcast_to": broadcasts,
    "flip": flips,
    "contiguous": single_arrays,
    "concatenate": concatenations,
    "pad": pads,
    "full": constants,
    "arange": ranges,
    "ones_like": single_arrays,
    "zeros_like": single_arrays,
}
