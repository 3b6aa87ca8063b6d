"""Calls of layers that read sequences: moderate numbers, and some that are not finite.

Large ones are left out: where a gate turns on the sign of a difference between large
numbers, the order of a sum decides everything that follows.
"""

from hypothesis import strategies as st

from minikeras.kernels.reference import reference
from tests.examples.call import Call
from tests.strategies import GENTLE, LAYOUTS, arrays, few_of, filled

MODERATE = (0.5, 0.0, -1.0, 1.0, -0.5, 2.0, -0.1, 0.3, 1e-30, -0.0, 8.0, -8.0)
UNUSUAL = (*MODERATE, float("nan"), float("inf"), float("-inf"))


@st.composite
def sizes(draw):
    """Draws n, steps and units; now and then as many as the compiled blocks have."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.sampled_from([(9, 2, 16), (17, 2, 5), (3, 3, 33), (16, 1, 48)]))
    return draw(st.tuples(st.integers(0, 3), st.integers(1, 4), st.integers(1, 4)))


class Drawn:
    """Draws the arrays of one call, all of one dtype and from one list of values."""

    def __init__(self, draw, dtype, purpose):
        self.draw = draw
        self.dtype = dtype
        self.values = GENTLE
        if purpose == "values":
            unusual = draw(st.integers(0, 3)) == 0
            self.values = draw(few_of(UNUSUAL if unusual else MODERATE))
        self.n, self.steps, self.units = draw(sizes())
        self.inputs = draw(st.sampled_from([2, 1, 3, 0, 20]))

    def array(self, *shape):
        return self.draw(arrays(self.dtype, shape, self.values))

    def x(self):
        return self.array(self.n, self.steps, self.inputs)

    def input_kernel(self, parts):
        return self.array(self.inputs, parts * self.units)

    def outputs(self):
        return self.array(self.n, self.steps, self.units)

    def state(self):
        return self.array(self.n, self.units)

    def mask(self):
        if self.draw(st.booleans()):
            return None
        mask = self.draw(filled("bool", (self.n, self.steps), (True, False)))
        return self.draw(st.sampled_from(LAYOUTS))(mask)

    def bias(self, parts):
        return self.array(parts * self.units) if self.draw(st.booleans()) else None

    def kernel(self, parts):
        return self.array(self.units, parts * self.units)


def lstm_of(drawn):
    return Call(
        (
            drawn.x(),
            drawn.input_kernel(4),
            drawn.state(),
            drawn.state(),
            drawn.mask(),
            drawn.bias(4),
            drawn.kernel(4),
        ),
        {},
    )


def gru_of(drawn):
    return Call(
        (
            drawn.x(),
            drawn.input_kernel(3),
            drawn.state(),
            drawn.mask(),
            drawn.bias(3),
            drawn.bias(3),
            drawn.kernel(3),
        ),
        {"reset_after": drawn.draw(st.booleans())},
    )


@st.composite
def lstms(draw, dtype, purpose):
    return lstm_of(Drawn(draw, dtype, purpose))


@st.composite
def grus(draw, dtype, purpose):
    return gru_of(Drawn(draw, dtype, purpose))


@st.composite
def lstm_gradients(draw, dtype, purpose):
    """Draws a call of `lstm`, what it saved, and some of the gradients behind it."""
    drawn = Drawn(draw, dtype, purpose)
    call = lstm_of(drawn)
    *_, cell, mask, _, kernel = call.inputs
    grads = draw(some_of(drawn.outputs(), drawn.state(), drawn.state()))
    _, cells, gates = reference.lstm(*call.inputs)
    return Call((*grads, cells, gates, cell, mask, kernel), {})


@st.composite
def gru_gradients(draw, dtype, purpose):
    """Draws a call of `gru`, its results, and some of the gradients behind it."""
    drawn = Drawn(draw, dtype, purpose)
    call = gru_of(drawn)
    *_, state, mask, _, _, kernel = call.inputs
    grads = draw(some_of(drawn.outputs(), drawn.state()))
    results = reference.gru(*call.inputs, **call.parameters)
    return Call((*grads, *results, state, mask, kernel), call.parameters)


@st.composite
def some_of(draw, *gradients):
    """Leaves out gradients, but not all."""
    chosen = draw(st.integers(1, 2 ** len(gradients) - 1))
    return tuple(x if chosen >> i & 1 else None for i, x in enumerate(gradients))


EXAMPLES = {
    "lstm": lstms,
    "lstm_grad": lstm_gradients,
    "gru": grus,
    "gru_grad": gru_gradients,
}
