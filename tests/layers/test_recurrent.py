"""Recurrent layers: as Keras's; states, dropout, shapes, masks; in a model."""

import numpy as np
import pytest

import minikeras
from minikeras import Input, Sequential, Tensor, layers, ops
from minikeras.tree import flatten
from tests.golden.golden_files import read
from tests.layers.golden_layers import agrees_with_keras
from tests.layers.sequences import MASK, X, close, each_kind, same_weights

CASES = read("recurrent")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_it_does_what_keras_does(case):
    agrees_with_keras(case)


@each_kind
def test_a_stateful_layer_goes_on_where_it_stopped(kind):
    layer = kind(3, stateful=True)
    once = kind(3)
    once(X)
    layer(X)
    same_weights(once, layer)
    assert [w.path for w in layer.weights] == [
        f"{layer.name}/{layer.cell.name}/{w.name}" for w in once.weights
    ]
    layer.reset_state()
    assert not any(np.any(state.numpy()) for state in layer.states)
    layer(X[:, :2])
    close(layer(X[:, 2:]), once(X))
    with pytest.raises(ValueError, match=r"of the state: 2\. Received batch size: 1"):
        layer(X[:1])
    with pytest.raises(ValueError, match="must be static"):
        kind(3, stateful=True).build((None, 3, 4))


@each_kind
def test_the_last_state_as_the_first_of_another_call(kind):
    layer = kind(3, return_state=True)
    whole, *_ = layer(X)
    _, *states = layer(X[:, :1])
    rest, *_ = layer(X[:, 1:], initial_state=states)
    close(rest, whole)


@each_kind
def test_gradients_reach_the_initial_state(kind):
    layer = kind(3, return_state=True)
    layer(X)
    first = [Tensor(np.ones((2, 3), "float32"), requires_grad=True)]
    first *= 2 if kind is layers.LSTM else 1
    ops.sum(layer(X, initial_state=first)[0]).backward()
    assert np.all(first[0].grad.numpy() != 0)


@each_kind
def test_states_that_do_not_fit_are_refused(kind):
    layer = kind(3, name="reader")
    with pytest.raises(ValueError, match='"reader" needs an initial state'):
        layer(X, initial_state=[np.ones((2, 4), "float32")] * 2)
    with pytest.raises(ValueError, match='"reader" needs an initial state'):
        layer(X, initial_state=[np.ones((2, 3), "float32")] * 3)


@each_kind
@pytest.mark.parametrize("option", ["dropout", "recurrent_dropout"])
def test_dropout_is_for_training_and_the_same_in_all_steps(kind, option):
    layer = kind(3, **{option: 0.5}, seed=1, return_sequences=True)
    plain = kind(3, return_sequences=True)
    plain(X)
    layer(X)
    same_weights(plain, layer)
    close(layer(X), plain(X))
    first, second = layer(X, training=True), layer(X, training=True)
    assert not np.allclose(first, second)


@each_kind
def test_all_inputs_dropped_are_no_inputs(kind):
    layer = kind(3, dropout=1.0, bias_initializer="zeros")
    plain = kind(3)
    plain(X)
    layer(X)
    same_weights(plain, layer)
    close(layer(X, training=True), plain(np.zeros_like(X)))


@each_kind
def test_shapes_of_sequences_of_any_length(kind):
    layer = kind(3, return_sequences=True, return_state=True)
    states = 2 if kind is layers.LSTM else 1
    shapes = ((None, None, 3), *[(None, 3)] * states)
    assert layer.compute_output_shape((None, None, 4)) == shapes
    outputs = layer(Input((None, 4)))
    assert tuple(x.shape for x in outputs) == shapes
    assert kind(3)(Input((7, 4))).shape == (None, 3)
    assert kind(3)(X[:0]).shape == (0, 3)


@each_kind
def test_what_is_no_sequence_is_refused(kind):
    with pytest.raises(ValueError, match="expected ndim=3, found ndim=2"):
        kind(3)(X[0])
    layer = kind(3)
    layer(X)
    with pytest.raises(ValueError, match="axis -1 of input shape to have value 4"):
        layer(X[..., :3])
    with pytest.raises(ValueError, match="at least one step"):
        kind(3, dropout=0.5)(X[:, :0], training=True)
    for units in (0, -1, "3", 2.5):
        with pytest.raises(ValueError, match="`units`, expected a positive integer"):
            kind(units)


@each_kind
def test_outputs_of_masked_steps_can_be_zero(kind):
    cell = kind(3).cell
    plain = layers.RNN(cell, return_sequences=True)
    zero = layers.RNN(cell, return_sequences=True, zero_output_for_mask=True)
    expected = np.where(MASK[..., None], np.asarray(plain(X, mask=MASK)), 0.0)
    close(zero(X, mask=MASK), expected)


@each_kind
def test_padding_changes_no_prediction(kind):
    model = Sequential(
        [Input((None,)), layers.Embedding(9, 4, mask_zero=True), kind(3)]
    )
    close(model(np.array([[3, 5, 0, 0]])), model(np.array([[3, 5]])))


def layers_that_remember():
    """Returns layers with all that may change from step to step."""
    return [
        Input((4,), batch_size=5, dtype="int32"),
        layers.Embedding(9, 4, mask_zero=True),
        layers.Bidirectional(
            layers.LSTM(3, return_sequences=True, dropout=0.3, seed=1)
        ),
        layers.GRU(3, return_sequences=True, recurrent_dropout=0.3, seed=2),
        layers.TimeDistributed(layers.Dense(3)),
        layers.LSTM(2, stateful=True, return_sequences=True),
        layers.SimpleRNN(2, stateful=True, go_backwards=True),
    ]


def test_a_recorded_step_remembers_and_drops_as_any_other():
    x = np.random.default_rng(0).integers(0, 9, (20, 4))
    y = np.random.default_rng(1).normal(size=(20, 2)).astype("float32")
    trained = []
    for jit_compile in (False, True):
        minikeras.utils.set_random_seed(3)
        model = Sequential(layers_that_remember())
        model.compile("adam", "mse", jit_compile=jit_compile)
        history = model.fit(x, y, batch_size=5, epochs=3, verbose=0)
        states = [s.numpy() for layer in model.layers[-2:] for s in layer.states]
        trained.append((history.history["loss"], model.get_weights(), states))
    for eager, replayed in zip(*map(flatten, trained), strict=True):
        np.testing.assert_array_equal(eager, replayed)
    assert len(model.train_program) > 20


@each_kind
def test_nothing_is_left_of_what_was_dropped(kind):
    """So that a model looks the same before and after a step."""
    layer = kind(3, dropout=0.5, recurrent_dropout=0.5)
    layer(X, training=True)
    before = dict(vars(layer.cell))
    layer(X, training=True)
    assert vars(layer.cell) == before


@each_kind
def test_training_finds_out_what_came_first(kind):
    """Whether the 1 stands before or behind the 2: the sum does not tell."""
    minikeras.utils.set_random_seed(0)
    x = np.array([[1, 2, 0], [2, 1, 0], [1, 0, 2], [2, 0, 1]] * 8)
    y = np.array([[1.0], [0.0], [1.0], [0.0]] * 8)
    model = Sequential(
        [layers.Embedding(3, 4, mask_zero=True), kind(8), layers.Dense(1)]
    )
    model.compile(minikeras.optimizers.Adam(0.05), "mse")
    history = model.fit(x, y, epochs=40, verbose=0)
    assert history.history["loss"][-1] < 0.01


@each_kind
def test_a_mask_has_a_place_for_every_step(kind):
    layer = kind(3, name="reader")
    close(layer(X, mask=MASK[..., None]), layer(X, mask=MASK))
    close(layer(X, mask=MASK[:1]), layer(X, mask=np.repeat(MASK[:1], 2, axis=0)))
    for shape in [(2, 4), (2, 1), (3,), (2, 3, 4)]:
        with pytest.raises(ValueError, match=r'"reader" needs a mask.*\(2, 3\); got'):
            layer(X, mask=np.ones(shape, "bool"))


@each_kind
@pytest.mark.parametrize("wrapped", [False, True])
def test_a_mask_that_sequences_carry_counts_beside_an_initial_state(kind, wrapped):
    layer = kind(3, return_sequences=True)
    states = [Tensor(np.ones((2, 3), "float32"))] * (2 if kind is layers.LSTM else 1)
    if wrapped:
        layer, states = layers.Bidirectional(layer), states * 2
    carrying = Tensor(X)
    carrying._keras_mask = Tensor(MASK)
    given = layer(X, initial_state=states, mask=MASK)
    close(layer(carrying, initial_state=states), given)
    assert not np.allclose(layer(X, initial_state=states).numpy(), given.numpy())
