"""The progress bar of `fit`, `evaluate` and `predict`."""

from typing import Any

from minikeras.callbacks.callback import Callback, Logs
from minikeras.utils.progbar import Progbar, write


class ProgbarLogger(Callback):
    """Draws a bar for every epoch (verbose=1), or prints a line (verbose=2).

    The validation inside `fit` stays silent: its values come with the end of the epoch.
    """

    # It draws but few batches, and reads what it draws.
    reads_logs_of_batches = False
    changes_model_at_batches = False

    def __init__(self) -> None:
        super().__init__()
        self.progbar: Progbar | Any = None  # None until a run begins
        # The number of steps, None until an epoch has told it.
        self.target: int | None = None
        self.verbose = 1  # 0 silent, 1 a bar, 2 a line per epoch
        self.epochs = 1
        self.seen = 0
        self.training = False

    def set_params(self, params: dict[str, Any]) -> None:
        """Is told verbose, epochs and steps."""
        super().set_params(params)
        self.verbose = params.get("verbose", 1)
        self.epochs = params.get("epochs", 1)
        self.target = params.get("steps")

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.training = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        self.training = False

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._start()
        if self.verbose and self.epochs > 1:
            write(f"Epoch {epoch + 1}/{self.epochs}\n")

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._draw(batch, logs)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._finish(logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        if not self.training:
            self._start()

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if not self.training:
            self._draw(batch, logs)

    def on_test_end(self, logs: Logs | None = None) -> None:
        if not self.training:
            self._finish(logs)

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._start()

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._draw(batch, {})

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self._finish({})

    def _start(self) -> None:
        self.seen = 0
        # The logs are running means already: none of them is to be averaged again.
        self.progbar = Progbar(self.target, verbose=self.verbose, stateless_metrics=[])

    def _draw(self, batch: int, logs: Logs | None) -> None:
        """Goes to a batch; reads the logs, maybe Tensors, only if they are drawn."""
        self.seen = batch + 1
        if self.seen == 1 or self.progbar.is_due():
            self.progbar.update(self.seen, as_values(logs), finalize=False)

    def _finish(self, logs: Logs | None) -> None:
        if self.target is None:
            self.target = self.progbar.target = self.seen
        self.progbar.update(self.target, as_values(logs), finalize=True)


def as_values(logs: Logs | None) -> list[tuple[str, float]]:
    """Returns logs as (name, float) pairs."""
    return [(name, float(value)) for name, value in (logs or {}).items()]
