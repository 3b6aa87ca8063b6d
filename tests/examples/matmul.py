"""Calls of matmul: stacks of matrices that broadcast, empty ones too."""

from hypothesis import strategies as st

from tests.examples.call import Call
from tests.strategies import GENTLE, arrays, broadcastable_shapes, shapes


@st.composite
def matrices(draw, dtype, purpose):
    """Draws x (..., n, m) and y (..., m, p)."""
    n, m, p = draw(shapes(3, 3))
    before_x, before_y = draw(broadcastable_shapes(max_dims=2))
    values = GENTLE if purpose == "gradient" else None
    x = draw(arrays(dtype, (*(min(size, 3) for size in before_x), n, m), values))
    y = draw(arrays(dtype, (*(min(size, 3) for size in before_y), m, p), values))
    return Call((x, y), {})


EXAMPLES = {"matmul": matrices}
