"""Finding out where nan and inf come from, while it happens."""

from contextlib import ExitStack
from typing import Any

import numpy as np

from minikeras.callbacks.callback import Callback, Logs
from minikeras.debug.nonfinite import Finding, NonFiniteFinder, is_finite


class NonFiniteReport(Callback):
    """Names the batch, layer and kernel that made the first nan or inf.

    Every result of every kernel is looked at until the loss or a weight is no longer
    finite; then it prints what it found, once, and keeps it:  `epoch`, `batch` and
    `findings`.  The training itself is the same, bit for bit, but slower: its steps are
    not recorded.  Without this callback `fit` says it too, when the epoch is over, for
    data in arrays and models that are small beside them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.epoch: int | None = None  # that of the first nan, from 0
        self.batch: int | None = None
        self.findings: list[Finding] = []
        self._finder = NonFiniteFinder()
        self._watch = ExitStack()
        self._watching = False
        self._now = 0, 0  # epoch and batch

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.epoch = self.batch = None
        self.findings = []

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._now = epoch, 0
        if not self._watching and self.epoch is None:
            self._begin()

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self._now = self._now[0], batch
        self._finder.clear()

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if not self._watching:
            return
        loss = (logs or {}).get("loss", 0.0)
        weights = self.model.trainable_variables
        if np.isfinite(loss) and all(is_finite(x.data) for x in weights):
            return
        self.epoch, self.batch = self._now
        self.findings = list(self._finder.found)
        self._end()
        places = "".join(f"\n  - {finding}" for finding in self.findings)
        print(
            f"\nEpoch {self.epoch + 1}, batch {self.batch} (from 0): the loss or a "
            f"weight is nan or inf. {'It came from' if places else 'Where, is unknown'}"
            f"{places or ': look for nan in the data.'}"
        )

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self._watching:
            self._end()

    def _begin(self) -> None:
        self._watch.enter_context(self._finder.watching())
        # Steps are run as they are under watched kernels, unless that was forbidden.
        self._jit_compile = self.model.jit_compile
        self.model.jit_compile = False
        self._watching = True

    def _end(self) -> None:
        self._watch.close()
        self.model.jit_compile = self._jit_compile
        self._finder.clear()
        self._watching = False

    def get_state(self) -> dict[str, Any]:
        """Returns whether it has reported, and of which batch."""
        return {"epoch": self.epoch, "batch": self.batch}

    def set_state(self, state: dict[str, Any]) -> None:
        """Does not report again."""
        self.epoch, self.batch = state["epoch"], state["batch"]
        if self.epoch is not None and self._watching:
            self._end()
