"""Losses: values per sample, reductions, weights, masks and gradients."""

from typing import Any

import keras
import numpy as np
import torch

from tests.golden.keras_calls import as_arrays, cotangent_for, public

REDUCTIONS = ["sum_over_batch_size", "mean", "sum", "none", None]
REDUCTIONS += ["mean_with_sample_weight"]

VALUES_TRUE = np.array([[0.0, 1.0, 2.0], [-1.5, 0.5, 3.0]], dtype="float32")
VALUES_PREDICTED = np.array([[0.5, 0.25, 2.5], [-1.0, -0.75, 1.0]], dtype="float32")

BINARY_TRUE = np.array([[0.0, 1.0], [1.0, 1.0], [0.0, 0.0]], dtype="float32")
BINARY_PROBABILITIES = np.array([[0.1, 0.8], [0.35, 0.99], [0.6, 0.02]], "float32")
BINARY_LOGITS = np.array([[-2.0, 1.5], [-0.5, 4.0], [0.3, -3.0]], dtype="float32")
BINARY_WORST = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 1e-8]], dtype="float32")
BINARY_FAR = np.array([[-1e4, 50.0], [-30.0, 1e4], [100.0, -88.0]], dtype="float32")

LABELS = np.array([2, 0, 1], dtype="int32")
ONE_HOT = np.eye(3, dtype="float32")[LABELS]
PROBABILITIES = np.array(
    [[0.1, 0.2, 0.7], [0.5, 0.3, 0.2], [0.25, 0.25, 0.5]], dtype="float32"
)
UNNORMALISED = np.array(
    [[0.2, 0.2, 0.4], [1.0, 2.0, 3.0], [0.1, 0.0, 0.1]], dtype="float32"
)
CERTAIN = np.array([[0.0, 0.0, 1.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]], "float32")
LOGITS = np.array([[1.0, -0.5, 2.0], [0.0, 0.0, 0.0], [3.0, -2.0, 0.5]], "float32")
FAR_LOGITS = np.array(
    [[1e4, 0.0, -1e4], [50.0, 0.0, -30.0], [-88.0, 88.0, 0.0]], "float32"
)
SOFT_TARGETS = np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0], [0.0, 0.5, 0.5]], "float32")
SEQUENCE_LABELS = np.array([[0, 1], [2, 1]], dtype="int32")
SEQUENCE_LOGITS = np.array(
    [[[1.0, 0.0, -1.0], [0.5, 0.5, 2.0]], [[-1.0, 0.25, 0.0], [0.0, 3.0, 1.0]]],
    dtype="float32",
)
SEQUENCE_MASK = np.array([[True, False], [True, True]])

# What a class is called with for its reductions, weights and masks.
CLASS_INPUTS = {
    "losses.MeanSquaredError": (VALUES_TRUE, VALUES_PREDICTED),
    "losses.MeanAbsoluteError": (VALUES_TRUE, VALUES_PREDICTED),
    "losses.BinaryCrossentropy": (BINARY_TRUE, BINARY_PROBABILITIES),
    "losses.CategoricalCrossentropy": (ONE_HOT, PROBABILITIES),
    "losses.SparseCategoricalCrossentropy": (LABELS, PROBABILITIES),
}


def record() -> list[dict[str, Any]]:
    """Returns the cases of the loss functions, then those of the loss classes."""
    return [*function_cases(), *reduction_cases(), *mask_cases(), *option_cases()]


def function_cases() -> list[dict[str, Any]]:
    """Returns values per sample and their gradients."""
    cases = []
    for name in ("mean_squared_error", "mean_absolute_error"):
        call = f"losses.{name}"
        cases += [
            function_case(call, "matrix", VALUES_TRUE, VALUES_PREDICTED),
            function_case(call, "vector", VALUES_TRUE[0], VALUES_PREDICTED[0]),
            function_case(
                call,
                "targets lack the last axis",
                VALUES_TRUE[0],
                column(VALUES_PREDICTED),
            ),
            function_case(
                call,
                "predictions lack the last axis",
                column(VALUES_TRUE),
                VALUES_PREDICTED[0],
            ),
            function_case(
                call,
                "integer targets",
                np.array([[0, 2, 5]], "int32"),
                VALUES_PREDICTED[:1],
            ),
        ]
    call = "losses.binary_crossentropy"
    cases += [
        function_case(call, "probabilities", BINARY_TRUE, BINARY_PROBABILITIES),
        function_case(call, "worst", BINARY_TRUE, BINARY_WORST),
        function_case(
            call, "smoothed", BINARY_TRUE, BINARY_PROBABILITIES, label_smoothing=0.2
        ),
        function_case(call, "logits", BINARY_TRUE, BINARY_LOGITS, from_logits=True),
        function_case(call, "far logits", BINARY_TRUE, BINARY_FAR, from_logits=True),
        function_case(
            call,
            "smoothed logits",
            BINARY_TRUE,
            BINARY_LOGITS,
            from_logits=True,
            label_smoothing=0.1,
        ),
        function_case(call, "axis 0", BINARY_TRUE, BINARY_PROBABILITIES, axis=0),
        function_case(
            call, "integer targets", BINARY_TRUE.astype("int32"), BINARY_PROBABILITIES
        ),
    ]
    call = "losses.categorical_crossentropy"
    cases += [
        function_case(call, "probabilities", ONE_HOT, PROBABILITIES),
        function_case(call, "unnormalised", ONE_HOT, UNNORMALISED),
        function_case(call, "certain", ONE_HOT, CERTAIN),
        function_case(call, "soft targets", SOFT_TARGETS, PROBABILITIES),
        function_case(call, "smoothed", ONE_HOT, PROBABILITIES, label_smoothing=0.3),
        function_case(call, "logits", ONE_HOT, LOGITS, from_logits=True),
        function_case(call, "far logits", ONE_HOT, FAR_LOGITS, from_logits=True),
        function_case(
            call,
            "smoothed logits",
            ONE_HOT,
            LOGITS,
            from_logits=True,
            label_smoothing=0.1,
        ),
        function_case(call, "axis 0", ONE_HOT.T.copy(), PROBABILITIES.T.copy(), axis=0),
        function_case(call, "integer targets", ONE_HOT.astype("int32"), PROBABILITIES),
    ]
    call = "losses.sparse_categorical_crossentropy"
    column_of_labels = LABELS.reshape(3, 1)
    cases += [
        function_case(call, "probabilities", LABELS, PROBABILITIES),
        function_case(call, "unnormalised", LABELS, UNNORMALISED),
        function_case(call, "certain", LABELS, CERTAIN),
        function_case(call, "logits", LABELS, LOGITS, from_logits=True),
        function_case(call, "far logits", LABELS, FAR_LOGITS, from_logits=True),
        function_case(call, "labels in a column", column_of_labels, PROBABILITIES),
        function_case(call, "float labels", LABELS.astype("float32"), PROBABILITIES),
        function_case(call, "ignored class", LABELS, PROBABILITIES, ignore_class=0),
        function_case(
            call,
            "ignored class logits",
            LABELS,
            LOGITS,
            from_logits=True,
            ignore_class=2,
        ),
        function_case(
            call,
            "ignored class is no class",
            np.array([2, -1, 1], "int32"),
            LOGITS,
            from_logits=True,
            ignore_class=-1,
        ),
        function_case(
            call, "sequence", SEQUENCE_LABELS, SEQUENCE_LOGITS, from_logits=True
        ),
        function_case(
            call,
            "axis 1",
            SEQUENCE_LABELS,
            np.moveaxis(SEQUENCE_LOGITS, -1, 1).copy(),
            from_logits=True,
            axis=1,
        ),
    ]
    return cases


def reduction_cases() -> list[dict[str, Any]]:
    """Returns the classes under their reductions, without and with sample weights."""
    cases = []
    for path, (y_true, y_pred) in CLASS_INPUTS.items():
        weights = np.array([0.5, 2.0, 0.0], dtype="float32")[: len(y_true)]
        for reduction in REDUCTIONS if path.endswith("Error") else ["mean", "sum"]:
            cases += [
                class_case(
                    path,
                    f"reduction {reduction}{weighted}",
                    y_true,
                    y_pred,
                    sample_weight=sample_weight,
                    reduction=reduction,
                )
                for weighted, sample_weight in (("", None), (" weighted", weights))
            ]
    return cases


def mask_cases() -> list[dict[str, Any]]:
    """Returns what a mask on the predictions does, with and without weights."""
    cases = []
    weights = np.array([[1.0, 2.0], [3.0, 4.0]], dtype="float32")
    for reduction in ("mean", "sum", "none", "mean_with_sample_weight"):
        cases += [
            class_case(
                "losses.SparseCategoricalCrossentropy",
                f"mask {reduction}{weighted}",
                SEQUENCE_LABELS,
                SEQUENCE_LOGITS,
                sample_weight=sample_weight,
                mask=SEQUENCE_MASK,
                from_logits=True,
                reduction=reduction,
            )
            for weighted, sample_weight in (("", None), (" weighted", weights))
        ]
    four = np.array([[1.0], [2.0], [3.0], [4.0]], dtype="float32")
    mask = np.array([True, True, False, False])
    cases.append(
        class_case("losses.MeanSquaredError", "mask by row", four * 0, four, mask=mask)
    )
    cases.append(
        class_case(
            "losses.MeanSquaredError",
            "nothing unmasked",
            four * 0,
            four,
            mask=np.zeros(4, dtype=bool),
        )
    )
    return cases


def option_cases() -> list[dict[str, Any]]:
    """Returns the options of single classes, odd ranks, dtypes and weights."""
    sparse = "losses.SparseCategoricalCrossentropy"
    squared = "losses.MeanSquaredError"
    column_weights = np.array([[1.0], [3.0]], dtype="float32")
    matrix_weights = np.array([[1.0, 2.0], [0.0, 4.0]], dtype="float32")
    sequence_true = SEQUENCE_LABELS.reshape(2, 2, 1).astype("float32")
    sequence_predicted = SEQUENCE_LOGITS[..., :1].copy()
    return [
        class_case(
            "losses.BinaryCrossentropy",
            "logits smoothed",
            BINARY_TRUE,
            BINARY_LOGITS,
            from_logits=True,
            label_smoothing=0.1,
        ),
        class_case(
            "losses.BinaryCrossentropy",
            "targets lack the last axis",
            np.array([0, 1], "int32"),
            np.array([[0.3], [0.9]], "float32"),
        ),
        class_case(
            "losses.CategoricalCrossentropy",
            "logits smoothed",
            ONE_HOT,
            LOGITS,
            from_logits=True,
            label_smoothing=0.1,
        ),
        class_case(
            sparse, "ignored class", LABELS, LOGITS, from_logits=True, ignore_class=0
        ),
        class_case(
            sparse,
            "ignored class, sum",
            LABELS,
            LOGITS,
            from_logits=True,
            ignore_class=0,
            reduction="sum",
        ),
        class_case(
            sparse,
            "ignored class, weighted",
            LABELS,
            LOGITS,
            sample_weight=np.array([1.0, 5.0, 3.0], "float32"),
            from_logits=True,
            ignore_class=0,
        ),
        class_case(
            squared,
            "targets lack the last axis",
            VALUES_TRUE[0],
            column(VALUES_PREDICTED),
        ),
        class_case(
            squared,
            "column of weights",
            VALUES_TRUE,
            VALUES_PREDICTED,
            sample_weight=column_weights,
        ),
        class_case(
            squared,
            "weights per step",
            sequence_true,
            sequence_predicted,
            sample_weight=matrix_weights,
        ),
        class_case(
            squared,
            "one weight for all",
            VALUES_TRUE,
            VALUES_PREDICTED,
            sample_weight=np.array(2.0, "float32"),
        ),
        class_case(
            squared,
            "float64 in, float32 out",
            VALUES_TRUE.astype("float64"),
            VALUES_PREDICTED.astype("float64"),
        ),
        class_case(
            squared,
            "zero weights, weighted mean",
            VALUES_TRUE,
            VALUES_PREDICTED,
            sample_weight=np.zeros(2, "float32"),
            reduction="mean_with_sample_weight",
        ),
    ]


def column(matrix: np.ndarray) -> np.ndarray:
    """Returns the first row as a column."""
    return matrix[0].reshape(-1, 1).copy()


def function_case(
    call: str, what: str, y_true: np.ndarray, y_pred: np.ndarray, **keywords: Any
) -> dict[str, Any]:
    """Returns the values of a loss function and the gradient of its predictions."""
    predictions = torch.tensor(y_pred, requires_grad=True)
    values = public(call)(np.array(y_true), predictions, **keywords)
    return {
        "name": f"{call} {what}",
        "call": call,
        "y_true": y_true,
        "y_pred": y_pred,
        "keywords": keywords,
        "result": as_arrays(values),
        **backward(values, predictions),
    }


def class_case(
    path: str,
    what: str,
    y_true: np.ndarray,
    y_pred: np.ndarray,
    *,
    sample_weight: np.ndarray | None = None,
    mask: np.ndarray | None = None,
    **keywords: Any,
) -> dict[str, Any]:
    """Returns what a loss object made with `keywords` gives, and the gradient."""
    predictions = torch.tensor(y_pred, requires_grad=True)
    if mask is not None:
        predictions._keras_mask = torch.tensor(mask)
    value = public(path)(**keywords)(
        np.array(y_true), predictions, sample_weight=sample_weight
    )
    case = {
        "name": f"{path} {what}",
        "class": path,
        "keywords": keywords,
        "y_true": y_true,
        "y_pred": y_pred,
    }
    if sample_weight is not None:
        case["sample_weight"] = sample_weight
    if mask is not None:
        case["mask"] = mask
    return case | {"result": as_arrays(value), **backward(value, predictions)}


def backward(values: torch.Tensor, predictions: torch.Tensor) -> dict[str, Any]:
    """Returns an uneven cotangent of the values and the gradient under it."""
    cotangent = cotangent_for(tuple(values.shape))
    keras.ops.sum(values * torch.tensor(cotangent, dtype=values.dtype)).backward()
    return {"cotangent": cotangent, "gradient": as_arrays(predictions.grad)}
