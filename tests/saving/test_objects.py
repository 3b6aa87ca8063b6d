"""Objects as configurations and back."""

import json

import numpy as np
import pytest

import minikeras
from minikeras import activations, layers, losses, optimizers, regularizers
from minikeras.saving import (
    CustomObjectScope,
    deserialize_keras_object,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
    serialize_keras_object,
)
from minikeras.saving.registry import MODULES, look_up, public_name
from minikeras.saving.sharing import sharing
from minikeras.values.naming import reset_names
from tests.golden.golden_files import read
from tests.golden.serialized_cases import MODELS, OBJECTS, VALUES
from tools.interop_models import models

RECORDED = {case["name"]: case["config"] for case in read("serialized")}


@pytest.fixture(autouse=True)
def registry(monkeypatch):
    """Forgets afterwards what a test has registered."""
    monkeypatch.setattr("minikeras.saving.registry._REGISTERED", {})
    monkeypatch.setattr("minikeras.saving.registry._REGISTERED_NAMES", {})


def as_json(config):
    """Returns a configuration as a file has it."""
    return json.loads(json.dumps(config))


@pytest.mark.parametrize("name", VALUES)
def test_values_are_described_as_in_keras(name):
    config = serialize_keras_object(VALUES[name])
    assert config == RECORDED[name]
    assert type(config) is type(RECORDED[name])


@pytest.mark.parametrize("name", OBJECTS)
def test_objects_are_described_as_in_keras(name):
    reset_names()
    thing = OBJECTS[name](minikeras)
    config = serialize_keras_object(thing)
    assert as_json(config) == as_json(RECORDED[name])
    if isinstance(config, dict) and "module" in config:
        assert list(config) == list(RECORDED[name])
    again = deserialize_keras_object(as_json(config))
    assert type(again) is type(thing)
    assert as_json(serialize_keras_object(again)) == as_json(config)


@pytest.mark.parametrize("name", MODELS)
def test_models_are_described_as_in_keras(name):
    reset_names()
    config = serialize_keras_object(models(minikeras)[name](minikeras))
    assert as_json(config) == as_json(RECORDED[name])


@pytest.mark.parametrize("value", list(VALUES.values()), ids=list(VALUES))
def test_values_come_back(value):
    again = deserialize_keras_object(as_json(serialize_keras_object(value)))
    if isinstance(value, tuple):
        value = [1, [2, 3]]  # JSON has lists only
    np.testing.assert_equal(again, value)


@pytest.mark.parametrize(
    ("thing", "error"),
    [
        (object(), TypeError),
        ({1, 2}, TypeError),
        (layers.Dense, TypeError),
        (lambda x: x, ValueError),
        (int, TypeError),
        (print, TypeError),
    ],
)
def test_what_cannot_be_described(thing, error):
    with pytest.raises(error):
        serialize_keras_object(thing)


class NoDict:
    def get_config(self):
        return 3


def test_a_configuration_is_a_dict():
    with pytest.raises(TypeError, match="should return a dict"):
        serialize_keras_object(NoDict())


def test_modules_may_be_those_of_keras_own_files():
    module = "keras.src.backend.torch.optimizers.torch_adam"
    config = {
        "module": module,
        "class_name": "Adam",
        "config": {"learning_rate": 0.5},
        "registered_name": "Adam",
    }
    assert type(deserialize_keras_object(config)) is optimizers.Adam
    assert look_up("keras.src.nowhere", "Adam") is None
    assert look_up("os", "system") is None
    assert look_up(None, "Adam") is None


def test_module_objects_are_one_more_table():
    found = deserialize_keras_object(
        {"class_name": "Mine", "config": {"l1": 2.0}},
        module_objects={"Mine": regularizers.L1},
    )
    assert found.l1 == 2.0
    assert deserialize_keras_object("x", module_objects={"x": int}) is int
    with pytest.raises(TypeError, match="surprise"):
        deserialize_keras_object("x", surprise=1)


def test_what_is_built_is_built_again():
    layer = layers.Dense(2)
    layer.build((None, 3))
    again = deserialize_keras_object(as_json(serialize_keras_object(layer)))
    assert again.built
    assert again.kernel.shape == (3, 2)


def test_functions_are_found_by_their_registered_names():
    @register_keras_serializable("mine")
    def double(x):
        return 2 * x

    assert get_registered_name(double) == "mine>double"
    config = serialize_keras_object(double)
    assert config["config"] == "mine>double"
    assert deserialize_keras_object(config) is double
    # Keras before 3.7 wrote the name alone.
    assert deserialize_keras_object({**config, "config": "double"}) is double
    dense = layers.Dense(2, activation=double)
    assert layers.Dense.from_config(dense.get_config()).activation is double
    with pytest.raises(ValueError, match="Unknown function"):
        deserialize_keras_object({**config, "config": "nothing"})


def test_the_package_of_what_is_registered_is_custom_unless_said():
    @register_keras_serializable()
    def halve(x):
        return x / 2

    config = serialize_keras_object(halve)
    assert get_registered_name(halve) == config["config"] == "Custom>halve"


def test_the_innermost_scope_counts():
    with CustomObjectScope({"a": 1}):
        with CustomObjectScope({"b": 2}):
            assert get_registered_object("a") is None
            assert get_registered_object("b") == 2
        assert get_registered_object("a") == 1
    assert get_registered_object("a") is None


def test_names_are_looked_for_in_the_tables_that_are_given_too():
    assert get_registered_object("x", {"x": 1}, {"x": 2}) == 1
    assert get_registered_object("x", None, {"x": 2}) == 2
    get_custom_objects()["x"] = 3
    assert get_registered_object("x", {"x": 1}) == 3


def test_strings_stand_for_custom_objects_everywhere():
    def mine(x):
        return x

    with CustomObjectScope({"mine": mine, "Mine": regularizers.L2}):
        dense = layers.Dense(2, activation="mine", kernel_regularizer="Mine")
        assert losses.get("mine") is mine
    assert dense.activation is mine
    assert type(dense.kernel_regularizer) is regularizers.L2


def test_a_class_without_a_configuration_is_not_registered():
    with pytest.raises(ValueError, match="get_config"):
        register_keras_serializable()(int)


def test_one_object_stays_one():
    shared = regularizers.L2(0.5)
    with sharing():
        config = serialize_keras_object([shared, shared, regularizers.L2(0.5)])
    assert [part.get("shared_object_id") for part in config] == [1, 1, None]
    with sharing():
        one, same, other = deserialize_keras_object(as_json(config))
    assert one is same
    assert one is not other
    one, same, _ = deserialize_keras_object(as_json(config))
    assert one is not same  # numbers count within a file


def test_what_files_may_name_is_of_minikeras():
    for module, table in MODULES.items():
        assert module == "keras" or module.startswith("keras.")
        for thing in table.values():
            origin = getattr(thing, "__module__", type(thing).__module__)
            assert origin.startswith("minikeras.")
    assert public_name(dict) is None


@pytest.mark.parametrize("name", ["builtins.eval", "mine>Dense", "other"])
def test_a_class_of_ours_goes_by_no_name_of_your_own(name):
    config = {"class_name": "Dense", "module": "keras.layers", "config": {"units": 1}}
    with pytest.raises(ValueError, match="is a class of minikeras"):
        deserialize_keras_object({**config, "registered_name": name})
    for allowed in (None, "Dense"):
        config["registered_name"] = allowed
        assert deserialize_keras_object(config).units == 1


@pytest.mark.parametrize(
    ("name", "allowed"),
    [(None, True), ("function", True), ("relu", True), ("mine>relu", False)],
)
def test_a_function_of_ours_goes_by_no_name_of_your_own(name, allowed):
    config = {"class_name": "function", "module": "builtins", "config": "relu"}
    config["registered_name"] = name
    if allowed:
        assert deserialize_keras_object(config) is activations.relu
        return
    with pytest.raises(ValueError, match="is a class of minikeras, or a function"):
        deserialize_keras_object(config)


@pytest.mark.parametrize(
    "config",
    [
        {"class_name": "function", "config": ["relu"]},
        {"class_name": "Dense", "module": "keras.layers", "config": [3]},
    ],
)
def test_a_config_of_the_wrong_type_is_a_type_error_too(config):
    with pytest.raises(TypeError, match="config of") as raised:
        deserialize_keras_object(config)
    assert isinstance(raised.value, ValueError)


def test_a_sequential_is_configured_by_name_and_layers():
    config = {"class_name": "Sequential", "module": "keras", "config": {"layers": []}}
    with pytest.raises(ValueError, match="'name' and 'layers'"):
        deserialize_keras_object(config)
