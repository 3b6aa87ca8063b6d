"""Calls of convolutions over one to three axes: every stride, padding and grouping."""

from hypothesis import strategies as st

from minikeras.kernels.shapes.convolution import Window, result
from tests.examples.call import Call
from tests.strategies import GENTLE, arrays

# axes → the most numbers, taps and padding along each: loops have to get through them.
MOST = {1: (9, 3, 3), 2: (5, 3, 2), 3: (3, 2, 1)}
EDGES = (8, 15, 16, 17, 31, 33)  # channels near the edge of a vector, or of two

# For the derivative of relu: a sum of products of halves, plus such a bias, is not
# near 0.
HALVES = (1.0, 0.5, -0.5, -1.0, 1.5, -1.5)
BETWEEN_QUARTERS = (0.1, -0.1, 0.4, -0.4)


@st.composite
def windows(draw):
    """Draws the shapes of x and of a kernel, and how it goes over x."""
    axes = draw(st.sampled_from((1, 2, 2, 3)))
    most_numbers, most_taps, most_padding = MOST[axes]
    beside = st.integers(0, most_padding)
    sizes, taps, strides, padding, dilation = [], [], [], [], []
    for _ in range(axes):
        taps.append(draw(st.integers(1, most_taps)))
        strides.append(draw(st.integers(1, 3)))
        padding.append((draw(beside), draw(beside)))
        dilation.append(draw(st.sampled_from((1, 1, 1, 2, 3))))
        reach = (taps[-1] - 1) * dilation[-1] + 1
        least = max(0, reach - sum(padding[-1]))
        sizes.append(draw(st.integers(least, max(least, most_numbers))))
    groups, channels, filters = draw(connections(axes))
    n = draw(st.sampled_from((1, 2, 2, 0)))
    return (
        (n, *sizes, channels * groups),
        (*taps, channels, filters * groups),
        {
            "strides": tuple(strides),
            "padding": tuple(padding),
            "dilation": tuple(dilation),
            "groups": groups,
        },
    )


@st.composite
def connections(draw, axes):
    """Draws groups, and the channels and filters of each; sometimes many, or none."""
    few = draw(st.integers(1, 2 if axes == 3 else 3))
    rare = draw(st.integers(0, 15))
    if rare == 15:
        return 1, *draw(st.permutations((0, few)))
    if rare >= 11 and axes == 1:
        return 1, *draw(st.permutations((draw(st.sampled_from(EDGES)), few)))
    return draw(st.sampled_from((1, 1, 2, 3))), few, draw(st.integers(1, 3))


@st.composite
def convolutions(draw, dtype, purpose):
    x_shape, kernel_shape, window = draw(windows())
    values = GENTLE if purpose == "gradient" else None
    x = draw(arrays(dtype, x_shape, values))
    return Call((x, draw(arrays(dtype, kernel_shape, values))), window)


@st.composite
def biased(draw, dtype, purpose):
    (x, kernel), window = draw(convolutions(dtype, purpose))
    values = GENTLE if purpose == "gradient" else None
    return Call((x, kernel, draw(arrays(dtype, kernel.shape[-1:], values))), window)


@st.composite
def rectified(draw, dtype, purpose):
    if purpose == "values":
        return draw(biased(dtype, purpose))
    x_shape, kernel_shape, window = draw(windows())
    x = draw(arrays(dtype, x_shape, HALVES))
    kernel = draw(arrays(dtype, kernel_shape, HALVES))
    bias = draw(arrays(dtype, kernel_shape[-1:], BETWEEN_QUARTERS))
    return Call((x, kernel, bias), window)


@st.composite
def gradients(draw, dtype, purpose):
    (x, kernel), window = draw(convolutions(dtype, purpose))
    shape = result(x, kernel, Window(**window)).shape
    values = GENTLE if purpose == "gradient" else None
    return Call((draw(arrays(dtype, shape, values)), x, kernel), window)


EXAMPLES = {
    "convolution": convolutions,
    "convolution_bias": biased,
    "convolution_bias_relu": rectified,
    "convolution_input_grad": gradients,
    "convolution_kernel_grad": gradients,
}
