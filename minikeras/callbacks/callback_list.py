"""All callbacks of a run as one: every event goes to each of them, in order."""

from minikeras.callbacks.callback import Callback
from minikeras.callbacks.history import History
from minikeras.callbacks.progbar_logger import ProgbarLogger
from minikeras.tree import flatten

EVENTS = tuple(name for name in vars(Callback) if name.startswith("on_"))


class CallbackList:
    """Passes events on; asks each callback only for the events that it overrides."""

    def __init__(self, callbacks, model, params):
        self.callbacks = callbacks
        for callback in callbacks:
            if not isinstance(callback, Callback):
                raise ValueError(
                    f"Callbacks must be instances of Callback; got {callback!r} of type "
                    f"{type(callback).__name__}."
                )
            callback.set_params(params)
            callback.set_model(model)
        for event in EVENTS:
            setattr(self, event, self._passer(event))

    @classmethod
    def of(cls, callbacks, *, model, verbose, epochs, steps, history=False):
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

    def _passer(self, event):
        """Returns a function that passes one event to those who listen to it."""
        listeners = [c for c in self.callbacks if overrides(c, event)]

        def pass_on(*args):
            *position, logs = args if args and isinstance(args[-1], dict) else (*args, {})
            for callback in listeners:
                if not isinstance(callback, ProgbarLogger):
                    logs = {name: as_float(value) for name, value in logs.items()}
                getattr(callback, event)(*position, logs)

        return pass_on


def overrides(callback, event):
    """Whether a callback does something at an event."""
    own = vars(callback).get(event)
    return own is not None or getattr(type(callback), event) is not getattr(Callback, event)


def as_float(value):
    """Returns a log value as users see it: 0-d Tensors as floats."""
    return float(value) if getattr(value, "shape", None) == () else value
