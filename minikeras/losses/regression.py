"""Losses between numbers: a value per sample, the mean over the last axis."""

import math

from minikeras import config
from minikeras.losses.pairs import as_pair
from minikeras.ops import functions as ops
from minikeras.values.tensor import Tensor
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


def mean_absolute_percentage_error(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """Returns 100 times the mean over the last axis of |y_true - y_pred| / |y_true|.

    No divisor is below ε = config.epsilon(): a target of 0 makes the loss huge.

    Shapes: (n, ..., k), (n, ..., k) → (n, ...).
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    size = ops.maximum(ops.abs(y_true), config.epsilon())
    return 100.0 * ops.mean(ops.abs((y_true - y_pred) / size), axis=-1)


def mean_squared_logarithmic_error(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """Returns the mean over the last axis of (log(1 + y_true) - log(1 + y_pred))².

    Both count as at least ε = config.epsilon(): a prediction below has no gradient.

    Shapes: (n, ..., k), (n, ..., k) → (n, ...).
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    epsilon = config.epsilon()
    difference = ops.log(ops.maximum(y_pred, epsilon) + 1.0) - ops.log(
        ops.maximum(y_true, epsilon) + 1.0
    )
    return ops.mean(ops.square(difference), axis=-1)


def huber(y_true: TensorLike, y_pred: TensorLike, delta: float = 1.0) -> Tensor:
    """Returns the mean over the last axis of a square that goes on as a line.

        e² / 2             where |e| ≤ δ,   e = y_pred - y_true
        δ |e| - δ² / 2     beyond

    >>> float(huber([[0.0]], [[3.0]])[0])
    2.5

    Shapes: (n, ..., k), (n, ..., k) → (n, ...).
    Source: Huber, Robust Estimation of a Location Parameter, 1964.
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    error = y_pred - y_true
    size = ops.abs(error)
    near = 0.5 * ops.square(error)
    far = delta * size - 0.5 * delta**2
    return ops.mean(ops.where(size <= delta, near, far), axis=-1)


def log_cosh(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """Returns the mean over the last axis of log cosh(y_pred - y_true).

    Near e² / 2 for small errors e, near |e| - log 2 for large ones.

    Shapes: (n, ..., k), (n, ..., k) → (n, ...).
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    error = y_pred - y_true
    # log((exp(e) + exp(-e)) / 2), with exp(e) in front of the logarithm: no overflow.
    return ops.mean(error + ops.softplus(-2.0 * error) - math.log(2.0), axis=-1)


def cosine_similarity(y_true: TensorLike, y_pred: TensorLike, axis: int = -1) -> Tensor:
    """Returns minus the cosine of the angle between two vectors along `axis`.

        -Σ_j t_j p_j / (‖t‖ ‖p‖)

    In [-1, 1]: -1 where they point the same way, 0 where one of them is 0.

    >>> float(cosine_similarity([[3.0, 4.0]], [[6.0, 8.0]])[0])
    -1.0

    Shapes: (n, ..., k), (n, ..., k) → (n, ...).
    """
    return ops.negative(cosine(y_true, y_pred, axis))


def cosine(y_true: TensorLike, y_pred: TensorLike, axis: int = -1) -> Tensor:
    """Returns the cosine of the angle between two vectors along `axis`."""
    y_true, y_pred = as_pair(y_true, y_pred)
    y_true, y_pred = ops.normalize(y_true, axis), ops.normalize(y_pred, axis)
    return ops.sum(y_true * y_pred, axis=axis)
