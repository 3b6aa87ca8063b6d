"""Metrics: what is reported while training and evaluating."""

from typing import Any

from minikeras.losses import FUNCTIONS as LOSSES
from minikeras.metrics.accuracy import Accuracy as Accuracy
from minikeras.metrics.accuracy import BinaryAccuracy as BinaryAccuracy
from minikeras.metrics.accuracy import CategoricalAccuracy as CategoricalAccuracy
from minikeras.metrics.accuracy import (
    SparseCategoricalAccuracy as SparseCategoricalAccuracy,
)
from minikeras.metrics.accuracy import (
    SparseTopKCategoricalAccuracy as SparseTopKCategoricalAccuracy,
)
from minikeras.metrics.accuracy import (
    TopKCategoricalAccuracy as TopKCategoricalAccuracy,
)
from minikeras.metrics.accuracy import accuracy as accuracy
from minikeras.metrics.accuracy import binary_accuracy as binary_accuracy
from minikeras.metrics.accuracy import categorical_accuracy as categorical_accuracy
from minikeras.metrics.accuracy import (
    sparse_categorical_accuracy as sparse_categorical_accuracy,
)
from minikeras.metrics.accuracy import (
    sparse_top_k_categorical_accuracy as sparse_top_k_categorical_accuracy,
)
from minikeras.metrics.accuracy import (
    top_k_categorical_accuracy as top_k_categorical_accuracy,
)
from minikeras.metrics.errors import BinaryCrossentropy as BinaryCrossentropy
from minikeras.metrics.errors import CategoricalCrossentropy as CategoricalCrossentropy
from minikeras.metrics.errors import MeanAbsoluteError as MeanAbsoluteError
from minikeras.metrics.errors import MeanSquaredError as MeanSquaredError
from minikeras.metrics.errors import RootMeanSquaredError as RootMeanSquaredError
from minikeras.metrics.errors import (
    SparseCategoricalCrossentropy as SparseCategoricalCrossentropy,
)
from minikeras.metrics.metric import Mean as Mean
from minikeras.metrics.metric import MeanMetricWrapper as MeanMetricWrapper
from minikeras.metrics.metric import Metric as Metric
from minikeras.metrics.metric import Sum as Sum
from minikeras.saving.objects import deserialize_object, serialize_object, unknown
from minikeras.values.naming import snake_case
from minikeras.values.types import Identifier

CLASSES = {
    cls.__name__: cls
    for cls in (
        Mean,
        Sum,
        Accuracy,
        BinaryAccuracy,
        CategoricalAccuracy,
        SparseCategoricalAccuracy,
        TopKCategoricalAccuracy,
        SparseTopKCategoricalAccuracy,
        MeanSquaredError,
        MeanAbsoluteError,
        RootMeanSquaredError,
        BinaryCrossentropy,
        CategoricalCrossentropy,
        SparseCategoricalCrossentropy,
    )
}
FUNCTIONS = LOSSES | {
    function.__name__: function
    for function in (
        accuracy,
        binary_accuracy,
        categorical_accuracy,
        sparse_categorical_accuracy,
        top_k_categorical_accuracy,
        sparse_top_k_categorical_accuracy,
    )
}
SHORT = {
    "mse": MeanSquaredError,
    "MSE": MeanSquaredError,
    "mae": MeanAbsoluteError,
    "MAE": MeanAbsoluteError,
    "bce": BinaryCrossentropy,
    "BCE": BinaryCrossentropy,
}
NAMES = CLASSES | SHORT | {snake_case(name): cls for name, cls in CLASSES.items()}


def get(identifier: Identifier | None) -> Any:
    """Returns a metric, given by name, configuration, class, function, or as it is.

    >>> get("mae")
    <MeanAbsoluteError name=mean_absolute_error>

    Raises: ValueError if there is none of that name.
    """
    if identifier is None or isinstance(identifier, Metric):
        return identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        if identifier not in NAMES:
            raise unknown(identifier, "metric", NAMES)
        return NAMES[identifier]()
    if isinstance(identifier, type) and issubclass(identifier, Metric):
        return identifier()
    if callable(identifier):
        return identifier
    raise unknown(identifier, "metric", NAMES)


def serialize(metric: Metric) -> dict[str, Any]:
    """Returns the configuration of a metric."""
    return serialize_object("metrics", metric)


def deserialize(
    config: dict[str, Any], custom_objects: dict[str, Any] | None = None
) -> Metric:
    """Makes a metric from its configuration."""
    return deserialize_object(config, CLASSES, "metric", custom_objects)
