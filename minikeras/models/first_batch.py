"""The fourth part of a model that trains: what is done before the first step.

All that is wrong with a model, its data and its losses is to be found here, while no
weight has changed.
"""

import warnings
from collections.abc import Callable
from typing import Any

from minikeras.autograd.recording import no_grad
from minikeras.layers.layer import Layer
from minikeras.layers.state import descendants
from minikeras.models.compiled_loss import check_given
from minikeras.models.data import Data, check_batches
from minikeras.models.loops import Looping
from minikeras.models.model_checks import (
    check_indices,
    check_outputs,
    hint_at_bytes,
    hint_at_layers,
)
from minikeras.models.steps import Stepping
from minikeras.models.validation import Validation
from minikeras.tree import flatten
from minikeras.utils.batch_parts import unpack_x_y_sample_weight
from minikeras.values.stateless import StatelessScope


class FirstBatch(Looping):
    """A model that looks at the first batch of a kind before it runs a step on it."""

    def _build_to_fit(self, data: Data, validation: Validation | None) -> None:
        """Builds all that training needs; warns if there is nothing to train."""
        self._build_for(data, Stepping.train_step)
        if validation is not None:
            try:
                self._build_for(validation.data, Stepping.test_step)
            except Exception as error:
                error.add_note("That is about validation_data.")
                raise
        self._refresh_trained()
        if not self._trained.variables and self.built:
            warnings.warn(
                f"The model does not have any trainable weights.{hint_at_layers(self)}",
                UserWarning,
                stacklevel=5,  # the caller of fit, beyond a context manager
            )

    def _build_for(self, data: Data, step: Callable[..., Any]) -> None:
        """Builds model, loss, metrics and optimizer; surfaces what does not fit.

        The first batch of a kind goes through the model, the loss and the metrics
        without a gradient, and all labels and indices are looked at, so that what is
        wrong is found before any weight changes.  A step that is not ours may do
        without a loss, and without calling the model: it is not held to anything.
        """
        if getattr(type(self), step.__name__) is not step:
            self._build_if_possible(data)
            return
        trains = step is Stepping.train_step
        if trains and self.optimizer is None:
            raise ValueError(
                "The model was compiled without an optimizer: it can be evaluated, but "
                "not trained. Compile it with one."
            )
        batch = data.first().tensors()
        if self._compares_with_targets:
            x, y, _ = unpack_x_y_sample_weight(batch)
            check_batches(data, x, y)
            check_given(y, x)
        all_x, all_y, _ = data.known()
        check_indices(self, all_x)
        key = tuple(x if x is None else (x.shape[1:], x.dtype) for x in flatten(batch))
        if key in self._checked:
            self._compiled_loss.check_labels(all_y)
        else:
            self._try(batch, all_y, trains)
            self._checked.add(key)
        if trains:
            self._compiled_loss.hint_at_class_weight(data.class_weight)
            self._build_optimizer()

    def _try(self, batch: Any, targets: Any, trains: bool) -> None:
        """Runs model, loss and metrics on a batch, to see that they fit."""
        x, y, sample_weight = unpack_x_y_sample_weight(batch)
        with no_grad():
            with StatelessScope():  # what layers count begins with the first step
                y_pred = self(x, training=False)
            check_outputs(self, y_pred)
            hint_at_bytes(self, x)
            if self._compares_with_targets:
                self._compiled_loss.build(y, y_pred)
                self._compiled_loss.check_shapes(y, y_pred)
                self._compiled_loss.check_labels(targets)
            self._refresh_trained()
            self._loss_in(trains, x, y, y_pred, sample_weight)
            self._compiled_metrics.build(y, y_pred, self._compiled_loss.positions)
            if type(self).compute_metrics is Stepping.compute_metrics:
                self._compiled_metrics.check_shapes(y, y_pred)
            self.compute_metrics(x, y, y_pred, sample_weight)
            self.reset_metrics()

    @property
    def _compares_with_targets(self) -> bool:
        """Whether the loss of compile() gets targets and predictions as they are.

        A `compute_loss` of a subclass may give it others, or none.
        """
        given = self._compiled_loss.given
        return given and type(self).compute_loss is Stepping.compute_loss

    def _build_if_possible(self, data: Data) -> None:
        """Builds a model whose step is not ours, so that callbacks find its weights.

        That may call the model in another way than its step does, or not at all: then
        it is built when its first step runs.
        """
        if self.built or type(self).call is Layer.call:
            return
        x, _, _ = unpack_x_y_sample_weight(data.first().tensors())
        try:
            with no_grad():
                self(x, training=False)
        except Exception:
            return
        if all(layer.built for layer in descendants(self)):
            self._build_optimizer()

    def _build_optimizer(self) -> None:
        """Makes the optimizer's slots, if there is something to train."""
        variables = self.trainable_variables
        if variables and self.optimizer is not None and not self.optimizer.built:
            self.optimizer.build(variables)
