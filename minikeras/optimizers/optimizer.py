"""What all optimizers do in a step, and in which order."""

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from minikeras.autograd.recording import no_grad
from minikeras.autograd.value import Leaf, Value
from minikeras.optimizers.clipping import (
    clipped_by_global_norm,
    clipped_by_norm,
    clipped_by_value,
)
from minikeras.optimizers.settings import OptimizerSettings, Phase
from minikeras.values.tensor import Tensor, as_array
from minikeras.values.types import TensorLike
from minikeras.values.variable import Variable


class Optimizer(OptimizerSettings):
    """Changes weights along their gradients.

    A subclass makes the Variables that it keeps for each weight in `build`, and changes
    one weight in `update_step(gradient, variable, learning_rate)`.  Around that,
    `apply` goes in this order: undo loss scaling, add up over
    `gradient_accumulation_steps`, clip, decay the weights, update, average, constrain,
    count.

    `learning_rate` is a float, a LearningRateSchedule, or a function without arguments.
    At most one of `clipnorm` (of each gradient), `clipvalue` (of each element) and
    `global_clipnorm` (of all gradients together) may be given; 0 means no clipping.

    >>> from minikeras import ops
    >>> class SignDescent(Optimizer):
    ...     def update_step(self, gradient, variable, learning_rate):
    ...         self.assign_sub(variable, learning_rate * ops.sign(gradient))
    >>> weight = Variable([1.0, 2.0])
    >>> SignDescent(0.5).apply([np.array([3.0, -0.1])], [weight])
    >>> weight.numpy()
    array([0.5, 2.5], dtype=float32)

    Raises: ValueError for arguments that are unknown or out of range.
    """

    common_base = True

    def build(self, variables: Sequence[Variable]) -> None:
        """Makes the Variables that it keeps for the weights; a subclass extends it."""
        if self.built:
            return
        self._trainable_variables = list(variables)
        self._find_positions()
        if self.use_ema:
            self._moving_averages = self.add_optimizer_variables(variables, "average")
        if self.gradient_accumulation_steps:
            self._accumulated_gradients = self.add_optimizer_variables(
                variables, "gradient_accumulator"
            )
        self.built = True

    # One step -------------------------------------------------------------------------

    def update_step(
        self, gradient: Tensor, variable: Variable, learning_rate: Tensor
    ) -> None:
        """Changes one weight."""
        raise NotImplementedError(
            f"{type(self).__name__} defines no update_step(gradient, variable, "
            "learning_rate)."
        )

    def apply(
        self,
        grads: Sequence[Any],
        trainable_variables: Sequence[Variable] | None = None,
    ) -> None:
        """Runs one step with one gradient per weight; None leaves a weight as it is.

        Raises: ValueError if there is no gradient at all, or a weight that this
        optimizer was not built for.
        """
        if not len(grads):
            return
        weights = self._weights_for(grads, trainable_variables)
        grads, variables = self._with_gradients(grads, weights)
        phase = self._phase_now()
        with no_grad():
            if self.gradient_accumulation_steps:
                self._accumulate_gradients(grads, variables)
            if phase.updates:
                if self.gradient_accumulation_steps:
                    grads = self._take_means(variables)
                self._update_weights(self._clip_gradients(grads), variables)
            if self.use_ema:
                self._update_moving_averages(phase)
            for variable in variables:
                if variable.constraint is not None:
                    variable.assign(variable.constraint(variable.value))
        self._count_step()

    def _weights_for(
        self, grads: Sequence[Any], variables: Sequence[Variable] | None
    ) -> Sequence[Variable]:
        """Returns the weights of some gradients: those given, or all; builds it once.

        Raises: ValueError for a weight that it was not built for.
        """
        if variables is None:
            self._require_built("apply(grads); or call apply(grads, weights)")
            variables = self._trainable_variables
        if not self.built:
            self.build(list(variables))
        if len(grads) != len(variables):
            raise ValueError(
                f"There must be one gradient per weight, or None; got {len(grads)} "
                f"gradients for {len(variables)} weights."
            )
        for variable in variables:
            if id(variable) not in self._weight_positions:
                raise ValueError(
                    f"Unknown variable {variable.path}: this optimizer was built for "
                    "other weights. Was a layer added or thawed since compile()? Call "
                    "compile() again, with a new optimizer."
                )
        return variables

    def _count_step(self) -> None:
        """Adds one to the counter of steps."""
        k = Tensor.active.kernels
        k.assign_add(self._iterations.data, k.full(shape=(), value=1, dtype="int32"))

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Variable]]) -> Tensor:
        """Runs one step, given pairs (gradient, weight); returns the counter.

        Raises: ValueError if that is not what is given, or none; what `apply` raises.
        """
        pairs = list(grads_and_vars)
        if not pairs or not all(
            isinstance(pair, tuple | list)
            and len(pair) == 2
            and isinstance(pair[1], Variable)
            for pair in pairs
        ):
            kinds = sorted({type(pair).__name__ for pair in pairs})
            raise ValueError(
                "apply_gradients() takes pairs (gradient, weight), such as "
                "zip(gradients, model.trainable_variables); got "
                f"{f'things of type {kinds}' if pairs else 'none: is the model built?'}"
            )
        self.apply(*zip(*pairs, strict=True))
        return self._iterations

    def stateless_apply(
        self,
        optimizer_variables: Sequence[TensorLike],
        grads: Sequence[Any],
        trainable_variables: Sequence[TensorLike],
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Returns what weights and own Variables would be after a step from these
        values; its own and the weights stay as they are.

        Raises: ValueError if it is not built, or the lists are of other lengths.
        """
        self._require_built("stateless_apply(...)")
        places = [*self._trainable_variables, *self.variables]
        values = [*trainable_variables, *optimizer_variables]
        weights = len(self._trainable_variables)
        if len(trainable_variables) != weights or len(values) != len(places):
            raise ValueError(
                f"{self.name} was built for {weights} weights, and has "
                f"{len(places) - weights} variables; got {len(trainable_variables)} "
                f"and {len(optimizer_variables)}."
            )
        before = [(place.data, place.node) for place in places]
        try:
            for place, value in zip(places, values, strict=True):
                place.data = np.array(place.like_this(value))
                place.node = None if place.node is None else Leaf()
            self.apply(grads)
            results = [Tensor.wrap(place.data) for place in places]
        finally:
            for place, (data, node) in zip(places, before, strict=True):
                place.data, place.node = data, node
        return results[:weights], results[weights:]

    def _with_gradients(
        self, grads: Sequence[Any], variables: Sequence[Variable]
    ) -> tuple[list[Tensor], list[Variable]]:
        """Returns the gradients that there are, of their weights' dtypes, and these."""
        missing = []
        found: list[Tensor] = []
        weights: list[Variable] = []
        for gradient, weight in zip(grads, variables, strict=True):
            if gradient is None:
                missing.append(weight.path)
                continue
            data = gradient.data if isinstance(gradient, Value) else as_array(gradient)
            if data.shape != weight.data.shape:
                raise ValueError(
                    f"The gradient of {weight.path} must have the shape of the weight, "
                    f"{weight.shape}; got {data.shape}."
                )
            k = Tensor.active.kernels
            if data.dtype != weight.data.dtype:
                data = k.cast(data, dtype=weight.dtype)
            if self.loss_scale_factor:
                data = k.divide(data, float(self.loss_scale_factor))
            found.append(Tensor.wrap(data))
            weights.append(weight)
        if not found:
            raise ValueError(
                "No gradients provided for any variable: does the loss depend on "
                "the weights?"
            )
        if missing:
            warnings.warn(
                f"Gradients do not exist for variables {missing} when minimizing the "
                "loss. Does the loss depend on them, with no NumPy in between?",
                UserWarning,
                stacklevel=4,
            )
        return found, weights

    def _accumulate_gradients(
        self, grads: list[Tensor], variables: list[Variable]
    ) -> None:
        """Adds gradients to the sums of their weights."""
        k = Tensor.active.kernels
        for gradient, variable in zip(grads, variables, strict=True):
            total = self._accumulated_gradients[self._get_variable_index(variable)]
            k.assign_add(total.data, gradient.data)

    def _take_means(self, variables: list[Variable]) -> list[Tensor]:
        """Returns the means of the gradients since the last update; all sums end."""
        k = Tensor.active.kernels
        steps = float(self.gradient_accumulation_steps or 1)
        means = []
        for variable in variables:
            total = self._accumulated_gradients[self._get_variable_index(variable)]
            means.append(Tensor.wrap(k.divide(total.data, steps)))
        for total in self._accumulated_gradients:
            k.assign(total.data, k.zeros_like(total.data))
        return means

    def _clip_gradients(self, grads: list[Tensor]) -> list[Tensor]:
        if self.clipnorm:
            return clipped_by_norm(grads, self.clipnorm)
        if self.global_clipnorm:
            return clipped_by_global_norm(grads, self.global_clipnorm)
        return clipped_by_value(grads, self.clipvalue) if self.clipvalue else grads

    def _update_weights(self, grads: list[Tensor], variables: list[Variable]) -> None:
        """Changes weights along their gradients, which are clipped."""
        learning_rate = self.learning_rate
        k = Tensor.active.kernels
        for variable in variables:
            decay = self.decay_of(variable)
            if decay and self._get_variable_index(variable) not in self._not_decayed:
                k.decay_update(variable.data, learning_rate.data, rate=decay)
        for gradient, variable in zip(grads, variables, strict=True):
            self.update_step(gradient, variable, learning_rate)
            variable.touch()

    def decay_of(self, variable: Variable) -> float | None:
        """Returns how fast a weight decays that is not excluded from it."""
        return self.weight_decay

    def _update_moving_averages(self, phase: Phase) -> None:
        """Moves the moving averages of all weights; the first time it copies them."""
        k = Tensor.active.kernels
        momentum = 0.0 if phase.first_averages else self.ema_momentum
        for weight, average in zip(
            self._trainable_variables, self._moving_averages, strict=True
        ):
            k.average_update(average.data, weight.data, momentum=momentum)
        if phase.overwrites:
            self._use_averages(self._trainable_variables)

    def _use_averages(self, variables: Iterable[Variable]) -> None:
        for weight in variables:
            weight.assign(self._moving_averages[self._get_variable_index(weight)])

    def averages(self) -> list[tuple[Variable, Variable]]:
        """Returns all weights with their moving averages, once `use_ema` has made
        some.
        """
        if not (self.use_ema and self.built):
            return []
        return list(zip(self._trainable_variables, self._moving_averages, strict=True))

    def finalize_variable_values(self, var_list: Iterable[Variable]) -> None:
        """Ends a training: with averaging, the averages become the weights."""
        if self.use_ema and self.built:
            self._use_averages(var_list)

    def scale_loss(self, loss: Tensor) -> Tensor:
        """Returns loss · loss_scale_factor; `apply` undoes that in the gradients."""
        return loss * float(self.loss_scale_factor) if self.loss_scale_factor else loss
