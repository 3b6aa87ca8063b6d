"""Shapes of losses: a loss has one number per row, without the axis of the classes.

The checks are used by the sets that compute too: one text of each error.
"""

import numpy as np

from minikeras.kernels.shapes.shape_dtype import (
    ShapeDtype,
    broadcast_shapes,
    dtype_of,
    shape_of,
)


def softmax_cross_entropy(logits, targets):
    """(..., classes), (..., classes) → (...)."""
    check_classes(logits.shape)
    check_targets(logits.shape, targets.shape)
    return ShapeDtype(merged(logits.shape, targets.shape)[:-1], logits.dtype)


def sparse_softmax_cross_entropy(logits, labels):
    """(..., classes), (...) → (...)."""
    check_classes(logits.shape)
    check_labels(logits.shape, labels.shape, labels.dtype)
    return ShapeDtype(merged(logits.shape[:-1], labels.shape), logits.dtype)


def sigmoid_cross_entropy(logits, targets):
    """The shapes broadcast."""
    shape = broadcast_shapes(shape_of(logits), shape_of(targets))
    return ShapeDtype(shape, dtype_of(logits, targets))


def check_classes(shape):
    """Refuses logits that have no axis of classes."""
    if not shape:
        raise ValueError(
            "A softmax needs logits with at least one axis, the classes; got shape (). "
            "Pass one logit per class."
        )


def check_targets(logits, targets):
    """Refuses targets that would silently broadcast."""
    if not agree(logits, targets):
        raise ValueError(
            "softmax_cross_entropy needs targets of the logits' shape; got logits "
            f"{logits} and targets {targets}. Reshape or one-hot encode the targets."
        )


def check_labels(logits, labels, dtype):
    """Refuses labels that are not one integer per row of logits."""
    if np.dtype(dtype).kind not in "iu":
        raise ValueError(
            "sparse_softmax_cross_entropy needs integer labels; got "
            f"{np.dtype(dtype).name}. Cast them, or pass probabilities to "
            "softmax_cross_entropy."
        )
    if not agree(logits[:-1], labels):
        raise ValueError(
            "sparse_softmax_cross_entropy needs one label per row of logits, of shape "
            f"{logits[:-1]}; got logits {logits} and labels {labels}. Remove or add an "
            "axis of the labels."
        )


def agree(shape, other):
    """Tells whether two shapes can be the same one; None stands for any size."""
    return len(shape) == len(other) and all(
        n == m or n is None or m is None for n, m in zip(shape, other, strict=True)
    )


def merged(shape, other):
    """Returns what is known of two shapes that agree."""
    return tuple(m if n is None else n for n, m in zip(shape, other, strict=True))
