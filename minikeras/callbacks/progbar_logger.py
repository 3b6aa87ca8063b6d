"""The progress bar of `fit`, `evaluate` and `predict`."""

import sys

from minikeras.callbacks.callback import Callback
from minikeras.utils.progbar import Progbar


class ProgbarLogger(Callback):
    """Draws a bar for every epoch (verbose=1), or prints a line (verbose=2).

    The validation inside `fit` stays silent: its values come with the end of the epoch.
    """

    def __init__(self):
        super().__init__()
        self.progbar = None
        self.target = None  # the number of steps, None until an epoch has told it
        self.seen = 0
        self.training = False

    @property
    def verbose(self):
        """0 silent, 1 a bar, 2 a line per epoch."""
        return self.params["verbose"]

    def set_params(self, params):
        """Is told verbose, epochs and steps."""
        super().set_params(params)
        self.target = params["steps"]

    def on_train_begin(self, logs=None):
        self.training = True

    def on_train_end(self, logs=None):
        self.training = False

    def on_epoch_begin(self, epoch, logs=None):
        self._start()
        if self.verbose and self.params["epochs"] > 1:
            sys.stdout.write(f"Epoch {epoch + 1}/{self.params['epochs']}\n")
            sys.stdout.flush()

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
        # The logs are running means already: none of them is to be averaged again.
        self.progbar = Progbar(self.target, verbose=self.verbose, stateless_metrics=[])

    def _draw(self, batch, logs):
        """Goes to a batch; reads the logs, maybe Tensors, only if they are drawn."""
        self.seen = batch + 1
        if self.seen == 1 or self.progbar.is_due():
            self.progbar.update(self.seen, as_values(logs), finalize=False)

    def _finish(self, logs):
        if self.target is None:
            self.target = self.progbar.target = self.seen
        self.progbar.update(self.target, as_values(logs), finalize=True)


def as_values(logs):
    """Returns logs as (name, float) pairs."""
    return [(name, float(value)) for name, value in (logs or {}).items()]
