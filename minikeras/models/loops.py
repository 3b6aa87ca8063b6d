"""The third part of a model that trains: the loops over batches."""

from collections.abc import Sequence
from copy import copy
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from minikeras.callbacks.callback_list import CallbackList
from minikeras.models.data import Batch, Source
from minikeras.models.interrupts import WholeSteps
from minikeras.models.logs import as_numbers, flat_logs
from minikeras.models.progress import Progress
from minikeras.models.steps import Stepping
from minikeras.tree import map_structure

if TYPE_CHECKING:
    from minikeras.compiled import CapturedStep


class Run:
    """What the loops over batches work with."""

    def __init__(
        self,
        kind: str,  # "train", "test" or "predict"
        source: Source,
        callbacks: CallbackList,
        progress: Progress,
        whole_steps: WholeSteps,
    ) -> None:
        self.kind = kind
        self.source = source
        self.callbacks = callbacks
        self.progress = progress
        self.whole_steps = whole_steps
        self.logs: dict[str, Any] = {}  # of the last epoch
        # The first batches after which the loss was no number, if that is looked for,
        # and the number of the first of them.
        self.looks = False
        self.bad: tuple[int, Sequence[Batch]] | None = None


class Looping(Stepping):
    """A model that runs its steps, recorded or not, on batch after batch."""

    def _run_epoch(self, run: Run, epoch: int) -> dict[str, Any]:
        """Runs a step for every batch, and returns the last logs as numbers.

        Where code that is not ours runs between two batches, in callbacks or in what
        yields the batches, it may have changed the model.
        """
        kind, progress = run.kind, run.progress
        begin = run.callbacks.listener(f"on_{kind}_batch_begin")
        end = run.callbacks.listener(f"on_{kind}_batch_end")
        plain_step = self.train_step if kind == "train" else self.test_step
        step = self._recorded(kind)
        stops = kind == "train" and self.stop_training  # after one batch
        unheard = begin is None and end is None and run.source.in_stretches
        if step and unheard and not stops:
            return self._run_stretches(run, epoch, step)
        changeable = run.callbacks.may_change_the_model or run.source.runs_code
        logs: Any = None
        number = done = progress.step
        for group in run.source.epoch(epoch, number):
            if begin is not None:
                begin(number)
            if changeable:
                step = self._recorded(kind)
            for batch in group:
                run.whole_steps.begin()
                logs = step.run(batch) if step else plain_step(batch.tensors())
                progress.step += 1
                run.whole_steps.end()
            number = progress.step
            if run.looks and run.bad is None and is_bad(logs):
                run.bad = number - len(group), group
            if changeable and step:  # who may run a step overwrites the results
                logs = as_numbers(logs)
            if end is not None:
                end(number - 1, flat_logs(logs))
            if self._is_stopped(kind):
                break
        if not number:
            raise ValueError(
                "There is no data: the iterable yielded no batch. A generator can be "
                "read only once; for several epochs give steps_per_epoch."
            )
        return as_numbers(self.get_metrics_result() if number == done else logs)

    def _run_stretches(
        self, run: Run, epoch: int, step: "CapturedStep"
    ) -> dict[str, Any]:
        """Runs a step for every batch while nobody listens, many in one call."""
        logs: Any = None
        done = run.progress.step
        for stretch in run.source.stretches(epoch, run.progress.step):
            while stretch and not self._is_stopped(run.kind):
                left, before = len(stretch), copy(stretch)
                run.whole_steps.begin()
                try:
                    logs = step.run_some(stretch)
                finally:  # an error comes after some batches that were run
                    run.progress.step += left - len(stretch)
                run.whole_steps.end()
                if run.looks and run.bad is None and is_bad(logs):
                    batches = list(islice(before, left - len(stretch)))
                    run.bad = run.progress.step - len(batches), batches
        none_left = run.progress.step == done
        return as_numbers(self.get_metrics_result() if none_left else logs)

    def _predict_all(self, run: Run) -> list[Any]:
        """Returns the outputs for every batch."""
        begin = run.callbacks.listener("on_predict_batch_begin")
        end = run.callbacks.listener("on_predict_batch_end")
        step = self._recorded("predict")
        changeable = run.callbacks.may_change_the_model or run.source.runs_code
        outputs: list[Any] = []
        for [batch] in run.source.epoch(0):
            if begin is not None:
                begin(len(outputs))
            if changeable:
                step = self._recorded("predict")
            outputs.append(self._predicted(step, batch))
            if end is not None:
                end(len(outputs) - 1, {"outputs": outputs[-1]})
            if self.stop_predicting:
                break
        if not outputs:
            raise ValueError("There is no data: the iterable yielded no batch.")
        return outputs

    def _predicted(self, step: "CapturedStep | None", batch: Batch) -> Any:
        """Returns the outputs for a batch, as arrays that are the caller's to keep."""
        outputs = step.run(batch) if step else self.predict_step(batch.tensors())
        return map_structure(np.array, outputs)

    def _is_stopped(self, kind: str) -> bool:
        """Whether a callback has ended training or evaluation."""
        return self.stop_training if kind == "train" else self.stop_evaluating

    def _recorded(self, kind: str) -> "CapturedStep | None":
        """Returns what records a step of a kind; None if it runs as it is.

        What the step trains and measures is looked up first: a program has it built in.
        """
        if kind == "train":
            self._require_capturable()
        self._refresh_trained()
        step = getattr(self, f"{kind}_step")
        return self._programs.step(kind, self, step, self.jit_compile)


def is_bad(logs: Any) -> bool:
    """Whether the loss among what a step has returned is nan or inf."""
    loss = logs.get("loss") if isinstance(logs, dict) else None
    return loss is not None and not bool(np.isfinite(np.asarray(loss)).all())
