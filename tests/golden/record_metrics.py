"""Metrics: what they say after each of several updates, weighted and masked or not."""

from typing import Any

import numpy as np
import torch

from tests.golden.keras_calls import as_arrays, public, reset
from tests.golden.record_losses import (
    BINARY_FAR,
    BINARY_LOGITS,
    BINARY_TRUE,
    LABELS,
    LOGITS,
    ONE_HOT,
    PROBABILITIES,
    SEQUENCE_LABELS,
    SEQUENCE_LOGITS,
    SEQUENCE_MASK,
    UNNORMALISED,
    VALUES_PREDICTED,
    VALUES_TRUE,
)

Case = dict[str, Any]

ROW_WEIGHTS = np.array([0.5, 2.0, 0.0], dtype="float32")
STEP_WEIGHTS = np.array([[1.0, 2.0], [3.0, 4.0]], dtype="float32")
VOLUME = np.array(
    [[[1.0, 2.0], [3.0, 5.0]], [[4.0, 0.0], [-2.0, 8.0]]], dtype="float32"
)
# 0.5 is on the border of the default threshold.
BORDERLINE = np.array([[0.5, 0.50001], [0.2, 0.9], [0.7, 0.1]], dtype="float32")
# Rows with ties, so that the order among equal scores shows.
TIED = np.array(
    [[0.2, 0.2, 0.2, 0.4], [0.1, 0.3, 0.3, 0.3], [0.25, 0.25, 0.25, 0.25]], "float32"
)
TIED_LABELS = np.array([1, 3, 0], dtype="int32")


def record() -> list[Case]:
    """Returns the cases of the aggregates, the accuracies and the wrapped losses."""
    return [*aggregate_cases(), *accuracy_cases(), *loss_cases()]


def aggregate_cases() -> list[Case]:
    """Returns Mean and Sum over scalars, vectors and more, with weights."""
    cases = []
    for path in ("metrics.Mean", "metrics.Sum"):
        cases += [
            case(path, "scalars", [{"values": 2.0}, {"values": 5.0}]),
            case(
                path,
                "weighted scalars",
                [
                    {"values": 2.0, "sample_weight": 32},
                    {"values": 5.0, "sample_weight": 6},
                ],
            ),
            case(
                path,
                "vectors",
                [
                    {"values": VALUES_TRUE[0]},
                    {"values": VALUES_TRUE[1], "sample_weight": ROW_WEIGHTS},
                    {"values": [1, 3, 5, 7], "sample_weight": [1, 1, 0, 0]},
                ],
            ),
            case(
                path,
                "more axes than weights",
                [
                    {"values": VOLUME},
                    {"values": VOLUME, "sample_weight": ROW_WEIGHTS[:2]},
                    {"values": VOLUME, "sample_weight": STEP_WEIGHTS},
                ],
            ),
        ]
    return cases


def accuracy_cases() -> list[Case]:
    """Returns the accuracies, exact, thresholded, by class and among the top k."""
    row, step = {"sample_weight": ROW_WEIGHTS}, {"sample_weight": STEP_WEIGHTS}
    binary = {"y_true": BINARY_TRUE, "y_pred": BORDERLINE}
    one_hot = {"y_true": ONE_HOT, "y_pred": PROBABILITIES}
    labelled = {"y_true": LABELS, "y_pred": PROBABILITIES}
    labels_in_column = {"y_true": LABELS.reshape(3, 1), "y_pred": UNNORMALISED}
    sequence = {"y_true": SEQUENCE_LABELS, "y_pred": SEQUENCE_LOGITS}
    sequence_column = {"y_true": SEQUENCE_LABELS[..., None], "y_pred": SEQUENCE_LOGITS}
    tied = {"y_true": TIED_LABELS, "y_pred": TIED}
    tied_one_hot = {"y_true": np.eye(4, dtype="float32")[TIED_LABELS], "y_pred": TIED}
    equal = {"y_true": np.array([[1], [2], [3]]), "y_pred": np.array([[1], [0], [3]])}
    single_column = {"y_true": np.array([[1.0], [0.0]]), "y_pred": np.array([0.9, 0.6])}
    return [
        case("metrics.Accuracy", "equal values", [equal, equal | row]),
        case("metrics.BinaryAccuracy", "borderline", [binary, binary | row]),
        case("metrics.BinaryAccuracy", "ranks differ", [single_column]),
        case("metrics.BinaryAccuracy", "threshold", [binary], threshold=0.15),
        case("metrics.CategoricalAccuracy", "one-hot", [one_hot, one_hot | row]),
        case("metrics.CategoricalAccuracy", "ties", [tied_one_hot]),
        case("metrics.SparseCategoricalAccuracy", "labels", [labelled, labelled | row]),
        case("metrics.SparseCategoricalAccuracy", "column", [labels_in_column]),
        case("metrics.SparseCategoricalAccuracy", "ties", [tied]),
        case(
            "metrics.SparseCategoricalAccuracy",
            "sequence",
            [sequence, sequence_column, sequence | step],
        ),
        case(
            "metrics.SparseCategoricalAccuracy",
            "mask",
            [
                sequence | {"mask": SEQUENCE_MASK},
                sequence | step | {"mask": SEQUENCE_MASK},
            ],
        ),
        *(
            case("metrics.TopKCategoricalAccuracy", f"ties {k}", [tied_one_hot], k=k)
            for k in (1, 2, 3)
        ),
        *(
            case(
                "metrics.SparseTopKCategoricalAccuracy",
                f"ties {k}",
                [tied, tied | row],
                k=k,
            )
            for k in (1, 2, 3)
        ),
        case("metrics.SparseTopKCategoricalAccuracy", "sequence", [sequence], k=2),
    ]


def loss_cases() -> list[Case]:
    """Returns the metrics that are the mean of a loss, and RootMeanSquaredError."""
    row, step = {"sample_weight": ROW_WEIGHTS[:2]}, {"sample_weight": STEP_WEIGHTS}
    values = {"y_true": VALUES_TRUE, "y_pred": VALUES_PREDICTED}
    vectors = {"y_true": VALUES_TRUE[0], "y_pred": VALUES_PREDICTED[0]}
    columns = {"y_true": VALUES_TRUE[0], "y_pred": VALUES_PREDICTED[0].reshape(3, 1)}
    binary = {"y_true": BINARY_TRUE, "y_pred": BORDERLINE}
    logits = {"y_true": BINARY_TRUE, "y_pred": BINARY_LOGITS}
    far_logits = {"y_true": BINARY_TRUE, "y_pred": BINARY_FAR}
    one_hot = {"y_true": ONE_HOT, "y_pred": PROBABILITIES}
    one_hot_logits = {"y_true": ONE_HOT, "y_pred": LOGITS}
    labelled = {"y_true": LABELS, "y_pred": PROBABILITIES}
    sequence = {"y_true": SEQUENCE_LABELS, "y_pred": SEQUENCE_LOGITS}
    weighted = {"sample_weight": ROW_WEIGHTS}
    cases = [
        case(f"metrics.{name}", "rows", [values, values | row, vectors])
        for name in ("MeanSquaredError", "MeanAbsoluteError", "RootMeanSquaredError")
    ]
    cases += [
        case(f"metrics.{name}", "ranks differ", [columns])
        for name in ("MeanSquaredError", "MeanAbsoluteError", "RootMeanSquaredError")
    ]
    cases += [
        case(
            "metrics.BinaryCrossentropy", "probabilities", [binary, binary | weighted]
        ),
        case(
            "metrics.BinaryCrossentropy",
            "logits",
            [logits, far_logits],
            from_logits=True,
            label_smoothing=0.1,
        ),
        case(
            "metrics.CategoricalCrossentropy", "one-hot", [one_hot, one_hot | weighted]
        ),
        case(
            "metrics.CategoricalCrossentropy",
            "logits",
            [one_hot_logits],
            from_logits=True,
            label_smoothing=0.1,
        ),
        case(
            "metrics.SparseCategoricalCrossentropy",
            "labels",
            [labelled, labelled | weighted],
        ),
        case(
            "metrics.SparseCategoricalCrossentropy",
            "sequence",
            [sequence, sequence | step, sequence | {"mask": SEQUENCE_MASK}],
            from_logits=True,
        ),
    ]
    return cases


def case(path: str, what: str, updates: list[Case], **keywords: Any) -> Case:
    """Returns what a metric says after each update, and once it is reset."""
    reset()  # names count anew
    metric = public(path)(**keywords)
    results = []
    for update in updates:
        arguments = dict(update)
        mask = arguments.pop("mask", None)
        if mask is not None:
            arguments["y_pred"] = torch.tensor(arguments["y_pred"])
            arguments["y_pred"]._keras_mask = torch.tensor(mask)
        metric.update_state(**arguments)
        results.append(as_arrays(metric.result()))
    variables = [[v.name, v.path, as_arrays(v)] for v in metric.variables]
    metric.reset_state()
    return {
        "name": f"{path} {what}",
        "class": path,
        "keywords": keywords,
        "updates": updates,
        "results": results,
        "variables": variables,
        "after_reset": as_arrays(metric.result()),
    }
