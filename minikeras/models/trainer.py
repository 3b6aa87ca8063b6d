"""Training: compile, fit, evaluate and predict, in loops that one can read."""

import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from minikeras import optimizers
from minikeras.autograd.recording import no_grad
from minikeras.callbacks.callback import Callback
from minikeras.callbacks.callback_list import CallbackList
from minikeras.callbacks.history import History
from minikeras.compiled.program import Program
from minikeras.compiled.step import Step
from minikeras.layers.context import context
from minikeras.layers.layer import Layer
from minikeras.metrics.metric import Mean, Metric
from minikeras.models.array_data import ArrayData
from minikeras.models.compiled_loss import CompiledLoss
from minikeras.models.compiled_metrics import CompiledMetrics
from minikeras.models.data import Batch, Data, Source, as_data, is_arrays
from minikeras.models.programs import Programs
from minikeras.models.progress import Progress
from minikeras.models.validation_split import train_validation_split
from minikeras.optimizers.optimizer import Optimizer
from minikeras.random import new_seed
from minikeras.tree import flatten, map_structure, pack_like
from minikeras.utils.batch_parts import unpack_x_y_sample_weight
from minikeras.values.tensor import Tensor
from minikeras.values.types import Identifier
from minikeras.values.variable import Variable

Callbacks: TypeAlias = CallbackList | Callback | Sequence[Callback] | None


class Trainer(Layer):
    """The part of a model that trains.

    `fit` calls `train_step` for every batch, `evaluate` calls `test_step` and `predict`
    calls `predict_step`; a subclass may override each of them.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stop_training = False
        self.compiled = False
        self.jit_compile: bool | str = "auto"
        self.run_eagerly = False
        self._structures: list[Any] = []  # that predict_step has given
        # These are None until compile() and fit(); Any, for nobody asks before.
        self.optimizer: Optimizer | Any = None
        self.history: History | Any = None
        self._compile_arguments: dict[str, Any] = {}
        self._compiled_loss: CompiledLoss | Any = None
        self._compiled_metrics: CompiledMetrics | Any = None
        self._loss_tracker: Mean | Any = None
        self._trained = Trained([])
        self.fit_progress: Progress | Any = None
        self.programs = Programs()
        self._checked: set[tuple[Any, ...]] = set()  # the kinds of batches that fit

    # What to minimize -----------------------------------------------------------------

    def compile(
        self,
        optimizer: str | dict[str, Any] | Optimizer = "rmsprop",
        loss: Identifier | Sequence[Identifier] | None = None,
        loss_weights: float | Sequence[float] | None = None,
        metrics: list[Any] | tuple[Any, ...] | None = None,
        weighted_metrics: list[Any] | tuple[Any, ...] | None = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: bool | str = "auto",
    ) -> None:
        """Says how to train: the optimizer, the loss, and what to report.

        `optimizer`, `loss` and `metrics` are names or objects.  `metrics` ignore sample
        weights, `weighted_metrics` use them.  With `steps_per_execution` callbacks hear
        of every so many batches only.  `jit_compile=True` records the kernel calls of
        one step and replays them for batches of the same shape: Python code in layers,
        losses and metrics then runs once.  "auto" does so with the `fast` backend where
        all that code is minikeras's, or says `capturable = True`.

        Raises: ValueError for an optimizer there is none of; unknown losses and metrics
        are found at the first batch.
        """
        if steps_per_execution < 1:
            raise ValueError(
                f"steps_per_execution must be at least 1; got {steps_per_execution}."
            )
        if jit_compile not in (True, False, "auto"):
            raise ValueError(
                f"jit_compile must be True, False or 'auto'; got {jit_compile!r}."
            )
        if jit_compile is True and run_eagerly:
            raise ValueError(
                "jit_compile=True and run_eagerly=True exclude each other."
            )
        self.optimizer = optimizers.get(optimizer)
        if jit_compile is True:
            self.optimizer.require_capturable()
        names = getattr(self, "output_names", None)  # of a functional model
        if loss is not None or self._compiled_loss is None:
            self.loss = loss
            self._compiled_loss = CompiledLoss(loss, loss_weights, names)
        if (
            metrics is not None
            or weighted_metrics is not None
            or not self._compiled_metrics
        ):
            self._compiled_metrics = CompiledMetrics(metrics, weighted_metrics, names)
        self._loss_tracker = Mean(name="loss")
        self.run_eagerly = run_eagerly
        self.steps_per_execution = steps_per_execution
        self.jit_compile = jit_compile
        # What the file of a model says of this call, beside the optimizer.
        self._compile_arguments = {
            "loss": self.loss,
            "loss_weights": loss_weights,
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
            "run_eagerly": run_eagerly,
            "steps_per_execution": steps_per_execution,
            "jit_compile": jit_compile,
        }
        self.stop_training = False
        self.forget_programs()
        self.compiled = True

    @property
    def metrics(self) -> list[Metric]:
        """The metrics: of the loss, attributes of the model, those of compile()."""
        if not self.compiled:
            return []
        compiled = [self._loss_tracker]
        if any(given is not None for given in self._compiled_metrics.given.values()):
            compiled.append(self._compiled_metrics)
        compiled += self._compiled_loss.metrics
        known = {id(metric) for metric in (*compiled, self._compiled_metrics)}
        own = [part for part in vars(self).values() if isinstance(part, Metric)]
        return [*compiled, *(metric for metric in own if id(metric) not in known)]

    @property
    def metrics_names(self) -> list[str]:
        """The names of `metrics`, as Keras lists them."""
        return [metric.name for metric in self.metrics]

    @property
    def metrics_variables(self) -> list[Variable]:
        """The state of all metrics: what they have measured so far."""
        return [variable for metric in self.metrics for variable in metric.variables]

    def reset_metrics(self) -> None:
        """Starts all metrics anew, as each epoch does."""
        for metric in self.metrics:
            metric.reset_state()

    def zero_grad(self) -> None:
        """Forgets the gradients of all weights, before the next backward."""
        for variable in self.trainable_variables:
            variable.zero_grad()

    # One step -------------------------------------------------------------------------

    def train_step(self, data: Any) -> dict[str, Tensor]:
        """Runs one step on one batch: forward, loss, backward, update, metrics."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred = self(x, training=True)
        loss = self.compute_loss(x, y, y_pred, sample_weight)
        self._loss_tracker.update_state(loss.detach(), sample_weight=samples_in(x))
        variables = self._trained.variables
        if variables:
            for variable in variables:
                variable.zero_grad()
            self.optimizer.scale_loss(loss).backward()
            gradients = [v.node.grad if v.trainable else None for v in variables]
            self.optimizer.apply(gradients, variables)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def test_step(self, data: Any) -> dict[str, Tensor]:
        """Computes loss and metrics of one batch."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred = self(x, training=False)
        loss = self.compute_loss(x, y, y_pred, sample_weight)
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
        total = terms[0]
        for term in terms[1:]:
            total = total + term
        return total

    def compute_metrics(
        self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None
    ) -> dict[str, Tensor]:
        """Updates the metrics with one batch, and returns where they stand."""
        self._compiled_metrics.update_state(y, y_pred, sample_weight)
        return self.get_metrics_result()

    def get_metrics_result(self) -> dict[str, Tensor]:
        """Returns {name: value} for the loss and all metrics, as 0-d Tensors."""
        results = {metric.name: metric.result() for metric in self.metrics}
        return dict(sorted(flat_logs(results).items()))

    # Many steps -----------------------------------------------------------------------

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Callbacks = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool | str = True,
        class_weight: dict[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | Sequence[int] = 1,
    ) -> History:
        """Trains for a number of passes over the data, and returns the History.

        x and y are arrays with one sample per row, or x is an iterable of batches (x,
        y). The epoch's order depends on the global seed and the epoch's number alone.
        verbose: 0 silent, 1 a progress bar, 2 a line per epoch; "auto" is 1 on a
        terminal and 2 elsewhere.  validation_split takes the last part of the data.

        Raises: ValueError for data that do not fit together or with the model, before
        any weight has changed.
        """
        self._require_compiled()
        if validation_split and validation_data is None:
            if not is_arrays(x):
                raise ValueError(
                    "validation_split is for arrays; x yields batches, and is a "
                    f"{type(x).__name__}. Give other batches as validation_data."
                )
            (x, y, sample_weight), validation_data = train_validation_split(
                x, y, sample_weight, validation_split
            )
        progress = self.fit_progress = Progress(new_seed(), initial_epoch)
        data = as_data(
            x, y, sample_weight, batch_size, steps_per_epoch, shuffle, class_weight
        )
        validation = None
        if validation_data is not None:
            x_val, y_val, weight_val = unpack_x_y_sample_weight(validation_data)
            batch_size = validation_batch_size or batch_size
            validation = as_data(x_val, y_val, weight_val, batch_size, validation_steps)
        self._build_for(data, Trainer.train_step)
        self._refresh_variables()
        if not self._trained.variables and self.built:
            warnings.warn(
                "The model does not have any trainable weights.",
                UserWarning,
                stacklevel=2,
            )
        callbacks = CallbackList.of(
            callbacks,
            model=self,
            history=True,
            verbose=resolve_verbose(verbose),
            epochs=epochs,
            steps=steps_per_epoch or data.batches,
        )
        source = Source(data, steps_per_epoch, self.steps_per_execution)
        self.stop_training = False
        logs = {}
        callbacks.on_train_begin()
        try:
            source.start(initial_epoch, progress)
            for epoch in range(progress.epoch, epochs):
                if not progress.step:  # else a callback has restored half an epoch
                    self.reset_metrics()
                callbacks.on_epoch_begin(epoch)
                self._refresh_variables()
                logs = self._run_epoch(source, epoch, callbacks, "train", progress)
                progress.epoch, progress.step = epoch + 1, 0
                if validation is not None and validates(epoch, validation_freq):
                    val_logs = self._evaluate(validation, validation_steps, callbacks)
                    logs |= {f"val_{name}": value for name, value in val_logs.items()}
                    logs = dict(sorted(logs.items()))
                callbacks.on_epoch_end(epoch, logs)
                if self.stop_training:
                    break
            self.optimizer.finalize_variable_values(self._trained.variables)
        finally:
            source.close()
            callbacks.on_train_end(logs)
        return self.history

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Callbacks = None,
        return_dict: bool = False,
    ) -> Any:
        """Returns loss and metrics over the data: [loss, metrics...], or a dict.

        A model without metrics returns the loss alone, as a float.
        """
        self._require_compiled()
        data = as_data(x, y, sample_weight, batch_size, steps)
        self._build_for(data, Trainer.test_step)
        callbacks = CallbackList.of(
            callbacks,
            model=self,
            verbose=resolve_verbose(verbose),
            epochs=1,
            steps=steps or data.batches,
        )
        logs = self._evaluate(data, steps, callbacks)
        return logs if return_dict else self._as_list(logs)

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        steps: int | None = None,
        callbacks: Callbacks = None,
    ) -> Any:
        """Returns the outputs for all samples: an array, or a structure of them."""
        data = as_data(x, None, None, batch_size, steps)
        callbacks = CallbackList.of(
            callbacks,
            model=self,
            verbose=resolve_verbose(verbose),
            epochs=1,
            steps=steps or data.batches,
        )
        begin = callbacks.listener("on_predict_batch_begin")
        end = callbacks.listener("on_predict_batch_end")
        outputs: list[Any] = []
        callbacks.on_predict_begin()
        with no_grad():
            step = self._step("predict")
            changeable = callbacks.may_change_the_model or not isinstance(
                data, ArrayData
            )
            for [batch] in Source(data, steps).epoch(0):
                if begin is not None:
                    begin(len(outputs))
                if changeable:
                    step = self._step("predict")
                outputs.append(self._predicted(step, batch))
                if end is not None:
                    end(len(outputs) - 1, {"outputs": outputs[-1]})
        callbacks.on_predict_end()
        if not outputs:
            raise ValueError("There is no data: the iterable yielded no batch.")
        if len(outputs) == 1:
            return outputs[0]
        columns = zip(*map(flatten, outputs), strict=True)
        return pack_like(outputs[0], [np.concatenate(column) for column in columns])

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: dict[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """Runs one step on the given samples; returns their loss and metrics."""
        self._require_compiled()
        data = as_data(
            x, y, sample_weight, batch_size=None, steps=1, class_weight=class_weight
        )
        self._build_for(data, Trainer.train_step)
        self._refresh_variables()
        self.reset_metrics()
        logs = as_floats(self._step("train").run(data.first()))
        return logs if return_dict else self._as_list(logs)

    def test_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """Returns loss and metrics of the given samples, without training on them."""
        self._require_compiled()
        data = as_data(x, y, sample_weight, batch_size=None, steps=1)
        self._build_for(data, Trainer.test_step)
        self.reset_metrics()
        with no_grad():
            logs = as_floats(self._step("test").run(data.first()))
        return logs if return_dict else self._as_list(logs)

    def predict_on_batch(self, x: Any) -> Any:
        """Returns the outputs for the given samples."""
        data = as_data(x, None, None, batch_size=None, steps=1)
        with no_grad():
            return self._predicted(self._step("predict"), data.first())

    @property
    def train_program(self) -> Program:
        """The recorded training step: see its `listing()`, `plan` and `timings()`.

        Raises: RuntimeError if there is none, and says why.
        """
        return self.programs.program("train")

    def forget_programs(self) -> None:
        """Throws away what was recorded and checked: the model has changed."""
        self.programs = Programs()
        self._checked = set()

    # How it is done -------------------------------------------------------------------

    def _run_epoch(
        self,
        source: Source,
        epoch: int,
        callbacks: CallbackList,
        kind: str,
        progress: Progress,
    ) -> dict[str, float]:
        """Runs a step for every batch, and returns the last logs as floats.

        Where code that is not ours runs between two batches, in callbacks or in what
        yields the batches, it may have changed the model.
        """
        begin = callbacks.listener(f"on_{kind}_batch_begin")
        end = callbacks.listener(f"on_{kind}_batch_end")
        if begin is None and end is None and source.in_stretches:
            return self._run_stretches(source, epoch, kind, progress)
        changeable = callbacks.may_change_the_model or not isinstance(
            source.data, ArrayData
        )
        step = self._step(kind)
        logs = {}
        number = progress.step
        for group in source.epoch(epoch, number):
            if begin is not None:
                begin(number)
            if changeable:
                step = self._step(kind)
            for batch in group:
                logs = step.run(batch)
            number += len(group)
            progress.step = number
            if end is not None:
                end(number - 1, flat_logs(logs))
            if kind == "train" and self.stop_training:
                break
        if not number:
            raise ValueError(
                "There is no data: the iterable yielded no batch. A generator can be "
                "read only once; for several epochs give steps_per_epoch."
            )
        return as_floats(logs or self.get_metrics_result())

    def _run_stretches(
        self, source: Source, epoch: int, kind: str, progress: Progress
    ) -> dict[str, float]:
        """Runs a step for every batch while nobody listens, many in one call."""
        step = self._step(kind)
        logs = {}
        for stretch in source.stretches(epoch, progress.step):
            while stretch and not (kind == "train" and self.stop_training):
                left = len(stretch)
                logs = step.run_some(stretch)
                progress.step += left - len(stretch)
        return as_floats(logs or self.get_metrics_result())

    def _evaluate(
        self, data: Data, steps: int | None, callbacks: CallbackList
    ) -> dict[str, float]:
        """Returns the logs of one pass over the data."""
        self.reset_metrics()
        callbacks.on_test_begin()
        source = Source(data, steps, self.steps_per_execution)
        try:
            with no_grad():
                logs = self._run_epoch(source, 0, callbacks, "test", Progress(0))
        finally:
            source.close()
        callbacks.on_test_end(logs)
        return logs

    def _build_for(self, data: Data, step: Callable[..., Any]) -> None:
        """Builds model, loss, metrics and optimizer; surfaces what does not fit.

        The first batch of a kind goes through the model, the loss and the metrics
        without a gradient, and all labels are looked at, so that what is wrong is found
        before any weight changes.  A step that is not ours may do without a loss, and
        without calling the model: it is left alone.
        """
        if getattr(type(self), step.__name__) is not step:
            return
        batch = data.first().tensors()
        key = tuple(x if x is None else (x.shape[1:], x.dtype) for x in flatten(batch))
        if key in self._checked:
            self._compiled_loss.check_labels(data.targets())
            return
        x, y, sample_weight = unpack_x_y_sample_weight(batch)
        with no_grad():
            y_pred = self(x, training=False)
            if self._compiled_loss.given:
                self._compiled_loss.build(y, y_pred)
                self._compiled_loss.check_shapes(y, y_pred)
                self._compiled_loss.check_labels(data.targets())
            self._refresh_variables()
            self.compute_loss(x, y, y_pred, sample_weight)
            self._compiled_metrics.build(y, y_pred)
            self._compiled_metrics.update_state(y, y_pred, sample_weight)
            self._compiled_loss.reset_state()
            self._compiled_metrics.reset_state()
        self._checked.add(key)
        if self._trained.variables and not self.optimizer.built:
            self.optimizer.build(self._trained.variables)

    def _refresh_variables(self) -> None:
        """Notes which Variables the next steps train, unless they are the same."""
        snapshot = self.programs.snapshot if self.programs.know() else None
        if snapshot is None or self._trained.since != snapshot.number:
            since = 0 if snapshot is None else snapshot.number
            self._trained = Trained(self.trainable_variables, since)

    def _step(self, kind: str) -> Step:
        """Returns how to run a step of a kind on a batch: as it is, or recorded."""
        if self.jit_compile is True and kind == "train":
            self.optimizer.require_capturable()
        return self.programs.step(
            kind, self, getattr(self, f"_flat_{kind}_step"), self.jit_compile
        )

    def _flat_train_step(self, data: Any) -> dict[str, Tensor]:
        """Runs `train_step`; its results are not nested."""
        return flat_logs(self.train_step(data))

    def _flat_test_step(self, data: Any) -> dict[str, Tensor]:
        """Runs `test_step`; its results are not nested."""
        return flat_logs(self.test_step(data))

    def _flat_predict_step(self, data: Any) -> dict[str, Tensor]:
        """Runs `predict_step`; its results have names "structure/number"."""
        outputs = self.predict_step(data)
        structure = map_structure(lambda x: None, outputs)
        if structure not in self._structures:
            self._structures.append(structure)
        number = self._structures.index(structure)
        return {f"{number}/{i}": x for i, x in enumerate(flatten(outputs))}

    def _predicted(self, step: Step, batch: Batch) -> Any:
        """Returns the outputs for a batch, as arrays that are the caller's to keep."""
        results = step.run(batch)
        number, _, _ = next(iter(results)).partition("/")
        outputs = [np.array(x) for x in results.values()]
        return pack_like(self._structures[int(number)], outputs)

    def _as_list(self, logs: dict[str, float]) -> float | list[float]:
        """Returns logs as evaluate does: the loss, then metrics as they were given."""
        names = ["loss", *self._compiled_metrics.names]
        names += [metric.name for metric in self._compiled_loss.metrics]
        rest = sorted(logs.keys() - set(names))
        values = [logs[name] for name in [*names, *rest] if name in logs]
        return values[0] if len(values) == 1 else values

    def _require_compiled(self) -> None:
        if not self.compiled:
            raise ValueError(
                "You must call `compile()` before using the model: "
                "model.compile(optimizer='adam', loss=...)."
            )


class Trained:
    """The Variables that the next steps train.

    An object of its own, for a list on the model would make the model their owner.
    """

    def __init__(self, variables: list[Variable], since: int = 0) -> None:
        self.variables = variables
        self.since = since  # the number of the snapshot that they are from
        self.regularized = [v for v in variables if v.regularizer is not None]


def resolve_verbose(verbose: Any) -> int:
    """Returns 1 for "auto" on a terminal, 2 for "auto" elsewhere."""
    if verbose == "auto":
        return 1 if sys.stdout.isatty() else 2
    return verbose


def validates(epoch: int, frequency: int | Sequence[int]) -> bool:
    """Whether an epoch, counted from 0, ends with validation."""
    if isinstance(frequency, int):
        return (epoch + 1) % frequency == 0
    if isinstance(frequency, (list, tuple, set)):
        return epoch + 1 in frequency
    raise ValueError(
        f"validation_freq must be an integer or a list; got {frequency!r}."
    )


def flat_logs(logs: dict[str, Any]) -> dict[str, Any]:
    """Returns logs with what is in dicts inside, such as the metrics of compile().

    >>> flat_logs({"loss": 1.0, "compile_metrics": {"accuracy": 0.5}})
    {'loss': 1.0, 'accuracy': 0.5}
    """
    flat: dict[str, Any] = {}
    for name, value in logs.items():
        flat |= value if isinstance(value, dict) else {name: value}
    return flat


def as_floats(logs: dict[str, Tensor]) -> dict[str, float]:
    """Returns logs with Python floats for 0-d Tensors."""
    return {name: float(value) for name, value in flat_logs(logs).items()}


def samples_in(x: Any) -> int:
    """Returns the number of samples of a batch."""
    return flatten(x)[0].shape[0]
