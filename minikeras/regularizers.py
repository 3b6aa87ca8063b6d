"""Regularizers: what a weight costs beside its part in the loss."""

import math
from collections.abc import Callable
from typing import Any, Self

from minikeras.ops import functions as ops
from minikeras.saving.objects import deserialize_object, serialize_object, unknown
from minikeras.saving.registry import get_registered_object
from minikeras.values.naming import snake_case
from minikeras.values.tensor import Tensor
from minikeras.values.types import Identifier, TensorLike


class Regularizer:
    """Says what an array costs: `regularizer(x)` → one number, here 0.

    A subclass defines `__call__`, and `get_config`, which it is saved by.
    """

    def __call__(self, x: TensorLike) -> Tensor | float:
        return 0.0

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that make an equal regularizer."""
        raise NotImplementedError(f"{type(self).__name__} defines no get_config().")

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Makes a regularizer from what `get_config` returned."""
        return cls(**config)


class L1(Regularizer):
    """Costs l1 · Σ |x|, which makes small weights zero.

    Raises: ValueError if l1 is negative or not finite.
    Source: Tibshirani, Regression shrinkage and selection via the lasso (1996).
    """

    def __init__(self, l1: float | None = 0.01) -> None:
        self.l1 = checked_factor("l1", l1, 0.01)

    def __call__(self, x: TensorLike) -> Tensor:
        return ops.multiply(self.l1, ops.sum(ops.abs(x)))

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1}


class L2(Regularizer):
    """Costs l2 · Σ x², which keeps weights small.

    >>> L2(0.01)([1.0] * 6)
    Tensor(0.06, dtype=float32)

    Raises: ValueError if l2 is negative or not finite.
    Source: Krogh and Hertz, A simple weight decay can improve generalization (1991).
    """

    def __init__(self, l2: float | None = 0.01) -> None:
        self.l2 = checked_factor("l2", l2, 0.01)

    def __call__(self, x: TensorLike) -> Tensor:
        return ops.multiply(self.l2, ops.sum(ops.square(x)))

    def get_config(self) -> dict[str, Any]:
        return {"l2": self.l2}


class L1L2(Regularizer):
    """Costs l1 · Σ |x| + l2 · Σ x².

    Raises: ValueError if a factor is negative or not finite.
    Source: Zou and Hastie, Regularization and variable selection via the elastic net
    (2005).
    """

    def __init__(self, l1: float | None = 0.0, l2: float | None = 0.0) -> None:
        self.l1 = checked_factor("l1", l1, 0.0)
        self.l2 = checked_factor("l2", l2, 0.0)

    def __call__(self, x: TensorLike) -> Tensor:
        cost = ops.zeros((), dtype=ops.dtype(x))
        if self.l1:
            cost = ops.add(cost, ops.multiply(self.l1, ops.sum(ops.abs(x))))
        if self.l2:
            cost = ops.add(cost, ops.multiply(self.l2, ops.sum(ops.square(x))))
        return cost

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1, "l2": self.l2}


class OrthogonalRegularizer(Regularizer):
    """Costs factor · the mean |cosine| between two rows, or two columns, of a matrix.

        factor · Σ_{i<j} |r_i · r_j| / (n (n - 1) / 2),   r_i = the rows, of length 1

    A single row has no other to be compared with, and costs nothing.

    mode: "rows" or "columns".  Shapes: x (n, m) → ().
    Raises: ValueError for another mode, for a factor that is negative or not finite,
    and if x is no matrix.
    """

    def __init__(self, factor: float = 0.01, mode: str = "rows") -> None:
        if mode not in ("rows", "columns"):
            raise ValueError(
                "Argument `mode` must be 'rows' or 'columns'. Received: mode="
                + repr(mode)
            )
        self.factor = checked_factor("factor", factor)
        self.mode = mode

    def __call__(self, x: TensorLike) -> Tensor:
        if len(ops.shape(x)) != 2:
            raise ValueError(
                "Inputs to OrthogonalRegularizer must have rank 2. Received: "
                f"inputs.shape={ops.shape(x)}"
            )
        rows = x if self.mode == "rows" else ops.transpose(x)
        rows = ops.normalize(rows, axis=1)
        cosines = ops.matmul(rows, ops.transpose(rows))
        count = ops.shape(rows)[0]
        others = ops.multiply(
            cosines, ops.subtract(1.0, ops.eye(count, dtype=cosines.dtype))
        )
        pairs = max(count * (count - 1) / 2.0, 1.0)  # of a single row there is none
        # Each pair is in the matrix twice.
        return ops.divide(
            ops.multiply(0.5 * self.factor, ops.sum(ops.abs(others))), pairs
        )

    def get_config(self) -> dict[str, Any]:
        return {"factor": self.factor, "mode": self.mode}


def checked_factor(
    name: str, value: float | None, default: float | None = None
) -> float:
    """Returns a factor as a float; the default for None, if there is one.

    Raises: ValueError if it is negative or not finite.
    """
    if value is None and default is not None:
        return default
    if not isinstance(value, (int, float)) or not 0 <= value < math.inf:
        raise ValueError(
            f"Invalid value for argument {name}: expected a non-negative float. "
            f"Received: {name}={value}"
        )
    return float(value)


# Keras's older names for the same classes.
l1 = L1
l2 = L2
l1_l2 = L1L2
orthogonal_regularizer = OrthogonalRegularizer

CLASSES = {
    cls.__name__: cls for cls in (Regularizer, L1, L2, L1L2, OrthogonalRegularizer)
}
NAMES = {**CLASSES, **{snake_case(name): cls for name, cls in CLASSES.items()}}


def get(identifier: Identifier | None) -> Any:
    """Returns a regularizer, given by name, configuration, class, or as it is.

    A function array → number serves as it is.

    Raises: ValueError if there is none of that name.
    """
    if identifier is None:
        return None
    if isinstance(identifier, (str, dict)):
        return deserialize(identifier)
    if isinstance(identifier, type):
        return identifier()
    if callable(identifier):
        return identifier
    raise unknown(identifier, "regularizer", NAMES)


def serialize(regularizer: Callable[..., Any] | None) -> dict[str, Any] | None:
    """Returns the configuration of a regularizer; None for None."""
    return regularizer and serialize_object("regularizers", regularizer)


def deserialize(
    config: str | dict[str, Any], custom_objects: dict[str, Any] | None = None
) -> Any:
    """Makes a regularizer from its configuration, or its name."""
    if isinstance(config, str):
        found = get_registered_object(config, custom_objects, NAMES)
        if found is None:
            raise unknown(config, "regularizer", NAMES)
        return get(found)
    return deserialize_object(config, NAMES, "regularizer", custom_objects)
