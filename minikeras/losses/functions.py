"""Losses as functions: a value per sample, the last axis averaged or summed away."""

from minikeras import ops
from minikeras.losses.loss import squeeze_or_expand
from minikeras.values.dtypes import FLOATS
from minikeras.values.tensor import Tensor, as_tensor, cast
from minikeras.values.types import TensorLike


def mean_squared_error(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """Returns the mean over the last axis of (y_true - y_pred)².

    Shapes: (n, ..., k), (n, ..., k) → (n, ...).
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    return ops.mean(ops.square(y_true - y_pred), axis=-1)


def mean_absolute_error(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """Returns the mean over the last axis of |y_true - y_pred|.

    Shapes: (n, ..., k), (n, ..., k) → (n, ...).
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    return ops.mean(ops.abs(y_true - y_pred), axis=-1)


def binary_crossentropy(
    y_true: TensorLike,
    y_pred: TensorLike,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Tensor:
    """Returns the mean over `axis` of -(t log p + (1 - t) log(1 - p)).

    Probabilities are clipped to [1e-7, 1 - 1e-7].  With `label_smoothing` s the targets
    become t (1 - s) + s / 2.

    Shapes: (n, ..., k), (n, ..., k) → (n, ...).
    Raises: ValueError if the shapes differ.
    Source: Goodfellow et al., Deep Learning, section 6.2.2.2.
    """
    y_true, y_pred = in_one_dtype(y_true, y_pred)
    if label_smoothing:
        y_true = y_true * (1.0 - label_smoothing) + 0.5 * label_smoothing
    return ops.mean(ops.binary_crossentropy(y_true, y_pred, from_logits), axis=axis)


def categorical_crossentropy(
    y_true: TensorLike,
    y_pred: TensorLike,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Tensor:
    """Returns -Σ t log p over the classes, along `axis`.

    Probabilities are divided by their sum and clipped to [1e-7, 1 - 1e-7].  With
    `label_smoothing` s the targets become t (1 - s) + s / classes.

    Shapes: (n, ..., classes), (n, ..., classes) → (n, ...).
    Raises: ValueError if the shapes differ, or targets are labels instead of one-hot.
    Source: Goodfellow et al., Deep Learning, section 6.2.2.3.
    """
    y_true, y_pred = in_one_dtype(y_true, y_pred)
    if y_true.shape != y_pred.shape and y_true.shape[-1:] != y_pred.shape[-1:]:
        raise ValueError(
            "Arguments `target` and `output` must have the same shape. Received: "
            f"target.shape={y_true.shape}, output.shape={y_pred.shape}. Are the "
            "targets class numbers? Then use sparse_categorical_crossentropy."
        )
    if label_smoothing:
        classes = y_true.shape[axis]
        y_true = y_true * (1.0 - label_smoothing) + label_smoothing / classes
    return ops.categorical_crossentropy(y_true, y_pred, from_logits, axis)


def sparse_categorical_crossentropy(
    y_true: TensorLike,
    y_pred: TensorLike,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
) -> Tensor:
    """Returns -log p of the class that y_true names, along `axis` of y_pred.

    Samples of `ignore_class` count nothing, and are left out of a mean.

    Shapes: labels (n, ...) or (n, ..., 1), predictions (n, ..., classes) → (n, ...).
    The fraction of a label of floating point is cut off.
    Raises: ValueError for labels outside [0, classes).
    """
    labels, y_pred = as_tensor(y_true), as_tensor(y_pred)
    if labels.ndim == y_pred.ndim and labels.shape[-1] == 1:
        labels = ops.squeeze(labels, -1)
    if labels.dtype in FLOATS:
        labels = ops.cast(labels, "int32")
    if ignore_class is None:
        return ops.sparse_categorical_crossentropy(labels, y_pred, from_logits, axis)
    counted = labels != ignore_class
    labels = ops.where(counted, labels, ops.zeros_like(labels))
    values = ops.sparse_categorical_crossentropy(labels, y_pred, from_logits, axis)
    values = ops.where(counted, values, ops.zeros_like(values))
    values._keras_mask = counted
    return values


def as_pair(y_true: TensorLike, y_pred: TensorLike) -> tuple[Tensor, Tensor]:
    """Returns predictions, and targets of their dtype and rank, as Tensors."""
    return squeeze_or_expand(*in_one_dtype(y_true, y_pred))


def in_one_dtype(y_true: TensorLike, y_pred: TensorLike) -> tuple[Tensor, Tensor]:
    """Returns both as Tensors, the targets in the dtype of the predictions."""
    y_pred = as_tensor(y_pred)
    return cast(as_tensor(y_true), y_pred.dtype), y_pred
