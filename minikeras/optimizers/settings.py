"""How an optimizer is set: its arguments, its learning rate, its configuration.

Separate from `optimizer`, which says what happens in a step.
"""

import re
import warnings
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Self, TypeAlias

import numpy as np

from minikeras.ops import functions as ops
from minikeras.optimizers import schedules
from minikeras.optimizers.schedules import LearningRateSchedule
from minikeras.optimizers.variables import OptimizerVariables
from minikeras.values.dtypes import floatx
from minikeras.values.naming import auto_name
from minikeras.values.tensor import Tensor
from minikeras.values.types import TensorLike
from minikeras.values.variable import Variable

LearningRate: TypeAlias = float | LearningRateSchedule | Callable[[], Any]

# The arguments that every optimizer has beside its learning rate.
SHARED = (
    "weight_decay",
    "clipnorm",
    "clipvalue",
    "global_clipnorm",
    "use_ema",
    "ema_momentum",
    "ema_overwrite_frequency",
    "loss_scale_factor",
    "gradient_accumulation_steps",
    "name",
)


class Phase(NamedTuple):
    """What a step does beside the usual, which depends on the count of steps.

    A recorded step does the same each time: so there is one for each phase.
    """

    updates: bool  # and does not only add up gradients
    first_averages: bool
    overwrites: bool  # the weights with their averages


class Asked:
    """The count of steps for which a phase was asked; no setting, for it changes."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count: int | None = None


class OptimizerSettings(OptimizerVariables):
    """Takes the arguments that all optimizers have, and says what they mean now.

    Raises: ValueError for arguments that are unknown or out of range.
    """

    def __init__(
        self,
        learning_rate: LearningRate,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__()
        refuse_unknown(type(self).__name__, kwargs)
        if [clipnorm, clipvalue, global_clipnorm].count(None) < 2:
            raise ValueError(
                "Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set; "
                f"got clipnorm={clipnorm}, clipvalue={clipvalue}, "
                f"global_clipnorm={global_clipnorm}."
            )
        if use_ema:
            if not 0 <= ema_momentum <= 1:
                raise ValueError(
                    f"`ema_momentum` must be in the range [0, 1]; got {ema_momentum}."
                )
            check_count("ema_overwrite_frequency", ema_overwrite_frequency, 1)
        check_count("gradient_accumulation_steps", gradient_accumulation_steps, 2)
        self.name = name or auto_name(type(self).__name__)
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self.use_ema = use_ema
        self.ema_momentum = ema_momentum
        self.ema_overwrite_frequency = ema_overwrite_frequency
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = gradient_accumulation_steps
        self.built = False
        self._asked = Asked()
        self._trainable_variables: list[Variable] = []
        self._not_decayed: set[int] = set()  # positions
        self._excluded_weights: list[Variable] = []
        self._excluded_names: list[str] = []
        self._iterations = self.add_variable((), "zeros", "int", name="iteration")
        self._learning_rate = self._kept(learning_rate)

    def _kept(
        self, learning_rate: LearningRate
    ) -> Variable | LearningRateSchedule | Callable[[], Any]:
        """Returns what keeps the learning rate: of a number a Variable.

        Raises: ValueError for what is neither a float nor can be called.
        """
        if callable(learning_rate):
            return learning_rate
        if not isinstance(learning_rate, float):
            raise ValueError(
                "Argument `learning_rate` should be float, a LearningRateSchedule or a "
                f"function without arguments; got {learning_rate!r}."
            )
        rate = Variable(
            np.array(learning_rate, floatx()), trainable=False, name="learning_rate"
        )
        return self._track(rate, f"{self.name}/learning_rate")

    def exclude_from_weight_decay(
        self,
        var_list: Iterable[Variable] | None = None,
        var_names: Iterable[str] | None = None,
    ) -> None:
        """Leaves weights out of weight decay: those listed, and those whose name one of
        `var_names`, a regular expression, is found in.

        May be called before or after `build`; each call replaces the one before.
        """
        self._excluded_weights = list(var_list or [])
        self._excluded_names = list(var_names or [])
        if self.built:
            self._find_positions()

    def _get_variable_index(self, variable: Variable) -> int:
        """Returns the place of a weight among those it was built for."""
        return self._weight_positions[id(variable)]

    def _find_positions(self) -> None:
        """Notes where weights are, by identity: == on Tensors is elementwise."""
        weights = self._trainable_variables
        self._weight_positions = {
            id(weight): place for place, weight in enumerate(weights)
        }
        listed = set(map(id, self._excluded_weights))
        self._not_decayed = {
            place
            for place, weight in enumerate(weights)
            if id(weight) in listed
            or any(re.search(name, weight.name) for name in self._excluded_names)
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Finds the weights again, which have other ids once copied or unpickled."""
        vars(self).update(state)
        if self.built:
            self._find_positions()

    # Numbers that change --------------------------------------------------------------

    @property
    def iterations(self) -> Tensor:
        """How many updates were made, as a 0-d Tensor."""
        if self.gradient_accumulation_steps:
            return ops.floor_divide(self._iterations, self.gradient_accumulation_steps)
        return self._iterations

    @property
    def learning_rate(self) -> Tensor:
        """The learning rate now: a 0-d Tensor, a Variable unless scheduled."""
        if isinstance(self._learning_rate, Variable):
            return self._learning_rate
        if isinstance(self._learning_rate, LearningRateSchedule):
            return ops.convert_to_tensor(self._learning_rate(self._iterations))
        int(self._iterations)  # a recording refuses this: a function is Python code
        return ops.convert_to_tensor(self._learning_rate())

    @learning_rate.setter
    def learning_rate(self, value: LearningRate | TensorLike) -> None:
        variable = self._learning_rate
        if callable(value):
            self._learning_rate = value
            if isinstance(variable, Variable):
                self._untrack(variable)
            return
        if not isinstance(variable, Variable):
            raise TypeError(
                "This optimizer was created with a learning-rate schedule, which "
                "decides its learning rate: it cannot be set to a number. Set another "
                "schedule, or make the optimizer with a float."
            )
        variable.assign(np.array(value, variable.dtype))

    def phase(self) -> Phase:
        """Returns what the next step does beside the usual.

        Whoever records a step asks before, and records it for this phase only.
        """
        self._asked.count = int(self._iterations.data)
        return self._phase_at(self._asked.count)

    def _phase_now(self) -> Phase:
        """Returns the phase of this step; one that is recorded must be known for it."""
        count = int(self._iterations.data)
        if self.has_phases() and count != self._asked.count:
            count = int(self._iterations)  # a recording refuses this, and names it
        return self._phase_at(count)

    def _phase_at(self, count: int) -> Phase:
        """Returns the phase of the step after so many."""
        steps = self.gradient_accumulation_steps or 1
        updates = count // steps
        frequency = self.ema_overwrite_frequency if self.use_ema else None
        return Phase(
            updates=(count + 1) % steps == 0,
            first_averages=self.use_ema and updates == 0,
            overwrites=bool(frequency) and (updates + 1) % (frequency or 1) == 0,
        )

    def has_phases(self) -> bool:
        """Whether steps differ in what they do, by the count of steps."""
        return bool(self.use_ema or self.gradient_accumulation_steps)

    def why_not_capturable(self) -> str | None:
        """Returns why a step cannot be recorded: it runs Python code. Else None."""
        rate = self._learning_rate
        if isinstance(rate, (Variable, LearningRateSchedule)):
            return None
        return (
            f"a step of {self.name} with a function as learning rate cannot be "
            "recorded: it is Python code, which may return something else each time"
        )

    def require_capturable(self) -> None:
        """Raises ValueError if a step runs code that a recording cannot."""
        reason = self.why_not_capturable()
        if reason is not None:
            raise ValueError(
                f"jit_compile=True: {reason}. Compile with jit_compile=False."
            )

    # Configuration --------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of the constructor."""
        rate: Any = self._learning_rate
        if isinstance(rate, Variable):
            rate = float(rate)
        elif isinstance(rate, LearningRateSchedule):
            rate = schedules.serialize(rate)
        return {
            "name": self.name,
            "learning_rate": rate,
            "weight_decay": self.weight_decay,
            "clipnorm": self.clipnorm,
            "global_clipnorm": self.global_clipnorm,
            "clipvalue": self.clipvalue,
            "use_ema": self.use_ema,
            "ema_momentum": self.ema_momentum,
            "ema_overwrite_frequency": self.ema_overwrite_frequency,
            "loss_scale_factor": self.loss_scale_factor,
            "gradient_accumulation_steps": self.gradient_accumulation_steps,
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> Self:
        """Makes an optimizer from what `get_config` returned."""
        config = dict(config)
        if isinstance(config.get("learning_rate"), dict):
            config["learning_rate"] = schedules.deserialize(
                config["learning_rate"], custom_objects
            )
        return cls(**config)


def shared(arguments: dict[str, Any]) -> dict[str, Any]:
    """Returns those of a constructor's arguments that all optimizers have.

    Every optimizer writes them out in its signature, as Keras does, and hands them on
    by this: `super().__init__(learning_rate, **shared(locals()))`.
    """
    return {name: arguments[name] for name in SHARED} | arguments["kwargs"]


def refuse_unknown(optimizer: str, kwargs: dict[str, Any]) -> None:
    """Raises ValueError for unknown arguments; warns of one that there was once."""
    if "decay" in kwargs:
        warnings.warn(
            "Argument `decay` is no longer supported and will be ignored; use a "
            "learning-rate schedule.",
            UserWarning,
            stacklevel=4,
        )
    unknown = {name: value for name, value in kwargs.items() if name != "decay"}
    if unknown:
        hint = " Is it learning_rate that is meant?" if "lr" in unknown else ""
        raise ValueError(f"Argument(s) not recognized by {optimizer}: {unknown}.{hint}")


def check_count(name: str, value: int | None, least: int) -> None:
    """Refuses what is no integer of at least `least`; None and 0 are no value."""
    if value and (not isinstance(value, int) or value < least):
        raise ValueError(
            f"`{name}` must be an integer of at least {least} or None; got {value!r}."
        )
