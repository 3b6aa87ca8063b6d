"""Losses of probabilities: how surprised a prediction is by what is true."""

import warnings

from minikeras import config
from minikeras.losses.pairs import in_one_dtype
from minikeras.ops import functions as ops
from minikeras.values.dtypes import FLOATS
from minikeras.values.tensor import Tensor, as_tensor
from minikeras.values.types import TensorLike


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
    y_true, y_pred = smoothed(*of_classes(y_true, y_pred, axis), label_smoothing, axis)
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
    Raises: IndexError for labels outside [0, classes).
    """
    labels, y_pred = class_numbers(y_true, y_pred)
    if ignore_class is None:
        return ops.sparse_categorical_crossentropy(labels, y_pred, from_logits, axis)
    counted = labels != ignore_class
    labels = ops.where(counted, labels, ops.zeros_like(labels))
    values = ops.sparse_categorical_crossentropy(labels, y_pred, from_logits, axis)
    values = ops.where(counted, values, ops.zeros_like(values))
    values._keras_mask = counted
    return values


def binary_focal_crossentropy(
    y_true: TensorLike,
    y_pred: TensorLike,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Tensor:
    """Returns the mean over `axis` of (1 - q)^γ times the binary crossentropy.

    q = t p + (1 - t) (1 - p) is the probability of what is true: what is known well
    already counts less.  With `apply_class_balancing` targets of 1 count α, those of 0
    count 1 - α.

    Shapes: (n, ..., k), (n, ..., k) → (n, ...).
    Raises: ValueError if the shapes differ.
    Source: Lin and others, Focal Loss for Dense Object Detection, 2017.
    """
    y_true, y_pred = in_one_dtype(y_true, y_pred)
    if label_smoothing:
        y_true = y_true * (1.0 - label_smoothing) + 0.5 * label_smoothing
    if from_logits:
        y_pred = ops.sigmoid(y_pred)
    surprise = ops.binary_crossentropy(y_true, y_pred)
    right = y_true * y_pred + (1.0 - y_true) * (1.0 - y_pred)
    values = ops.power(1.0 - right, gamma) * surprise
    if apply_class_balancing:
        values = (y_true * alpha + (1.0 - y_true) * (1.0 - alpha)) * values
    return ops.mean(values, axis=axis)


def categorical_focal_crossentropy(
    y_true: TensorLike,
    y_pred: TensorLike,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Tensor:
    """Returns -Σ α (1 - p)^γ t log p over the classes, along `axis`.

    What is known well already counts less.  Probabilities are divided by their sum and
    clipped to [1e-7, 1 - 1e-7].

    Shapes: (n, ..., classes), (n, ..., classes) → (n, ...).
    Raises: ValueError if the shapes differ, or targets are labels instead of one-hot.
    Source: Lin and others, Focal Loss for Dense Object Detection, 2017.
    """
    y_true, y_pred = smoothed(*of_classes(y_true, y_pred, axis), label_smoothing, axis)
    if from_logits:
        y_pred = ops.softmax(y_pred, axis)
    total = ops.sum(y_pred, axis=axis, keepdims=True)
    epsilon = config.epsilon()
    y_pred = ops.clip(y_pred / total, epsilon, 1.0 - epsilon)
    surprise = ops.negative(y_true * ops.log(y_pred))
    return ops.sum(alpha * ops.power(1.0 - y_pred, gamma) * surprise, axis=axis)


def categorical_generalized_cross_entropy(
    y_true: TensorLike, y_pred: TensorLike, q: float
) -> Tensor:
    """Returns (1 - p^q) / q for the probability p of the class that y_true names.

    Between the crossentropy (q → 0) and the mean absolute error (q = 1): less eager to
    fit labels that are wrong.

    Shapes: labels (n, ...) or (n, ..., 1), predictions (n, ..., classes) → (n, ...).
    q: in (0, 1).
    Source: Zhang and Sabuncu, Generalized Cross Entropy Loss, 2018.
    """
    labels, y_pred = class_numbers(y_true, y_pred)
    right = ops.one_hot(labels, y_pred.shape[-1], dtype=y_pred.dtype)
    p = ops.sum(y_pred * right, axis=-1)
    return (1.0 - ops.power(p, q)) / q


def kl_divergence(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """Returns Σ t log(t / p) over the last axis: how far p is from t.

    Both are limited to [ε, 1], ε = config.epsilon().

    Shapes: (n, ..., k), (n, ..., k) → (n, ...).  Range: ≥ 0 for distributions.
    Source: Goodfellow et al., Deep Learning, equation 3.50.
    """
    y_true, y_pred = in_one_dtype(y_true, y_pred)
    y_true = ops.clip(y_true, config.epsilon(), 1.0)
    y_pred = ops.clip(y_pred, config.epsilon(), 1.0)
    return ops.sum(y_true * ops.log(y_true / y_pred), axis=-1)


def poisson(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """Returns the mean over the last axis of p - t log(p + ε).

    Minus the log-likelihood of counts t where p are expected, up to a constant.

    Shapes: (n, ..., k), (n, ..., k) → (n, ...).
    """
    y_true, y_pred = in_one_dtype(y_true, y_pred)
    return ops.mean(y_pred - y_true * ops.log(y_pred + config.epsilon()), axis=-1)


def ctc(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """Returns -log of the probability of all ways to say the labels in time.

    Class 0 says nothing; in y_true it fills the rows up.  See `ops.ctc_loss`.

    Shapes: labels (n, most labels), logits (n, steps, classes) → (n,).
    Raises: ValueError for other numbers of axes.
    Source: Graves and others, Connectionist Temporal Classification, 2006.
    """
    labels, logits = as_tensor(y_true), as_tensor(y_pred)
    if labels.ndim != 2 or logits.ndim != 3:
        raise ValueError(
            "The loss ctc needs labels of shape (n, most labels) and logits of shape "
            f"(n, steps, classes); got {labels.shape} and {logits.shape}."
        )
    said = ops.cast(ops.not_equal(labels, 0), "int32")
    lengths = ops.sum(said, axis=-1)
    steps = ops.full_like(lengths, logits.shape[1] or 0)
    return ops.ctc_loss(labels, logits, lengths, steps, mask_index=0)


def of_classes(
    y_true: TensorLike, y_pred: TensorLike, axis: int
) -> tuple[Tensor, Tensor]:
    """Returns both as Tensors of one dtype; refuses labels where one-hot is due."""
    if isinstance(axis, bool):
        raise ValueError(f"`axis` must be of type `int`. Received: axis={axis}.")
    y_true, y_pred = in_one_dtype(y_true, y_pred)
    if y_true.shape != y_pred.shape and y_true.shape[-1:] != y_pred.shape[-1:]:
        raise ValueError(
            "Arguments `target` and `output` must have the same shape. Received: "
            f"target.shape={y_true.shape}, output.shape={y_pred.shape}. Are the "
            "targets class numbers? Then use sparse_categorical_crossentropy."
        )
    if y_pred.shape[-1:] == (1,):
        warnings.warn(
            "The crossentropy of a single class, of predictions of shape "
            f"{y_pred.shape}, is 0 whatever they are. For a yes or no use "
            "binary_crossentropy.",
            SyntaxWarning,
            stacklevel=3,
        )
    return y_true, y_pred


def smoothed(
    y_true: Tensor, y_pred: Tensor, smoothing: float, axis: int
) -> tuple[Tensor, Tensor]:
    """Returns one-hot targets as t (1 - s) + s / classes; predictions as they are."""
    if smoothing:
        classes = y_true.shape[axis]
        assert classes is not None  # a batch has as many as it has
        y_true = y_true * (1.0 - smoothing) + smoothing / classes
    return y_true, y_pred


def class_numbers(y_true: TensorLike, y_pred: TensorLike) -> tuple[Tensor, Tensor]:
    """Returns labels as integers without a last axis of size 1, and predictions."""
    labels, y_pred = as_tensor(y_true), as_tensor(y_pred)
    if labels.ndim == y_pred.ndim and labels.shape[-1] == 1:
        labels = ops.squeeze(labels, -1)
    if labels.dtype in FLOATS:
        labels = ops.cast(labels, "int32")
    return labels, y_pred
