"""RNN and cells: a layer is its cell step by step, or all steps in one call."""

import numpy as np
import pytest

from minikeras import Tensor, layers
from minikeras.kernels.kernel_set import watched
from minikeras.kernels.reference import reference
from minikeras.values import using
from tests.layers.sequences import MASK, Sum, X, close, same_weights


@pytest.mark.parametrize("mask", [None, MASK], ids=["all", "masked"])
@pytest.mark.parametrize(
    ("whole", "cell"),
    [
        (layers.LSTM(5, return_sequences=True), layers.LSTMCell(5)),
        (layers.GRU(5, return_sequences=True), layers.GRUCell(5)),
        (
            layers.GRU(5, return_sequences=True, reset_after=False),
            layers.GRUCell(5, reset_after=False),
        ),
    ],
    ids=["LSTM", "GRU", "GRU before"],
)
def test_a_layer_is_its_cell_in_every_step(whole, cell, mask):
    stepwise = layers.RNN(cell, return_sequences=True)
    ours, x = whole(X, mask=mask), Tensor(X, requires_grad=True)
    stepwise(X)
    same_weights(whole, stepwise)
    close(stepwise(x, mask=mask), ours)


def names_of_calls(layer, **arguments):
    """Returns the names of the kernels that a call of a layer uses."""
    names = []
    with using(Tensor, watched(reference, lambda name, *_: names.append(name))):
        layer(X, **arguments)
    return names


@pytest.mark.parametrize("name", ["lstm", "gru"])
def test_all_steps_are_one_call_of_a_kernel(name):
    layer = {"lstm": layers.LSTM, "gru": layers.GRU}[name](5)
    layer(X)
    names = names_of_calls(layer)
    assert names.count(name) == 1
    assert "matmul" not in names
    with_dropout = type(layer)(5, recurrent_dropout=0.5)
    with_dropout(X)
    assert name in names_of_calls(with_dropout)
    assert name not in names_of_calls(with_dropout, training=True)


def test_a_cell_of_ones_own():
    layer = layers.RNN(Sum(), return_sequences=True, return_state=True)
    outputs, total, count = layer(X)
    close(outputs, np.cumsum(X, axis=1))
    close(total, X.sum(axis=1))
    assert count.numpy().tolist() == [[3.0], [3.0]]
    outputs, total, count = layer(X, mask=MASK)
    close(total, (X * MASK[..., None]).sum(axis=1))
    assert count.numpy().tolist() == [[2.0], [2.0]]
    assert layer.compute_output_shape((2, 3, 4)) == ((2, 3, 4), (2, 4), (2, 1))


def test_stacked_cells_are_layers_behind_each_other():
    stacked = layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)], return_state=True)
    output, lstm_states, gru_states = stacked(X)
    assert [w.path for w in stacked.weights][::3] == [
        f"{stacked.name}/{stacked.cell.name}/{cell.name}/kernel"
        for cell in stacked.cell.cells
    ]
    first, second = layers.LSTM(3, return_sequences=True), layers.GRU(2)
    second(first(X))
    first.set_weights(stacked.get_weights()[:3])
    second.set_weights(stacked.get_weights()[3:])
    close(output, second(first(X)))
    assert [x.shape for x in lstm_states] == [(2, 3), (2, 3)]
    assert [x.shape for x in gru_states] == [(2, 2)]
    shapes = ((2, 2), [(2, 3), (2, 3)], (2, 2))
    assert stacked.compute_output_shape((2, 3, 4)) == shapes


def test_what_is_no_cell_is_refused():
    with pytest.raises(ValueError, match="should have a `call` method"):
        layers.RNN(3)
    with pytest.raises(ValueError, match="should have a `state_size`"):
        layers.RNN(layers.Dense(3))
    with pytest.raises(ValueError, match="All cells must have a `call`"):
        layers.StackedRNNCells([3])
