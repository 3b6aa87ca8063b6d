"""The metrics beyond those of `metrics`: results, state, configurations."""

from typing import Any

import numpy as np

from tests.golden.keras_calls import public, reset
from tests.golden.record_losses import (
    BINARY_LOGITS,
    BINARY_PROBABILITIES,
    BINARY_TRUE,
    LOGITS,
    ONE_HOT,
    PROBABILITIES,
    SOFT_TARGETS,
    VALUES_PREDICTED,
    VALUES_TRUE,
)
from tests.golden.record_metrics import case
from tests.golden.record_more_losses import COUNTS, RATES, SIDES

Case = dict[str, Any]

ANSWERS = np.array([0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0], "float32")
# On thresholds, between them, and beyond their ends.
SCORES = np.array([0.0, 0.5, 0.3, 0.5, 1.0, 0.75, 1.2, -0.1], "float32")
OTHER_SCORES = np.array([0.2, 0.1, 0.9, 0.4, 0.35, 0.8, 0.6, 0.55], "float32")
WEIGHTS = np.array([1.0, 2.0, 0.5, 1.0, 0.0, 3.0, 1.0, 1.0], "float32")
LABELLED = np.array([[0, 1, 1], [1, 0, 1], [0, 0, 1]], "float32")
LABEL_SCORES = np.array([[0.1, 0.5, 0.4], [0.9, 0.2, 0.6], [0.3, 0.7, 0.8]], "float32")
ROW_WEIGHTS = np.array([0.5, 2.0, 1.0], "float32")
REGIONS = np.array([[0, 1, 2], [2, 1, 1]], "int32")
FOUND = np.array([[0, 2, 2], [1, 1, 1]], "int32")
REGION_WEIGHTS = np.array([[1, 2, 1], [1, 0, 3]], "int32")
ROWS = {"sample_weight": np.array([0.5, 2.0], "float32")}


def record() -> list[Case]:
    """Returns the cases of all families, then the configurations."""
    return [
        *wrapped_cases(),
        *threshold_cases(),
        *area_cases(),
        *score_cases(),
        *region_cases(),
        *config_cases(),
    ]


def wrapped_cases() -> list[Case]:
    """Returns the means of losses, and the correlations."""
    values = {"y_true": VALUES_TRUE, "y_pred": VALUES_PREDICTED}
    sides = {"y_true": SIDES, "y_pred": VALUES_PREDICTED}
    counts = {"y_true": COUNTS, "y_pred": RATES}
    classes = {"y_true": ONE_HOT, "y_pred": LOGITS}
    shares = {"y_true": SOFT_TARGETS, "y_pred": PROBABILITIES}
    inputs = {
        "MeanAbsolutePercentageError": values,
        "MeanSquaredLogarithmicError": counts,
        "LogCoshError": values,
        "CosineSimilarity": values,
        "Hinge": sides,
        "SquaredHinge": sides,
        "CategoricalHinge": classes,
        "KLDivergence": shares,
        "Poisson": counts,
        "PearsonCorrelation": values,
        "ConcordanceCorrelation": values,
    }
    weights = np.array([0.5, 2.0, 1.0], "float32")
    return [
        case(
            f"metrics.{name}",
            "rows",
            [update, update | {"sample_weight": weights[: len(update["y_true"])]}],
        )
        for name, update in inputs.items()
    ] + [
        case(
            "metrics.SparseTopKCategoricalAccuracy",
            "sorted",
            [{"y_true": np.array([2, 0]), "y_pred": np.array([[1, 2, 0], [1, 2, 0]])}],
            k=2,
            from_sorted_ids=True,
        ),
        case(
            "metrics.BinaryAccuracy",
            "weights of elements",
            [
                {
                    "y_true": BINARY_TRUE,
                    "y_pred": BINARY_PROBABILITIES,
                    "sample_weight": np.array([[1, 2], [3, 0], [1, 1]], "float32"),
                }
            ],
        ),
    ]


def threshold_cases() -> list[Case]:
    """Returns what is counted at thresholds, and found under constraints."""
    weighted_first = {"y_true": ANSWERS, "y_pred": SCORES, "sample_weight": WEIGHTS}
    updates = [weighted_first, {"y_true": ANSWERS, "y_pred": OTHER_SCORES}]
    labels = {"y_true": LABELLED, "y_pred": LABEL_SCORES}
    weighted = labels | {"sample_weight": ROW_WEIGHTS}
    each = labels | {"sample_weight": LABELLED * 0.5 + 0.25}
    cases = []
    kinds = "TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives"
    for name in (*kinds, "Precision", "Recall"):
        for what, thresholds in (
            ("default", None),
            ("even", [0.0, 0.25, 0.5, 0.75, 1.0]),
            ("uneven", [0.1, 0.8]),
        ):
            few = updates[:1] if name in kinds else updates
            cases.append(case(f"metrics.{name}", what, few, thresholds=thresholds))
    for name in ("Precision", "Recall"):
        cases += [
            case(f"metrics.{name}", "rows", [labels, weighted, each]),
            case(f"metrics.{name}", "top 2", [labels, weighted], top_k=2),
            case(f"metrics.{name}", "top 1", [labels], top_k=1, thresholds=0.55),
            case(f"metrics.{name}", "class 1", [labels, weighted], class_id=1),
        ]
    for name in (
        "SensitivityAtSpecificity",
        "SpecificityAtSensitivity",
        "PrecisionAtRecall",
        "RecallAtPrecision",
    ):
        argument = name.split("At")[1].lower()
        for value, number in ((0.5, 5), (0.8, 1)):
            keywords = {argument: value, "num_thresholds": number}
            cases.append(
                case(f"metrics.{name}", f"{keywords}", updates[:1], **keywords)
            )
    return cases


def area_cases() -> list[Case]:
    """Returns areas under all curves, by all sums."""
    updates = [
        {"y_true": ANSWERS, "y_pred": OTHER_SCORES},
        {"y_true": ANSWERS, "y_pred": SCORES, "sample_weight": WEIGHTS},
    ]
    labels = {"y_true": LABELLED, "y_pred": LABEL_SCORES}
    weighted = labels | {"sample_weight": ROW_WEIGHTS}
    cases = [
        case(
            "metrics.AUC",
            f"{curve} {method}",
            updates[-1:],
            curve=curve,
            summation_method=method,
            num_thresholds=6,
        )
        for curve in ("ROC", "PR", "PRGAIN")
        for method in ("interpolation", "minoring", "majoring")
    ]
    label_weights = [1.0, 2.0, 0.5]
    return [
        *cases,
        case("metrics.AUC", "given", updates, thresholds=[0.4, 0.15, 0.7]),
        case(
            "metrics.AUC",
            "by label",
            [labels, weighted],
            multi_label=True,
            num_thresholds=4,
        ),
        *(
            case(
                "metrics.AUC",
                f"by label, weighted, {curve}",
                [labels, weighted],
                multi_label=True,
                num_labels=3,
                label_weights=label_weights,
                curve=curve,
                num_thresholds=5,
            )
            for curve in ("ROC", "PR")
        ),
        case(
            "metrics.AUC",
            "weights of labels",
            [labels, weighted],
            label_weights=label_weights,
            num_thresholds=5,
        ),
        case(
            "metrics.AUC",
            "logits",
            [{"y_true": BINARY_TRUE, "y_pred": BINARY_LOGITS}],
            from_logits=True,
            num_thresholds=5,
        ),
    ]


def score_cases() -> list[Case]:
    """Returns F-scores and R²."""
    labels = {"y_true": LABELLED, "y_pred": LABEL_SCORES}
    updates = [labels | {"sample_weight": ROW_WEIGHTS}]
    values = {"y_true": VALUES_TRUE, "y_pred": VALUES_PREDICTED}
    cases = [
        case("metrics.F1Score", f"{average} {threshold}", updates, **keywords)
        for average in (None, "micro", "macro", "weighted")
        for threshold in (None, 0.45)
        for keywords in [{"average": average, "threshold": threshold}]
    ]
    cases.append(case("metrics.FBetaScore", "two", updates, beta=2.0, threshold=0.45))
    cases += [
        case(
            "metrics.R2Score",
            f"{aggregation}",
            [values, values | ROWS],
            class_aggregation=aggregation,
        )
        for aggregation in (None, "uniform_average", "variance_weighted_average")
    ]
    column = {
        "y_true": VALUES_TRUE.reshape(6, 1),
        "y_pred": VALUES_PREDICTED.reshape(6, 1),
    }
    return [*cases, case("metrics.R2Score", "adjusted", [column], num_regressors=2)]


def region_cases() -> list[Case]:
    """Returns intersections over unions."""
    regions = {"y_true": REGIONS, "y_pred": FOUND}
    updates = [regions, regions | {"sample_weight": REGION_WEIGHTS}]
    one_hot = np.eye(3, dtype="float32")
    hot = {"y_true": one_hot[REGIONS], "y_pred": one_hot[FOUND] * 0.5 + 0.1}
    binary = {"y_true": BINARY_TRUE, "y_pred": BINARY_PROBABILITIES}
    three = {"num_classes": 3}
    some = three | {"target_class_ids": [0, 2]}
    return [
        case("metrics.IoU", "two of three", updates, **some),
        case("metrics.IoU", "ignored", updates, ignore_class=1, **some),
        case("metrics.IoU", "outside", updates, num_classes=2, target_class_ids=[0]),
        case("metrics.MeanIoU", "all", updates, **three),
        case(
            "metrics.MeanIoU",
            "scores",
            [regions | hot],
            sparse_y_true=False,
            sparse_y_pred=False,
            **three,
        ),
        case("metrics.BinaryIoU", "default", [binary, binary]),
        case(
            "metrics.BinaryIoU", "yes", [binary], target_class_ids=[1], threshold=0.35
        ),
        case("metrics.OneHotIoU", "scores", [hot], **some),
        case(
            "metrics.OneHotIoU",
            "found",
            [hot | {"y_pred": FOUND}],
            sparse_y_pred=True,
            **some,
        ),
        case("metrics.OneHotMeanIoU", "scores", [hot], **three),
    ]


def config_cases() -> list[Case]:
    """Returns what `serialize` writes for each class, with and without keywords."""
    keywords: dict[str, list[Case]] = {
        "AUC": [{}, {"curve": "PR", "multi_label": True, "num_labels": 2}],
        "BinaryIoU": [{}],
        "CategoricalHinge": [{}],
        "ConcordanceCorrelation": [{"axis": 0}],
        "CosineSimilarity": [{}],
        "F1Score": [{"average": "micro"}],
        "FBetaScore": [{"beta": 2.0}],
        "FalseNegatives": [{}],
        "FalsePositives": [{"thresholds": [0.2, 0.4]}],
        "Hinge": [{}],
        "IoU": [{"num_classes": 3, "target_class_ids": [1]}],
        "KLDivergence": [{}],
        "LogCoshError": [{}],
        "MeanAbsolutePercentageError": [{}],
        "MeanIoU": [{"num_classes": 3}],
        "MeanSquaredLogarithmicError": [{}],
        "OneHotIoU": [{"num_classes": 3, "target_class_ids": [1]}],
        "OneHotMeanIoU": [{"num_classes": 3}],
        "PearsonCorrelation": [{}],
        "Poisson": [{}],
        "Precision": [{}, {"top_k": 2, "class_id": 1}],
        "PrecisionAtRecall": [{"recall": 0.5}],
        "R2Score": [{}],
        "Recall": [{"thresholds": 0.3}],
        "RecallAtPrecision": [{"precision": 0.5}],
        "SensitivityAtSpecificity": [{"specificity": 0.5, "num_thresholds": 9}],
        "SparseTopKCategoricalAccuracy": [{}, {"from_sorted_ids": True}],
        "SpecificityAtSensitivity": [{"sensitivity": 0.5}],
        "SquaredHinge": [{}],
        "TrueNegatives": [{}],
        "TruePositives": [{}],
    }
    cases = []
    for name, many in keywords.items():
        for given in many:
            reset()
            made = public(f"metrics.{name}")(**given)
            config = public("metrics.serialize")(made)
            cases.append({"name": f"{name} {given} serialized", "config": config})
    wrapped = public("metrics.MeanMetricWrapper")(public("losses.huber"), delta=2.0)
    config = public("metrics.serialize")(wrapped)
    return [*cases, {"name": "MeanMetricWrapper serialized", "config": config}]
