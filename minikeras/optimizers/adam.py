"""Adam and AdamW: steps from running means of the gradient and of its square."""

from collections.abc import Sequence
from typing import Any

from minikeras.optimizers.optimizer import Optimizer
from minikeras.optimizers.settings import LearningRate, shared
from minikeras.values.tensor import Tensor
from minikeras.values.variable import Variable


class Adam(Optimizer):
    """Goes along the mean of recent gradients, divided by their recent size.

        m ← m + (1 - β₁)(g - m)
        v ← v + (1 - β₂)(g² - v)
        w ← w - η √(1 - β₂ᵗ) / (1 - β₁ᵗ) · m / (√v + ε)

    The correction for the first steps is part of the step size, so ε acts on the
    uncorrected root.  `amsgrad` divides by the largest v so far.  beta_1, beta_2: in
    [0, 1).
    Source: Kingma & Ba, Adam (2015), end of section 2; Reddi et al. (2018) for amsgrad.
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
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
        self.amsgrad = amsgrad

    def build(self, variables: Sequence[Variable]) -> None:
        if self.built:
            return
        super().build(variables)
        self._momenta, self._velocities = self.add_optimizer_variables(
            variables, ["momentum", "velocity"]
        )
        self._peaks: list[Variable] = []
        if self.amsgrad:
            self._peaks = self.add_optimizer_variables(variables, "velocity_hat")

    def update_step(
        self, gradient: Tensor, variable: Variable, learning_rate: Tensor
    ) -> None:
        k = Tensor.active.kernels
        position = self._get_variable_index(variable)
        slots = [self._momenta[position].data, self._velocities[position].data]
        kernel = k.adam_update
        if self.amsgrad:
            slots.append(self._peaks[position].data)
            kernel = k.amsgrad_update
        kernel(
            variable.data,
            *slots,
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
            "amsgrad": self.amsgrad,
        }


class AdamW(Adam):
    """Adam with weight decay of its own, apart from the gradient.

        w ← w - η λ w,   then Adam's step;   λ = weight_decay

    Raises: ValueError without weight decay.
    Source: Loshchilov & Hutter, Decoupled Weight Decay Regularization (2019).
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        weight_decay: float | None = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
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
        super().__init__(
            learning_rate, beta_1, beta_2, epsilon, amsgrad, **shared(locals())
        )
        if weight_decay is None:
            raise ValueError(
                "`weight_decay` must be a float for AdamW; got None. Use Adam for none."
            )
