"""Gradients that are bounded before a step is taken along them."""

import math
from collections.abc import Sequence

from minikeras.ops import functions as ops
from minikeras.values.tensor import Tensor


def clipped_by_value(grads: Sequence[Tensor], limit: float) -> list[Tensor]:
    """Returns the gradients with all numbers within ± limit."""
    return [ops.clip(grad, -limit, limit) for grad in grads]


def clipped_by_norm(grads: Sequence[Tensor], limit: float) -> list[Tensor]:
    """Returns the gradients, each shortened to a norm of at most `limit`.

    g ← g · limit / max(‖g‖, limit)
    """
    limit = float(limit)
    return [
        grad * limit / ops.maximum(ops.sqrt(ops.sum(ops.square(grad))), limit)
        for grad in grads
    ]


def clipped_by_global_norm(grads: Sequence[Tensor], limit: float) -> list[Tensor]:
    """Returns the gradients, all shortened by one factor.

        g ← g · limit · min(1 / n, 1 / limit),   n = √Σ ‖g‖²

    If n is not finite all gradients become nan: a step that went astray shows.

    Source: Pascanu et al., On the difficulty of training recurrent networks (2013).
    """
    limit = float(limit)
    squares = [ops.sum(ops.square(grad)) for grad in grads]
    norm = ops.sqrt(ops.sum(ops.stack(squares)))
    scale = limit * ops.minimum(1.0 / norm, 1.0 / limit)
    scale = ops.where(norm < math.inf, scale, math.nan)
    return [grad * scale for grad in grads]
