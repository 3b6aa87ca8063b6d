"""Losses of margins: they are satisfied once a prediction is clearly on its side."""

from minikeras.losses.pairs import in_one_dtype
from minikeras.ops import functions as ops
from minikeras.values.tensor import Tensor
from minikeras.values.types import TensorLike


def hinge(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """Returns the mean over the last axis of max(1 - y_true · y_pred, 0).

    Targets are -1 and 1; if all are 0 and 1, 0 stands for -1.

    Shapes: (n, ..., k), (n, ..., k) → (n, ...).
    """
    return ops.mean(missing_margin(y_true, y_pred), axis=-1)


def squared_hinge(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """Returns the mean over the last axis of max(1 - y_true · y_pred, 0)².

    Targets are -1 and 1; if all are 0 and 1, 0 stands for -1.

    Shapes: (n, ..., k), (n, ..., k) → (n, ...).
    """
    return ops.mean(ops.square(missing_margin(y_true, y_pred)), axis=-1)


def categorical_hinge(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """Returns max(best wrong score - right score + 1, 0), for one-hot targets.

    Shapes: (n, ..., classes), (n, ..., classes) → (n, ...).
    Source: Crammer and Singer, Multiclass Kernel-based Vector Machines, 2001.
    """
    y_true, y_pred = in_one_dtype(y_true, y_pred)
    right = ops.sum(y_true * y_pred, axis=-1)
    wrong = ops.max((1.0 - y_true) * y_pred, axis=-1)
    return ops.maximum(wrong - right + 1.0, 0.0)


def missing_margin(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """Returns max(1 - y_true · y_pred, 0), with y_true as -1 and 1."""
    targets, scores = in_one_dtype(y_true, y_pred)
    binary = ops.all(ops.logical_or(ops.equal(targets, 0), ops.equal(targets, 1)))
    sides = ops.where(binary, 2.0 * targets - 1.0, targets)
    return ops.maximum(1.0 - sides * scores, 0.0)
