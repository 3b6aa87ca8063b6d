"""Bidirectional and TimeDistributed: layers that have a layer read sequences."""

import numpy as np
import pytest

from minikeras import Input, Sequential, layers
from minikeras.tree import flatten
from tests.layers.sequences import MASK, Sum, X, close


@pytest.mark.parametrize("mode", ["sum", "mul", "ave", "concat", None])
def test_bidirectional_reads_both_ways(mode):
    both = layers.Bidirectional(
        layers.LSTM(3, return_sequences=True, return_state=True), merge_mode=mode
    )
    both(X)
    forward = layers.LSTM(3, return_sequences=True, return_state=True)
    backward = layers.LSTM(3, return_sequences=True, return_state=True)
    forward(X), backward(X)
    forward.set_weights(both.get_weights()[:3])
    backward.set_weights(both.get_weights()[3:])
    y, *states = forward(X)
    y_back, *others = backward(X[:, ::-1])
    y, y_back = y.numpy(), y_back.numpy()[:, ::-1]
    merged = {
        "sum": [y + y_back],
        "mul": [y * y_back],
        "ave": [(y + y_back) / 2],
        "concat": [np.concatenate([y, y_back], axis=-1)],
        None: [y, y_back],
    }[mode]
    outputs = both(X)
    for ours, expected in zip(outputs, [*merged, *states, *others], strict=True):
        close(ours, expected)
    assert both.compute_output_shape(X.shape) == tuple(x.shape for x in outputs)
    assert both.weights[3].path == (
        f"{both.name}/backward_{forward_name(both)}/lstm_cell/kernel"
    )


def forward_name(both):
    return both.forward_layer.name.removeprefix("forward_")


def test_bidirectional_with_a_cell_of_ones_own():
    both = layers.Bidirectional(layers.RNN([Sum(), layers.GRUCell(2)]))
    assert both(X).shape == (2, 4)
    names = [type(cell).__name__ for cell in both.backward_layer.cell.cells]
    assert names == ["Sum", "GRUCell"]


def test_bidirectional_takes_the_states_of_both():
    both = layers.Bidirectional(layers.GRU(3, return_state=True))
    whole = both(X)
    zeros = [np.zeros((2, 3), "float32")] * 2
    for ours, expected in zip(both(X, initial_state=zeros), whole, strict=True):
        close(ours, expected)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((layers.Dense(3),), "needs recurrent layers"),
        ((3,), "Please initialize"),
        ((layers.LSTM(3), "max"), "Invalid merge mode"),
        ((layers.LSTM(3), "sum", None, layers.LSTM(3)), "different `go_backwards`"),
        (
            (
                layers.LSTM(3),
                "sum",
                None,
                layers.GRU(3, go_backwards=True, return_state=True),
            ),
            'attribute "return_state"',
        ),
    ],
)
def test_layers_that_cannot_be_both_directions(arguments, problem):
    with pytest.raises(ValueError, match=problem):
        layers.Bidirectional(*arguments)


def test_time_distributed_applies_a_layer_to_each_step():
    dense = layers.Dense(5)
    each = layers.TimeDistributed(dense)
    close(each(X)[:, 1], dense(X[:, 1]))
    assert each.weights[0].path == f"{each.name}/{dense.name}/kernel"
    assert each.compute_output_shape((None, None, 4)) == (None, None, 5)
    assert each(Input((None, 4))).shape == (None, None, 5)
    masked = each(layers.Masking()(X * MASK[..., None]))
    close(masked, dense(X * MASK[..., None]))
    np.testing.assert_array_equal(masked._keras_mask.numpy(), MASK)
    with pytest.raises(ValueError, match="at least 3 dimensions"):
        each(X[0])


@pytest.mark.parametrize("shape", [(2,), (2, 4), (3, 3)])
def test_time_distributed_refuses_masks_of_other_steps(shape):
    each = layers.TimeDistributed(layers.Dense(2))
    with pytest.raises(ValueError, match="a value for each step"):
        each(np.ones((2, 3, 4)), mask=np.ones(shape, bool))


@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_label_for_each_step_that_is_not_padding(jit_compile):
    """Losses: what Keras 3.15.1 recorded, from the same weights."""
    rng = np.random.default_rng(0)
    model = Sequential(
        [
            Input((4,), dtype="int32"),
            layers.Embedding(5, 3, mask_zero=True),
            layers.TimeDistributed(layers.Dense(3, "softmax")),
        ]
    )
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    model.compile("sgd", "sparse_categorical_crossentropy", jit_compile=jit_compile)
    x = np.array([[1, 2, 0, 0], [3, 0, 0, 0]])
    y = np.array([[0, 1, 2, 0], [2, 1, 0, 1]])
    assert model.evaluate(x, y, verbose=0) == pytest.approx(0.9231338)
    history = model.fit(x, y, epochs=3, verbose=0).history
    assert history["loss"] == pytest.approx([0.9231338, 0.9177002, 0.9122974])


def test_time_distributed_statistics_are_those_of_each_step():
    """As in Keras: a batch normalization sees one step after the other."""
    each = layers.TimeDistributed(layers.BatchNormalization())
    y = each(X, training=True).numpy()
    close(y.mean(axis=0), np.zeros((3, 4)))


@pytest.mark.parametrize(
    "layer",
    [
        layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)], return_state=True),
        layers.Bidirectional(layers.LSTM(3, return_sequences=True), "sum"),
        layers.TimeDistributed(layers.Dense(3, "relu")),
    ],
    ids=lambda layer: layer.name,
)
def test_what_is_inside_a_wrapper_comes_back(layer):
    again = layers.deserialize(layers.serialize(layer))
    assert again.get_config() == layer.get_config()
    layer(X), again(X)
    again.set_weights(layer.get_weights())
    for ours, expected in zip(flatten(again(X)), flatten(layer(X)), strict=True):
        close(ours, expected)


def test_sequences_of_sequences():
    x = np.stack([X, X + 1], axis=1)
    lstm = layers.LSTM(3)
    each = layers.TimeDistributed(lstm)
    close(each(x)[:, 1], lstm(X + 1))


@pytest.mark.parametrize("cls", [layers.LSTM, layers.GRU])
def test_both_directions_keep_use_cudnn(cls):
    both = layers.Bidirectional(cls(2, use_cudnn=False))
    assert both.forward_layer.use_cudnn is both.backward_layer.use_cudnn is False
