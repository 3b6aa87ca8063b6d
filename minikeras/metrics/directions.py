"""Which way a metric gets better, for callbacks that look for the best epoch.

One table for all metrics, since nothing else asks: neither a step nor a file knows it.
"""

from typing import Any

from minikeras import losses

HIGHER_IS_BETTER = frozenset(
    {
        "AUC",
        "Accuracy",
        "BinaryAccuracy",
        "BinaryIoU",
        "CategoricalAccuracy",
        "ConcordanceCorrelation",
        "CosineSimilarity",
        "F1Score",
        "FBetaScore",
        "IoU",
        "MeanIoU",
        "OneHotIoU",
        "OneHotMeanIoU",
        "PearsonCorrelation",
        "Precision",
        "PrecisionAtRecall",
        "R2Score",
        "Recall",
        "RecallAtPrecision",
        "SensitivityAtSpecificity",
        "SparseCategoricalAccuracy",
        "SparseTopKCategoricalAccuracy",
        "SpecificityAtSensitivity",
        "TopKCategoricalAccuracy",
    }
)
LOWER_IS_BETTER = frozenset(
    {
        "BinaryCrossentropy",
        "CategoricalCrossentropy",
        "CategoricalHinge",
        "Hinge",
        "KLDivergence",
        "LogCoshError",
        "MeanAbsoluteError",
        "MeanAbsolutePercentageError",
        "MeanSquaredError",
        "MeanSquaredLogarithmicError",
        "Poisson",
        "RootMeanSquaredError",
        "SparseCategoricalCrossentropy",
        "SquaredHinge",
    }
)

LOSS_FUNCTIONS = tuple(losses.FUNCTIONS.values())


def direction_of(metric: Any) -> str | None:
    """Returns "max" if a metric is better when higher, "min", or None if unknown.

    A metric of one's own says it in an attribute `_direction`, "up" or "down", as in
    Keras; the mean of a loss function is better when lower.

    >>> from minikeras import metrics
    >>> direction_of(metrics.BinaryAccuracy()), direction_of(metrics.Mean())
    ('max', None)
    """
    said = getattr(metric, "_direction", None)
    if said is not None:
        return "max" if said == "up" else "min"
    names = {cls.__name__ for cls in type(metric).__mro__}
    if names & HIGHER_IS_BETTER:
        return "max"
    if names & LOWER_IS_BETTER or getattr(metric, "fn", None) in LOSS_FUNCTIONS:
        return "min"
    return None
