"""Muon: steps for matrices whose directions all count alike; Adam for the rest."""

import math
import re
from collections.abc import Sequence
from typing import Any

from minikeras import ops
from minikeras.optimizers.optimizer import Optimizer
from minikeras.optimizers.settings import LearningRate, shared
from minikeras.values.tensor import Tensor
from minikeras.values.variable import Variable


class Muon(Optimizer):
    """Makes the momentum of a matrix orthogonal, nearly, and steps along that.

        m ← μ m + g
        w ← w - η · 0.2 √(max(rows, columns)) · orthogonal(g + μ m)

    0.2 is the `rms_rate`; without `nesterov` it is orthogonal(m).  Weights that are no
    matrices, embeddings (`exclude_embeddings`) and those whose path one of the regular
    expressions in `exclude_layers` is found in go by Adam, with `adam_lr_ratio` times
    the learning rate, and `adam_weight_decay`.

    Source: Jordan et al., Muon (2024); Liu et al., Muon is scalable for LLM training
    (2025), for the size of a step.
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        adam_beta_1: float = 0.9,
        adam_beta_2: float = 0.999,
        adam_weight_decay: float | None = 0.004,
        epsilon: float = 1e-7,
        weight_decay: float | None = 0.004,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        exclude_layers: Sequence[str] | None = None,
        exclude_embeddings: bool = True,
        muon_a: float = 3.4445,
        muon_b: float = -4.7750,
        muon_c: float = 2.0315,
        adam_lr_ratio: float = 1,
        momentum: float = 0.95,
        ns_steps: int = 5,
        nesterov: bool = True,
        rms_rate: float | None = 0.2,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **shared(locals()))
        self.adam_beta_1 = adam_beta_1
        self.adam_beta_2 = adam_beta_2
        self.adam_weight_decay = adam_weight_decay
        self.epsilon = epsilon
        self.exclude_layers = list(exclude_layers or [])
        self.exclude_embeddings = exclude_embeddings
        self.muon_a = muon_a
        self.muon_b = muon_b
        self.muon_c = muon_c
        self.adam_lr_ratio = adam_lr_ratio
        self.momentum = momentum
        self.ns_steps = ns_steps
        self.nesterov = nesterov
        self.rms_rate = rms_rate

    def build(self, variables: Sequence[Variable]) -> None:
        if self.built:
            return
        super().build(variables)
        self._momenta: list[Variable] = []
        self._velocities: list[Variable | None] = []  # None where Muon is at work
        for variable in variables:
            self._momenta.append(self.add_variable_from_reference(variable, "momentum"))
            velocity = None
            if self.goes_by_adam(variable):
                velocity = self.add_variable_from_reference(variable, "velocity")
            self._velocities.append(velocity)

    def goes_by_adam(self, variable: Variable) -> bool:
        """Whether a weight is none for Muon."""
        if len(variable.shape) != 2:
            return True
        if self.exclude_embeddings and "embedding" in variable.path.lower():
            return True
        return any(re.search(name, variable.path) for name in self.exclude_layers)

    def decay_of(self, variable: Variable) -> float | None:
        if self.goes_by_adam(variable):
            return self.adam_weight_decay
        return self.weight_decay

    def update_step(
        self, gradient: Tensor, variable: Variable, learning_rate: Tensor
    ) -> None:
        position = self._get_variable_index(variable)
        momentum, velocity = self._momenta[position], self._velocities[position]
        if velocity is not None:
            rate = learning_rate * float(self.adam_lr_ratio)
            Tensor.active.kernels.adam_update(
                variable.data,
                momentum.data,
                velocity.data,
                gradient.data,
                rate.data,
                self.iterations.data,
                beta_1=self.adam_beta_1,
                beta_2=self.adam_beta_2,
                epsilon=self.epsilon,
            )
            return
        rate = ops.cast(learning_rate, variable.dtype)
        self.assign(momentum, self.momentum * momentum + gradient)
        ahead = gradient + self.momentum * momentum if self.nesterov else momentum
        step = rate * self.orthogonalized(ahead)
        if self.rms_rate is not None:
            step = step * (math.sqrt(max(variable.shape)) * self.rms_rate)
        self.assign_sub(variable, step)

    def orthogonalized(self, x: Tensor) -> Tensor:
        """Returns a matrix with the directions of x, and singular values near 1.

        Newton and Schulz's iteration takes each singular value s to a s + b s³ + c s⁵,
        which brings all of (0, 1] near 1 in a few steps.
        """
        high = x.shape[0] > x.shape[1]
        x = ops.transpose(x) if high else x
        x = x / (ops.norm(x) + 1e-7)
        for _ in range(self.ns_steps):
            square = ops.matmul(x, ops.transpose(x))
            fifth = self.muon_b * square + self.muon_c * ops.matmul(square, square)
            x = self.muon_a * x + ops.matmul(fifth, x)
        return ops.transpose(x) if high else x

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "adam_beta_1": self.adam_beta_1,
            "adam_beta_2": self.adam_beta_2,
            "epsilon": self.epsilon,
            "exclude_layers": self.exclude_layers,
            "muon_a": self.muon_a,
            "muon_b": self.muon_b,
            "muon_c": self.muon_c,
            "adam_lr_ratio": self.adam_lr_ratio,
            "momentum": self.momentum,
            "ns_steps": self.ns_steps,
            "nesterov": self.nesterov,
            "exclude_embeddings": self.exclude_embeddings,
            "adam_weight_decay": self.adam_weight_decay,
            "rms_rate": self.rms_rate,
        }
