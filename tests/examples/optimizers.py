"""Calls of updates: weight, slots and gradient of one shape, with special values."""

import numpy as np
from hypothesis import strategies as st

from tests.examples.call import Call
from tests.strategies import WRITABLE_LAYOUTS, arrays, shapes

DTYPES = ("float32", "float64", "int32", "int64", "uint8", "bool")
RATES = (0.1, 0.001, 1.0, 0.0)
EPSILONS = (1e-7, 0.5, 0.0)
FRACTIONS = (0.9, 0.0, 0.999, 0.5)


@st.composite
def assignments(draw, dtype, purpose, casts=False):
    """Draws a target and a value; of another dtype, now and then, where it is cast."""
    shape = draw(shapes())
    target = draw(arrays(dtype, shape, layouts=WRITABLE_LAYOUTS))
    if casts:
        dtype = draw(st.sampled_from(DTYPES))
    return Call((target, draw(arrays(dtype, shape))), {})


def assignments_that_cast(dtype, purpose):
    return assignments(dtype, purpose, casts=True)


def update(
    slots,
    *,
    counts=False,
    takes_rate=True,
    takes_grad=True,
    takes_product=False,
    **parameters,
):
    """Returns a strategy maker: a weight, its slots, and the rest of a step."""

    @st.composite
    def update_call(draw, dtype, purpose):
        shape = draw(shapes())
        changing = 1 + slots
        arrays_of_shape = [
            draw(arrays(dtype, shape, layouts=WRITABLE_LAYOUTS))
            for _ in range(changing)
        ]
        if takes_grad:
            arrays_of_shape.append(draw(arrays(dtype, shape)))
        numbers = []
        if takes_rate:
            kind = draw(st.sampled_from(["float32", "float64"]))
            numbers.append(np.array(draw(st.sampled_from(RATES)), kind))
        if counts:
            numbers.append(np.array(draw(st.sampled_from([0, 1, 9, 10**6])), "int64"))
        if takes_product:
            numbers.append(np.array(draw(st.sampled_from([0.0, 0.47, 1e-30])), dtype))
        drawn = {name: draw(st.sampled_from(xs)) for name, xs in parameters.items()}
        return Call((*arrays_of_shape, *numbers), drawn)

    return update_call


RMSPROP = {"rho": FRACTIONS, "epsilon": EPSILONS}
ADAM = {"beta_1": FRACTIONS, "beta_2": FRACTIONS, "epsilon": EPSILONS}
FTRL = {
    "power": (-0.5, -0.5, 0.0, -1.0, -0.3),
    "l1": (0.0, 0.5),
    "l2": (0.0, 0.1),
    "shrinkage": (0.0, 0.25),
    "beta": (0.0, 0.5),
}

EXAMPLES = {
    "assign": assignments_that_cast,
    "assign_add": assignments,
    "assign_subtract": assignments,
    "sgd_update": update(0),
    "momentum_update": update(1, momentum=FRACTIONS, nesterov=(False, True)),
    "decay_update": update(0, takes_grad=False, rate=RATES),
    "average_update": update(0, takes_rate=False, momentum=FRACTIONS),
    "rmsprop_update": update(1, **RMSPROP),
    "rmsprop_momentum_update": update(2, momentum=FRACTIONS, **RMSPROP),
    "rmsprop_centered_update": update(2, **RMSPROP),
    "rmsprop_centered_momentum_update": update(3, momentum=FRACTIONS, **RMSPROP),
    "adam_update": update(2, counts=True, **ADAM),
    "amsgrad_update": update(3, counts=True, **ADAM),
    "adamax_update": update(2, counts=True, **ADAM),
    "nadam_update": update(2, counts=True, takes_product=True, **ADAM),
    "nadam_product_update": update(
        0, counts=True, takes_rate=False, takes_grad=False, beta_1=FRACTIONS
    ),
    "adagrad_update": update(1, epsilon=EPSILONS),
    "adadelta_update": update(2, **RMSPROP),
    "lion_update": update(1, beta_1=FRACTIONS, beta_2=FRACTIONS),
    "ftrl_update": update(2, **FTRL),
}
