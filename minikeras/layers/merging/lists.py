"""What merging layers take: lists of tensors, and a mask for each."""

from collections.abc import Sequence
from typing import Any

from minikeras.values.tensor import Tensor
from minikeras.values.types import Shape

Inputs = Sequence[Tensor]  # also symbolic ones


def check_list(name: str, shapes: Any, least: int) -> None:
    """Refuses anything but the shapes of a list of tensors."""
    if (
        not isinstance(shapes, (list, tuple))
        or len(shapes) < least
        or not all(isinstance(shape, (list, tuple)) for shape in shapes)
    ):
        raise ValueError(
            f"{name} should be called on a list of at least {least} "
            f"input{'s' * (least > 1)}. Received: input_shape={shapes}"
        )


def check_two(name: str, shapes: list[Shape]) -> None:
    """Refuses another number of inputs than two."""
    if len(shapes) != 2:
        raise ValueError(
            f"{name} should be called on exactly 2 inputs. Received: "
            f"input_shape={shapes}"
        )


def check_masks(inputs: Any, mask: Any) -> None:
    """Refuses masks that are not a list, one for each input."""
    if mask is None:
        return
    if not isinstance(mask, (list, tuple)):
        raise ValueError(f"`mask` should be a list. Received: mask={mask!r}")
    if not isinstance(inputs, (list, tuple)) or len(inputs) != len(mask):
        raise ValueError(
            "`inputs` should be a list with as many tensors as there are masks. "
            f"Received {len(mask)} masks and inputs={inputs!r}"
        )
