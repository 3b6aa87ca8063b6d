"""Calls of random kernels: states of every integer dtype, parameters at the limits."""

import numpy as np
from hypothesis import strategies as st

from tests.examples.call import Call
from tests.strategies import LAYOUTS, WRITABLE_LAYOUTS, arrays, shapes

STATES = ("uint32", "int32", "int64", "uint64")


@st.composite
def states(draw, layouts=LAYOUTS):
    """Draws [seed, counter]."""
    kind = draw(st.sampled_from(STATES))
    limits = np.iinfo(kind)
    return draw(arrays(kind, (2,), (0, 1, 1337, limits.max, limits.min), layouts))


def call_with(**parameters):
    """Returns a strategy maker: a state, a shape, and one of each parameter."""

    @st.composite
    def random_call(draw, dtype, purpose):
        drawn = {name: draw(st.sampled_from(xs)) for name, xs in parameters.items()}
        return Call(
            (draw(states()),), {"shape": draw(shapes()), "dtype": dtype, **drawn}
        )

    return random_call


@st.composite
def integers_call(draw, dtype, purpose):
    """Draws a range of an integer dtype, all of it now and then."""
    kind = draw(st.sampled_from(["int32", "int64", "uint8", "int8", "uint64"]))
    limits = np.iinfo(kind)
    low = draw(st.sampled_from([0, 1, 5, limits.min, limits.max]))
    high = draw(st.sampled_from([low + 1, limits.max, limits.max + 1]))
    parameters = {"low": low, "high": max(high, low + 1), "dtype": kind}
    return Call((draw(states()),), {"shape": draw(shapes()), **parameters})


@st.composite
def state_to_advance(draw, dtype, purpose):
    """Draws a state that can be written to."""
    return Call((draw(states(WRITABLE_LAYOUTS)),), {})


NORMAL = {"mean": (0.0, 1.0, -300.5), "stddev": (1.0, 0.05, 0.0, 1e-12, 40)}

EXAMPLES = {
    "random_uniform": call_with(low=(0, -0.05, -3.0), high=(1, 0.05, 1e6)),
    "random_integers": integers_call,
    "dropout_mask": call_with(rate=(0.5, 0.0, 0.1, 0.999, 1.0, 1)),
    "random_normal": call_with(**NORMAL),
    "random_truncated_normal": call_with(**NORMAL),
    "advance_seed": state_to_advance,
}
