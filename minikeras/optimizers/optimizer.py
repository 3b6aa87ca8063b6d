"""What all optimizers share: the learning rate, the counter, the order of a step."""

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Self, TypeAlias

import numpy as np

from minikeras import ops
from minikeras.autograd.recording import no_grad
from minikeras.autograd.value import Value
from minikeras.optimizers.schedules import LearningRateSchedule
from minikeras.saving.saveable import Saveable
from minikeras.values.naming import auto_name
from minikeras.values.tensor import Tensor, as_array
from minikeras.values.variable import Variable

LearningRate: TypeAlias = float | LearningRateSchedule | Callable[[], Any]


class WeightGradient(NamedTuple):
    """A gradient, as an array, with its weight and the weight's position."""

    position: int
    weight: Variable
    gradient: Any


class Optimizer(Saveable):
    """Changes weights along their gradients.

    A subclass says in `build` which slots it keeps for each weight, and in `update`
    what it does with one weight and its gradient.  Around that, `apply` goes in this
    order: accumulate over `gradient_accumulation_steps`, undo loss scaling, clip, decay
    the weights, update, average, constrain, count.  `update` works on plain arrays, in
    place: a subclass written for Keras's `update_step` has to be rewritten for it.

    `learning_rate` is a float, a LearningRateSchedule, or a function without arguments.
    At most one of `clipnorm` (of each gradient), `clipvalue` (of each element) and
    `global_clipnorm` (of all gradients together) may be set.

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
        if "decay" in kwargs:
            warnings.warn(
                "Argument `decay` is no longer supported and will be ignored; use a "
                "learning-rate schedule.",
                UserWarning,
                stacklevel=3,
            )
            del kwargs["decay"]
        if kwargs:
            raise ValueError(
                f"Argument(s) not recognized by {type(self).__name__}: {kwargs}"
            )
        if sum(bool(clip) for clip in (clipnorm, clipvalue, global_clipnorm)) > 1:
            raise ValueError(
                "Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set; "
                f"got clipnorm={clipnorm}, clipvalue={clipvalue}, "
                f"global_clipnorm={global_clipnorm}."
            )
        if use_ema and not 0 <= ema_momentum <= 1:
            raise ValueError(
                f"`ema_momentum` must be in the range [0, 1]; got {ema_momentum}."
            )
        check_positive("ema_overwrite_frequency", ema_overwrite_frequency, 1)
        check_positive("gradient_accumulation_steps", gradient_accumulation_steps, 2)
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
        self._not_decayed: set[int] = set()  # positions
        self._excluded_weights: list[Variable] = []
        self._excluded_names: list[str] = []
        self._own_variables: list[Variable] = []
        self._iterations = self._own_variable(np.array(0, "int32"), "iteration")
        self._schedule: LearningRateSchedule | Callable[[], Any] | None = None
        if isinstance(learning_rate, float):
            rate = np.array(learning_rate, "float32")
            self._learning_rate = self._own_variable(rate, "learning_rate")
        elif callable(learning_rate):
            self._schedule = learning_rate
        else:
            raise ValueError(
                "Argument `learning_rate` should be float, a LearningRateSchedule or a "
                f"callable; got {learning_rate!r}."
            )

    # State ----------------------------------------------------------------------------

    def build(self, variables: Sequence[Variable]) -> None:
        """Creates the slots for the weights; a subclass extends it."""
        self._weights = list(variables)
        self._find_positions()
        self._find_not_decayed()
        if self.use_ema:
            self._averages = self.add_slots("average")
        if self.gradient_accumulation_steps:
            self._accumulated = self.add_slots("gradient_accumulator")
        self.built = True

    def _find_positions(self) -> None:
        """Notes the place of each weight by identity: == on Tensors is elementwise."""
        self._position = {id(weight): i for i, weight in enumerate(self._weights)}

    def _find_not_decayed(self) -> None:
        """Notes the places of the weights that exclude_from_weight_decay spoke of."""
        listed = set(map(id, self._excluded_weights))
        self._not_decayed = {
            position
            for position, weight in enumerate(self._weights)
            if id(weight) in listed
            or any(name in weight.path for name in self._excluded_names)
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Finds the weights again, which have other ids once copied or unpickled."""
        vars(self).update(state)
        if self.built:
            self._find_positions()

    def add_slots(self, name: str) -> list[Variable]:
        """Returns a new Variable of zeros for every weight, in order."""
        return [self.add_slot(weight, name) for weight in self._weights]

    def add_slot(self, weight: Variable, name: str) -> Variable:
        """Returns a new Variable of zeros, of a weight's shape and dtype."""
        zeros = np.zeros(weight.shape, weight.dtype)
        return self._own_variable(zeros, f"{weight.path.replace('/', '_')}_{name}")

    def _own_variable(self, value: np.ndarray, name: str) -> Variable:
        variable = Variable(value, trainable=False, name=name)
        variable.path = f"{self.name}/{name}"
        self._own_variables.append(variable)
        return variable

    @property
    def variables(self) -> list[Variable]:
        """All Variables: the counter, the learning rate, then the slots."""
        return list(self._own_variables)

    @property
    def iterations(self) -> Tensor:
        """How many updates were made, as a 0-d Tensor."""
        if self.gradient_accumulation_steps:
            return ops.floor_divide(self._iterations, self.gradient_accumulation_steps)
        return self._iterations

    @property
    def learning_rate(self) -> Tensor:
        """The learning rate now: a 0-d float32 Tensor, a Variable unless scheduled."""
        if self._schedule is None:
            return self._learning_rate
        if isinstance(self._schedule, LearningRateSchedule):
            return self._schedule(self._iterations)
        return ops.convert_to_tensor(self._schedule(), dtype="float32")

    @learning_rate.setter
    def learning_rate(self, value: LearningRate | Tensor) -> None:
        if callable(value):
            self._schedule = value
            return
        if self._schedule is not None:
            raise TypeError(
                "This optimizer was created with a learning-rate schedule, which "
                "decides its learning rate: it cannot be set."
            )
        self._learning_rate.assign(np.array(value, "float32"))

    def why_not_capturable(self) -> str | None:
        """Returns why a step cannot be recorded: it looks at numbers. Else None."""
        reasons = {
            "use_ema": self.use_ema,
            "gradient_accumulation_steps": self.gradient_accumulation_steps,
            "a function as learning rate": self._schedule is not None
            and not isinstance(self._schedule, LearningRateSchedule),
        }
        for reason, given in reasons.items():
            if given:
                return (
                    f"a step of {self.name} with {reason} cannot be recorded: what it "
                    "does depends on a count or on Python code"
                )
        return None

    def require_capturable(self) -> None:
        """Raises ValueError if a step looks at numbers, which a recording cannot do."""
        reason = self.why_not_capturable()
        if reason is not None:
            raise ValueError(
                f"jit_compile=True: {reason}. Compile with jit_compile=False."
            )

    # One step -------------------------------------------------------------------------

    def update(
        self,
        weight: np.ndarray,
        gradient: np.ndarray,
        learning_rate: np.ndarray,
        position: int,
    ) -> None:
        """Changes one weight, given as arrays; `position` finds its slots."""
        raise NotImplementedError(
            f"{type(self).__name__} defines no update(weight, gradient, learning_rate, "
            "position)."
        )

    def apply(
        self,
        grads: Sequence[Any],
        trainable_variables: Sequence[Variable] | None = None,
    ) -> None:
        """Runs one step with one gradient per weight; None leaves a weight as it is.

        Raises: ValueError if there is no gradient at all, or a weight that this
        optimizer was not built for.
        """
        if not len(grads):
            return
        if trainable_variables is None:
            if not self.built:
                raise ValueError(
                    "Call `apply(grads, trainable_variables)` with the weights, or "
                    "`build(trainable_variables)` first."
                )
            trainable_variables = self._weights
        if not self.built:
            self.build(trainable_variables)
        pairs = self._with_gradients(grads, trainable_variables)
        with no_grad():
            if self.gradient_accumulation_steps:
                pairs = self._accumulate(pairs, self.gradient_accumulation_steps)
            if pairs:
                self._step(pairs)
            if self.use_ema:
                self._update_averages()
            if pairs:
                self._constrain(pairs)
        k = Tensor.active.kernels
        k.assign_add(self._iterations.data, k.full(shape=(), value=1, dtype="int32"))

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Variable]]) -> None:
        """Runs one step, given pairs (gradient, weight)."""
        grads, variables = zip(*grads_and_vars, strict=True)
        self.apply(list(grads), list(variables))

    def _with_gradients(
        self, grads: Sequence[Any], variables: Sequence[Variable]
    ) -> list[WeightGradient]:
        """Returns the gradients that there are, as arrays of their weights' dtypes."""
        pairs = []
        missing = []
        for gradient, weight in zip(grads, variables, strict=True):
            if gradient is None:
                missing.append(weight.path)
                continue
            if id(weight) not in self._position:
                raise ValueError(
                    f"Unknown variable {weight.path}: this optimizer was built for "
                    "other weights. Make a new optimizer, or call build() with all "
                    "of them."
                )
            data = gradient.data if isinstance(gradient, Value) else as_array(gradient)
            if data.shape != weight.data.shape:
                raise ValueError(
                    f"The gradient of {weight.path} must have the shape of the weight, "
                    f"{weight.shape}; got {data.shape}."
                )
            if data.dtype != weight.data.dtype:
                data = Tensor.active.kernels.cast(data, dtype=weight.dtype)
            position = self._position[id(weight)]
            pairs.append(WeightGradient(position, weight, data))
        if not pairs:
            raise ValueError(
                "No gradients provided for any variable: does the loss depend on "
                "the weights?"
            )
        if missing:
            warnings.warn(
                f"Gradients do not exist for variables {missing} when minimizing the "
                "loss.",
                UserWarning,
                stacklevel=4,
            )
        return pairs

    def _step(self, pairs: list[WeightGradient]) -> None:
        """Changes all weights that have a gradient."""
        k = Tensor.active.kernels
        if self.loss_scale_factor:
            scale = float(self.loss_scale_factor)
            pairs = [
                WeightGradient(position, weight, k.divide(gradient, scale))
                for position, weight, gradient in pairs
            ]
        if self.clipnorm or self.clipvalue or self.global_clipnorm:
            pairs = self._clip(pairs)
        learning_rate = self.learning_rate.data
        for position, weight, gradient in pairs:
            if self.weight_decay and position not in self._not_decayed:
                k.decay_update(weight.data, learning_rate, rate=self.weight_decay)
            self.update(weight.data, gradient, learning_rate, position)
            weight.touch()

    def _clip(self, pairs: list[WeightGradient]) -> list[WeightGradient]:
        """Returns the pairs with bounded gradients."""
        grads = [Tensor.wrap(gradient) for _, _, gradient in pairs]
        if self.clipvalue:
            grads = [ops.clip(grad, -self.clipvalue, self.clipvalue) for grad in grads]
        elif self.clipnorm:
            grads = [
                clip_by_norm(grad, norm_of([grad]), self.clipnorm) for grad in grads
            ]
        elif self.global_clipnorm:
            norm = norm_of(grads)
            grads = [clip_by_norm(grad, norm, self.global_clipnorm) for grad in grads]
        return [
            WeightGradient(position, weight, grad.data)
            for (position, weight, _), grad in zip(pairs, grads, strict=True)
        ]

    def _accumulate(
        self, pairs: list[WeightGradient], steps: int
    ) -> list[WeightGradient]:
        """Adds up gradients; returns their means every so many steps, else nothing."""
        k = Tensor.active.kernels
        if (int(self._iterations) + 1) % steps:
            for position, _, gradient in pairs:
                k.assign_add(self._accumulated[position].data, gradient)
            return []
        means = []
        for position, weight, gradient in pairs:
            total = self._accumulated[position].data
            mean = k.divide(k.add(total, gradient), float(steps))
            means.append(WeightGradient(position, weight, mean))
            k.assign(total, k.zeros_like(total))
        return means

    def _update_averages(self) -> None:
        """Moves the moving averages of all weights; the first time it copies them."""
        k = Tensor.active.kernels
        count = int(self.iterations)
        momentum = self.ema_momentum if count else 0.0
        for weight, average in zip(self._weights, self._averages, strict=True):
            k.average_update(average.data, weight.data, momentum=momentum)
        if (
            self.ema_overwrite_frequency
            and (count + 1) % self.ema_overwrite_frequency == 0
        ):
            self._use_averages(self._weights)

    def _use_averages(self, variables: Iterable[Variable]) -> None:
        for weight in variables:
            weight.assign(self._averages[self._position[id(weight)]])

    def _constrain(self, pairs: list[WeightGradient]) -> None:
        for _, weight, _ in pairs:
            if weight.constraint is not None:
                weight.assign(weight.constraint(weight.value))

    def averages(self) -> list[tuple[Variable, Variable]]:
        """Returns all weights with their moving averages, once `use_ema` has made
        some.
        """
        if not (self.use_ema and self.built):
            return []
        return list(zip(self._weights, self._averages, strict=True))

    def finalize_variable_values(self, var_list: Iterable[Variable]) -> None:
        """Ends a training: with averaging, the averages become the weights."""
        if self.use_ema and self.built:
            self._use_averages(var_list)

    # Options --------------------------------------------------------------------------

    def exclude_from_weight_decay(
        self,
        var_list: Iterable[Variable] | None = None,
        var_names: Iterable[str] | None = None,
    ) -> None:
        """Leaves weights out of weight decay: those listed, or whose path has a name in
        it.

        May be called before or after `build`; each call replaces the one before.
        """
        self._excluded_weights = list(var_list or [])
        self._excluded_names = list(var_names or [])
        if self.built:
            self._find_not_decayed()

    def scale_loss(self, loss: Tensor) -> Tensor:
        """Returns loss · loss_scale_factor; `apply` undoes that in the gradients."""
        return loss * float(self.loss_scale_factor) if self.loss_scale_factor else loss

    def _saved_variables(self) -> list[Variable]:
        return list(self.variables)

    def _stays_as_it_is(self, store: Mapping[str, Any]) -> bool:
        """Whether the file has the state of an optimizer that was built otherwise.

        One that had not made a step when it was saved has no slots there.
        """
        wanted = len(self._saved_variables())
        if len(store) == wanted:
            return False
        if store:
            warnings.warn(
                f"The state of optimizer {self.name!r} is not loaded: it has {wanted} "
                f"variables, and the file {len(store)}. It starts anew.",
                UserWarning,
                stacklevel=2,
            )
        return True

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of the constructor."""
        if self._schedule is None:
            learning_rate: Any = float(self._learning_rate)
        elif isinstance(self._schedule, LearningRateSchedule):
            learning_rate = self._schedule.serialize()
        else:
            learning_rate = self._schedule
        return {
            "name": self.name,
            "learning_rate": learning_rate,
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
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Makes an optimizer from what `get_config` returned."""
        config = dict(config)
        if isinstance(config["learning_rate"], dict):
            config["learning_rate"] = LearningRateSchedule.deserialize(
                config["learning_rate"]
            )
        return cls(**config)


def norm_of(tensors: Sequence[Tensor]) -> Tensor:
    """Returns √Σ x², over all elements of all tensors."""
    total = ops.sum(ops.square(tensors[0]))
    for x in tensors[1:]:
        total = total + ops.sum(ops.square(x))
    return ops.sqrt(total)


def clip_by_norm(x: Tensor, norm: Tensor, limit: float) -> Tensor:
    """Returns x · limit / max(norm, limit): x, shortened if norm is above limit."""
    return x * float(limit) / ops.maximum(norm, float(limit))


def check_positive(name: str, value: int | None, least: int) -> None:
    """Refuses what is no integer of at least `least`; None is no value."""
    if value is not None and (not isinstance(value, int) or value < least):
        raise ValueError(
            f"`{name}` must be an integer of at least {least} or None; got {value!r}."
        )
