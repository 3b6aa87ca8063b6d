"""The second part of a model that trains: what is done with one batch."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any

import numpy as np

from minikeras import ops
from minikeras.autograd.recording import no_grad
from minikeras.layers.context import context
from minikeras.layers.signatures import arguments_of
from minikeras.models.compiling import Compiled
from minikeras.models.iterable_data import given_batch
from minikeras.models.logs import as_numbers
from minikeras.tree import flatten, pack_like
from minikeras.utils.batch_parts import unpack_x_y_sample_weight
from minikeras.values.tensor import Tensor
from minikeras.values.variable import Variable


class Stepping(Compiled):
    """A compiled model with its steps: `fit` calls `train_step` for every batch,
    `evaluate` calls `test_step` and `predict` calls `predict_step`.

    A subclass may override each of them, and `compute_loss` and `compute_metrics`.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.train_function: Callable[..., Any] | None = None
        self.test_function: Callable[..., Any] | None = None
        self.predict_function: Callable[..., Any] | None = None

    def train_step(self, data: Any) -> dict[str, Any]:
        """Runs one step on one batch: forward, loss, backward, update, metrics."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred = self(x, training=True)
        loss = self._loss_in(True, x, y, y_pred, sample_weight)
        self._loss_tracker.update_state(loss.detach(), sample_weight=samples_in(x))
        variables = self._trained.variables
        if variables:
            if loss.node is None:
                raise no_gradient(self._compiled_loss)
            for variable in variables:
                variable.zero_grad()
            self.optimizer.scale_loss(loss).backward()
            gradients = [v.node.grad if v.trainable else None for v in variables]
            self.optimizer.apply(gradients, variables)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def test_step(self, data: Any) -> dict[str, Any]:
        """Computes loss and metrics of one batch."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred = self(x, training=False)
        loss = self._loss_in(False, x, y, y_pred, sample_weight)
        self._loss_tracker.update_state(loss.detach(), sample_weight=samples_in(x))
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def predict_step(self, data: Any) -> Any:
        """Computes the outputs for one batch."""
        x, _, _ = unpack_x_y_sample_weight(data)
        return self(x, training=False)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Tensor:
        """Returns the loss of compile() plus all that layers added.

        `training` is for overriding methods: here nothing depends on it.

        Raises: ValueError if there is neither.
        """
        terms = self.losses if context.lossy or self._trained.regularized else []
        if self._compiled_loss.given:
            terms = [self._compiled_loss(y, y_pred, sample_weight), *terms]
        if not terms:
            raise ValueError(
                "No loss to compute. Provide a `loss` argument in `compile()`."
            )
        total = ops.sum(terms[0]) if terms[0].ndim else terms[0]
        for term in terms[1:]:
            total = total + (ops.sum(term) if term.ndim else term)
        return total

    def _loss_in(
        self, training: bool, x: Any, y: Any, y_pred: Any, sample_weight: Any
    ) -> Tensor:
        """Calls `compute_loss`, which need not take `training` in a subclass."""
        if "training" in arguments_of(type(self).compute_loss):
            return self.compute_loss(x, y, y_pred, sample_weight, training=training)
        return self.compute_loss(x, y, y_pred, sample_weight)

    def compute_metrics(
        self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None
    ) -> dict[str, Any]:
        """Updates the metrics with one batch, and returns where they stand."""
        self._compiled_metrics.update_state(y, y_pred, sample_weight)
        return self.get_metrics_result()

    def stateless_compute_loss(
        self,
        trainable_variables: Sequence[Any],
        non_trainable_variables: Sequence[Any],
        metrics_variables: Sequence[Any],
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> tuple[Tensor, tuple[list[Tensor], list[Tensor], list[Tensor]]]:
        """Returns (the loss, the values of all Variables afterwards), for given values.

        The Variables themselves end as they were.

        Raises: ValueError for another number of values than there are Variables.
        """
        variables = [
            self.trainable_variables,
            self.non_trainable_variables,
            self.metrics_variables,
        ]
        given = [trainable_variables, non_trainable_variables, metrics_variables]
        before = [values_of(group) for group in variables]
        try:
            for group, values in zip(variables, given, strict=True):
                assign_all(group, values)
            loss = self._loss_in(training, x, y, y_pred, sample_weight)
            trainable, non_trainable, measured = map(values_of, variables)
            return loss, (trainable, non_trainable, measured)
        finally:
            for group, values in zip(variables, before, strict=True):
                assign_all(group, values)

    # Steps as functions ---------------------------------------------------------------

    def make_train_function(self, force: bool = False) -> None:
        """Makes `train_function`, which trains on the next batches of an iterator.

        It takes an iterator of batches (x, y, sample_weight), runs a step on as many as
        `steps_per_execution` says, and returns the logs.  `fit` has no need of it.
        """
        if self.train_function is None or force:
            self.train_function = partial(self._run_next, "train")

    def make_test_function(self, force: bool = False) -> None:
        """Makes `test_function`, which evaluates the next batches of an iterator."""
        if self.test_function is None or force:
            self.test_function = partial(self._run_next, "test")

    def make_predict_function(self, force: bool = False) -> None:
        """Makes `predict_function`, which predicts for the next batches."""
        if self.predict_function is None or force:
            self.predict_function = partial(self._run_next, "predict")

    def _run_next(self, kind: str, iterator: Iterator[Any]) -> Any:
        """Runs a step on the next batches of an iterator.

        Raises: StopIteration if there is none.
        """
        batches = [next(iterator), *islice(iterator, self.steps_per_execution - 1)]
        structures = [given_batch(batch).tensors() for batch in batches]
        if kind == "train":
            self._refresh_trained()
            return as_numbers([self.train_step(x) for x in structures][-1])
        with no_grad():
            if kind == "test":
                return as_numbers([self.test_step(x) for x in structures][-1])
            return joined([self.predict_step(x) for x in structures])


def no_gradient(compiled_loss: Any) -> RuntimeError:
    """Returns the error for a loss that knows nothing of the weights."""
    names = [term.function.name for term in compiled_loss.terms]
    return RuntimeError(
        f"No gradient leads from the loss {', '.join(names)} to the weights. Is it "
        "computed with NumPy? Use minikeras.ops, not NumPy."
    )


def joined(outputs: list[Any]) -> Any:
    """Returns the outputs for several batches as one structure of arrays."""
    columns = zip(*map(flatten, outputs), strict=True)
    arrays = [np.concatenate([np.asarray(x) for x in column]) for column in columns]
    return pack_like(outputs[0], arrays)


def samples_in(x: Any) -> int:
    """Returns the number of samples of a batch."""
    first = next(tensor for tensor in flatten(x) if tensor is not None)
    return first.shape[0]


def values_of(variables: Sequence[Variable]) -> list[Tensor]:
    """Returns what Variables hold now, as Tensors of their own."""
    return [Tensor(variable.numpy().copy()) for variable in variables]


def assign_all(variables: Sequence[Variable], values: Sequence[Any]) -> None:
    """Assigns a value to each Variable."""
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
