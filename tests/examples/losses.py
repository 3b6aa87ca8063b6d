"""Calls of losses: logits of any size, targets that are probabilities or labels."""

import numpy as np
from hypothesis import strategies as st

from tests.examples.call import Call
from tests.strategies import (
    GENTLE,
    LAYOUTS,
    arrays,
    broadcastable_shapes,
    filled,
    shapes,
)

PROBABILITIES = (0.0, 1.0, 0.5, 0.25, 0.1, 0.7)


@st.composite
def logits_and_targets(draw, dtype, purpose):
    """Draws two arrays of one shape."""
    shape = draw(shapes(min_dims=1))
    logits = draw(arrays(dtype, shape, values_of_logits(purpose)))
    targets = draw(arrays(dtype, shape, values_of_targets(purpose)))
    return Call((logits, targets), {})


@st.composite
def logits_and_labels(draw, dtype, purpose):
    """Draws logits, and for each row of them the number of a class."""
    shape = draw(shapes(min_dims=1, min_side=1))
    logits = draw(arrays(dtype, shape, values_of_logits(purpose)))
    kind = draw(st.sampled_from(["int32", "int64", "uint8"]))
    classes = range(min(shape[-1], np.iinfo(kind).max))
    labels = draw(filled(kind, shape[:-1], tuple(classes)))
    return Call((logits, draw(st.sampled_from(LAYOUTS))(labels)), {})


@st.composite
def logits_and_targets_that_broadcast(draw, dtype, purpose):
    """Draws two arrays whose shapes broadcast."""
    shape, other = draw(broadcastable_shapes())
    logits = draw(arrays(dtype, shape, values_of_logits(purpose)))
    targets = draw(arrays(dtype, other, values_of_targets(purpose)))
    return Call((logits, targets), {})


def values_of_logits(purpose):
    return GENTLE if purpose == "gradient" else None


def values_of_targets(purpose):
    return PROBABILITIES if purpose == "gradient" else (*PROBABILITIES, 2.0, np.nan)


EXAMPLES = {
    "softmax_cross_entropy": logits_and_targets,
    "sparse_softmax_cross_entropy": logits_and_labels,
    "sigmoid_cross_entropy": logits_and_targets_that_broadcast,
}
