"""Learning rates that change with the number of steps."""

import math
from collections.abc import Sequence
from typing import Any, Self

from minikeras import ops
from minikeras.values.tensor import Tensor


class LearningRateSchedule:
    """A function from the number of the step to a learning rate.

    A subclass defines `__call__(step)`, with a 0-d integer Tensor, by operations on
    Tensors; what it needs to know is in `__init__` and `get_config`.
    """

    def __call__(self, step: Any) -> Tensor:
        raise NotImplementedError(f"{type(self).__name__} defines no __call__(step).")

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of the constructor."""
        raise NotImplementedError(f"{type(self).__name__} defines no get_config().")

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Makes a schedule from what `get_config` returned."""
        return cls(**config)

    def serialize(self) -> dict[str, Any]:
        """Returns the config with the name of the class."""
        return {
            "module": "keras.optimizers.schedules",
            "class_name": type(self).__name__,
            "config": self.get_config(),
            "registered_name": None,
        }

    @staticmethod
    def deserialize(config: dict[str, Any]) -> "LearningRateSchedule":
        """Makes a schedule from what `serialize` returned.

        Raises: ValueError for a class that is none of ours.
        """
        name = config["class_name"]
        if name not in SCHEDULES:
            raise ValueError(
                f"Unknown schedule {name!r}; known are {', '.join(sorted(SCHEDULES))}."
            )
        return SCHEDULES[name].from_config(config["config"])


class ExponentialDecay(LearningRateSchedule):
    """η(t) = η₀ · rate^(t / steps); with `staircase` the exponent is rounded down."""

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ) -> None:
        if decay_steps <= 0:
            raise ValueError(f"`decay_steps` must be positive; got {decay_steps}.")
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step: Any) -> Tensor:
        exponent = ops.cast(step, "float32") / float(self.decay_steps)
        if self.staircase:
            exponent = ops.floor(exponent)
        return ops.power(float(self.decay_rate), exponent) * self.initial_learning_rate

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "decay_rate": self.decay_rate,
            "staircase": self.staircase,
            "name": self.name,
        }


class PiecewiseConstantDecay(LearningRateSchedule):
    """values[i] up to and including boundaries[i], the last value beyond."""

    def __init__(
        self,
        boundaries: Sequence[float],
        values: Sequence[float],
        name: str = "PiecewiseConstant",
    ) -> None:
        if len(boundaries) != len(values) - 1:
            raise ValueError(
                "There must be one boundary less than values; got "
                f"{len(boundaries)} boundaries and {len(values)} values."
            )
        self.boundaries = list(boundaries)
        self.values = list(values)
        self.name = name

    def __call__(self, step: Any) -> Tensor:
        step = ops.cast(step, "float32")
        rate = ops.full((), float(self.values[-1]), dtype="float32")
        for boundary, value in zip(
            reversed(self.boundaries), reversed(self.values[:-1]), strict=True
        ):
            rate = ops.where(step <= float(boundary), float(value), rate)
        return rate

    def get_config(self) -> dict[str, Any]:
        return {"boundaries": self.boundaries, "values": self.values, "name": self.name}


class CosineDecay(LearningRateSchedule):
    """Half a cosine from η₀ down to α·η₀, after a linear warm-up if asked.

        η(t) = η₀ (α + (1 - α) (1 + cos(π t / steps)) / 2),   t up to decay_steps

    With `warmup_target` the rate first rises from η₀ to it over `warmup_steps`, and
    then decays from there, over `decay_steps` more.
    Source: Loshchilov & Hutter, SGDR (2017).
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: int = 0,
    ) -> None:
        if decay_steps <= 0:
            raise ValueError(f"`decay_steps` must be positive; got {decay_steps}.")
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.alpha = alpha
        self.name = name
        self.warmup_target = warmup_target
        self.warmup_steps = warmup_steps

    def __call__(self, step: Any) -> Tensor:
        step = ops.cast(step, "float32")
        if self.warmup_target is None:
            return self._decayed(step, self.initial_learning_rate)
        start, target = self.initial_learning_rate, self.warmup_target
        warming = start + (target - start) * step / float(max(self.warmup_steps, 1))
        decayed = self._decayed(step - float(self.warmup_steps), target)
        return ops.where(step < float(self.warmup_steps), warming, decayed)

    def _decayed(self, step: Any, rate: float) -> Tensor:
        done = ops.minimum(step, float(self.decay_steps)) / float(self.decay_steps)
        cosine = 0.5 * (1.0 + ops.cos(math.pi * done))
        return ((1.0 - self.alpha) * cosine + self.alpha) * float(rate)

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "alpha": self.alpha,
            "name": self.name,
            "warmup_target": self.warmup_target,
            "warmup_steps": self.warmup_steps,
        }


SCHEDULES = {
    cls.__name__: cls for cls in (ExponentialDecay, PiecewiseConstantDecay, CosineDecay)
}
