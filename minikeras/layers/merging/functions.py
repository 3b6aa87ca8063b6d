"""The merging layers as functions: `add([a, b])` is `Add()([a, b])`."""

from typing import Any

from minikeras.layers.merging.concatenation import Concatenate
from minikeras.layers.merging.dot_products import Dot
from minikeras.layers.merging.elementwise import (
    Add,
    Average,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
)
from minikeras.layers.merging.lists import Inputs
from minikeras.values.tensor import Tensor


def add(inputs: Inputs, **kwargs: Any) -> Tensor:
    """Adds tensors up, as `Add` does."""
    return Add(**kwargs)(inputs)


def subtract(inputs: Inputs, **kwargs: Any) -> Tensor:
    """Subtracts the second of two tensors from the first, as `Subtract` does."""
    return Subtract(**kwargs)(inputs)


def multiply(inputs: Inputs, **kwargs: Any) -> Tensor:
    """Multiplies tensors element by element, as `Multiply` does."""
    return Multiply(**kwargs)(inputs)


def average(inputs: Inputs, **kwargs: Any) -> Tensor:
    """Averages tensors element by element, as `Average` does."""
    return Average(**kwargs)(inputs)


def maximum(inputs: Inputs, **kwargs: Any) -> Tensor:
    """Keeps the largest of each element, as `Maximum` does."""
    return Maximum(**kwargs)(inputs)


def minimum(inputs: Inputs, **kwargs: Any) -> Tensor:
    """Keeps the smallest of each element, as `Minimum` does."""
    return Minimum(**kwargs)(inputs)


def concatenate(inputs: Inputs, axis: int = -1, **kwargs: Any) -> Tensor:
    """Puts tensors one after the other along an axis, as `Concatenate` does."""
    return Concatenate(axis=axis, **kwargs)(inputs)


def dot(
    inputs: Inputs, axes: int | tuple[int, int] | list[int] = -1, **kwargs: Any
) -> Tensor:
    """Multiplies two tensors and sums over one axis of each, as `Dot` does."""
    return Dot(axes=axes, **kwargs)(inputs)
