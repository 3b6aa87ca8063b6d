"""Learning rates that change with the number of steps."""

import math
from collections.abc import Sequence
from typing import Any, Self

from minikeras.ops import functions as ops
from minikeras.saving.objects import deserialize_object, serialize_object
from minikeras.values.tensor import Tensor


class LearningRateSchedule:
    """A function from the number of the step to a learning rate.

    A subclass defines `__call__(step)`, with a 0-d integer Tensor, by operations on
    Tensors; what it needs to know is in `__init__` and `get_config`.
    """

    def __call__(self, step: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} defines no __call__(step).")

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of the constructor."""
        raise NotImplementedError(f"{type(self).__name__} defines no get_config().")

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Makes a schedule from what `get_config` returned."""
        return cls(**config)


class ExponentialDecay(LearningRateSchedule):
    """η(t) = η₀ · rate^(t / steps); with `staircase` the exponent is rounded down.

    Raises: ValueError if decay_steps is not positive.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ) -> None:
        check_positive("decay_steps", decay_steps)
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step: Any) -> Tensor:
        exponent = periods(step, self.decay_steps, self.staircase)
        return ops.power(float(self.decay_rate), exponent) * self.initial_learning_rate

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "decay_rate": self.decay_rate,
            "staircase": self.staircase,
            "name": self.name,
        }


class InverseTimeDecay(LearningRateSchedule):
    """η(t) = η₀ / (1 + rate · t / steps); with `staircase` t / steps is rounded down.

    Raises: ValueError if decay_steps is not positive.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str = "InverseTimeDecay",
    ) -> None:
        check_positive("decay_steps", decay_steps)
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step: Any) -> Tensor:
        passed = periods(step, self.decay_steps, self.staircase)
        return float(self.initial_learning_rate) / (
            1.0 + float(self.decay_rate) * passed
        )

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "decay_rate": self.decay_rate,
            "staircase": self.staircase,
            "name": self.name,
        }


class PolynomialDecay(LearningRateSchedule):
    """A power of the time that is left, from η₀ down to η₁.

        η(t) = (η₀ - η₁) (1 - t / steps)^power + η₁,   t up to decay_steps

    With `cycle`, steps is the next multiple of decay_steps: the rate rises again after
    each, less high.

    Raises: ValueError if decay_steps is not positive.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        check_positive("decay_steps", decay_steps)
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.end_learning_rate = end_learning_rate
        self.power = power
        self.cycle = cycle
        self.name = name

    def __call__(self, step: Any) -> Tensor:
        step, steps = ops.cast(step, "float32"), float(self.decay_steps)
        if self.cycle:
            done = step / (steps * ops.maximum(ops.ceil(step / steps), 1.0))
        else:
            done = ops.minimum(step, steps) / steps
        span = self.initial_learning_rate - self.end_learning_rate
        return ops.power(1.0 - done, float(self.power)) * span + self.end_learning_rate

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "end_learning_rate": self.end_learning_rate,
            "power": self.power,
            "cycle": self.cycle,
            "name": self.name,
        }


class PiecewiseConstantDecay(LearningRateSchedule):
    """values[i] up to and including boundaries[i], the last value beyond.

    Raises: ValueError unless there is one value more than boundaries.
    """

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

    Raises: ValueError if decay_steps is not positive.
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
        check_positive("decay_steps", decay_steps)
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
        return ((1.0 - self.alpha) * half_cosine(done) + self.alpha) * float(rate)

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "alpha": self.alpha,
            "name": self.name,
            "warmup_target": self.warmup_target,
            "warmup_steps": self.warmup_steps,
        }


class CosineDecayRestarts(LearningRateSchedule):
    """Half a cosine from η₀ down to α·η₀, and from the top again.

        η(t) = η₀ (α + (1 - α) mⁱ (1 + cos(π f)) / 2)

    f is how much of period i is over.  The first has first_decay_steps, each one
    `t_mul` times the steps of that before, and starts `m_mul` times as high.

    Raises: ValueError if first_decay_steps is not positive.
    Source: Loshchilov & Hutter, SGDR (2017).
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: int,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ) -> None:
        check_positive("first_decay_steps", first_decay_steps)
        self.initial_learning_rate = initial_learning_rate
        self.first_decay_steps = first_decay_steps
        self.t_mul = t_mul
        self.m_mul = m_mul
        self.alpha = alpha
        self.name = name

    def __call__(self, step: Any) -> Tensor:
        done = periods(step, self.first_decay_steps)
        factor = float(self.t_mul)
        if factor == 1.0:
            period = ops.floor(done)
            done = done - period
        else:
            # Periods 0 … i - 1 last (1 - factorⁱ) / (1 - factor) first ones together.
            passed = 1.0 - done * (1.0 - factor)
            period = ops.floor(ops.log(passed) / math.log(factor))
            length = ops.power(factor, period)
            done = (done - (1.0 - length) / (1.0 - factor)) / length
        height = ops.power(float(self.m_mul), period) * half_cosine(done)
        decayed = (1.0 - self.alpha) * height + self.alpha
        return decayed * float(self.initial_learning_rate)

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "first_decay_steps": self.first_decay_steps,
            "t_mul": self.t_mul,
            "m_mul": self.m_mul,
            "alpha": self.alpha,
            "name": self.name,
        }


def periods(step: Any, steps: int, whole: bool = False) -> Tensor:
    """Returns step / steps in float32, rounded down if it counts `whole` periods."""
    passed = ops.cast(step, "float32") / float(steps)
    return ops.floor(passed) if whole else passed


def half_cosine(done: Tensor) -> Tensor:
    """Returns (1 + cos(π f)) / 2: from 1 at f = 0 to 0 at f = 1."""
    return 0.5 * (1.0 + ops.cos(math.pi * done))


def check_positive(name: str, value: float) -> None:
    """Raises ValueError for a number of steps that is not above 0."""
    if value <= 0:
        raise ValueError(f"`{name}` must be positive; got {value}.")


SCHEDULES = {
    cls.__name__: cls
    for cls in (
        ExponentialDecay,
        PiecewiseConstantDecay,
        PolynomialDecay,
        InverseTimeDecay,
        CosineDecay,
        CosineDecayRestarts,
    )
}


def serialize(learning_rate_schedule: LearningRateSchedule) -> dict[str, Any]:
    """Returns the configuration of a schedule."""
    return serialize_object("optimizers.schedules", learning_rate_schedule)


def deserialize(
    config: dict[str, Any], custom_objects: dict[str, Any] | None = None
) -> Any:
    """Makes a schedule from its configuration.

    Raises: ValueError for a class that is neither ours nor in `custom_objects`.
    """
    return deserialize_object(config, SCHEDULES, "schedule", custom_objects)
