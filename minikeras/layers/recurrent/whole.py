"""What layers share that have a cell of their own, and do all steps in one call."""

from typing import Any

from minikeras import ops
from minikeras.values.tensor import Tensor


def of_cell(name: str) -> Any:
    """Returns a property that is the attribute of the layer's cell."""
    return property(lambda layer: getattr(layer.cell, name))


def projected(sequences: Tensor, kernel: Tensor) -> Tensor:
    """Returns what the inputs of all steps contribute: one product."""
    if sequences.symbolic:
        return ops.matmul(sequences, kernel)
    rows = ops.reshape(sequences, (-1, sequences.shape[-1]))
    x = ops.matmul(rows, kernel)
    return ops.reshape(x, (*sequences.shape[:2], kernel.shape[-1]))


def check_use_cudnn(use_cudnn: Any) -> None:
    """Refuses what is no choice."""
    if use_cudnn not in ("auto", True, False):
        raise ValueError(
            "Invalid value received for argument `use_cudnn`. Expected one of 'auto', "
            f"True, False. Received: use_cudnn={use_cudnn!r}"
        )
