"""Optimizers as configurations and back; apart, for those with an optimizer inside."""

from typing import Any

from minikeras.optimizers.optimizer import Optimizer
from minikeras.saving.objects import deserialize_object, serialize_object

# {class name: class} of all optimizers; the package enters them.
CLASSES: dict[str, type[Optimizer]] = {}


def serialize(optimizer: Optimizer) -> dict[str, Any]:
    """Returns the configuration of an optimizer."""
    return serialize_object("optimizers", optimizer)


def deserialize(
    config: dict[str, Any], custom_objects: dict[str, Any] | None = None
) -> Optimizer:
    """Makes an optimizer from its configuration."""
    optimizer: Optimizer = deserialize_object(
        config, CLASSES, "optimizer", custom_objects
    )
    return optimizer
