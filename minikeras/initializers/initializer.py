"""What all initializers are: functions from a shape to the first values of a weight."""

from collections.abc import Sequence
from typing import Any, Self

from minikeras.values import Tensor
from minikeras.values.types import DType


class Initializer:
    """Makes the initial values of a weight: `initializer(shape, dtype=None)` → Tensor.

    A subclass defines `__call__`, and `get_config` if it has arguments.
    """

    def __call__(self, shape: Sequence[int], dtype: DType | None = None) -> Tensor:
        raise NotImplementedError(
            f"{type(self).__name__} defines no __call__(shape, dtype=None)."
        )

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that make an equal initializer."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Makes an initializer from what `get_config` returned."""
        return cls(**config)

    def clone(self) -> Self:
        """Returns an initializer with the same arguments."""
        return type(self).from_config(self.get_config())
