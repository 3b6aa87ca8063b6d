"""What is said of a model and its inputs at the first batch, and what is not."""

import warnings

import numpy as np
import pytest

from minikeras import Input, Model, Sequential, layers

BYTES = np.arange(32, dtype="uint8").reshape(2, 4, 4) * 8
TARGETS = np.zeros((2, 1))


def warnings_of(model, x=BYTES):
    """Returns what `fit` warns of."""
    model.compile("sgd", "mse")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(x, TARGETS, verbose=0)
    return [str(warning.message) for warning in caught]


def stack(*begin):
    """Returns a Sequential that begins with some layers."""
    return Sequential([Input((4, 4)), *begin, layers.Flatten(), layers.Dense(1)])


def graph(scaled):
    """Returns a graph that scales its input, or does not."""
    x = Input((4, 4))
    y = layers.Flatten()(x / 255 if scaled else x)
    return Model(x, layers.Dense(1)(y))


class Scaling(Model):
    """A model that does with its inputs what nobody sees."""

    def __init__(self):
        super().__init__()
        self.end = stack()

    def call(self, inputs):
        return self.end(inputs / 255)


@pytest.mark.parametrize("model", [stack(), graph(scaled=False)])
def test_bytes_that_are_not_scaled_are_a_warning(model):
    [warning] = warnings_of(model)
    assert "numbers of uint8 as they are, up to 248" in warning


@pytest.mark.parametrize(
    "model", [stack(layers.Normalization()), graph(scaled=True), Scaling()]
)
def test_nothing_is_said_where_they_may_be_scaled(model):
    assert warnings_of(model) == []


@pytest.mark.parametrize("x", [BYTES // 8, BYTES.astype("float32")])
def test_nothing_is_said_of_small_numbers_and_of_floats(x):
    assert warnings_of(stack(), x) == []
