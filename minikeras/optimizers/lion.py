"""Lion: steps of one size, along the sign of the momentum."""

from collections.abc import Sequence
from typing import Any

from minikeras.optimizers.optimizer import Optimizer
from minikeras.optimizers.settings import LearningRate, shared
from minikeras.values.tensor import Tensor
from minikeras.values.variable import Variable


class Lion(Optimizer):
    """Goes along the sign of the mean of recent gradients.

        w ← w - η sign(β₁ m + (1 - β₁) g)
        m ← β₂ m + (1 - β₂) g

    beta_1: in (0, 1].
    Raises: ValueError if beta_1 is outside: with 0 this is the sign of the gradient.
    Source: Chen et al., Symbolic discovery of optimization algorithms (2023),
    algorithm 2.
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
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
        if not 0 < beta_1 <= 1:
            raise ValueError(f"`beta_1` must be in the range (0, 1]; got {beta_1}.")
        self.beta_1 = beta_1
        self.beta_2 = beta_2

    def build(self, variables: Sequence[Variable]) -> None:
        if self.built:
            return
        super().build(variables)
        self._momenta = self.add_optimizer_variables(variables, "momentum")

    def update_step(
        self, gradient: Tensor, variable: Variable, learning_rate: Tensor
    ) -> None:
        Tensor.active.kernels.lion_update(
            variable.data,
            self._momenta[self._get_variable_index(variable)].data,
            gradient.data,
            learning_rate.data,
            beta_1=self.beta_1,
            beta_2=self.beta_2,
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
        }
