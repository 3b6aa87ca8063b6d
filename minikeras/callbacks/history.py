"""The record of a training, which `fit` returns."""

from minikeras.callbacks.callback import Callback


class History(Callback):
    """Keeps the logs of every epoch: `history.history["loss"]` is a list of floats."""

    def __init__(self):
        super().__init__()
        self.history = {}
        self.epoch = []

    def on_train_begin(self, logs=None):
        self.epoch = []

    def on_epoch_end(self, epoch, logs=None):
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        self.model.history = self
