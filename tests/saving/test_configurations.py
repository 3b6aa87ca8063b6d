"""Configurations that are wrong somewhere: an error says where, and why."""

import copy
import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras import Input, Model, Sequential, layers, models, ops, regularizers
from minikeras.saving import SavingError, deserialize_keras_object
from minikeras.saving.places import (
    LONGEST,
    ConfigurationError,
    names_near,
    place_of,
    shown,
)


def chain():
    inner = Sequential([Input((3,)), layers.Dense(2)], name="inner")
    model = Sequential(
        [
            Input((3,)),
            layers.Dense(3, "relu", kernel_regularizer=regularizers.L2(0.1)),
            layers.Dropout(0.5),
            inner,
        ]
    )
    model.compile("sgd", "mse", metrics=["mae"])
    return model


def graph():
    a, b = Input((3,), name="a"), Input((3,), name="b")
    shared = layers.Dense(3)
    sums = layers.Add()([shared(a), shared(b)])
    return Model({"a": a, "b": b}, [layers.LSTM(2)(ops.expand_dims(sums, 1)), sums])


def config_of(model):
    """Returns the configuration of a model as JSON has it."""
    return json.loads(model.to_json())


CONFIGS = [config_of(chain()), config_of(graph())]


def places_in(value, keys=()):
    """Yields the keys that lead to each value in a configuration."""
    yield keys
    if isinstance(value, dict):
        for key, part in value.items():
            yield from places_in(part, (*keys, key))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from places_in(part, (*keys, number))


PLACES = [(i, keys) for i, x in enumerate(CONFIGS) for keys in places_in(x) if keys]
OTHER = {"module": "keras.losses", "class_name": "MeanSquaredError", "config": {}}
JUNK = [None, True, 0, -1, 2.5, "", "junk", [], ["junk"], [[1]], {}, {"junk": 1}, OTHER]


def changed(config, keys, value):
    """Returns a copy of a configuration with another value in one place."""
    config = copy.deepcopy(config)
    part = config
    for key in keys[:-1]:
        part = part[key]
    part[keys[-1]] = value
    return config


def without(config, keys):
    """Returns a copy of a configuration that lacks the value in one place."""
    config = copy.deepcopy(config)
    part = config
    for key in keys[:-1]:
        part = part[key]
    del part[keys[-1]]
    return config


# An input whose name is null gets one, which is not its key.
@pytest.mark.filterwarnings("ignore:When providing `inputs` as a dict:UserWarning")
@given(place=st.sampled_from(PLACES), junk=st.sampled_from([*JUNK, "left out"]))
def test_a_wrong_value_anywhere_is_one_of_three_errors(place, junk):
    number, keys = place
    good = CONFIGS[number]
    config = without(good, keys) if junk == "left out" else changed(good, keys, junk)
    with suppress(SavingError):
        models.model_from_json(json.dumps(config))
    for make, part in (
        (deserialize_keras_object, config),
        (Sequential.from_config, config.get("config")),
        (Model.from_config, config.get("config")),
    ):
        with suppress(ValueError, TypeError):
            make(copy.deepcopy(part))


@pytest.mark.parametrize(
    ("number", "keys", "value", "place", "reason"),
    [
        (0, ("config", "layers", 1, "config", "units"), -1, "config.layers[1]", "-1"),
        (
            0,
            ("config", "layers", 1, "config", "kernel_regularizer", "class_name"),
            "L7",
            "config.layers[1].config.kernel_regularizer",
            "Unknown",
        ),
        (
            0,
            ("config", "layers", 3, "config", "layers", 1, "config", "surprise"),
            1,
            "config.layers[3].config.layers[1]",
            "surprise",
        ),
        (
            0,
            ("config", "layers", 2, "class_name"),
            "Popen",
            "config.layers[2]",
            "Popen",
        ),
        (0, ("config", "layers"), 3, "config", "Expected a list of layers; got 3"),
        (
            1,
            ("config", "layers", 2, "inbound_nodes", 1, "args"),
            "x",
            "config.layers[2].inbound_nodes[1]",
            "list of args",
        ),
        (
            1,
            ("config", "layers", 2, "inbound_nodes", 0, "args"),
            [],
            "config.layers[2].inbound_nodes[0]",
            "is given no tensor",
        ),
        (1, ("config", "layers", 2, "name"), 3, "config.layers[2]", "with a name"),
        (1, ("config", "output_layers"), 3, "config", "places of tensors; got 3"),
    ],
    ids=lambda x: str(x)[:50],
)
def test_an_error_says_where_it_is(number, keys, value, place, reason):
    config = changed(CONFIGS[number], keys, value)
    with pytest.raises(ConfigurationError, match=reason) as raised:
        deserialize_keras_object(config)
    assert raised.value.place == place
    assert str(raised.value).startswith(f"{place}: ")
    with pytest.raises(SavingError, match=reason) as refused:
        models.model_from_json(json.dumps(config))
    assert f"json_string, {place}: " in str(refused.value)


@pytest.mark.parametrize("key", ["name", "layers", "input_layers", "output_layers"])
def test_a_graph_that_lacks_a_part(key):
    config = without(CONFIGS[1], ("config", key))["config"]
    with pytest.raises(ValueError, match="output_layers"):
        models.Functional.from_config(config)


def test_wrong_arguments_are_a_type_error_too():
    config = {"module": "keras.layers", "class_name": "Dropout", "config": {}}
    with pytest.raises(TypeError, match=r"Dropout cannot be made .*rate") as raised:
        deserialize_keras_object([config])
    assert isinstance(raised.value, ValueError)
    assert raised.value.place == "[0]"


class Careless(layers.Layer):
    @classmethod
    def from_config(cls, config):
        return cls(**config["missing"])


def test_a_careless_from_config_is_told_of():
    config = {"class_name": "Careless", "config": {"units": 3}, "module": None}
    with pytest.raises(ValueError, match=r"Careless cannot .*KeyError.*\{'units': 3\}"):
        deserialize_keras_object(config, {"Careless": Careless})


@pytest.mark.parametrize("json_string", [None, 3, {}, ["a"]])
def test_what_is_no_string_is_no_json(json_string):
    with pytest.raises(TypeError, match="takes a string"):
        models.model_from_json(json_string)


def test_places_are_found_by_identity():
    part = {"config": {"a": 1}}
    whole = {"layers": [{"config": {"a": 1}}, {"inner": part}]}
    assert place_of(part, whole) == "layers[1].inner"
    assert place_of(dict(part), whole) == "layers[1].inner"
    assert place_of({"config": {"a": 1}}, whole) is None


@pytest.mark.parametrize("config", ["x" * 10**7, [0] * 10**6, {"a": "x" * 10**7}])
def test_long_configurations_are_cut(config):
    assert len(shown(config)) <= LONGEST + 1


def test_similar_names_are_not_looked_for_at_any_length():
    assert names_near("Dens", ["Dense"]) == ["Dense"]
    assert names_near("Dense" * 1000, ["Dense"]) == []


def test_very_many_unknown_arguments_are_refused_at_once():
    arguments = {f"argument_{i}": i for i in range(100_000)}
    with pytest.raises(ValueError, match="argument_0") as raised:
        layers.Dense(1, **arguments)
    assert len(str(raised.value)) < 2000
