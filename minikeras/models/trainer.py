"""The last part of a model that trains: fit, evaluate and predict."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

from minikeras.autograd.recording import no_grad
from minikeras.callbacks.callback import Callback
from minikeras.callbacks.callback_list import CallbackList
from minikeras.callbacks.history import History
from minikeras.callbacks.non_finite_report import NonFiniteReport
from minikeras.callbacks.terminate_on_nan import TrainingTerminated
from minikeras.models.compiled_metrics import CompiledMetrics
from minikeras.models.data import Data, Source, as_data
from minikeras.models.exclusive import exclusive_use
from minikeras.models.first_batch import FirstBatch
from minikeras.models.fit_arguments import (
    check_frequency,
    check_shuffle,
    epochs_to_run,
    steps_to_run,
    verbosity,
)
from minikeras.models.interrupts import WholeSteps
from minikeras.models.logs import as_numbers, with_validation
from minikeras.models.loops import Run
from minikeras.models.nonfinite_watch import NonFiniteWatch
from minikeras.models.progress import Progress
from minikeras.models.steps import Stepping, joined
from minikeras.models.validation import Validation, validation_with
from minikeras.models.validation_split import train_validation_split
from minikeras.random import new_seed

Callbacks: TypeAlias = CallbackList | Callback | Sequence[Callback] | None


class Trainer(FirstBatch):
    """The part of a model that trains, evaluates and predicts."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # None until fit(); Any, for nobody asks before.
        self.history: History | Any = None
        self.fit_progress: Progress | Any = None

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

        x, y and sample_weight are arrays with one sample per row, or structures of
        them; or x is a PyDataset, a generator or another iterable of batches (x, y,
        sample_weight), which come as they are.  batch_size is for arrays, shuffle for
        these and, batch by batch, for a PyDataset; the order depends on the global seed
        and the epoch's number alone.  verbose: 0 silent, 1 a progress bar, 2 a line per
        epoch; "auto" is 1 on a terminal and 2 elsewhere.  validation_split takes the
        last part of the data.  Ctrl-C stops when the step that runs is done.

        Raises: ValueError for data that do not fit together or with the model, before
        any weight has changed; RuntimeError if another thread trains the model.
        """
        self._require_compiled()
        first_epoch, epochs = epochs_to_run(initial_epoch, epochs)
        steps = steps_to_run("steps_per_epoch", steps_per_epoch)
        verbose = verbosity(verbose)
        check_shuffle(shuffle)
        check_frequency(validation_freq)
        if validation_split and validation_data is None:
            (x, y, sample_weight), validation_data = train_validation_split(
                x, y, sample_weight, validation_split
            )
        data = as_data(
            x, y, sample_weight, batch_size, steps_per_epoch, shuffle, class_weight
        )
        data.check_epochs(epochs - first_epoch, steps)
        if validation_batch_size is not None:
            batch_size = validation_batch_size
        validation = validation_with(
            validation_data, batch_size, validation_steps, validation_freq
        )
        source = Source(data, steps, self.steps_per_execution)
        numbers = range(first_epoch, epochs)
        with self._training(source, validation, callbacks, verbose, numbers) as run:
            progress = run.progress
            watch = NonFiniteWatch(
                self,
                source,
                wanted=not run.callbacks.has(NonFiniteReport),
                repeatable=type(self).train_step is Stepping.train_step,
            )
            run.looks = watch.waiting and not watch.repeatable
            for epoch in range(progress.epoch, epochs):
                if not progress.step:  # else a callback has restored half an epoch
                    self.reset_metrics()
                run.callbacks.on_epoch_begin(epoch)
                watch.remember(progress.step)
                run.logs = self._run_epoch(run, epoch)
                watch.look(epoch, run.logs, run.bad)
                progress.epoch, progress.step = epoch + 1, 0
                if validation is not None and validation.is_due(epoch):
                    found = self._evaluate(
                        validation.data, validation.steps, run.callbacks
                    )
                    run.logs = with_validation(run.logs, found)
                run.callbacks.on_epoch_end(epoch, run.logs)
                if self.stop_training:
                    break
            if self.optimizer is not None and numbers:
                self.optimizer.finalize_variable_values(self._trained.variables)
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
        **kwargs: Any,
    ) -> Any:
        """Returns loss and metrics over the data: [loss, metrics...], or a dict.

        A model without metrics returns the loss alone, as a float.

        Raises: ValueError for other arguments, and for data that do not fit;
        RuntimeError if another thread trains or evaluates the model.
        """
        if kwargs:
            raise ValueError(f"Arguments not recognized by evaluate(): {kwargs}.")
        self._require_compiled()
        data = as_data(x, y, sample_weight, batch_size, steps)
        steps = steps_to_run("steps", steps)
        with exclusive_use(self):
            self._build_for(data, Stepping.test_step)
            callbacks = CallbackList.of(
                callbacks,
                model=self,
                verbose=verbosity(verbose),
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
        """Returns the outputs for all samples: an array, or a structure of them.

        Of an iterable of batches (x, y) only x is looked at.
        """
        data = as_data(x, None, None, batch_size, steps)
        steps = steps_to_run("steps", steps)
        callbacks = CallbackList.of(
            callbacks,
            model=self,
            verbose=verbosity(verbose),
            epochs=1,
            steps=steps or data.batches,
        )
        source = Source(data, steps)
        run = Run("predict", source, callbacks, Progress(0), WholeSteps())
        self.stop_predicting = False
        callbacks.on_predict_begin()
        try:
            with no_grad():
                outputs = self._predict_all(run)
        finally:
            source.close()
        callbacks.on_predict_end()
        return outputs[0] if len(outputs) == 1 else joined(outputs)

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
        with exclusive_use(self), WholeSteps() as whole_steps:
            self._build_for(data, Stepping.train_step)
            self.reset_metrics()
            step = self._recorded("train")
            batch = data.first()
            whole_steps.begin()
            found = step.run(batch) if step else self.train_step(batch.tensors())
            whole_steps.end()
            logs = as_numbers(found)
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
        with exclusive_use(self), no_grad():
            self._build_for(data, Stepping.test_step)
            self.reset_metrics()
            step = self._recorded("test")
            batch = data.first()
            found = step.run(batch) if step else self.test_step(batch.tensors())
            logs = as_numbers(found)
        return logs if return_dict else self._as_list(logs)

    def predict_on_batch(self, x: Any) -> Any:
        """Returns the outputs for the given samples."""
        data = as_data(x, None, None, batch_size=None, steps=1)
        with no_grad():
            return self._predicted(self._recorded("predict"), data.first())

    # How it is done -------------------------------------------------------------------

    @contextmanager
    def _training(
        self,
        source: Source,
        validation: Validation | None,
        callbacks: Callbacks,
        verbose: int,
        epochs: range,
    ) -> Iterator[Run]:
        """Begins a training, and ends it, whatever happens in between.

        Callbacks hear of the end of all but those that a TrainingTerminated ends.
        """
        with exclusive_use(self):
            self._build_to_fit(source.data, validation)
            callbacks = CallbackList.of(
                callbacks,
                model=self,
                history=True,
                verbose=verbose,
                epochs=epochs.stop,
                steps=source.steps or source.data.batches,
            )
            progress = self.fit_progress = Progress(new_seed(), epochs.start)
            run = Run("train", source, callbacks, progress, WholeSteps())
            self.stop_training = False
            callbacks.on_train_begin()
            is_told = True
            try:
                source.start(epochs.start, progress)
                with run.whole_steps:
                    yield run
            except TrainingTerminated:
                is_told = False
                raise
            finally:
                source.close()
                if is_told:
                    callbacks.on_train_end(run.logs)

    def _evaluate(
        self, data: Data, steps: int | None, callbacks: CallbackList
    ) -> dict[str, Any]:
        """Returns the logs of one pass over the data."""
        self.reset_metrics()
        callbacks.on_test_begin()
        source = Source(data, steps, self.steps_per_execution)
        run = Run("test", source, callbacks, Progress(0), WholeSteps())
        self.stop_evaluating = False
        try:
            with no_grad():
                logs = self._run_epoch(run, 0)
        finally:
            source.close()
        callbacks.on_test_end(logs)
        return logs

    def _as_list(self, logs: dict[str, Any]) -> float | list[float]:
        """Returns logs as evaluate does: the loss, then metrics as they were given."""
        names: list[str] = []
        for metric in self.metrics:
            if isinstance(metric, CompiledMetrics):
                names += metric.names
            else:
                names.append(metric.name)
        rest = sorted(logs.keys() - set(names))
        values = [logs[name] for name in [*names, *rest] if name in logs]
        return values[0] if len(values) == 1 else values
