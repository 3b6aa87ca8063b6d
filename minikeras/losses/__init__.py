"""Losses: how far predictions are from targets, as one number to minimize."""

from typing import Any

from minikeras.losses.classes import BinaryCrossentropy as BinaryCrossentropy
from minikeras.losses.classes import CategoricalCrossentropy as CategoricalCrossentropy
from minikeras.losses.classes import MeanAbsoluteError as MeanAbsoluteError
from minikeras.losses.classes import MeanSquaredError as MeanSquaredError
from minikeras.losses.classes import (
    SparseCategoricalCrossentropy as SparseCategoricalCrossentropy,
)
from minikeras.losses.functions import binary_crossentropy as binary_crossentropy
from minikeras.losses.functions import (
    categorical_crossentropy as categorical_crossentropy,
)
from minikeras.losses.functions import mean_absolute_error as mean_absolute_error
from minikeras.losses.functions import mean_squared_error as mean_squared_error
from minikeras.losses.functions import (
    sparse_categorical_crossentropy as sparse_categorical_crossentropy,
)
from minikeras.losses.loss import Loss as Loss
from minikeras.losses.loss import serialize as serialize
from minikeras.saving.objects import deserialize_object, unknown
from minikeras.values.types import Identifier

CLASSES = {
    cls.__name__: cls
    for cls in (
        MeanSquaredError,
        MeanAbsoluteError,
        BinaryCrossentropy,
        CategoricalCrossentropy,
        SparseCategoricalCrossentropy,
    )
}
FUNCTIONS = {
    function.__name__: function
    for function in (
        mean_squared_error,
        mean_absolute_error,
        binary_crossentropy,
        categorical_crossentropy,
        sparse_categorical_crossentropy,
    )
}
SHORT = {
    "mse": mean_squared_error,
    "MSE": mean_squared_error,
    "mae": mean_absolute_error,
    "MAE": mean_absolute_error,
    "bce": binary_crossentropy,
    "BCE": binary_crossentropy,
}


def get(identifier: Identifier | None) -> Any:
    """Returns a loss, given by name, configuration, class, or as it is.

    The name of a function gives the function, the name of a class an object.

    >>> get("mse").__name__
    'mean_squared_error'

    Raises: ValueError if there is none of that name.
    """
    if identifier is None or isinstance(identifier, Loss):
        return identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        if identifier in CLASSES:
            return CLASSES[identifier]()
        if identifier in FUNCTIONS or identifier in SHORT:
            return FUNCTIONS.get(identifier) or SHORT[identifier]
        raise unknown(identifier, "loss", [*CLASSES, *FUNCTIONS, *SHORT])
    if isinstance(identifier, type) and issubclass(identifier, Loss):
        return identifier()
    if callable(identifier):
        return identifier
    raise unknown(identifier, "loss", [*CLASSES, *FUNCTIONS, *SHORT])


def deserialize(
    config: dict[str, Any], custom_objects: dict[str, Any] | None = None
) -> Any:
    """Makes a loss from its configuration."""
    if config.get("class_name") == "function":
        return (custom_objects or {}).get(config["config"]) or get(config["config"])
    return deserialize_object(config, CLASSES, "loss", custom_objects)
