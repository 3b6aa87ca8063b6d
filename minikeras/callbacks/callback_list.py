"""All callbacks of a run as one: every event goes to each of them, in order."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from minikeras.callbacks.callback import Callback, Event
from minikeras.callbacks.history import History
from minikeras.callbacks.progbar_logger import ProgbarLogger
from minikeras.tree import flatten

if TYPE_CHECKING:  # models know their callbacks, and not the other way round
    from minikeras.models.trainer import Trainer

# Events by the names that Keras had before, which Callback passes on to.
OLDER_NAMES = {
    "on_train_batch_begin": "on_batch_begin",
    "on_train_batch_end": "on_batch_end",
}
EVENTS = tuple(
    name
    for name in vars(Callback)
    if name.startswith("on_") and name not in OLDER_NAMES.values()
)


class CallbackList:
    """Passes events on; asks each callback only for the events that it overrides.

    Raises: ValueError for what is no Callback.
    """

    def __init__(
        self, callbacks: Sequence[Callback], model: "Trainer", params: dict[str, Any]
    ) -> None:
        self.callbacks = callbacks
        for callback in callbacks:
            if not isinstance(callback, Callback):
                raise ValueError(
                    f"Callbacks must be instances of Callback; got {callback!r} of "
                    f"type {type(callback).__name__}."
                )
            callback.set_params(params)
            callback.set_model(model)
        # Whether code that is not ours runs between two batches.
        self.may_change_the_model = any(
            overrides(callback, event)
            for callback in callbacks
            for event in EVENTS
            if "_batch_" in event and type(callback) is not ProgbarLogger
        )

    def __getattr__(self, event: str) -> Event:
        """Returns what passes an event on; made when it is first asked for."""
        if event not in EVENTS:
            raise AttributeError(f"There is no event {event!r} for callbacks.")
        passer = self._passer(event) if self.callbacks else ignore
        setattr(self, event, passer)
        return passer

    def listener(self, event: str) -> Event | None:
        """Returns what passes an event on; None if nobody listens."""
        listening = any(overrides(callback, event) for callback in self.callbacks)
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
        callbacks = [] if callbacks is None else flatten(callbacks)
        if history:
            histories = [c for c in callbacks if isinstance(c, History)]
            callbacks = callbacks if histories else [*callbacks, History()]
            model.history = next(c for c in callbacks if isinstance(c, History))
        if verbose and not any(isinstance(c, ProgbarLogger) for c in callbacks):
            callbacks = [*callbacks, ProgbarLogger()]
        params = {"verbose": verbose, "epochs": epochs, "steps": steps}
        return cls(callbacks, model, params)

    def _passer(self, event: str) -> Event:
        """Returns a function (position, logs) that passes an event to who listens.

        All get one and the same dict of logs: what one of them adds, the next ones see.
        """
        listeners = [c for c in self.callbacks if overrides(c, event)]
        # The bar, which draws but few batches, reads the values that it draws.
        all_read = any(not isinstance(c, ProgbarLogger) for c in listeners)

        def pass_on(*args: Any) -> None:
            *position, logs = (
                args if args and isinstance(args[-1], dict) else (*args, {})
            )
            if all_read:
                logs = {name: as_float(value) for name, value in logs.items()}
            for callback in listeners:
                getattr(callback, event)(*position, logs)

        return pass_on


def ignore(*args: Any) -> None:
    """Passes an event on to nobody."""


def overrides(callback: Callback, event: str) -> bool:
    """Whether a callback does something at an event, by its name or the older one."""
    names = {event, OLDER_NAMES.get(event, event)}
    return any(
        name in vars(callback)
        or getattr(type(callback), name) is not getattr(Callback, name)
        for name in names
    )


def as_float(value: Any) -> Any:
    """Returns a log value as users see it: 0-d Tensors as floats."""
    return float(value) if getattr(value, "shape", None) == () else value
