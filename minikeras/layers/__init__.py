"""Layers: functions with weights, to build models from."""

from typing import Any

from minikeras.layers.core import Activation as Activation
from minikeras.layers.core import Dense as Dense
from minikeras.layers.core import Dropout as Dropout
from minikeras.layers.core import Flatten as Flatten
from minikeras.layers.core import Input as Input
from minikeras.layers.core import InputLayer as InputLayer
from minikeras.layers.embedding import Embedding as Embedding
from minikeras.layers.input_spec import InputSpec as InputSpec
from minikeras.layers.layer import Layer as Layer
from minikeras.saving.objects import deserialize_object, serialize_object

CLASSES = {
    cls.__name__: cls
    for cls in (
        Activation,
        Dense,
        Dropout,
        Embedding,
        Flatten,
        InputLayer,
    )
}


def serialize(layer: Layer) -> dict[str, Any]:
    """Returns the configuration of a layer, with the name of its class."""
    return serialize_object("layers", layer)


def deserialize(
    config: dict[str, Any], custom_objects: dict[str, Any] | None = None
) -> Layer:
    """Makes a layer, with new weights, from its configuration."""
    return deserialize_object(config, CLASSES, "layer", custom_objects)
