"""Metrics: what is reported while training and evaluating."""

from collections.abc import Callable
from typing import Any

from minikeras.losses import FUNCTIONS as LOSSES
from minikeras.losses.crossentropy import binary_crossentropy as binary_crossentropy
from minikeras.losses.crossentropy import (
    binary_focal_crossentropy as binary_focal_crossentropy,
)
from minikeras.losses.crossentropy import (
    categorical_crossentropy as categorical_crossentropy,
)
from minikeras.losses.crossentropy import (
    categorical_focal_crossentropy as categorical_focal_crossentropy,
)
from minikeras.losses.crossentropy import kl_divergence as kl_divergence
from minikeras.losses.crossentropy import poisson as poisson
from minikeras.losses.crossentropy import (
    sparse_categorical_crossentropy as sparse_categorical_crossentropy,
)
from minikeras.losses.hinges import categorical_hinge as categorical_hinge
from minikeras.losses.hinges import hinge as hinge
from minikeras.losses.hinges import squared_hinge as squared_hinge
from minikeras.losses.regression import huber as huber
from minikeras.losses.regression import log_cosh as log_cosh
from minikeras.losses.regression import mean_absolute_error as mean_absolute_error
from minikeras.losses.regression import (
    mean_absolute_percentage_error as mean_absolute_percentage_error,
)
from minikeras.losses.regression import mean_squared_error as mean_squared_error
from minikeras.losses.regression import (
    mean_squared_logarithmic_error as mean_squared_logarithmic_error,
)
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
from minikeras.metrics.auc import AUC as AUC
from minikeras.metrics.confusion import FalseNegatives as FalseNegatives
from minikeras.metrics.confusion import FalsePositives as FalsePositives
from minikeras.metrics.confusion import Precision as Precision
from minikeras.metrics.confusion import Recall as Recall
from minikeras.metrics.confusion import TrueNegatives as TrueNegatives
from minikeras.metrics.confusion import TruePositives as TruePositives
from minikeras.metrics.constrained import PrecisionAtRecall as PrecisionAtRecall
from minikeras.metrics.constrained import RecallAtPrecision as RecallAtPrecision
from minikeras.metrics.constrained import (
    SensitivityAtSpecificity as SensitivityAtSpecificity,
)
from minikeras.metrics.constrained import (
    SpecificityAtSensitivity as SpecificityAtSensitivity,
)
from minikeras.metrics.correlation import (
    ConcordanceCorrelation as ConcordanceCorrelation,
)
from minikeras.metrics.correlation import PearsonCorrelation as PearsonCorrelation
from minikeras.metrics.correlation import (
    concordance_correlation as concordance_correlation,
)
from minikeras.metrics.correlation import pearson_correlation as pearson_correlation
from minikeras.metrics.errors import BinaryCrossentropy as BinaryCrossentropy
from minikeras.metrics.errors import CategoricalCrossentropy as CategoricalCrossentropy
from minikeras.metrics.errors import CategoricalHinge as CategoricalHinge
from minikeras.metrics.errors import CosineSimilarity as CosineSimilarity
from minikeras.metrics.errors import Hinge as Hinge
from minikeras.metrics.errors import KLDivergence as KLDivergence
from minikeras.metrics.errors import LogCoshError as LogCoshError
from minikeras.metrics.errors import MeanAbsoluteError as MeanAbsoluteError
from minikeras.metrics.errors import (
    MeanAbsolutePercentageError as MeanAbsolutePercentageError,
)
from minikeras.metrics.errors import MeanSquaredError as MeanSquaredError
from minikeras.metrics.errors import (
    MeanSquaredLogarithmicError as MeanSquaredLogarithmicError,
)
from minikeras.metrics.errors import Poisson as Poisson
from minikeras.metrics.errors import RootMeanSquaredError as RootMeanSquaredError
from minikeras.metrics.errors import (
    SparseCategoricalCrossentropy as SparseCategoricalCrossentropy,
)
from minikeras.metrics.errors import SquaredHinge as SquaredHinge
from minikeras.metrics.f_score import F1Score as F1Score
from minikeras.metrics.f_score import FBetaScore as FBetaScore
from minikeras.metrics.iou import BinaryIoU as BinaryIoU
from minikeras.metrics.iou import IoU as IoU
from minikeras.metrics.iou import MeanIoU as MeanIoU
from minikeras.metrics.iou import OneHotIoU as OneHotIoU
from minikeras.metrics.iou import OneHotMeanIoU as OneHotMeanIoU
from minikeras.metrics.metric import Mean as Mean
from minikeras.metrics.metric import MeanMetricWrapper as MeanMetricWrapper
from minikeras.metrics.metric import Metric as Metric
from minikeras.metrics.metric import Sum as Sum
from minikeras.metrics.r2_score import R2Score as R2Score
from minikeras.saving.objects import deserialize_object, serialize_object, unknown
from minikeras.saving.registry import all_custom_objects
from minikeras.values.naming import snake_case
from minikeras.values.types import Identifier

CLASSES: dict[str, type[Metric]] = {
    cls.__name__: cls
    for cls in (
        Mean,
        Sum,
        MeanMetricWrapper,
        Accuracy,
        BinaryAccuracy,
        CategoricalAccuracy,
        SparseCategoricalAccuracy,
        TopKCategoricalAccuracy,
        SparseTopKCategoricalAccuracy,
        MeanSquaredError,
        RootMeanSquaredError,
        MeanAbsoluteError,
        MeanAbsolutePercentageError,
        MeanSquaredLogarithmicError,
        LogCoshError,
        CosineSimilarity,
        Hinge,
        SquaredHinge,
        CategoricalHinge,
        KLDivergence,
        Poisson,
        BinaryCrossentropy,
        CategoricalCrossentropy,
        SparseCategoricalCrossentropy,
        ConcordanceCorrelation,
        PearsonCorrelation,
        R2Score,
        FalseNegatives,
        FalsePositives,
        Precision,
        Recall,
        TrueNegatives,
        TruePositives,
        PrecisionAtRecall,
        RecallAtPrecision,
        SensitivityAtSpecificity,
        SpecificityAtSensitivity,
        AUC,
        F1Score,
        FBetaScore,
        IoU,
        BinaryIoU,
        MeanIoU,
        OneHotIoU,
        OneHotMeanIoU,
    )
}
# The functions that a MeanMetricWrapper may be made from by name.
FUNCTIONS: dict[str, Callable[..., Any]] = LOSSES | {
    function.__name__: function
    for function in (
        accuracy,
        binary_accuracy,
        categorical_accuracy,
        sparse_categorical_accuracy,
        sparse_top_k_categorical_accuracy,
        top_k_categorical_accuracy,
        concordance_correlation,
        pearson_correlation,
    )
}
SHORT: dict[str, type[Metric]] = {
    name: cls
    for short, cls in (
        ("mse", MeanSquaredError),
        ("mae", MeanAbsoluteError),
        ("mape", MeanAbsolutePercentageError),
        ("msle", MeanSquaredLogarithmicError),
        ("bce", BinaryCrossentropy),
    )
    for name in (short, short.upper())
}
NAMES = CLASSES | SHORT | {snake_case(name): cls for name, cls in CLASSES.items()}


def get(identifier: Identifier | None) -> Any:
    """Returns a metric, given by name, configuration, class, function, or as it is.

    >>> get("mae")
    <MeanAbsoluteError name=mean_absolute_error>

    Raises: ValueError if there is none of that name.
    """
    if identifier is None:
        return None
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        if identifier not in NAMES:
            raise unknown(identifier, "metric", NAMES)
        return NAMES[identifier]()
    if isinstance(identifier, type):
        return identifier()
    if callable(identifier):
        return identifier
    raise unknown(identifier, "metric", NAMES)


def serialize(metric: Metric) -> dict[str, Any]:
    """Returns the configuration of a metric."""
    return serialize_object("metrics", metric)


def deserialize(
    config: str | dict[str, Any], custom_objects: dict[str, Any] | None = None
) -> Any:
    """Makes a metric from its configuration, or finds it by its name.

    Raises: ValueError if there is none of that name.
    """
    if isinstance(config, str):
        return all_custom_objects(custom_objects).get(config) or get(config)
    return deserialize_object(config, CLASSES, "metric", custom_objects)


def function_named(name: str, custom_objects: dict[str, Any] | None) -> Any:
    """Returns what a MeanMetricWrapper is made from, by its name.

    Raises: ValueError if there is none of that name.
    """
    found = all_custom_objects(custom_objects).get(name) or FUNCTIONS.get(name)
    if found is None:
        raise unknown(name, "metric function", FUNCTIONS)
    return found
