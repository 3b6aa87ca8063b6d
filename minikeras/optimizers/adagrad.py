"""Adagrad and Adadelta: steps divided by all gradients so far, or all of late."""

from collections.abc import Sequence
from typing import Any

from minikeras.initializers import Constant
from minikeras.optimizers.optimizer import Optimizer
from minikeras.optimizers.settings import LearningRate, shared
from minikeras.values.tensor import Tensor
from minikeras.values.variable import Variable


class Adagrad(Optimizer):
    """Divides the gradient by the root of the sum of all its squares.

        a ← a + g²
        w ← w - η g / √(a + ε)

    Source: Duchi et al., Adaptive subgradient methods (2011); Keras puts ε inside.
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
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
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = epsilon

    def build(self, variables: Sequence[Variable]) -> None:
        if self.built:
            return
        super().build(variables)
        self._accumulators = self.add_optimizer_variables(
            variables, "accumulator", Constant(self.initial_accumulator_value)
        )

    def update_step(
        self, gradient: Tensor, variable: Variable, learning_rate: Tensor
    ) -> None:
        Tensor.active.kernels.adagrad_update(
            variable.data,
            self._accumulators[self._get_variable_index(variable)].data,
            gradient.data,
            learning_rate.data,
            epsilon=self.epsilon,
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "initial_accumulator_value": self.initial_accumulator_value,
            "epsilon": self.epsilon,
        }


class Adadelta(Optimizer):
    """Divides the gradient by its recent size, and multiplies it by that of steps.

        v ← ρ v + (1 - ρ) g²
        s = g √(d + ε) / √(v + ε)
        d ← ρ d + (1 - ρ) s²
        w ← w - η s

    So the step has the unit of the weight; the learning rate of the paper is 1.
    rho: in [0, 1).
    Source: Zeiler, Adadelta (2012), algorithm 1.
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
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
        self.rho = rho
        self.epsilon = epsilon

    def build(self, variables: Sequence[Variable]) -> None:
        if self.built:
            return
        super().build(variables)
        self._velocities, self._drifts = self.add_optimizer_variables(
            variables, ["accumulated_grad", "accumulated_delta_var"]
        )

    def update_step(
        self, gradient: Tensor, variable: Variable, learning_rate: Tensor
    ) -> None:
        position = self._get_variable_index(variable)
        Tensor.active.kernels.adadelta_update(
            variable.data,
            self._velocities[position].data,
            self._drifts[position].data,
            gradient.data,
            learning_rate.data,
            rho=self.rho,
            epsilon=self.epsilon,
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "rho": self.rho,
            "epsilon": self.epsilon,
        }
