"""Initial values that are the same every time: no random numbers."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from minikeras.initializers.initializer import Initializer
from minikeras.ops import functions as ops
from minikeras.values import Tensor
from minikeras.values.types import DType, TensorLike


class Zeros(Initializer):
    """Starts with zeros.

    >>> Zeros()((2,))
    Tensor([0. 0.], dtype=float32)
    """

    def __call__(self, shape: Sequence[int], dtype: DType | None = None) -> Tensor:
        return ops.zeros(shape, dtype=dtype)


class Ones(Initializer):
    """Starts with ones."""

    def __call__(self, shape: Sequence[int], dtype: DType | None = None) -> Tensor:
        return ops.ones(shape, dtype=dtype)


class Constant(Initializer):
    """Starts with `value`, a number or an array that broadcasts to the shape."""

    def __init__(self, value: TensorLike = 0.0) -> None:
        self.value = value

    def __call__(self, shape: Sequence[int], dtype: DType | None = None) -> Tensor:
        return ops.full(shape, self.value, dtype=dtype)

    def get_config(self) -> dict[str, Any]:
        value: Any = self.value
        if isinstance(value, (np.ndarray, np.generic, Tensor)):
            array = np.asarray(value)
            config = {"value": array.tolist(), "dtype": array.dtype.name}
            value = {"class_name": "__numpy__", "config": config}
        return {"value": value}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        value = config["value"]
        if isinstance(value, dict):
            value = np.array(value["config"]["value"], value["config"]["dtype"])
        return cls(value)


class Identity(Initializer):
    """Starts with `gain` on the diagonal of a matrix and zeros elsewhere.

    Raises: ValueError if the weight is no matrix.
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape: Sequence[int], dtype: DType | None = None) -> Tensor:
        if len(shape) != 2:
            raise ValueError(
                "Identity matrix initializer can only be used for 2D matrices. "
                "Received: "
                f"shape={tuple(shape)} of rank {len(shape)}."
            )
        rows, columns = shape
        eye = ops.eye(rows, columns, dtype=dtype)
        return ops.cast(ops.multiply(eye, self.gain), eye.dtype)

    def get_config(self) -> dict[str, Any]:
        return {"gain": self.gain}
