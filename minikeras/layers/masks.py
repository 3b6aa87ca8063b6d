"""Masks: which steps of sequences count, carried along on Tensors."""

from typing import Any

from minikeras.tree import flatten
from minikeras.values.tensor import Tensor


def mask_of(inputs: Any) -> Any:
    """Returns the mask that a Tensor carries; a list of them for several inputs."""
    if isinstance(inputs, Tensor):
        return getattr(inputs, "_keras_mask", None)
    masks = [getattr(x, "_keras_mask", None) for x in flatten(inputs)]
    return masks if any(mask is not None for mask in masks) else None


def without_mask(x: Any) -> Any:
    """Returns a Tensor without the mask that it carries, with its history."""
    return x if mask_of(x) is None else type(x).wrap(x.data, x.node)
