"""Losses from logits, a row at a time and a class at a time."""

import math

import numpy as np

from minikeras.kernels.reference.losses import check_range
from minikeras.kernels.scalar import losses as scalar
from minikeras.kernels.shapes.losses import (
    check_classes,
    check_labels,
    check_targets,
)


def softmax_cross_entropy(logits, targets, *, out=None):
    """out = Σ_j t_j (log Σ_i exp(x_i - max) - (x_j - max)) for each row x of logits."""
    check_classes(logits.shape)
    check_targets(logits.shape, targets.shape)
    losses = []
    for row, row_targets in zip(rows(logits), rows(targets), strict=True):
        largest, log_total = largest_and_log_total(row)
        loss = 0.0
        for x, target in zip(row, row_targets, strict=True):
            if target != 0:  # a class that cannot be adds nothing, even at x = -inf
                loss += target * (log_total - (x - largest))
        losses.append(loss)
    return stored(losses, logits.shape[:-1], logits.dtype, out)


def sparse_softmax_cross_entropy(logits, labels, *, out=None):
    """out = log Σ_i exp(x_i - max) - (x_label - max) for each row x of logits."""
    check_classes(logits.shape)
    check_labels(logits.shape, labels.shape, labels.dtype)
    check_range(labels, logits.shape[-1])
    losses = []
    for row, label in zip(rows(logits), labels.ravel().tolist(), strict=True):
        largest, log_total = largest_and_log_total(row)
        losses.append(log_total - (row[label] - largest))
    return stored(losses, logits.shape[:-1], logits.dtype, out)


def sigmoid_cross_entropy(logits, targets, *, out=None):
    """out_i = |x_i| · (1 - t_i if x_i > 0 else t_i) + log(1 + exp(-|x_i|))."""
    dtype = np.result_type(logits, targets)
    logits, targets = np.broadcast_arrays(logits, targets)
    losses = []
    for x, target in zip(logits.flat, targets.flat, strict=True):
        losses.append(scalar.sigmoid_cross_entropy(float(x), float(target)))
    return stored(losses, logits.shape, dtype, out)


def largest_and_log_total(row):
    """Returns max = max_i x_i and log Σ_i exp(x_i - max); no term overflows."""
    largest = max(row, default=0.0)
    total = 0.0
    for x in row:
        total += math.exp(x - largest)
    # The largest adds 1 to the total: only a row without classes has none.
    return largest, math.log(total) if row else -math.inf


def rows(x):
    """Returns the rows along the last axis as lists of Python floats."""
    return x.reshape(math.prod(x.shape[:-1]), x.shape[-1]).tolist()


def stored(losses, shape, dtype, out):
    """Rounds losses, once, to `dtype`."""
    if out is None:
        out = np.empty(shape, dtype)
    with np.errstate(over="ignore"):
        np.copyto(out, np.array(losses, np.float64).reshape(shape), casting="same_kind")
    return out
