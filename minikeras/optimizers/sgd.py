"""Stochastic gradient descent."""

from minikeras.optimizers.optimizer import Optimizer
from minikeras.values.tensor import Tensor


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
        learning_rate=0.01,
        momentum=0.0,
        nesterov=False,
        weight_decay=None,
        clipnorm=None,
        clipvalue=None,
        global_clipnorm=None,
        use_ema=False,
        ema_momentum=0.99,
        ema_overwrite_frequency=None,
        loss_scale_factor=None,
        gradient_accumulation_steps=None,
        name=None,
        **kwargs,
    ):
        super().__init__(
            learning_rate,
            weight_decay,
            clipnorm,
            clipvalue,
            global_clipnorm,
            use_ema,
            ema_momentum,
            ema_overwrite_frequency,
            loss_scale_factor,
            gradient_accumulation_steps,
            name,
            **kwargs,
        )
        if not isinstance(momentum, (int, float)) or not 0 <= momentum <= 1:
            raise ValueError(
                f"`momentum` must be a float between [0, 1]; got {momentum!r}."
            )
        self.momentum = momentum
        self.nesterov = nesterov

    def build(self, variables):
        super().build(variables)
        self._velocities = self.add_slots("momentum") if self.momentum else []

    def update(self, weight, gradient, learning_rate, position):
        k = Tensor.active.kernels
        if not self.momentum:
            k.sgd_update(weight, gradient, learning_rate)
            return
        k.momentum_update(
            weight,
            self._velocities[position].data,
            gradient,
            learning_rate,
            momentum=self.momentum,
            nesterov=self.nesterov,
        )

    def get_config(self):
        return {
            **super().get_config(),
            "momentum": self.momentum,
            "nesterov": self.nesterov,
        }
