"""Ending a training that no longer gets better."""

import warnings
from typing import Any

from minikeras.callbacks.callback import Logs
from minikeras.callbacks.monitor import MonitorCallback, names_of


class EarlyStopping(MonitorCallback):
    """Stops when the monitored value has not improved for `patience` epochs.

    An improvement is a change of more than `min_delta`.  With a `baseline` patience
    runs until that is reached too.  The first `start_from_epoch` epochs do not count.
    `restore_best_weights` puts the weights of the best epoch back at the end, whether
    the training was stopped or not.

    Source: Prechelt, Early Stopping - But When? (1998).
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta=min_delta)
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self._start_anew()

    def _start_anew(self) -> None:
        self.wait = 0
        self.stopped_epoch = 0
        self.best = None
        self.best_epoch = 0
        self.best_weights: list[Any] | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._start_anew()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.prepare()
        current = self.get_monitor_value(logs)
        if current is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            # Even if it is never reached, or is nan: the first is the best so far.
            self._keep_weights(epoch)
        self.wait += 1
        if self.is_improvement(current, self.best):
            self.best = current
            self._keep_weights(epoch)
            if self.baseline is None or self.is_improvement(current, self.baseline):
                self.wait = 0
            return
        if self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def _keep_weights(self, epoch: int) -> None:
        self.best_epoch = epoch
        if self.restore_best_weights:
            self.best_weights = self.model.get_weights()

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.stopped_epoch > 0 and self.verbose > 0:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.restore_best_weights and self.best_weights is not None:
            if self.verbose > 0:
                print(
                    "Restoring model weights from the end of the best epoch: "
                    f"{self.best_epoch + 1}."
                )
            self.model.set_weights(self.best_weights)

    def get_monitor_value(self, logs: Logs | None) -> float | None:
        """Returns the monitored value; warns if it is not among the logs."""
        logs = logs or {}
        value = logs.get(self.monitor)
        if value is None:
            warnings.warn(
                f"Early stopping conditioned on metric `{self.monitor}` which is not "
                f"available. Available metrics are: {names_of(logs)}",
                UserWarning,
                stacklevel=2,
            )
        return value

    def get_state(self) -> dict[str, Any]:
        """Returns the best value, its epoch and weights, and how long ago it was."""
        names = ("wait", "stopped_epoch", "best", "best_epoch", "best_weights")
        return {name: getattr(self, name) for name in names}

    def set_state(self, state: dict[str, Any]) -> None:
        """Goes on waiting for an improvement."""
        vars(self).update(state)
