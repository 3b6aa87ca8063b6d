"""How often predictions are right."""

import numpy as np

from minikeras.losses.pairs import squeeze_or_expand
from minikeras.metrics.metric import MeanMetricWrapper
from minikeras.ops import functions as ops
from minikeras.values.dtypes import floatx
from minikeras.values.tensor import Tensor, as_tensor, cast
from minikeras.values.types import DType, TensorLike


def accuracy(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """Returns 1 where the values are equal, 0 elsewhere.

    Shapes: (n, ...), (n, ...) → (n, ...).
    """
    y_true, y_pred = squeeze_or_expand(as_tensor(y_true), as_tensor(y_pred))
    return as_ones(ops.equal(y_true, y_pred))


def binary_accuracy(
    y_true: TensorLike, y_pred: TensorLike, threshold: float = 0.5
) -> Tensor:
    """Returns 1 where y_pred > threshold agrees with y_true, 0 elsewhere.

    Shapes: (n, ...), (n, ...) → (n, ...).
    """
    y_true, y_pred = squeeze_or_expand(as_tensor(y_true), as_tensor(y_pred))
    predicted = ops.cast(y_pred > float(threshold), y_true.dtype)
    return as_ones(ops.equal(y_true, predicted))


def categorical_accuracy(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """Returns 1 where the largest prediction is at the 1 of a one-hot target.

    Shapes: (n, ..., classes), (n, ..., classes) → (n, ...).
    """
    y_true, y_pred = as_tensor(y_true), as_tensor(y_pred)
    return as_ones(ops.equal(ops.argmax(y_true, axis=-1), ops.argmax(y_pred, axis=-1)))


def sparse_categorical_accuracy(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """Returns 1 where the largest prediction is that of the class y_true names.

    Shapes: labels (n, ...) or (n, ..., 1), predictions (n, ..., classes) → (n, ...).
    """
    labels, y_pred = labels_of(y_true, y_pred), as_tensor(y_pred)
    return as_ones(ops.equal(labels, ops.argmax(y_pred, axis=-1)))


def top_k_categorical_accuracy(
    y_true: TensorLike, y_pred: TensorLike, k: int = 5
) -> Tensor:
    """Returns 1 where the class of a one-hot target is among the k likeliest."""
    labels = ops.argmax(as_tensor(y_true), axis=-1)
    return sparse_top_k_categorical_accuracy(labels, y_pred, k)


def sparse_top_k_categorical_accuracy(
    y_true: TensorLike, y_pred: TensorLike, k: int = 5, from_sorted_ids: bool = False
) -> Tensor:
    """Returns 1 where the class y_true names is among the k largest predictions.

    A class that ties with the k-th counts as among them.  With `from_sorted_ids`
    predictions are not scores but class numbers, the likeliest first.
    """
    labels, y_pred = labels_of(y_true, y_pred), as_tensor(y_pred)
    if from_sorted_ids:
        labels = ops.expand_dims(cast(labels, y_pred.dtype), -1)
        return as_ones(ops.any(ops.equal(labels, y_pred[..., :k]), axis=-1))
    shape = labels.shape
    rows = ops.reshape(y_pred, (-1, y_pred.shape[-1]))
    found = ops.in_top_k(ops.reshape(cast(labels, "int32"), (-1,)), rows, k)
    return ops.reshape(as_ones(found), shape)


def labels_of(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """Returns class numbers without the last axis of size 1 that they may have."""
    labels, y_pred = as_tensor(y_true), as_tensor(y_pred)
    if labels.ndim == y_pred.ndim and labels.shape[-1] == 1:
        labels = ops.squeeze(labels, -1)
    return labels


def as_ones(truths: Tensor) -> Tensor:
    """Returns 1.0 for true and 0.0 for false."""
    return cast(truths, floatx())


class Accuracy(MeanMetricWrapper):
    """How often y_pred equals y_true."""

    def __init__(
        self, name: str | None = "accuracy", dtype: DType | None = None
    ) -> None:
        super().__init__(accuracy, name, dtype)


class BinaryAccuracy(MeanMetricWrapper):
    """How often a prediction above the threshold goes with a target of 1.

    threshold: a number, 0 for logits; a prediction equal to it counts as 0.
    Raises: TypeError for what is no number.
    """

    def __init__(
        self,
        name: str | None = "binary_accuracy",
        dtype: DType | None = None,
        threshold: float = 0.5,
    ) -> None:
        if not isinstance(threshold, (int, float, np.number)):
            raise TypeError(
                "BinaryAccuracy needs a number as threshold, 0.5 for probabilities, "
                f"0 for logits; got threshold={threshold!r}."
            )
        super().__init__(binary_accuracy, name, dtype, threshold=threshold)


class CategoricalAccuracy(MeanMetricWrapper):
    """How often the largest prediction is at the 1 of a one-hot target."""

    def __init__(
        self, name: str | None = "categorical_accuracy", dtype: DType | None = None
    ) -> None:
        super().__init__(categorical_accuracy, name, dtype)


class SparseCategoricalAccuracy(MeanMetricWrapper):
    """How often the largest prediction is that of the class that the target names."""

    def __init__(
        self,
        name: str | None = "sparse_categorical_accuracy",
        dtype: DType | None = None,
    ) -> None:
        super().__init__(sparse_categorical_accuracy, name, dtype)


class TopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the class of a one-hot target is among the k largest predictions."""

    def __init__(
        self,
        k: int = 5,
        name: str | None = "top_k_categorical_accuracy",
        dtype: DType | None = None,
    ) -> None:
        super().__init__(top_k_categorical_accuracy, name, dtype, k=k)


class SparseTopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the class that the target names is among the k largest predictions."""

    def __init__(
        self,
        k: int = 5,
        name: str | None = "sparse_top_k_categorical_accuracy",
        dtype: DType | None = None,
        from_sorted_ids: bool = False,
    ) -> None:
        # Written down only where it is asked for, as in Keras.
        keywords = {"from_sorted_ids": True} if from_sorted_ids else {}
        super().__init__(
            sparse_top_k_categorical_accuracy, name, dtype, k=k, **keywords
        )
