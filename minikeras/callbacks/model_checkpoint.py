"""Saving the model, or its weights, as training goes on."""

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from minikeras.callbacks.callback import Logs, as_number, overrides
from minikeras.callbacks.monitor import MonitorCallback
from minikeras.callbacks.save_frequency import SaveFrequency


class ModelCheckpoint(MonitorCallback):
    """Saves the model after every epoch, or every `save_freq` batches.

    `filepath` may name the epoch, counted from 1, and the logs:
    "{epoch:02d}-{val_loss:.2f}.keras"; with a number as `save_freq` also the {batch}.
    With `save_best_only` only a model that is better than the best so far is saved,
    and than `initial_value_threshold`.  A file is there whole or not at all, also if
    the process is killed while it is written.

    Raises: ValueError for a path of another kind: models end in .keras, weights in
    .weights.h5.  KeyError if the path names what is not among the logs.
    """

    changes_model_at_batches = False
    reads_logs_of_batches = False  # only those in the path, when it saves

    def __init__(
        self,
        filepath: str | Path,
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: int | str = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__(monitor, mode, initial_value_threshold)
        self.filepath = os.fspath(filepath)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = save_freq
        self._frequency = SaveFrequency(save_freq)
        self._epoch = 0
        ending = ".weights.h5" if save_weights_only else ".keras"
        if not self.filepath.endswith(ending):
            kind = "weights" if save_weights_only else "a model"
            raise ValueError(
                f"The filepath of {kind} must end in {ending} when "
                f"save_weights_only={save_weights_only}; got {self.filepath!r}."
            )

    def hears(self, event: str) -> bool:
        """Whether it does anything at an event: at batches, if it counts them."""
        if event == "on_train_batch_end" and not self._frequency.in_batches:
            return overrides(self, event, ModelCheckpoint)
        return super().hears(event)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if self._frequency.is_due(batch):
            logs = {name: as_number(value) for name, value in (logs or {}).items()}
            self._save(self._epoch, {"batch": batch + 1, **logs})

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.prepare()
        if not self._frequency.in_batches:
            self._save(epoch, logs or {})

    def _save(self, epoch: int, logs: dict[str, Any]) -> None:
        """Saves the model, unless it is to be better and is not."""
        path = self._path(epoch, logs)
        if not self._should_save(epoch, logs, path):
            return
        if os.path.isdir(path):
            raise IsADirectoryError(
                f"ModelCheckpoint is to save to {path!r}, which is a folder. Give the "
                "name of a file."
            )
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)
        self._say(epoch, f"finished saving model to {path}")

    def _path(self, epoch: int, logs: dict[str, Any]) -> str:
        """Returns where to save, with the epoch and the logs filled in."""
        try:
            return self.filepath.format(**{"epoch": epoch + 1, **logs})
        except KeyError as error:
            raise KeyError(
                f"The filepath {self.filepath!r} names {error}, which is not among "
                f"epoch, {', '.join(logs)}."
            ) from None

    def _should_save(self, epoch: int, logs: dict[str, Any], path: str) -> bool:
        """Whether to save; says so, and notes the best value."""
        if not self.save_best_only:
            self._say(epoch, f"saving model to {path}")
            return True
        current = logs.get(self.monitor)
        if current is None:
            warnings.warn(
                f"Can save best model only with {self.monitor} available. It is saved "
                "every time.",
                UserWarning,
                stacklevel=4,
            )
            return True
        if np.ndim(current):
            warnings.warn(
                f"Can save best model only when `monitor` is a single number; got "
                f"{self.monitor} of shape {np.shape(current)}. It is saved every time.",
                UserWarning,
                stacklevel=4,
            )
            return True
        best = "None" if self.best is None else f"{self.best:.5f}"
        if not self.is_improvement(current, self.best):
            self._say(epoch, f"{self.monitor} did not improve from {best}")
            return False
        self._say(
            epoch,
            f"{self.monitor} improved from {best} to {current:.5f}, "
            f"saving model to {path}",
        )
        self.best = current
        return True

    def _say(self, epoch: int, words: str) -> None:
        if self.verbose > 0:
            print(f"\nEpoch {epoch + 1}: {words}")

    def get_state(self) -> dict[str, Any]:
        """Returns the best value, and how many batches ago it saved."""
        return {"best": self.best, "frequency": self._frequency.get_state()}

    def set_state(self, state: dict[str, Any]) -> None:
        """Goes on counting, and comparing."""
        self.best = state["best"]
        self._frequency.set_state(state["frequency"])
