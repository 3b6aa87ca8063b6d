"""Stochastic gradient descent."""

from collections.abc import Sequence
from typing import Any

from minikeras.optimizers.optimizer import Optimizer
from minikeras.optimizers.settings import LearningRate, shared
from minikeras.values.tensor import Tensor
from minikeras.values.variable import Variable


class SGD(Optimizer):
    """Goes down the gradient, with momentum if asked.

        w ← w - η g                                              without momentum
        v ← μ v - η g,   w ← w + v                               with momentum μ
        v ← μ v - η g,   w ← w + μ v - η g                       and with nesterov

    momentum: in [0, 1].
    Raises: ValueError if momentum is outside.
    Source: Sutskever et al., On the importance of initialization and momentum (2013).
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
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
        if not isinstance(momentum, (int, float)) or not 0 <= momentum <= 1:
            raise ValueError(
                f"`momentum` must be a float between [0, 1]; got {momentum!r}."
            )
        self.momentum = momentum
        self.nesterov = nesterov

    def build(self, variables: Sequence[Variable]) -> None:
        if self.built:
            return
        super().build(variables)
        self._momenta: list[Variable] = []
        if self.momentum:
            self._momenta = self.add_optimizer_variables(variables, "momentum")

    def update_step(
        self, gradient: Tensor, variable: Variable, learning_rate: Tensor
    ) -> None:
        k = Tensor.active.kernels
        if not self.momentum:
            k.sgd_update(variable.data, gradient.data, learning_rate.data)
            return
        k.momentum_update(
            variable.data,
            self._momenta[self._get_variable_index(variable)].data,
            gradient.data,
            learning_rate.data,
            momentum=self.momentum,
            nesterov=self.nesterov,
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "momentum": self.momentum,
            "nesterov": self.nesterov,
        }
