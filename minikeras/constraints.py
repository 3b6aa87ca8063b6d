"""Constraints: where a weight is put back to after each step of the optimizer."""

from collections.abc import Callable
from typing import Any, Self

from minikeras import config
from minikeras.ops import functions as ops
from minikeras.saving.objects import deserialize_object, serialize_object, unknown
from minikeras.saving.registry import get_registered_object
from minikeras.values.naming import snake_case
from minikeras.values.tensor import Tensor
from minikeras.values.types import Axis, Identifier, TensorLike


class Constraint:
    """Puts a weight back where it may be: `constraint(w)` → the new w, here the same.

    A subclass defines `__call__`, and `get_config` if it has arguments.
    """

    def __call__(self, w: TensorLike) -> TensorLike:
        return w

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that make an equal constraint."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Makes a constraint from what `get_config` returned."""
        return cls(**config)


class MaxNorm(Constraint):
    """Shortens the vectors along `axis` that are longer than `max_value`.

        w ← w · min(‖w‖, max_value) / (‖w‖ + ε)

    Source: Srivastava et al., Dropout (2014), section 5.1.
    """

    def __init__(self, max_value: float = 2, axis: Axis = 0) -> None:
        self.max_value = max_value
        self.axis = axis

    def __call__(self, w: TensorLike) -> Tensor:
        length = lengths(w, self.axis)
        return rescaled(w, ops.clip(length, 0, self.max_value), length)

    def get_config(self) -> dict[str, Any]:
        return {"max_value": self.max_value, "axis": self.axis}


class MinMaxNorm(Constraint):
    """Moves the lengths of the vectors along `axis` into [min_value, max_value].

    w ← w · (rate · clip(‖w‖, min_value, max_value) + (1 - rate) ‖w‖) / (‖w‖ + ε)
    """

    def __init__(
        self,
        min_value: float = 0.0,
        max_value: float = 1.0,
        rate: float = 1.0,
        axis: Axis = 0,
    ) -> None:
        self.min_value = min_value
        self.max_value = max_value
        self.rate = rate
        self.axis = axis

    def __call__(self, w: TensorLike) -> Tensor:
        length = lengths(w, self.axis)
        wanted = ops.add(
            ops.multiply(self.rate, ops.clip(length, self.min_value, self.max_value)),
            ops.multiply(1 - self.rate, length),
        )
        return rescaled(w, wanted, length)

    def get_config(self) -> dict[str, Any]:
        return {
            "min_value": self.min_value,
            "max_value": self.max_value,
            "rate": self.rate,
            "axis": self.axis,
        }


class NonNeg(Constraint):
    """Makes negative numbers zero."""

    def __call__(self, w: TensorLike) -> Tensor:
        return ops.maximum(w, 0.0)


class UnitNorm(Constraint):
    """Makes the vectors along `axis` one long: w ← w / (‖w‖ + ε)."""

    def __init__(self, axis: Axis = 0) -> None:
        self.axis = axis

    def __call__(self, w: TensorLike) -> Tensor:
        return ops.divide(w, ops.add(config.epsilon(), lengths(w, self.axis)))

    def get_config(self) -> dict[str, Any]:
        return {"axis": self.axis}


def lengths(w: TensorLike, axis: Axis) -> Tensor:
    """Returns the lengths of the vectors along one axis or several."""
    return ops.sqrt(ops.sum(ops.square(w), axis=axis, keepdims=True))


def rescaled(w: TensorLike, wanted: Tensor, length: Tensor) -> Tensor:
    """Returns w with other lengths; ε keeps a vector of zeros what it is."""
    return ops.multiply(w, ops.divide(wanted, ops.add(config.epsilon(), length)))


# Keras's older names for the same classes.
max_norm = MaxNorm
min_max_norm = MinMaxNorm
non_neg = NonNeg
unit_norm = UnitNorm

CLASSES = {
    cls.__name__: cls for cls in (Constraint, MaxNorm, MinMaxNorm, NonNeg, UnitNorm)
}
NAMES = {**CLASSES, **{snake_case(name): cls for name, cls in CLASSES.items()}}


def get(identifier: Identifier | None) -> Any:
    """Returns a constraint, given by name, configuration, class, or as it is.

    A function array → array serves as it is.

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
    raise unknown(identifier, "constraint", NAMES)


def serialize(constraint: Callable[..., Any] | None) -> dict[str, Any] | None:
    """Returns the configuration of a constraint; None for None."""
    return constraint and serialize_object("constraints", constraint)


def deserialize(
    config: str | dict[str, Any], custom_objects: dict[str, Any] | None = None
) -> Any:
    """Makes a constraint from its configuration, or its name."""
    if isinstance(config, str):
        found = get_registered_object(config, custom_objects, NAMES)
        if found is None:
            raise unknown(config, "constraint", NAMES)
        return get(found)
    return deserialize_object(config, NAMES, "constraint", custom_objects)
