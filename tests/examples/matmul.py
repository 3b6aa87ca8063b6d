"""Calls of matmul and its kin: stacks of matrices that broadcast, empty ones too."""

from hypothesis import strategies as st

from tests.examples.call import Call
from tests.strategies import GENTLE, arrays, broadcastable_shapes, shapes

# For the derivative of relu: a sum of products of halves, plus such a bias, is not
# near 0.
HALVES = (1.0, 0.5, -0.5, -1.0, 1.5, -1.5)
BETWEEN_QUARTERS = (0.1, -0.1, 0.4, -0.4)


@st.composite
def matrices(draw, dtype, purpose, gentle=GENTLE):
    """Draws x (..., n, m) and y (..., m, p)."""
    n, m, p = draw(shapes(3, 3))
    before_x, before_y = draw(broadcastable_shapes(max_dims=2))
    values = gentle if purpose == "gradient" else None
    x = draw(arrays(dtype, (*(min(size, 3) for size in before_x), n, m), values))
    y = draw(arrays(dtype, (*(min(size, 3) for size in before_y), m, p), values))
    return Call((x, y), {})


@st.composite
def biased(draw, dtype, purpose):
    """Draws a bias (p,) too."""
    (x, y), parameters = draw(matrices(dtype, purpose))
    values = GENTLE if purpose == "gradient" else None
    return Call((x, y, draw(arrays(dtype, y.shape[-1:], values))), parameters)


@st.composite
def rectified(draw, dtype, purpose):
    if purpose == "values":
        return draw(biased(dtype, purpose))
    (x, y), parameters = draw(matrices(dtype, purpose, HALVES))
    bias = draw(arrays(dtype, y.shape[-1:], BETWEEN_QUARTERS))
    return Call((x, y, bias), parameters)


EXAMPLES = {
    "matmul": matrices,
    "matmul_bias": biased,
    "matmul_bias_relu": rectified,
}
