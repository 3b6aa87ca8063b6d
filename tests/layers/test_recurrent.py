"""Recurrent layers: as Keras's; wrappers; what a model makes of them."""

import numpy as np
import pytest

import minikeras
from minikeras import Input, Sequential, Tensor, layers, ops
from minikeras.kernels.kernel_set import watched
from minikeras.kernels.reference import reference
from minikeras.tree import flatten
from minikeras.values import using
from tests.golden.golden_files import read
from tests.layers.golden_layers import agrees_with_keras

CASES = read("recurrent")
KINDS = [layers.LSTM, layers.GRU, layers.SimpleRNN]
X = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
MASK = np.array([[True, True, False], [False, True, True]])

each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_it_does_what_keras_does(case):
    agrees_with_keras(case)


def same_weights(source, target):
    target.set_weights(source.get_weights())
    return target


def close(x, y):
    np.testing.assert_allclose(np.asarray(x), np.asarray(y), rtol=1e-5, atol=1e-6)


# --- One call for all steps, and step by step -----------------------------------------


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


# --- States ---------------------------------------------------------------------------


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


# --- Dropout --------------------------------------------------------------------------


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


# --- Shapes ---------------------------------------------------------------------------


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


# --- RNN and cells --------------------------------------------------------------------


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
        f"{stacked.name}/stacked_rnn_cells/{cell.name}/kernel"
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


@each_kind
def test_outputs_of_masked_steps_can_be_zero(kind):
    cell = kind(3).cell
    plain = layers.RNN(cell, return_sequences=True)
    zero = layers.RNN(cell, return_sequences=True, zero_output_for_mask=True)
    expected = np.where(MASK[..., None], np.asarray(plain(X, mask=MASK)), 0.0)
    close(zero(X, mask=MASK), expected)


# --- Wrappers -------------------------------------------------------------------------


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


# --- In a model -----------------------------------------------------------------------


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


@pytest.mark.parametrize("cls", [layers.LSTM, layers.GRU])
def test_both_directions_keep_use_cudnn(cls):
    both = layers.Bidirectional(cls(2, use_cudnn=False))
    assert both.forward_layer.use_cudnn is both.backward_layer.use_cudnn is False
