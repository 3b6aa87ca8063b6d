"""What layers share that have a cell of their own, and do all steps in one call."""

from typing import Any


def of_cell(name: str) -> Any:
    """Returns a property that is the attribute of the layer's cell."""
    return property(lambda layer: getattr(layer.cell, name))


def check_use_cudnn(use_cudnn: Any) -> None:
    """Refuses what is no choice."""
    if use_cudnn not in ("auto", True, False):
        raise ValueError(
            "Invalid value received for argument `use_cudnn`. Expected one of 'auto', "
            f"True, False. Received: use_cudnn={use_cudnn!r}"
        )
