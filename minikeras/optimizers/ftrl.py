"""Follow the regularized leader: weights made anew from the sum of all gradients."""

from collections.abc import Sequence
from typing import Any

from minikeras.initializers import Constant
from minikeras.optimizers.optimizer import Optimizer
from minikeras.optimizers.settings import LearningRate, shared
from minikeras.values.tensor import Tensor
from minikeras.values.variable import Variable


class Ftrl(Optimizer):
    """Sets weights where the sum of all gradients so far, regularized, is least.

        a' = a + g²;   z ← z + g + 2 λₛ w - (a'⁻ᵖ - a⁻ᵖ) / η · w;   a ← a'
        w ← (clip(z, -λ₁, λ₁) - z) / (a⁻ᵖ / η + 2 λ₂ + β / η)

    λ₁ makes weights exactly zero.  p is the `learning_rate_power`, at most 0; λ₁, λ₂
    and λₛ, the shrinkage, are at least 0.

    Raises: ValueError for a number that is out of its range.
    Source: McMahan et al., Ad click prediction: a view from the trenches (2013),
    algorithm 1; shrinkage as in TensorFlow.
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
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
        super().__init__(learning_rate, **shared(locals()))
        if learning_rate_power > 0:
            raise ValueError(
                "`learning_rate_power` must be negative or zero; got "
                f"{learning_rate_power}."
            )
        for argument, value in {
            "initial_accumulator_value": initial_accumulator_value,
            "l1_regularization_strength": l1_regularization_strength,
            "l2_regularization_strength": l2_regularization_strength,
            "l2_shrinkage_regularization_strength": (
                l2_shrinkage_regularization_strength
            ),
        }.items():
            if value < 0:
                raise ValueError(f"`{argument}` must be positive or zero; got {value}.")
        self.learning_rate_power = learning_rate_power
        self.initial_accumulator_value = initial_accumulator_value
        self.l1_regularization_strength = l1_regularization_strength
        self.l2_regularization_strength = l2_regularization_strength
        self.l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength
        self.beta = beta

    def build(self, variables: Sequence[Variable]) -> None:
        if self.built:
            return
        super().build(variables)
        self._accumulators, self._linears = self.add_optimizer_variables(
            variables,
            ["accumulator", "linear"],
            [Constant(self.initial_accumulator_value), "zeros"],
        )

    def update_step(
        self, gradient: Tensor, variable: Variable, learning_rate: Tensor
    ) -> None:
        position = self._get_variable_index(variable)
        Tensor.active.kernels.ftrl_update(
            variable.data,
            self._accumulators[position].data,
            self._linears[position].data,
            gradient.data,
            learning_rate.data,
            power=self.learning_rate_power,
            l1=self.l1_regularization_strength,
            l2=self.l2_regularization_strength,
            shrinkage=self.l2_shrinkage_regularization_strength,
            beta=self.beta,
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "learning_rate_power": self.learning_rate_power,
            "initial_accumulator_value": self.initial_accumulator_value,
            "l1_regularization_strength": self.l1_regularization_strength,
            "l2_regularization_strength": self.l2_regularization_strength,
            "l2_shrinkage_regularization_strength": (
                self.l2_shrinkage_regularization_strength
            ),
            "beta": self.beta,
        }
