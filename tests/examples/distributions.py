"""Calls of kernels that draw from distributions: parameters for each number, or one."""

import numpy as np
from hypothesis import strategies as st

from tests.examples.call import Call
from tests.examples.random import states
from tests.strategies import arrays, broadcastable_shapes

# Below and above 1, where gamma numbers are made differently; and impossible ones.
POSITIVE = (1.0, 0.3, 2.5, 0.02, 1e6, 0.0, -1.0, np.inf, np.nan)
COUNTS = (3.0, 0.0, 16.0, 17.5, 1000.0, 1e9, -1.0, np.inf, np.nan)
PROBABILITIES = (0.5, 0.0, 1.0, 0.01, 0.7, 1e-9, -0.1, 1.5, np.nan)


def call_with(*parameters):
    """Returns a strategy maker: a state, a shape, and parameters that broadcast."""

    @st.composite
    def distribution_call(draw, dtype, purpose):
        shapes = draw(broadcastable_shapes(len(parameters), max_dims=3))
        shape = np.broadcast_shapes(*shapes)
        drawn = (
            draw(arrays("float64", side, values))
            for side, values in zip(shapes, parameters, strict=True)
        )
        return Call((draw(states()), *drawn), {"shape": shape, "dtype": dtype})

    return distribution_call


EXAMPLES = {
    "random_gamma": call_with(POSITIVE),
    "random_beta": call_with(POSITIVE, POSITIVE),
    "random_binomial": call_with(COUNTS, PROBABILITIES),
}
