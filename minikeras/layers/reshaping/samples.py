"""Reshaping layers that keep all numbers: in another order, or several times."""

import math
from collections.abc import Sequence
from typing import Any

from minikeras.layers.input_spec import InputSpec
from minikeras.layers.layer import Layer
from minikeras.ops import functions as ops
from minikeras.ops.arguments import is_integer
from minikeras.primitives.shape import contiguous
from minikeras.values.symbolic import KerasTensor
from minikeras.values.tensor import Tensor
from minikeras.values.types import Shape


class Reshape(Layer):
    """Gives each sample another shape; one side may be -1: what is left.

    Shapes: x (n, ...) → y (n, *target_shape).
    Raises: ValueError if the numbers of a sample do not fill the shape.

    >>> Reshape((2, -1)).compute_output_shape((None, 6))
    (None, 2, 3)
    """

    def __init__(self, target_shape: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(target_shape, (tuple, list)):
            raise TypeError(
                "Reshape takes a tuple of sizes, such as (6,); got "
                f"target_shape={target_shape!r}."
            )
        self.target_shape = tuple(target_shape)
        if not all(is_integer(n) and n >= -1 for n in self.target_shape):
            raise ValueError(
                "The sizes in `target_shape` must be integers, or -1 for what is left. "
                f"Received: target_shape={target_shape}."
            )
        if self.target_shape.count(-1) > 1:
            raise ValueError(
                "There must be at most one unknown dimension (-1) in `target_shape`. "
                f"Received: target_shape={target_shape}."
            )
        self.built = True  # there is nothing to build

    def call(self, inputs: Tensor) -> Tensor:
        sides = self.sides_for(inputs.shape[1:])
        if None in sides:  # symbolic, and not known how much is left
            return KerasTensor((inputs.shape[0], *sides), inputs.dtype)
        return ops.reshape(inputs, (inputs.shape[0], *sides))

    def sides_for(self, given: Shape) -> Shape:
        """Returns the target, with -1 replaced by what is left of samples of a shape.

        Raises: ValueError if they do not fill it.
        """
        wanted = math.prod(n for n in self.target_shape if n != -1)
        size = None if None in given else math.prod(given)  # type: ignore[arg-type]
        left = None if size is None else size // max(wanted, 1)
        sides = tuple(left if n == -1 else n for n in self.target_shape)
        if size is not None and math.prod(sides) != size:  # type: ignore[arg-type]
            raise ValueError(
                "The total size of the tensor must be unchanged. Received: "
                f"input_shape={given}, target_shape={self.target_shape}. Choose sizes "
                f"whose product is {size}; one of them may be -1."
            )
        return sides

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "target_shape": self.target_shape}


class Permute(Layer):
    """Puts the axes behind the batch axis into another order.

    Shapes: x (n, a, b) → y (n, b, a) for dims (2, 1); axes are counted from 1.
    Raises: ValueError unless dims has each axis once.
    """

    def __init__(self, dims: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dims = tuple(dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(
                "Permute takes each axis from 1 on once, such as dims=(2, 1). Received "
                f"dims={dims}"
            )
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, inputs: Tensor) -> Tensor:
        return contiguous(ops.transpose(inputs, (0, *self.dims)))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "dims": self.dims}


class RepeatVector(Layer):
    """Makes a sequence of n equal steps from a vector.

    Shapes: x (samples, features) → y (samples, n, features).
    Raises: TypeError or ValueError unless n is a positive integer.
    """

    def __init__(self, n: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.n = positive_integer(n, "n")
        self.input_spec = InputSpec(ndim=2)

    def call(self, inputs: Tensor) -> Tensor:
        return ops.tile(ops.expand_dims(inputs, 1), (1, self.n, 1))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "n": self.n}


def positive_integer(value: Any, name: str) -> int:
    """Returns an integer; refuses what is none, or not positive."""
    if not is_integer(value):
        raise TypeError(f"Expected an integer value for `{name}`, got {type(value)}.")
    if value <= 0:
        raise ValueError(
            f"Argument `{name}` should be a positive integer. Received: {name}={value}"
        )
    return int(value)
