"""Layers as configurations, also where a class says none of its own."""

import numpy as np
import pytest

from minikeras import layers


class Own(layers.Layer):
    """Has arguments, and no get_config."""

    def __init__(self, size, scale=2.0, **kwargs):
        super().__init__(**kwargs)
        self.size = size


def test_plain_arguments_are_the_config_of_a_layer_that_defines_none():
    layer = Own([3, (4, None)], name="own", trainable=False, dtype="float64")
    config = layer.get_config()
    assert config == {
        "name": "own",
        "trainable": False,
        "dtype": layers.Dense(1, dtype="float64").get_config()["dtype"],
        "size": [3, (4, None)],
        "scale": 2.0,
    }
    assert Own.from_config(config).get_config() == config


@pytest.mark.parametrize("size", [layers.Dense(1), np.ones(2), len, {1: 2}])
def test_a_layer_with_other_arguments_must_say_its_config(size):
    with pytest.raises(NotImplementedError, match=r"size.*must define get_config"):
        Own(size).get_config()


class Bare(layers.Layer):
    """Takes what every layer does from no one, and others by position."""

    def __init__(self, *sizes):
        super().__init__()


def test_the_config_holds_only_what_the_constructor_takes():
    assert Bare().get_config() == {}
    assert isinstance(Bare.from_config({}), Bare)


def test_arguments_without_a_name_are_no_config():
    with pytest.raises(NotImplementedError, match=r"\*sizes"):
        Bare(1, 2).get_config()


@pytest.mark.parametrize(
    "layer",
    [
        layers.Dense(
            3, activation="relu", kernel_regularizer="l2", bias_constraint="non_neg"
        ),
        layers.Activation("tanh"),
        layers.Flatten(),
        layers.Dropout(0.5, noise_shape=(None, 1), seed=3),
    ],
    ids=lambda layer: layer.name,
)
def test_the_config_makes_an_equal_layer(layer):
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    assert (
        layers.deserialize(layers.serialize(layer)).get_config() == layer.get_config()
    )
