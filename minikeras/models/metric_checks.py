"""Metrics that do not fit the data: said with their names, before any weight changes.

A metric that compares number by number, given class numbers beside one score per class,
fails deep inside, or counts something without a meaning.
"""

from typing import Any

from minikeras import losses, metrics
from minikeras.metrics import confusion
from minikeras.metrics.metric import MeanMetricWrapper, Metric
from minikeras.models.target_checks import ELEMENTWISE, OF_CLASSES

# Metrics that want a target for each number that is predicted.
COUNTING = (
    confusion.AtThresholds,
    metrics.AUC,
    metrics.FBetaScore,
    metrics.R2Score,
    metrics.RootMeanSquaredError,
)
# What to take instead, where the labels are class numbers.
FOR_LABELS = {
    "categorical_accuracy": "SparseCategoricalAccuracy",
    "categorical_crossentropy": "SparseCategoricalCrossentropy",
    "top_k_categorical_accuracy": "SparseTopKCategoricalAccuracy",
}
COMPARING = {
    *(f.__name__ for f in (*ELEMENTWISE, *OF_CLASSES) if f not in losses.OF_LABELS),
    *FOR_LABELS,
    "binary_accuracy",
}


def check_metric(metric: Metric, y: Any, y_pred: Any, place: str) -> None:
    """Refuses class numbers where a metric wants a target for each prediction.

    `place` says for which output, in errors.

    Raises: ValueError if the targets look like class numbers.
    """
    function = getattr(metric, "fn", None)
    name = getattr(function, "__name__", "")
    ours = getattr(function, "__module__", "").startswith(metrics.__package__ or "")
    ours = ours or getattr(losses, name, None) is function
    if isinstance(metric, MeanMetricWrapper):
        compares = ours and name in COMPARING
    else:
        compares = isinstance(metric, COUNTING)
    classes = y_pred.shape[-1] if y_pred.ndim else 1
    labels = (y_pred.shape[:-1], (*y_pred.shape[:-1], 1))
    if not compares or classes == 1 or y.shape not in labels:
        return
    other = f" or take {FOR_LABELS[name]}," if name in FOR_LABELS else ""
    raise ValueError(
        f"The metric {metric.name}{place} compares targets and predictions number by "
        f"number; got targets of shape {y.shape} and predictions of shape "
        f"{y_pred.shape}. Are the targets class numbers? Then make them one-hot with "
        f"utils.to_categorical,{other} or leave the metric out."
    )


def note_metric(
    error: Exception, metric: Metric, y: Any, y_pred: Any, place: str
) -> None:
    """Adds to an error in which metric it arose, and on what shapes."""
    error.add_note(
        f"In metric {metric.name!r} ({type(metric).__name__}){place}, on targets of "
        f"shape {tuple(y.shape)} and predictions of shape {tuple(y_pred.shape)}."
    )
