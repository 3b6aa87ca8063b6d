"""Losses from logits in NumPy: the definition of right.

Softmax and logarithm are one formula here, because separately they lose everything:
softmax(±1e4) is exactly 0 or 1.
"""

import numpy as np

from minikeras.kernels.shapes.losses import (
    check_classes,
    check_labels,
    check_targets,
)


def softmax_cross_entropy(logits, targets, *, out=None):
    """out = -Σ_j t_j log softmax(x)_j for each row x of logits.

        -log softmax(x)_j = log Σ_i exp(x_i - max) - (x_j - max)

    A class with target 0 adds 0, even where its logit is -inf.

    Shapes: logits and targets (..., classes) → out (...).
    """
    check_classes(logits.shape)
    check_targets(logits.shape, targets.shape)
    shifted, log_total = _shifted_and_log_total(logits)
    with np.errstate(invalid="ignore"):
        terms = targets * (log_total - shifted)
        loss = np.sum(terms, axis=-1, where=targets != 0)
    return _stored(loss, logits.dtype, out)


def sparse_softmax_cross_entropy(logits, labels, *, out=None):
    """out = -log softmax(x)_label for each row x of logits.

    Shapes: logits (..., classes), labels (...) of integers → out (...).
    Raises: ValueError if a label is not in [0, classes).
    """
    check_classes(logits.shape)
    check_labels(logits.shape, labels.shape, labels.dtype)
    check_range(labels, logits.shape[-1])
    shifted, log_total = _shifted_and_log_total(logits)
    chosen = np.take_along_axis(shifted, labels[..., np.newaxis], axis=-1)
    with np.errstate(invalid="ignore"):
        loss = (log_total - chosen)[..., 0]
    return _stored(loss, logits.dtype, out)


def sigmoid_cross_entropy(logits, targets, *, out=None):
    """out = -t log σ(x) - (1 - t) log(1 - σ(x)), σ the sigmoid, in a form that never
    overflows and never cancels:

        out = |x| · (1 - t if x > 0 else t) + log(1 + exp(-|x|))

    The first product is 0 where its second factor is, even at x = ±inf.

    Shapes: logits and targets broadcast to the shape of out.
    """
    dtype = np.result_type(logits, targets)
    logits, targets = np.asarray(logits, dtype), np.asarray(targets, dtype)
    with np.errstate(all="ignore"):
        size = np.abs(logits)
        against = np.where(logits > 0, 1 - targets, targets)
        linear = np.where(against == 0, 0, size * against)
        return np.asarray(np.add(linear, np.log1p(np.exp(-size)), out=out))


def check_range(labels, classes):
    """Refuses labels that name no class: they would read somebody else's numbers."""
    wrong = (labels < 0) | (labels >= classes)
    if wrong.any():
        position = tuple(np.argwhere(wrong)[0].tolist())
        raise ValueError(
            f"sparse_softmax_cross_entropy needs labels from 0 to {classes - 1}: the "
            f"logits have {classes} classes; got {labels[position]} at position "
            f"{position}. Renumber the labels or give the model more outputs."
        )


def _shifted_and_log_total(logits):
    """Returns x - max and log Σ exp(x - max) of each row, in float64."""
    x = logits.astype(np.float64)
    with np.errstate(all="ignore"):
        # The initial value is for rows without classes.
        shifted = x - np.max(x, axis=-1, keepdims=True, initial=-np.inf)
        return shifted, np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))


def _stored(loss, dtype, out):
    """Rounds a float64 loss, once, to the dtype of its logits."""
    with np.errstate(over="ignore"):
        if out is None:
            return np.asarray(loss).astype(dtype)
        np.copyto(out, loss, casting="same_kind")
        return out
