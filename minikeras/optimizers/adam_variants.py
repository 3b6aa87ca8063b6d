"""Adamax and Nadam: Adam with a maximum, and Adam with a look ahead."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minikeras.optimizers.optimizer import Optimizer
from minikeras.optimizers.settings import LearningRate, shared
from minikeras.values.dtypes import floatx
from minikeras.values.tensor import Tensor
from minikeras.values.variable import Variable


class Adamax(Optimizer):
    """Adam with the largest recent gradient in place of a mean of squares.

        m ← m + (1 - β₁)(g - m)
        u ← max(β₂ u, |g|)
        w ← w - η / (1 - β₁ᵗ) · m / (u + ε)

    Source: Kingma & Ba, Adam (2015), algorithm 2; Keras adds ε.
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
        self._momenta, self._norms = self.add_optimizer_variables(
            variables, ["momentum", "norm"]
        )

    def update_step(
        self, gradient: Tensor, variable: Variable, learning_rate: Tensor
    ) -> None:
        position = self._get_variable_index(variable)
        Tensor.active.kernels.adamax_update(
            variable.data,
            self._momenta[position].data,
            self._norms[position].data,
            gradient.data,
            learning_rate.data,
            self.iterations.data,
            beta_1=self.beta_1,
            beta_2=self.beta_2,
            epsilon=self.epsilon,
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
        }


class Nadam(Optimizer):
    """Adam with Nesterov's look ahead: the gradient counts as if momentum had moved on.

        m, v as in Adam;   μ(t) = β₁ (1 - ½ 0.96ᵗ),   p(t) = μ(1) ⋯ μ(t)
        m̂ = μ(t+1) / (1 - p(t+1)) · m + (1 - μ(t)) / (1 - p(t)) · g
        w ← w - η m̂ / (√(v / (1 - β₂ᵗ)) + ε)

    Source: Dozat, Incorporating Nesterov momentum into Adam (2016), algorithm 2.
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
        # Keras calls it by no name of its own, and not after the optimizer.
        dtype = variables[0].dtype if variables else floatx()
        one = Variable(np.ones((), dtype), trainable=False)
        self._product = self._track(one, one.name)

    def _update_weights(self, grads: list[Tensor], variables: list[Variable]) -> None:
        Tensor.active.kernels.nadam_product_update(
            self._product.data, self.iterations.data, beta_1=self.beta_1
        )
        super()._update_weights(grads, variables)

    def update_step(
        self, gradient: Tensor, variable: Variable, learning_rate: Tensor
    ) -> None:
        position = self._get_variable_index(variable)
        Tensor.active.kernels.nadam_update(
            variable.data,
            self._momenta[position].data,
            self._velocities[position].data,
            gradient.data,
            learning_rate.data,
            self.iterations.data,
            self._product.data,
            beta_1=self.beta_1,
            beta_2=self.beta_2,
            epsilon=self.epsilon,
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
        }
