"""RMSprop: steps divided by the recent size of the gradient."""

from collections.abc import Sequence
from typing import Any

from minikeras.optimizers.optimizer import Optimizer
from minikeras.optimizers.settings import LearningRate, shared
from minikeras.values.tensor import Tensor
from minikeras.values.variable import Variable


class RMSprop(Optimizer):
    """Divides the gradient by a running root mean square of it.

        v ← ρ v + (1 - ρ) g²
        w ← w - η g / √(v + ε)

    `centered` subtracts the square of the mean gradient under the root; `momentum` adds
    up the steps in a trace.  rho, momentum: in [0, 1).
    Source: Tieleman & Hinton, Lecture 6.5 (2012); Keras puts ε inside the root.
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
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
        self.momentum = momentum
        self.epsilon = epsilon
        self.centered = centered

    def build(self, variables: Sequence[Variable]) -> None:
        if self.built:
            return
        super().build(variables)
        # In the order of Keras; the kernels take the trace last.
        self._velocities = self.add_optimizer_variables(variables, "velocity")
        traces, averages = [], []
        if self.momentum > 0:
            traces = [self.add_optimizer_variables(variables, "momentum")]
        if self.centered:
            averages = [self.add_optimizer_variables(variables, "average_gradient")]
        self._slots = [self._velocities, *averages, *traces]
        centered = "_centered" if self.centered else ""
        momentum = "_momentum" if self.momentum > 0 else ""
        self._kernel = f"rmsprop{centered}{momentum}_update"

    def update_step(
        self, gradient: Tensor, variable: Variable, learning_rate: Tensor
    ) -> None:
        parameters = {"rho": self.rho, "epsilon": self.epsilon}
        if self.momentum > 0:
            parameters["momentum"] = self.momentum
        position = self._get_variable_index(variable)
        kernel = getattr(Tensor.active.kernels, self._kernel)
        kernel(
            variable.data,
            *(slot[position].data for slot in self._slots),
            gradient.data,
            learning_rate.data,
            **parameters,
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "rho": self.rho,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "centered": self.centered,
        }
