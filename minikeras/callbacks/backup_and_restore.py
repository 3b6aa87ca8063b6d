"""Going on with a training that was cut off, as if it had not been."""

import glob
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from minikeras.callbacks.backup_file import read_backup, write_backup
from minikeras.callbacks.callback import Callback, Logs, overrides
from minikeras.callbacks.save_frequency import SaveFrequency
from minikeras.models.training_state import all_variables
from minikeras.saving.errors import SavingError
from minikeras.utils.seeding import get_random_state, set_random_state
from minikeras.values.variable import Variable

# What a backup knows beside the values of Variables.
PARTS = {"progress", "steps", "frequency", "random", "variables", "callbacks"}


class BackupAndRestore(Callback):
    """Saves the whole state of a training, and goes on from it when `fit` runs again.

    If the process dies, even by `kill -9` and while it is saving, the same program
    started anew goes on at the last backup, and ends with the weights that it would
    have had, bit for bit.  In a backup are all Variables of the model, its optimizer
    and its metrics, the random states, how far the data were read, and what the other
    callbacks of the run remember (`Callback.get_state`).

    `save_freq` is "epoch" or a number of batches.  With `double_checkpoint` the backup
    before the last one is kept too, should the last be damaged.  At the end of the
    training backups are deleted, unless `delete_checkpoint=False`; not if it ends by an
    exception.  `backup_dir` is for the backups of this training alone.

    Wherever it is in the list, it is called after the other callbacks.  Data that are
    no arrays have to come in the same order again, from the first batch on.

    Raises: ValueError for a backup of another model.
    """

    acts_last = True
    reads_logs_of_batches = False
    changes_model_at_batches = False

    def __init__(
        self,
        backup_dir: str | Path,
        save_freq: int | str = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ) -> None:
        super().__init__()
        if not backup_dir:
            raise ValueError(
                f"BackupAndRestore needs a folder as backup_dir; got {backup_dir!r}."
            )
        self.backup_dir = os.fspath(backup_dir)
        self.save_freq = save_freq
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
        self.path = os.path.join(self.backup_dir, "training.backup.h5")
        self.previous_path = f"{self.path}.bkp"
        self._frequency = SaveFrequency(save_freq)
        self._others: list[Callback] = []
        self._restored: Any = None  # until the first epoch has begun
        self._finished = False

    def set_others(self, callbacks: list[Callback]) -> None:
        """Is told whose state to save."""
        self._others = callbacks

    def hears(self, event: str) -> bool:
        """Whether it does anything at an event: at batches, if it counts them."""
        if event == "on_train_batch_end" and not self._frequency.in_batches:
            return overrides(self, event, BackupAndRestore)
        return super().hears(event)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._finished = False
        self._frequency.start_anew()
        os.makedirs(self.backup_dir, exist_ok=True)
        self._remove_unfinished()
        self._restored = self._read()
        if self._restored is not None:
            self._restore()
            if not self.model.fit_progress.step:
                self._restored = None

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        if self._restored is not None:
            # In the middle of an epoch: what callbacks did at its beginning, such as
            # setting the learning rate, they had done before the backup was made.
            self._restore()
            self._restored = None

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        # A training that stops here would not stop here again: its step is done.
        if self._frequency.is_due(batch) and not self.model.stop_training:
            self._save()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if not self._frequency.in_batches:
            self._save()
        self._finished = self._is_over()

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self._finished and self.delete_checkpoint:
            for path in (self.path, self.previous_path):
                Path(path).unlink(missing_ok=True)
            if not os.listdir(self.backup_dir):
                os.rmdir(self.backup_dir)

    def _is_over(self) -> bool:
        """Whether no epoch follows."""
        done = self.model.fit_progress.epoch >= self.params["epochs"]
        return done or self.model.stop_training

    # Saving ---------------------------------------------------------------------------

    def _save(self) -> None:
        progress = self.model.fit_progress.get_state()
        if self._is_over() and not progress["step"]:
            progress["epoch"] = max(progress["epoch"], self.params["epochs"])
        state = {
            "progress": progress,
            "steps": self.params["steps"],
            "frequency": self._frequency.get_state(),
            "random": get_random_state(),
            "variables": [variable.path for variable in self._variables()],
            "callbacks": [
                {"class": type(callback).__name__, "state": callback.get_state()}
                for callback in self._others
            ],
        }
        arrays = [variable.numpy() for variable in self._variables()]
        if self.double_checkpoint and os.path.exists(self.path):
            os.replace(self.path, self.previous_path)
        write_backup(self.path, arrays, state)

    def _variables(self) -> list[Variable]:
        """Returns all Variables that a step may change, in an order that is kept."""
        optimizer = self.model.optimizer
        if optimizer is not None and not optimizer.built:
            optimizer.build(self.model.trainable_variables)
        return all_variables(self.model)

    # Restoring ------------------------------------------------------------------------

    def _remove_unfinished(self) -> None:
        """Deletes what a process that died while saving has left behind."""
        for path in glob.glob(
            os.path.join(glob.escape(self.backup_dir), ".minikeras-*.tmp")
        ):
            os.unlink(path)

    def _read(self) -> Any:
        """Returns the last backup that is whole, None if there is none."""
        damaged: SavingError | None = None
        for path in (self.path, self.previous_path):
            if not os.path.exists(path):
                continue
            try:
                return read_backup(path)
            except SavingError as error:
                damaged = damaged or error
        if damaged is not None:
            raise damaged
        return None

    def _restore(self) -> None:
        """Puts everything back; checks all of it before it changes anything."""
        state = self._restored.state()
        arrays, variables = self._restored.arrays, self._variables()
        self._check(state, arrays, variables)
        for variable, array in zip(variables, arrays, strict=True):
            variable.assign(array)
        set_random_state(state["random"])
        self.model.fit_progress.set_state(state["progress"])
        self._frequency.set_state(state["frequency"])
        self._finished = self._is_over()
        self._restore_others(state["callbacks"])

    def _check(
        self, state: dict[str, Any], arrays: list[np.ndarray], variables: list[Variable]
    ) -> None:
        """Refuses a backup of something else, another model, or of other batches."""
        if missing := PARTS - state.keys():
            raise SavingError(
                self.path,
                f"This is no backup of a training: it lacks {', '.join(missing)}.",
            )
        there = [(array.shape, array.dtype.name) for array in arrays]
        here = [(variable.shape, variable.dtype) for variable in variables]
        if there != here:
            number = next(
                (
                    i
                    for i, (a, b) in enumerate(zip(there, here, strict=False))
                    if a != b
                ),
                min(len(there), len(here)),
            )
            raise SavingError(
                self.path,
                f"This is a backup of another model: it has {len(there)} Variables, "
                f"this one {len(here)}, and they differ from number {number} on "
                f"({state['variables'][number : number + 1]} against "
                f"{[v.path for v in variables[number : number + 1]]}). Give another "
                "backup_dir, or delete the backup. If Variables are missing here that "
                "a train_step of your own creates, create them before fit: "
                "optimizer.build(variables).",
            )
        if state["progress"]["step"] and state["steps"] != self.params["steps"]:
            raise SavingError(
                self.path,
                f"The backup was made in the middle of an epoch of {state['steps']} "
                f"steps; now an epoch has {self.params['steps']}. Use the same data "
                "and batch size.",
            )

    def _restore_others(self, saved: list[dict[str, Any]]) -> None:
        """Hands the other callbacks their states: to the n-th of a class the n-th."""
        left = list(saved)
        for callback in self._others:
            name = type(callback).__name__
            mine = next((entry for entry in left if entry["class"] == name), None)
            if mine is not None:
                left.remove(mine)
                callback.set_state(mine["state"]) if mine["state"] else None
        forgotten = [entry["class"] for entry in left if entry["state"]]
        if forgotten:
            warnings.warn(
                f"The training goes on without {', '.join(forgotten)}, which it had "
                "when its backup was made.",
                UserWarning,
                stacklevel=2,
            )
