"""Loss scaling: what keeps the small gradients of float16 from becoming zero."""

from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np

from minikeras.autograd.recording import no_grad
from minikeras.autograd.value import Value
from minikeras.initializers import Constant
from minikeras.optimizers.optimizer import Optimizer
from minikeras.optimizers.serialization import deserialize, serialize
from minikeras.optimizers.settings import LearningRate
from minikeras.values.tensor import Tensor, as_array
from minikeras.values.types import TensorLike
from minikeras.values.variable import Variable

# What the arguments of every optimizer are where they say nothing.
UNSET = {
    "weight_decay": None,
    "clipnorm": None,
    "global_clipnorm": None,
    "clipvalue": None,
    "use_ema": False,
    "ema_momentum": 0.99,
    "ema_overwrite_frequency": None,
    "loss_scale_factor": None,
    "gradient_accumulation_steps": None,
}


class LossScaleOptimizer(Optimizer):
    """Lets another optimizer work with the gradients of a loss that was multiplied.

        ∂(s·L)/∂w / s = ∂L/∂w

    The factor s, `dynamic_scale`, lifts gradients above 6e-8, below which float16 has
    nothing.  A gradient that is not finite means that s was too large: the step is left
    out, and s halved.  After `dynamic_growth_steps` steps without one s is doubled.

    A `loss_scale_factor` of the optimizer inside becomes None: this is in its place.
    `scale_loss` multiplies, and `apply` divides: a training step that uses one has to
    use the other.

    Raises: ValueError for arguments that belong to the inner optimizer, and for a scale
    or a number of steps that is not positive.
    Source: Micikevicius et al., Mixed precision training (2018), section 3.2.

    >>> from minikeras.optimizers import SGD
    >>> weight = Variable([1.0], name="weight")
    >>> optimizer = LossScaleOptimizer(SGD(0.5), initial_scale=4.0)
    >>> optimizer.apply([np.array([4.0], "float32")], [weight])  # 4 times 1
    >>> weight.numpy()
    array([0.5], dtype=float32)
    """

    def __init__(
        self,
        inner_optimizer: Optimizer,
        initial_scale: float = 2.0**15,
        dynamic_growth_steps: int = 2000,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if not isinstance(inner_optimizer, Optimizer):
            raise ValueError(
                "LossScaleOptimizer needs an optimizer: LossScaleOptimizer(Adam()); "
                f"got {inner_optimizer!r}."
            )
        if not kwargs.pop("dynamic", True):
            raise ValueError(
                "LossScaleOptimizer finds its scale itself: there is no dynamic=False. "
                "For a fixed one set `loss_scale_factor` on the optimizer inside."
            )
        # Files of older versions of Keras name arguments that mean nothing here.
        kwargs = {
            key: x for key, x in kwargs.items() if key not in UNSET or x != UNSET[key]
        }
        if kwargs:
            raise ValueError(
                f"LossScaleOptimizer does not take {', '.join(sorted(kwargs))}: give "
                "that to the optimizer inside."
            )
        if not is_positive(initial_scale, (int, float)):
            raise ValueError(
                f"`initial_scale` must be a positive number; got {initial_scale!r}."
            )
        if not is_positive(dynamic_growth_steps, int):
            raise ValueError(
                "`dynamic_growth_steps` must be a positive integer; got "
                f"{dynamic_growth_steps!r}."
            )
        super().__init__(0.0, name=name)
        inner_optimizer.loss_scale_factor = None  # the loss is scaled once
        self.inner_optimizer = inner_optimizer
        self.initial_scale = initial_scale
        self.dynamic_growth_steps = dynamic_growth_steps

    def build(self, variables: Sequence[Variable]) -> None:
        """Makes the scale and the counter, and builds the optimizer inside."""
        if self.built:
            return
        self.step_counter = self.add_variable((), dtype="int", name="step_counter")
        start = Constant(self.initial_scale)
        self.dynamic_scale = self.add_variable(
            (), start, "float32", name="dynamic_scale"
        )
        self.inner_optimizer.build(variables)
        super().build(variables)

    @property
    def variables(self) -> list[Variable]:
        """Its own Variables, then those of the optimizer inside."""
        return [*super().variables, *self.inner_optimizer.variables]

    @property
    def iterations(self) -> Tensor:
        """How many updates were made; what was left out does not count."""
        return self.inner_optimizer.iterations

    @property
    def learning_rate(self) -> Tensor:
        """The learning rate of the optimizer inside."""
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: LearningRate | TensorLike) -> None:
        self.inner_optimizer.learning_rate = value

    def why_not_capturable(self) -> str | None:
        """Returns why a step cannot be recorded: which one it is depends on numbers."""
        return (
            f"a step of {self.name} cannot be recorded: it looks whether all gradients "
            "are finite"
        )

    def scale_loss(self, loss: Tensor) -> Tensor:
        """Returns loss · dynamic_scale; `apply` undoes that in the gradients."""
        scale = self.dynamic_scale if self.built else float(self.initial_scale)
        return loss * scale

    def apply(
        self,
        grads: Sequence[Any],
        trainable_variables: Sequence[Variable] | None = None,
    ) -> None:
        """Divides the gradients by the scale and runs a step; or leaves it out.

        Raises: what the optimizer inside does.
        """
        if not len(grads):
            return
        if not self.built and trainable_variables is not None:
            self.build(trainable_variables)
        with no_grad():
            arrays = [None if x is None else array_of(x) for x in grads]
            if not all(x is None or is_finite(x) for x in arrays):
                self.step_counter.assign(0)
                self.dynamic_scale.assign(self.dynamic_scale * 0.5)
                return
            k = Tensor.active.kernels
            scale = float(self.dynamic_scale)
            unscaled = [None if x is None else k.divide(x, scale) for x in arrays]
        self.inner_optimizer.apply(unscaled, trainable_variables)
        self.step_counter.assign_add(1)
        if int(self.step_counter) == self.dynamic_growth_steps:
            self.step_counter.assign(0)
            self.dynamic_scale.assign(self.dynamic_scale * 2.0)

    def finalize_variable_values(self, var_list: Iterable[Variable]) -> None:
        """Ends a training, as the optimizer inside does."""
        self.inner_optimizer.finalize_variable_values(var_list)

    def exclude_from_weight_decay(
        self,
        var_list: Iterable[Variable] | None = None,
        var_names: Iterable[str] | None = None,
    ) -> None:
        """Leaves weights out of the weight decay of the optimizer inside."""
        self.inner_optimizer.exclude_from_weight_decay(var_list, var_names)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of the constructor."""
        return {
            "name": self.name,
            "inner_optimizer": serialize(self.inner_optimizer),
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.dynamic_growth_steps,
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> Self:
        """Makes an optimizer from what `get_config` returned."""
        inner = deserialize(config["inner_optimizer"], custom_objects)
        return cls(**{**config, "inner_optimizer": inner})


def is_positive(value: Any, kinds: Any) -> bool:
    """Whether a value is a number of these kinds, and above zero."""
    return isinstance(value, kinds) and not isinstance(value, bool) and value > 0


def array_of(gradient: Any) -> np.ndarray:
    """Returns a gradient as a plain array."""
    return gradient.data if isinstance(gradient, Value) else as_array(gradient)


def is_finite(x: np.ndarray) -> bool:
    """Whether no element is nan or infinite."""
    k = Tensor.active.kernels
    return bool(k.all(k.isfinite(x), axis=None, keepdims=False))
