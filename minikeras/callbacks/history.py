"""The record of a training, which `fit` returns."""

from typing import TYPE_CHECKING, Any

from minikeras.callbacks.callback import Callback, Logs
from minikeras.lazy import LoadedOnUse

if TYPE_CHECKING:
    from minikeras.utils import history_plot
else:
    history_plot = LoadedOnUse("minikeras.utils.history_plot")


class History(Callback):
    """Keeps the logs of every epoch: `history.history["loss"]` is a list of floats.

    `epoch` lists the epochs of the last fit, counted from 0; `epochs_of` says for each
    name at which of them it was recorded, since not every epoch need have validation.
    """

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[Any]] = {}
        self.epoch: list[int] = []
        self.epochs_of: dict[str, list[int]] = {}

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
            self.epochs_of.setdefault(name, []).append(epoch)
        self.model.history = self

    def get_state(self) -> dict[str, Any]:
        """Returns all that was recorded."""
        return {
            "history": self.history,
            "epoch": self.epoch,
            "epochs_of": self.epochs_of,
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Goes on recording behind what was recorded before."""
        self.history = state["history"]
        self.epoch = state["epoch"]
        self.epochs_of = state["epochs_of"]

    def plot(self, to_file: Any = None, title: str | None = None) -> Any:
        """Draws the training curves; see `utils.plot_history`."""
        return history_plot.plot_history(self, to_file, title)
