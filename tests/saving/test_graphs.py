"""Graphs of layers in files: connections, shared layers, models inside of models."""

import time

import numpy as np
import pytest

from minikeras import Input, Model, Sequential, layers, models, ops
from minikeras.models.graph_config import graph_from_config
from minikeras.saving import deserialize_keras_object, load_model
from minikeras.saving.sharing import sharing
from minikeras.tree import flatten
from minikeras.values.room import room_for
from tests.saving.states import assert_same, state

RNG = np.random.default_rng(7)


def again(model, path):
    model.save(path / "a.keras")
    return load_model(path / "a.keras")


def assert_alike(model, other, *shapes):
    assert_same(state(model), state(other))
    inputs = [RNG.normal(size=shape).astype("float32") for shape in shapes]
    inputs = inputs[0] if len(inputs) == 1 else inputs
    for one, two in zip(flatten(model(inputs)), flatten(other(inputs)), strict=True):
        np.testing.assert_array_equal(one.numpy(), two.numpy())


def test_a_shared_layer_stays_shared(tmp_path):
    shared = layers.Dense(4, name="shared")
    a, b = Input((4,), name="a"), Input((4,), name="b")
    model = Model([a, b], layers.Add()([shared(a), shared(shared(b))]))
    loaded = again(model, tmp_path)
    assert len(loaded.weights) == 2
    assert_alike(model, loaded, (2, 4), (2, 4))


def test_structures_of_inputs_and_outputs_come_back(tmp_path):
    a, b = Input((4,), name="a"), Input((4,), name="b")
    sums = layers.Add()([a, b])
    model = Model({"a": a, "b": b}, {"sum": sums, "both": [layers.Dense(2)(sums), a]})
    loaded = again(model, tmp_path)
    x = {key: RNG.normal(size=(2, 4)).astype("float32") for key in "ab"}
    one, two = model(x), loaded(x)
    assert list(one) == list(two)
    np.testing.assert_array_equal(one["both"][0].numpy(), two["both"][0].numpy())


def test_layers_called_elsewhere_too_keep_their_numbers(tmp_path):
    shared = layers.Dense(3)
    x = Input((3,))
    shared(Input((3,)))  # a call that the model does not have
    model = Model(x, shared(shared(x)))
    assert_alike(model, again(model, tmp_path), (2, 3))


def test_models_are_layers_of_models(tmp_path):
    x = Input((4,))
    inner = Model(x, layers.Dense(3, activation="relu")(x), name="inner")
    chain = Sequential([layers.Dense(4), layers.BatchNormalization()], name="chain")
    y = Input((4,))
    model = Model(y, layers.Concatenate()([inner(chain(y)), inner(y)]))
    loaded = again(model, tmp_path)
    assert type(loaded.get_layer("inner")) is models.Functional
    assert_alike(model, loaded, (2, 4))


def test_arguments_of_calls_come_back(tmp_path):
    x = Input((5, 4))
    attention = layers.MultiHeadAttention(2, 3)
    out, scores = attention(x, x, return_attention_scores=True, use_causal_mask=True)
    model = Model(x, [out, scores])
    assert_alike(model, again(model, tmp_path), (2, 5, 4))


def test_composite_layers_come_back(tmp_path):
    x = Input((5, 4))
    steps = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(x)
    steps = layers.TimeDistributed(layers.Dense(2))(steps)
    steps = layers.GroupedQueryAttention(2, 2, 1)(steps, steps)
    cells = layers.RNN([layers.LSTMCell(2), layers.GRUCell(3)])(steps)
    model = Model(x, [layers.GRU(3)(steps), cells])
    assert_alike(model, again(model, tmp_path), (2, 5, 4))


class Named(Model):
    """A model of its own, made of a graph in its constructor."""

    def __init__(self, units, name=None, **kwargs):
        x = Input((3,))
        super().__init__(x, layers.Dense(units)(x), name=name)
        self.units = units

    def get_config(self):
        return {"name": self.name, "units": self.units}


def test_a_subclass_with_a_constructor_of_its_own(tmp_path):
    model = Named(2)
    model.save(tmp_path / "a.keras")
    loaded = load_model(tmp_path / "a.keras", custom_objects={"Named": Named})
    assert type(loaded) is Named
    assert_alike(model, loaded, (2, 3))


@pytest.mark.parametrize("kind", ["graph", "chain"])
def test_five_thousand_layers(kind, tmp_path):
    if kind == "graph":
        start = x = Input((1,))
        for _ in range(5000):
            x = layers.Dense(1, use_bias=False)(x)
        model = Model(start, x)
    else:
        several = (layers.Dense(1, use_bias=False) for _ in range(5000))
        model = Sequential([Input((1,)), *several])
    began = time.process_time()
    loaded = again(model, tmp_path)
    assert time.process_time() - began < 60
    assert_same(state(model), state(loaded))


def test_functions_among_the_settings_of_an_operation_come_back(tmp_path):
    x = Input((3,))
    model = Model(x, ops.vectorized_map(ops.relu, x))
    assert_alike(model, again(model, tmp_path), (2, 3))


def config_of(*calls):
    """Returns the configuration of a graph of an input and these calls of a layer."""

    def described(place):
        history = {"shape": [None, 3], "dtype": "float32", "keras_history": place}
        tensor = {"class_name": "__keras_tensor__", "config": history}
        return {"args": [tensor], "kwargs": {}}

    entrance = {
        "module": "keras.layers",
        "class_name": "InputLayer",
        "config": {"batch_shape": [None, 3], "name": "x"},
        "name": "x",
        "inbound_nodes": [],
    }
    flat = {
        "module": "keras.layers",
        "class_name": "Flatten",
        "config": {"name": "flat"},
        "name": "flat",
        "inbound_nodes": [described(place) for place in calls],
    }
    return {
        "name": "m",
        "layers": [entrance, flat],
        "input_layers": ["x", 0, 0],
        "output_layers": ["flat", 0, 0],
    }


@pytest.mark.parametrize(
    ("place", "message"),
    [
        (["flat", 0, 0], "Call 0 of layer 'flat' needs what no other call makes"),
        (["nowhere", 0, 0], "needs what no other call makes"),
        (["x", 3, 0], "needs what no other call makes"),
        (["x", 0, 7], "no tensor"),
        (["x", 0], "Expected \\[layer, call, result\\]"),
        (None, "Expected \\[layer, call, result\\]"),
        ("x", "Expected \\[layer, call, result\\]"),
    ],
    ids=str,
)
def test_graphs_that_lead_nowhere_are_refused(place, message):
    with pytest.raises(ValueError, match=message):
        graph_from_config(config_of(place), None)


def test_models_that_call_each_other_without_end_are_refused():
    """Each calls the next one twice: 2³⁰ calls in a file of a few pages."""
    inner = {"class_name": "Flatten", "config": {}, "shared_object_id": 0}
    chain = []
    for number in range(1, 31):
        graph = config_of(["x", 0, 0], ["flat", 0, 0])
        twice = {**graph["layers"][1], **inner}
        graph = {**graph, "name": f"m{number}", "layers": [graph["layers"][0], twice]}
        graph["output_layers"] = ["flat", 1 + (number > 1), 0]
        model = {"module": "keras.models", "class_name": "Functional", "config": graph}
        chain.append({**model, "shared_object_id": number})
        inner = {**model, "shared_object_id": number, "config": {}}
    layers = [config_of()["layers"][0], *chain]
    config = {"class_name": "Sequential", "config": {"name": "s", "layers": layers}}
    with (
        sharing(),
        room_for(10**6, tensors=10_000),
        pytest.raises(ValueError, match="symbolic tens"),
    ):
        deserialize_keras_object({**config, "module": "keras"})


def test_a_graph_that_leads_somewhere():
    inputs, outputs = graph_from_config(config_of(["x", 0, 0]), None)
    assert inputs.shape == outputs.shape == (None, 3)


def test_model_takes_the_configuration_of_a_graph():
    x = Input((3,), name="x")
    model = Model(x, layers.Dense(2)(x))
    twin = Model.from_config(model.get_config())
    assert type(twin) is models.Functional
    assert twin.get_config() == model.get_config()
