"""Lamb: Adam with steps as long as their weights allow, for large batches."""

from collections.abc import Sequence
from typing import Any

from minikeras import ops
from minikeras.optimizers.optimizer import Optimizer
from minikeras.optimizers.settings import LearningRate, shared
from minikeras.values.tensor import Tensor
from minikeras.values.variable import Variable


class Lamb(Optimizer):
    """Adam's direction, scaled by the ratio of the norms of weight and direction.

        m, v as in Adam
        u = m / (1 - β₁ᵗ) / (√(v / (1 - β₂ᵗ)) + ε)
        w ← w - η ‖w‖ / ‖u‖ · u;   the ratio is 1 if one of the norms is 0

    Source: You et al., Large batch optimization for deep learning (2020), algorithm 2.
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
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
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def build(self, variables: Sequence[Variable]) -> None:
        if self.built:
            return
        super().build(variables)
        self._momenta, self._velocities = self.add_optimizer_variables(
            variables, ["momentum", "velocity"]
        )

    def update_step(
        self, gradient: Tensor, variable: Variable, learning_rate: Tensor
    ) -> None:
        position = self._get_variable_index(variable)
        momentum, velocity = self._momenta[position], self._velocities[position]
        rate = ops.cast(learning_rate, variable.dtype)
        step = ops.cast(self.iterations + 1, variable.dtype)
        self.assign_add(momentum, (gradient - momentum) * (1 - self.beta_1))
        self.assign_add(velocity, (ops.square(gradient) - velocity) * (1 - self.beta_2))
        mean = momentum / (1.0 - ops.power(self.beta_1, step))
        size = ops.sqrt(velocity / (1.0 - ops.power(self.beta_2, step)))
        direction = mean / (size + self.epsilon)
        length = ops.norm(variable)
        pace = ops.norm(direction)
        known = ops.logical_and(length > 0.0, pace > 0.0)
        ratio = ops.where(known, length / pace, ops.ones_like(length))
        self.assign_sub(variable, ratio * rate * direction)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
        }
