"""Layers as configurations and back; apart, so that layers with layers inside can use
it.
"""

from typing import Any

from minikeras.layers.layer import Layer
from minikeras.saving.objects import deserialize_object, serialize_object

# {class name: class} of all layers; the package enters them.
CLASSES: dict[str, type[Layer]] = {}


def serialize(layer: Layer) -> dict[str, Any]:
    """Returns the configuration of a layer, with the name of its class."""
    return serialize_object("layers", layer)


def deserialize(
    config: dict[str, Any], custom_objects: dict[str, Any] | None = None
) -> Layer:
    """Makes a layer, with new weights, from its configuration."""
    layer: Layer = deserialize_object(config, CLASSES, "layer", custom_objects)
    return layer
