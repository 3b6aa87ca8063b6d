"""Calls of attention: few heads, times about the size of a block, all kinds of masks.

What is hidden must be finite, so everything is; scores may be large all the same.
"""

import numpy as np
from hypothesis import strategies as st

from tests.examples.call import Call
from tests.strategies import (
    BLOCK_EDGES,
    GENTLE,
    LAYOUTS,
    arrays,
    distinct_arrays,
    filled,
    spread_values,
)

LARGE = (*GENTLE, 0.0, 1e2, -1e2, 1e-30, *spread_values())


@st.composite
def sizes(draw, purpose):
    """Draws (n, t, s, h, d, e)."""
    smallest = 1 if purpose == "gradient" else 0
    n, h = draw(st.integers(1, 2)), draw(st.integers(1, 2))
    t, s = draw(st.integers(smallest, 4)), draw(st.integers(smallest, 4))
    d, e = draw(st.integers(1, 3)), draw(st.integers(smallest, 3))
    edge = draw(st.sampled_from(BLOCK_EDGES[:8]))
    match draw(st.integers(0, 9)) if purpose == "values" else 0:
        case 7:
            return 1, edge, s, 1, d, e
        case 8:
            return 1, t, edge, 1, d, e
        case 9:
            return 1, min(t, 2), min(s, 2), 1, edge, e
    return n, t, s, h, d, e


def attentions(derivative=False, masked=False):
    """Returns a strategy maker for one of the four kernels."""

    @st.composite
    def call(draw, dtype, purpose):
        n, t, s, h, d, e = draw(sizes(purpose))
        shapes = [(n, t, h, d), (n, s, h, d), (n, s, h, e)]
        if derivative:
            shapes.insert(0, (n, t, h, e))
        if purpose == "gradient":
            # Where all keys or all values are one, gradients cancel to mere rounding;
            # so they do where one key has all the weight, hence the small scales.
            scales = [1 / 16, 1 / 32, 0.0, -1 / 32]
            inputs = [draw(distinct_arrays(dtype, shape)) for shape in shapes]
        else:
            scales = [0.5, 1.0, 0.0, -0.25]
            inputs = [draw(arrays(dtype, shape, LARGE)) for shape in shapes]
        if masked:
            sides = [draw(st.sampled_from([1, side])) for side in (n, h, t, s)]
            inputs.append(draw(masks(tuple(sides))))
        scale = draw(st.sampled_from(scales))
        return Call(tuple(inputs), {"causal": draw(st.booleans()), "scale": scale})

    return call


@st.composite
def masks(draw, shape):
    """Draws where keys are seen: anywhere, nowhere, or by chance."""
    mask = draw(filled("bool", shape, draw(st.sampled_from([(True, False), (False,)]))))
    return draw(st.sampled_from(LAYOUTS))(np.asarray(mask))


EXAMPLES = {
    "attention": attentions(),
    "attention_grad": attentions(derivative=True),
    "masked_attention": attentions(masked=True),
    "masked_attention_grad": attentions(derivative=True, masked=True),
}
