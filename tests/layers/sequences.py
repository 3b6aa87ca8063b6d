"""Sequences, and what is done with them in all tests of recurrent layers."""

import numpy as np
import pytest

from minikeras import layers

KINDS = [layers.LSTM, layers.GRU, layers.SimpleRNN]
X = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
MASK = np.array([[True, True, False], [False, True, True]])

each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def same_weights(source, target):
    target.set_weights(source.get_weights())
    return target


def close(x, y):
    np.testing.assert_allclose(np.asarray(x), np.asarray(y), rtol=1e-5, atol=1e-6)


class Sum(layers.Layer):
    """A cell of a user: the sum of the inputs so far, and how many there were."""

    state_size: list[int]

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.state_size = [4, 1]
        self.output_size = 4

    def call(self, inputs, states):
        total, count = states
        return total + inputs, [total + inputs, count + 1]
