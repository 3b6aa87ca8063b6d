"""Targets and predictions made to fit: Tensors, of one dtype, of one rank."""

from minikeras.ops import functions as ops
from minikeras.values.tensor import Tensor, as_tensor, cast
from minikeras.values.types import TensorLike


def as_pair(y_true: TensorLike, y_pred: TensorLike) -> tuple[Tensor, Tensor]:
    """Returns predictions, and targets of their dtype and rank, as Tensors."""
    return squeeze_or_expand(*in_one_dtype(y_true, y_pred))


def in_one_dtype(y_true: TensorLike, y_pred: TensorLike) -> tuple[Tensor, Tensor]:
    """Returns both as Tensors, the targets in the dtype of the predictions."""
    y_pred = as_tensor(y_pred)
    return cast(as_tensor(y_true), y_pred.dtype), y_pred


def squeeze_or_expand(x1: Tensor, x2: Tensor) -> tuple[Tensor, Tensor]:
    """Makes the ranks equal, where one argument has a last axis of size 1 too many.

    (n, 1) with (n,) becomes (n, 1) with (n, 1): subtracting them as they are would give
    (n, n) silently.
    """
    if x1.ndim == x2.ndim or x1.ndim == 0 or x2.ndim == 0:
        return x1, x2
    if x1.ndim == x2.ndim + 1 and x1.shape[-1] == 1:
        if x2.ndim == 1:
            return x1, ops.expand_dims(x2, -1)
        return ops.squeeze(x1, -1), x2
    if x2.ndim == x1.ndim + 1 and x2.shape[-1] == 1:
        if x1.ndim == 1:
            return ops.expand_dims(x1, -1), x2
        return x1, ops.squeeze(x2, -1)
    return x1, x2
