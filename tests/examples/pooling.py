"""Calls of the pooling kernels: one to three axes of places, all kinds of windows."""

from hypothesis import strategies as st

from minikeras.kernels.reference import reference
from minikeras.kernels.shapes.pooling import pooled_shape
from tests.examples.call import Call
from tests.strategies import GENTLE, WRITABLE_LAYOUTS, arrays, distinct_arrays, shapes


@st.composite
def windows(draw):
    """Draws the shape of an array, and windows of which one fits at least."""
    dims = draw(st.sampled_from((1, 2, 2, 3)))
    shape = draw(shapes(dims + 2, dims + 2))
    padding = draw(st.sampled_from(("valid", "same")))
    pool_size, strides = [], []
    for side in shape[1:-1]:
        fitting = range(1, (min(side, 4) if padding == "valid" else 4) + 1)
        pool_size.append(draw(st.sampled_from(fitting or (1,))))
        strides.append(draw(st.integers(1, 4)))
    if padding == "valid" and 0 in shape[1:-1]:
        padding = "same"
    return shape, {
        "pool_size": tuple(pool_size),
        "strides": tuple(strides),
        "padding": padding,
    }


@st.composite
def maxima(draw, dtype, purpose):
    shape, parameters = draw(windows())
    return Call((draw(choices(dtype, shape, purpose)),), parameters)


@st.composite
def gradients_of_maxima(draw, dtype, purpose):
    [x], parameters = draw(maxima(dtype, purpose))
    _, places = reference.max_pool(x, **parameters)
    grad = draw(arrays(dtype, places.shape, values_for(purpose)))
    return Call((grad, draw(laid_out(places)), x), parameters)


@st.composite
def picks(draw, dtype, purpose):
    [x], parameters = draw(maxima(dtype, purpose))
    _, places = reference.max_pool(x, **parameters)
    values = draw(arrays(dtype, x.shape, values_for(purpose)))
    return Call((values, draw(laid_out(places))), parameters)


def laid_out(x):
    """Draws a place in memory for an array."""
    return st.sampled_from(WRITABLE_LAYOUTS).map(lambda layout: layout(x))


@st.composite
def averages(draw, dtype, purpose):
    shape, parameters = draw(windows())
    return Call((draw(arrays(dtype, shape, values_for(purpose))),), parameters)


@st.composite
def gradients_of_averages(draw, dtype, purpose):
    [x], parameters = draw(averages(dtype, purpose))
    pooled = pooled_shape(x.shape, **parameters)
    grad = draw(arrays(dtype, pooled, values_for(purpose)))
    return Call((grad, x), parameters)


def choices(dtype, shape, purpose):
    """Draws what to choose a maximum from; for derivatives without ties."""
    if purpose == "values":
        return arrays(dtype, shape)
    return distinct_arrays(dtype, shape)


def values_for(purpose):
    """Returns smooth functions' usual values; None is for all that there are."""
    return None if purpose == "values" else GENTLE


EXAMPLES = {
    "max_pool": maxima,
    "max_pool_grad": gradients_of_maxima,
    "max_pool_pick": picks,
    "average_pool": averages,
    "average_pool_grad": gradients_of_averages,
}
