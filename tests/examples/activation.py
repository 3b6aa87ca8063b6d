"""Calls of activations and of the kernels of their derivatives."""

import numpy as np
from hypothesis import strategies as st

from minikeras.kernels.reference import reference
from tests.examples.call import Call
from tests.strategies import (
    GENTLE,
    arrays,
    away_from,
    axis_of,
    broadcastable_shapes,
    few_of,
    same_shape,
    shapes,
    spread_values,
    values_for,
)

NOT_ZERO = away_from(0.0)
SLOPES = (0.2, 0.0, 0.01, 1.0)
ALPHAS = (1.0, 0.5, 1.6)
WITH_AXES = shapes(min_dims=1)
# Below -87 exp is subnormal in float32, and a factor would multiply its rounding error.
NOT_DEEPLY_NEGATIVE = (
    *(0.0, -0.0, 1.0, -1.0, 0.5, -2.0, np.nan, np.inf, 1e-30, -1e-30, 1e30),
    *spread_values(),
)
# Between these the slope of gelu is 0 in float32 and is not in float64: an infinite
# gradient makes nan of the one and inf of the other.
NOT_WHERE_GELU_IS_FLAT = (
    *(-np.inf, -1e30, -100.0),
    *(x for x in NOT_DEEPLY_NEGATIVE if not -40 < x < -10),
)
PROBABILITIES = (0.0, 1.0, 0.5, 0.25, 1e-30, 1 - 2.0**-20, 0.7, np.nan)
HYPERBOLIC_TANGENTS = (*PROBABILITIES, -1.0, -0.5, -0.0, -0.9, 2.0**-20 - 1)


def activations(gradient_values=GENTLE, values=None, **parameters):
    """Returns a strategy maker: an array, and parameters with values to choose from."""

    @st.composite
    def call(draw, dtype, purpose):
        chosen = gradient_values if purpose == "gradient" else values
        return Call((draw(arrays(dtype, values=chosen)),), some(draw, parameters))

    return call


def derivatives(gradient_values=GENTLE, values=None, **parameters):
    """The same for the kernel of a derivative, whose first input is a cotangent."""

    @st.composite
    def call(draw, dtype, purpose):
        shape_of_grad, shape = draw(broadcastable_shapes())
        of_grad, of_x = None, values
        if purpose == "gradient":
            of_grad, of_x = GENTLE, gradient_values
        grad = draw(arrays(dtype, shape_of_grad, of_grad))
        x = draw(arrays(dtype, shape, of_x))
        return Call((grad, x), some(draw, parameters))

    return call


def some(draw, parameters):
    return {name: draw(st.sampled_from(xs)) for name, xs in parameters.items()}


@st.composite
def softmaxes(draw, dtype, purpose):
    values = GENTLE if purpose == "gradient" else values_of_scores(draw, dtype)
    x = draw(arrays(dtype, WITH_AXES, values))
    return Call((x,), {"axis": draw(axis_of(x.shape))})


@st.composite
def softmax_gradients(draw, dtype, purpose):
    if purpose == "gradient":
        grad, y = draw(same_shape(dtype, shape=WITH_AXES, values=GENTLE))
        return Call((grad, y), {"axis": draw(axis_of(y.shape))})
    grad, x = draw(same_shape(dtype, shape=WITH_AXES))
    axis = draw(axis_of(x.shape))
    with np.errstate(all="ignore"):
        y = reference.softmax(x, axis=axis)
    return Call((grad, y), {"axis": axis})


def values_of_scores(draw, dtype):
    """Draws a few of all values, and of scores that are masked or large."""
    candidates = (-np.inf, -1e4, 1e4, *values_for(dtype))
    return draw(few_of(candidates))


EXAMPLES = {
    "relu": activations(NOT_ZERO),
    "relu_grad": derivatives(NOT_ZERO),
    "leaky_relu": activations(NOT_ZERO, negative_slope=SLOPES),
    "leaky_relu_grad": derivatives(NOT_ZERO, negative_slope=SLOPES),
    "sigmoid": activations(),
    "sigmoid_grad": derivatives(values=PROBABILITIES),
    "tanh_grad": derivatives(values=HYPERBOLIC_TANGENTS),
    "softplus": activations(),
    "silu": activations(values=NOT_DEEPLY_NEGATIVE),
    "gelu": activations(approximate=(False, True)),
    "gelu_grad": derivatives(values=NOT_WHERE_GELU_IS_FLAT, approximate=(False, True)),
    "elu": activations(NOT_ZERO, alpha=ALPHAS),
    "elu_grad": derivatives(NOT_ZERO, values=NOT_DEEPLY_NEGATIVE, alpha=ALPHAS),
    "softmax": softmaxes,
    "softmax_grad": softmax_gradients,
    "log_softmax": softmaxes,
}
