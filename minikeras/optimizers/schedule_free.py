"""Schedule-free AdamW: an average of weights in place of a decaying learning rate."""

from collections.abc import Sequence
from typing import Any

from minikeras import ops
from minikeras.optimizers.optimizer import Optimizer
from minikeras.optimizers.settings import LearningRate, shared
from minikeras.values.tensor import Tensor
from minikeras.values.variable import Variable


class ScheduleFreeAdamW(Optimizer):
    """Adam's steps for z; the weights are between z and the mean x of all z so far.

        v ← v + (1 - β₂)(g² - v)
        z ← z - η g / (√(v / (1 - β₂ᵗ)) + ε)
        x ← x + (z - x) / t
        w ← (1 - β₁) z + β₁ x

    z is the slot `momentum`; x is found in w and z.  Over the first `warmup_steps`
    η rises from 0.  beta_1: in (0, 1).
    Source: Defazio et al., The road less scheduled (2024), algorithm 1.
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.0025,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        warmup_steps: int = 0,
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
        self.warmup_steps = warmup_steps

    def build(self, variables: Sequence[Variable]) -> None:
        if self.built:
            return
        super().build(variables)
        self._momenta, self._velocities = self.add_optimizer_variables(
            variables, ["momentum", "velocity"]
        )
        for momentum, variable in zip(self._momenta, variables, strict=True):
            momentum.assign(variable)

    def update_step(
        self, gradient: Tensor, variable: Variable, learning_rate: Tensor
    ) -> None:
        position = self._get_variable_index(variable)
        momentum, velocity = self._momenta[position], self._velocities[position]
        rate = ops.cast(learning_rate, variable.dtype)
        step = ops.cast(self.iterations + 1, variable.dtype)
        if self.warmup_steps:
            rate = rate * ops.minimum(step / float(self.warmup_steps), 1.0)
        mean = (variable - (1 - self.beta_1) * momentum) / self.beta_1
        self.assign_add(velocity, (ops.square(gradient) - velocity) * (1 - self.beta_2))
        size = ops.sqrt(velocity / (1.0 - ops.power(self.beta_2, step)))
        self.assign_sub(momentum, rate * gradient / (size + self.epsilon))
        share = 1.0 / step
        mean = (1.0 - share) * mean + share * momentum
        self.assign(variable, (1 - self.beta_1) * momentum + self.beta_1 * mean)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
            "warmup_steps": self.warmup_steps,
        }
