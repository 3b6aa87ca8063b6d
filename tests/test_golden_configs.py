"""Configurations: the same keys and values as Keras's, and objects made from them."""

import pytest

import minikeras
from minikeras import (
    Input,
    Sequential,
    activations,
    initializers,
    layers,
    losses,
    metrics,
)
from minikeras.values.naming import reset_names
from tests.golden.golden_files import read

CASES = read("configs")
OBJECTS = [case for case in CASES if "class" in case]
SERIALIZED = {
    "activations.serialize": lambda: activations.serialize(activations.relu),
    "losses.serialize": lambda: losses.serialize(losses.MeanSquaredError()),
    "losses.serialize a function": lambda: losses.serialize(losses.mean_squared_error),
    "metrics.serialize": lambda: metrics.serialize(metrics.Mean()),
    "initializers.serialize": lambda: initializers.serialize(
        initializers.HeNormal(seed=3)
    ),
    "layers.serialize": lambda: layers.serialize(layers.Dense(2)),
}


def find(path):
    """Returns what a public path names."""
    found = minikeras
    for name in path.split("."):
        found = getattr(found, name)
    return found


@pytest.mark.parametrize("case", OBJECTS, ids=lambda case: case["name"])
def test_objects(case):
    reset_names()
    cls = find(case["class"])
    made = cls(**case["keywords"])
    assert made.get_config() == case["config"]
    assert list(made.get_config()) == list(case["config"])
    assert cls.from_config(made.get_config()).get_config() == made.get_config()


def test_sequential_models():
    expected = {c["name"]: c["config"] for c in CASES if c["name"].startswith("Seq")}
    reset_names()
    fresh = Sequential([layers.Dense(2)], name="fresh")
    assert fresh.get_config() == expected["Sequential fresh"]
    built = Sequential([Input((3,)), layers.Flatten()], name="built")
    config = expected["Sequential built"]
    assert built.get_config() == config
    assert Sequential.from_config(config).get_config() == config


@pytest.mark.parametrize("name", SERIALIZED)
def test_serialized_objects(name):
    reset_names()
    expected = next(case["result"] for case in CASES if case["name"] == name)
    assert SERIALIZED[name]() == expected
