"""The base class of callbacks: what a training tells whoever listens."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:  # models know their callbacks, and not the other way round
    from minikeras.models.model import Model
    from minikeras.models.trainer import Trainer

# What is told at an event: {name: value}.
Logs: TypeAlias = dict[str, Any]

Event: TypeAlias = Callable[..., Any]


class Callback:
    """Hears what happens in `fit`, `evaluate` and `predict`; override what you need.

    `self.model` is the model and `self.params` has verbose, epochs and steps.  Batches
    and epochs count from 0.  `logs` are the running means since the epoch began, as
    floats; setting `self.model.stop_training = True` ends the training.

    A callback that remembers something from one epoch to the next says in `get_state`
    what it is: `BackupAndRestore` saves it, and an interrupted training goes on as if
    nothing had happened.
    """

    # Whether it is called after all others, of which it is then told by `set_others`.
    acts_last = False

    # What a callback does at each batch: reads all logs (else they come as 0-d Tensors,
    # which it reads when it needs them); changes how the model is set.
    reads_logs_of_batches = True
    changes_model_at_batches = True

    def __init__(self) -> None:
        self.params: dict[str, Any] | Any = None  # None until a run begins
        self._model: Any = None

    @property
    def model(self) -> "Model":
        """The model that is being trained."""
        return self._model

    def set_params(self, params: dict[str, Any]) -> None:
        """Is told verbose, epochs and steps."""
        self.params = params

    def set_model(self, model: "Trainer") -> None:
        """Is told the model."""
        self._model = model

    def set_others(self, callbacks: "list[Callback]") -> None:
        """Is told the other callbacks of the run, if it acts last."""

    def get_state(self) -> dict[str, Any]:
        """Returns what the callback remembers; nothing by default.

        In it are dicts with strings as keys, lists, strings, numbers, None and arrays.
        Taken between two steps or epochs, after all callbacks have heard of the event.
        """
        return {}

    def set_state(self, state: dict[str, Any]) -> None:
        """Goes on from what `get_state` returned in the training that was cut off.

        Called when the resumed training has told all callbacks that it begins, and of
        the epoch if it begins in the middle of one.
        """

    def hears(self, event: str) -> bool:
        """Whether the callback does anything at an event, "on_epoch_end" for instance.

        A training spends no time on events that nobody hears.
        """
        return overrides(self, event)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Before the first epoch of fit."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """After the last epoch of fit; `logs` are those of that epoch."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Before an epoch."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """After an epoch and its validation, whose logs begin with val_."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a training step."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a training step."""
        self.on_batch_end(batch, logs)

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a training step: the older name, which still works."""

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a training step: the older name, which still works."""

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Before an evaluation, also that of the validation data."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """After an evaluation."""

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a batch of an evaluation."""

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a batch of an evaluation."""

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Before a prediction."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """After a prediction."""

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a batch of a prediction."""

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a batch of a prediction; `logs["outputs"]` are its results."""


# Events by the names that Keras had before, which Callback passes on to.
OLDER_NAMES = {
    "on_train_batch_begin": "on_batch_begin",
    "on_train_batch_end": "on_batch_end",
}


def overrides(callback: Callback, event: str, base: type[Callback] = Callback) -> bool:
    """Whether a callback does at an event what `base` does not, by either name."""
    names = {event, OLDER_NAMES.get(event, event)}
    return any(
        name in vars(callback)
        or getattr(type(callback), name) is not getattr(base, name)
        for name in names
    )


def as_number(value: Any) -> Any:
    """Returns a log value as users see it: a 0-d Tensor as a float."""
    return float(value) if getattr(value, "shape", None) == () else value


class LambdaCallback(Callback):
    """A callback made of functions: `LambdaCallback(on_epoch_end=print)`.

    Raises: ValueError for a name that is no event.
    """

    def __init__(
        self,
        on_epoch_begin: Event | None = None,
        on_epoch_end: Event | None = None,
        on_train_begin: Event | None = None,
        on_train_end: Event | None = None,
        on_train_batch_begin: Event | None = None,
        on_train_batch_end: Event | None = None,
        **kwargs: Event | None,
    ) -> None:
        super().__init__()
        events = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
            **kwargs,
        }
        for name, function in events.items():
            if not hasattr(Callback, name) or not name.startswith("on_"):
                raise ValueError(f"There is no event {name!r} to call a function at.")
            if function is not None:
                setattr(self, name, function)
