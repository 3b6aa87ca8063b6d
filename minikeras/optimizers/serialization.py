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
    """Makes an optimizer from its configuration; its class may be in any case.

    Raises: ValueError for a class that is neither ours nor in `custom_objects`.
    """
    optimizer: Optimizer = deserialize_object(
        config, CLASSES | names(), "optimizer", custom_objects
    )
    return optimizer


def names() -> dict[str, type[Optimizer]]:
    """Returns all optimizers by the names that `compile` takes, in small letters."""
    return {name.lower(): cls for name, cls in CLASSES.items()}
