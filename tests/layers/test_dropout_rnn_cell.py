"""Cells that drop: the same in all steps of a sequence, anew in every call."""

import numpy as np
import pytest

from minikeras import Input, Tensor, layers, ops
from minikeras.layers.recurrent.dropout_rnn_cell import DropoutRNNCell
from minikeras.random import SeedGenerator

X = np.ones((2, 3, 50), "float32")


class Passing(layers.Layer, DropoutRNNCell):
    """Puts out what is left of its inputs; its state is what was left of ones."""

    def __init__(self, dropout=0.0, recurrent_dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.seed_generator = SeedGenerator(3)
        self.state_size = self.output_size = 50

    def call(self, inputs, states, training=False):
        if training:
            mask = self.get_dropout_mask(inputs)
            inputs = inputs if mask is None else inputs * mask
            mask = self.get_recurrent_dropout_mask(states[0])
            states = states if mask is None else [mask]
        return inputs, states


class Scaled(layers.SimpleRNNCell):
    """A step of SimpleRNN whose inputs are dropped in a `call` of its own."""

    def call(self, inputs, states, training=False):
        if training:
            inputs = inputs * self.get_dropout_mask(inputs)
        return super().call(inputs, states)


def read_by(cell, x=X, **options):
    layer = layers.RNN(cell, return_sequences=True, return_state=True)
    outputs, state = layer(x, **options)
    return outputs.numpy(), state.numpy()


def test_a_cell_of_ones_own_drops_the_same_in_all_steps():
    cell = Passing(dropout=0.5, recurrent_dropout=0.75)
    outputs, state = read_by(cell, training=True)
    assert set(np.unique(outputs)) == {0.0, 2.0}
    np.testing.assert_array_equal(outputs, outputs[:, :1].repeat(3, axis=1))
    assert set(np.unique(state)) == {0.0, 4.0}
    others, _ = read_by(cell, training=True)
    assert (outputs != others).any()
    np.testing.assert_array_equal(read_by(cell)[0], X)


def test_without_dropout_there_is_no_mask():
    cell = Passing()
    assert cell.get_dropout_mask(Tensor(X[:, 0])) is None
    assert cell.get_recurrent_dropout_mask(Tensor(X[:, 0])) is None
    np.testing.assert_array_equal(read_by(cell, training=True)[0], X)


def test_a_mask_stays_until_it_is_reset():
    cell, step = Passing(dropout=0.5, recurrent_dropout=0.5), Tensor(X[:, 0])
    for get, reset in (
        (cell.get_dropout_mask, cell.reset_dropout_mask),
        (cell.get_recurrent_dropout_mask, cell.reset_recurrent_dropout_mask),
    ):
        first = get(step)
        assert get(step) is first
        reset()
        assert (get(step).numpy() != first.numpy()).any()


def test_a_subclass_may_ask_for_the_mask_itself():
    own, usual = Scaled(4, dropout=0.5, seed=1), layers.SimpleRNNCell(4, dropout=0.5)
    layer = layers.RNN(own)
    expected = layers.RNN(usual)
    layer(X)
    expected(X)
    usual.seed_generator.state.assign(own.seed_generator.state)
    expected.set_weights(layer.get_weights())
    np.testing.assert_array_equal(layer(X, training=True), expected(X, training=True))


@pytest.mark.parametrize("cell", [Passing(0.5, 0.5), Scaled(4, dropout=0.5)], ids=repr)
def test_symbolic_steps_keep_everything_and_leave_nothing_behind(cell):
    output = layers.RNN(cell)(Input((3, 50)), training=True)
    assert output.shape == (None, cell.output_size)
    assert cell.get_dropout_mask(ops.ones((2, 50))).shape == (2, 50)
