"""The progress bar of `fit`, `evaluate` and `predict`."""

import sys

from minikeras.callbacks.callback import Callback
from minikeras.utils.progbar import Progbar


class ProgbarLogger(Callback):
    """Draws a bar for every epoch (verbose=1), or prints a line (verbose=2)."""

    def __init__(self):
        super().__init__()
        self.progbar = None
        self.seen = 0
        self.training = False

    @property
    def verbose(self):
        """0 silent, 1 a bar, 2 a line per epoch."""
        return self.params["verbose"]

    def on_train_begin(self, logs=None):
        self.training = True

    def on_train_end(self, logs=None):
        self.training = False

    def on_epoch_begin(self, epoch, logs=None):
        self._start()
        if self.verbose and self.params["epochs"] > 1:
            sys.stdout.write(f"Epoch {epoch + 1}/{self.params['epochs']}\n")

    def on_train_batch_end(self, batch, logs=None):
        self._draw(batch, logs)

    def on_epoch_end(self, epoch, logs=None):
        self._finish(logs)

    def on_test_begin(self, logs=None):
        if not self.training:
            self._start()

    def on_test_batch_end(self, batch, logs=None):
        if not self.training:
            self._draw(batch, logs)

    def on_test_end(self, logs=None):
        if not self.training:
            self._finish(logs)

    def on_predict_begin(self, logs=None):
        self._start()

    def on_predict_batch_end(self, batch, logs=None):
        self._draw(batch, {})

    def on_predict_end(self, logs=None):
        self._finish({})

    def _start(self):
        self.seen = 0
        self.progbar = Progbar(target=self.params["steps"], verbose=self.verbose)

    def _draw(self, batch, logs):
        self.seen = batch + 1
        if self.verbose == 1 and self.progbar.is_due():
            values = [(name, float(value)) for name, value in logs.items()]
            self.progbar.update(self.seen, values=values, finalize=False)

    def _finish(self, logs):
        if self.progbar.target is None:
            self.progbar.target = self.seen
        values = [(name, float(value)) for name, value in logs.items()]
        self.progbar.update(self.progbar.target, values=values, finalize=True)
