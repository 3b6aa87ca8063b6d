"""Calls of the normalizations: statistics keep their axes, scales broadcast."""

from hypothesis import strategies as st

from minikeras.kernels.shapes.reduction import reduced_shape
from tests.examples.call import Call
from tests.strategies import (
    FEW,
    GENTLE,
    arrays,
    axes_of,
    axis_of,
    shapes,
    spread_values,
)

# No numbers near the limits: where one set overflows between two steps, another that
# computes them in float64 does not.
VALUES = (*FEW, float("nan"), float("inf"), -float("inf"), -0.0, *spread_values())
FINITE = (*FEW, -0.0, *spread_values(count=20))
VARIANCES = (1.0, 0.0, 0.25, 2.0, 9.0, 1e-3, 25.5)
EPSILONS = {
    "values": st.sampled_from([1e-3, 1e-5, 0.1]),
    # Where all x are equal, a small ε would be a kink.
    "gradient": st.sampled_from([0.1, 1.0]),
}
POSITIVE = (1.0, 0.5, 2.0, 1.5, 3.0)


@st.composite
def standardizations(draw, dtype, purpose):
    x = draw_x(draw, dtype, purpose)
    statistics = draw_statistics(draw, x, dtype, purpose, stretched(draw, x.shape))
    scales = [
        draw(arrays(dtype, stretched(draw, x.shape), values_of(purpose)))
        for _ in range(2)
    ]
    return Call((x, *statistics, *scales), {"epsilon": draw(EPSILONS[purpose])})


@st.composite
def batch_normalizations(draw, dtype, purpose):
    x = draw_x(draw, dtype, purpose)
    axis = draw(axes_of(x.shape))
    shape = reduced_shape(x.shape, axis, True)
    scales = [draw(arrays(dtype, shape, finite(purpose))) for _ in range(2)]
    return Call((x, *scales), {"axis": axis, "epsilon": draw(EPSILONS[purpose])})


@st.composite
def layer_normalizations(draw, dtype, purpose):
    x = draw_x(draw, dtype, purpose)
    shape = stretched(draw, x.shape)
    scales = [draw(arrays(dtype, shape, finite(purpose))) for _ in range(2)]
    return Call(
        (x, *scales),
        {"axis": draw(axes_of(x.shape)), "epsilon": draw(EPSILONS[purpose])},
    )


@st.composite
def batch_gradients(draw, dtype, purpose):
    """Gradients of any statistics, also of those that are not of this x."""
    x = draw_x(draw, dtype, purpose)
    grad = draw(arrays(dtype, x.shape, values_of(purpose)))
    axis = draw(axes_of(x.shape))
    shape = reduced_shape(x.shape, axis, True)
    statistics = draw_statistics(draw, x, dtype, purpose, shape)
    gamma = draw(arrays(dtype, shape, finite(purpose)))
    parameters = {"axis": axis, "epsilon": draw(EPSILONS[purpose])}
    return Call((grad, x, *statistics, gamma), parameters)


@st.composite
def layer_gradients(draw, dtype, purpose):
    x = draw_x(draw, dtype, purpose)
    grad = draw(arrays(dtype, x.shape, values_of(purpose)))
    axis = draw(axes_of(x.shape))
    shape = reduced_shape(x.shape, axis, True)
    statistics = draw_statistics(draw, x, dtype, purpose, shape)
    gamma = draw(arrays(dtype, stretched(draw, x.shape), finite(purpose)))
    parameters = {"axis": axis, "epsilon": draw(EPSILONS[purpose])}
    return Call((grad, x, *statistics, gamma), parameters)


def draw_x(draw, dtype, purpose):
    if purpose == "gradient":
        return draw(arrays(dtype, shapes(min_side=1, max_dims=3), GENTLE))
    return draw(arrays(dtype, shapes(), values_of(purpose)))


def draw_statistics(draw, x, dtype, purpose, shape):
    """Draws a mean and a variance."""
    variances = POSITIVE if purpose == "gradient" else VARIANCES
    mean = draw(arrays(dtype, shape, finite(purpose)))
    return mean, draw(arrays(dtype, shape, variances))


def stretched(draw, shape):
    """Draws a shape with size 1 in some places: all but the last, only there, any."""
    kind = draw(st.sampled_from(["columns", "rows", "any"]))
    if not shape:
        return ()
    if kind == "columns":
        return (*[1] * (len(shape) - 1), shape[-1])
    if kind == "rows":
        last = draw(axis_of(shape)) % len(shape)
        return (*shape[:last], *[1] * (len(shape) - last))
    return tuple(1 if draw(st.booleans()) else n for n in shape)


def values_of(purpose):
    return GENTLE if purpose == "gradient" else VALUES


def finite(purpose):
    return GENTLE if purpose == "gradient" else FINITE


EXAMPLES = {
    "standardize": standardizations,
    "batch_normalization": batch_normalizations,
    "batch_normalization_grad": batch_gradients,
    "layer_normalization": layer_normalizations,
    "layer_normalization_grad": layer_gradients,
}
