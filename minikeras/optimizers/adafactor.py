"""Adafactor: the size of gradients by rows and columns, which takes little memory."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minikeras import ops
from minikeras.optimizers.optimizer import Optimizer
from minikeras.optimizers.settings import LearningRate, shared
from minikeras.values.tensor import Tensor
from minikeras.values.variable import Variable


class Adafactor(Optimizer):
    """Divides a gradient by its size, kept as a product of rows and columns.

        r ← β r + (1 - β) mean of g² + ε₁ over columns,   c the same over rows
        v = r cᵀ / mean r,   or of a vector v ← β v + (1 - β)(g² + ε₁)
        u = g / √v,   û = u / max(1, rms(u) / clip_threshold)
        w ← w - max(ε₂, rms(w)) ρ û,   ρ = min(η, 1 / √t),   β = 1 - t^beta_2_decay

    With a schedule, or without `relative_step`, η is what it says; else no more than
    1 / √t either.
    Source: Shazeer & Stern, Adafactor (2018), algorithms 4 and 5.
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 1e-3,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
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
        self.beta_2_decay = beta_2_decay
        self.epsilon_1 = epsilon_1
        self.epsilon_2 = epsilon_2
        self.clip_threshold = clip_threshold
        self.relative_step = relative_step

    def build(self, variables: Sequence[Variable]) -> None:
        if self.built:
            return
        super().build(variables)
        self._rows: list[Variable] = []
        self._columns: list[Variable] = []
        self._velocities: list[Variable] = []
        for variable in variables:
            shape, dtype, name = variable.shape, variable.dtype, variable.name
            if len(shape) < 2:  # Keras has places for both all the same
                self._rows.append(self._unused(name))
                self._columns.append(self._unused(name))
            else:
                without_row = (*shape[:-2], shape[-1])
                self._rows.append(self.add_variable(shape[:-1], dtype=dtype, name=name))
                self._columns.append(
                    self.add_variable(without_row, dtype=dtype, name=name)
                )
            self._velocities.append(
                self.add_variable_from_reference(variable, "velocity")
            )

    def _unused(self, name: str) -> Variable:
        variable = Variable(np.array(0, "int32"), trainable=False, name=name)
        return self._track(variable, name)

    def update_step(
        self, gradient: Tensor, variable: Variable, learning_rate: Tensor
    ) -> None:
        position = self._get_variable_index(variable)
        velocity = self._velocities[position]
        rate = ops.cast(learning_rate, variable.dtype)
        step = ops.cast(self.iterations + 1, variable.dtype)
        least = ops.minimum(rate, 1.0 / ops.sqrt(step))
        pace = ops.maximum(rms(variable), self.epsilon_2) * least
        keep = 1.0 - ops.power(step, self.beta_2_decay)
        square = ops.square(gradient) + self.epsilon_1
        if len(variable.shape) < 2:
            self.assign(velocity, keep * velocity + (1.0 - keep) * square)
        else:
            row, column = self._rows[position], self._columns[position]
            self.assign(row, keep * row + (1.0 - keep) * ops.mean(square, axis=-1))
            self.assign(
                column, keep * column + (1.0 - keep) * ops.mean(square, axis=-2)
            )
            share = row / ops.mean(row, axis=-1, keepdims=True)
            self.assign(
                velocity, ops.expand_dims(share, -1) * ops.expand_dims(column, -2)
            )
        direction = gradient / ops.sqrt(velocity)
        direction = direction / ops.maximum(rms(direction) / self.clip_threshold, 1.0)
        self.assign_sub(variable, pace * direction)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "beta_2_decay": self.beta_2_decay,
            "epsilon_1": self.epsilon_1,
            "epsilon_2": self.epsilon_2,
            "clip_threshold": self.clip_threshold,
            "relative_step": self.relative_step,
        }


def rms(x: Tensor) -> Tensor:
    """Returns √ mean x²."""
    return ops.sqrt(ops.mean(ops.square(x)))
