"""All callbacks of a run as one: every event goes to each of them, in order."""

from typing import TYPE_CHECKING, Any

from minikeras.callbacks.callback import OLDER_NAMES, Callback, Event, as_number
from minikeras.callbacks.history import History
from minikeras.callbacks.progbar_logger import ProgbarLogger
from minikeras.tree import flatten

if TYPE_CHECKING:  # models know their callbacks, and not the other way round
    from minikeras.models.trainer import Trainer

EVENTS = tuple(
    name
    for name in vars(Callback)
    if name.startswith("on_") and name not in OLDER_NAMES.values()
)


class CallbackList(Callback):
    """Passes events on; asks each callback only for the events that it hears.

    `callbacks` may be nested.  `add_history` and `add_progbar` add what is missing of
    the two, behind those given.  A training loop of one's own makes such a list, and
    calls its events:

    >>> from minikeras.callbacks import LambdaCallback
    >>> shout = LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, logs))
    >>> callbacks = CallbackList([shout], epochs=2)
    >>> callbacks.on_epoch_end(0, {"loss": 0.5})
    0 {'loss': 0.5}

    Raises: ValueError for what is no Callback.
    """

    def __init__(
        self,
        callbacks: Any = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: "Trainer | None" = None,
        **params: Any,
    ) -> None:
        super().__init__()
        self.callbacks: list[Callback] = []
        for callback in flatten(callbacks) if callbacks is not None else []:
            self.callbacks.append(checked(callback))
        if add_history and not self.has(History):
            self.callbacks.append(History())
        if add_progbar and not self.has(ProgbarLogger):
            self.callbacks.append(ProgbarLogger())
        if self.callbacks:
            self._connect()
        if model is not None:
            self.set_model(model)
        self.set_params(params)

    def append(self, callback: Callback) -> None:
        """Adds a callback behind the others."""
        self.callbacks.append(checked(callback))
        self._connect()
        if self._model is not None:
            callback.set_model(self._model)
        if self.params:
            callback.set_params(self.params)

    def set_params(self, params: dict[str, Any]) -> None:
        """Tells all callbacks verbose, epochs and steps."""
        self.params = params
        if params:
            for callback in self.callbacks:
                callback.set_params(params)

    def set_model(self, model: "Trainer") -> None:
        """Tells all callbacks the model; its history is the first one in the list."""
        super().set_model(model)
        histories = [c for c in self.callbacks if isinstance(c, History)]
        if histories:
            model.history = histories[0]
        for callback in self.callbacks:
            callback.set_model(model)

    @property
    def may_change_the_model(self) -> bool:
        """Whether code that is not ours runs between two batches.

        What a class says of itself does not hold for those that inherit from it.
        """
        return any(
            callback.hears(event)
            for callback in self.callbacks
            for event in EVENTS
            if "_batch_" in event
            and vars(type(callback)).get("changes_model_at_batches", True)
        )

    def listener(self, event: str) -> Event | None:
        """Returns what passes an event on; None if nobody listens."""
        listening = any(callback.hears(event) for callback in self.callbacks)
        return getattr(self, event) if listening else None

    @classmethod
    def of(
        cls,
        callbacks: Any,
        *,
        model: "Trainer",
        verbose: int,
        epochs: int,
        steps: int | None,
        history: bool = False,
    ) -> "CallbackList":
        """Returns the list for a run: those given, then the history and the bar."""
        if isinstance(callbacks, CallbackList):
            return callbacks
        return cls(
            callbacks,
            add_history=history,
            add_progbar=bool(verbose),
            model=model,
            verbose=verbose,
            epochs=epochs,
            steps=steps,
        )

    def has(self, kind: type[Callback]) -> bool:
        """Whether there is a callback of a class."""
        return any(isinstance(callback, kind) for callback in self.callbacks)

    def _connect(self) -> None:
        """Makes a function for each event that calls whoever hears it, in order."""
        in_order = sorted(self.callbacks, key=lambda callback: callback.acts_last)
        for callback in in_order:
            if callback.acts_last:
                callback.set_others([c for c in in_order if not c.acts_last])
        for event in EVENTS:
            listeners = [callback for callback in in_order if callback.hears(event)]
            if listeners:  # else it stays what it is in a Callback: nothing is done
                pass_on = passer(listeners, event)
                setattr(self, event, pass_on)
                setattr(self, OLDER_NAMES.get(event, event), pass_on)


def passer(listeners: list[Callback], event: str) -> Event:
    """Returns a function (position, logs) that passes an event to all who listen.

    All get one and the same dict of logs: what one of them adds, the next ones see.
    """
    lazy = "_batch_" in event and not any(
        vars(type(c)).get("reads_logs_of_batches", True) for c in listeners
    )

    def pass_on(*args: Any, logs: Any = None) -> None:
        position, logs = split(args, logs)
        if not lazy:
            logs = {name: as_number(value) for name, value in logs.items()}
        for callback in listeners:
            getattr(callback, event)(*position, logs)

    return pass_on


def split(args: tuple[Any, ...], logs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Returns the position (epoch or batch) in an event's arguments, and its logs."""
    if logs is None and args and (args[-1] is None or isinstance(args[-1], dict)):
        *position, logs = args
        args = tuple(position)
    return args, {} if logs is None else logs


def checked(callback: Any) -> Callback:
    """Returns a callback, if it is one."""
    if not isinstance(callback, Callback):
        name = getattr(callback, "__name__", "")
        hint = f" Make one: {name}()." if isinstance(callback, type) else ""
        raise ValueError(
            f"Callbacks must be instances of Callback; got {callback!r} of "
            f"type {type(callback).__name__}.{hint}"
        )
    return callback
