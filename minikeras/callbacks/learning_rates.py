"""Changing the learning rate between epochs: by a plan, or when nothing improves."""

import inspect
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from minikeras.callbacks.callback import Callback, Logs
from minikeras.callbacks.monitor import MonitorCallback, names_of


class LearningRateScheduler(Callback):
    """Sets the learning rate at the start of every epoch: `schedule(epoch, rate)`.

    `epoch` counts from 0, `rate` is the rate now; a schedule of the epoch alone works
    too.  The logs of the epoch get `learning_rate`.

    Raises: TypeError for what is no function; ValueError if that returns no float.
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        super().__init__()
        if not callable(schedule):
            raise TypeError(
                "LearningRateScheduler takes a function (epoch, rate) -> rate; got "
                f"{schedule!r}. A constant rate is optimizer.learning_rate."
            )
        self.schedule = schedule
        self.verbose = verbose

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        for name, optimizer in optimizers_of(self.model).items():
            rate = self._scheduled(epoch, float(optimizer.learning_rate))
            optimizer.learning_rate = rate
            if self.verbose > 0:
                print(
                    f"\nEpoch {epoch + 1}: LearningRateScheduler setting "
                    f"{name and name + ' '}learning rate to {rate}."
                )

    def _scheduled(self, epoch: int, rate: float) -> float:
        """Returns the rate that the schedule gives for an epoch."""
        takes_rate = accepts(self.schedule, epoch, rate)
        rate = self.schedule(epoch, rate) if takes_rate else self.schedule(epoch)
        if not isinstance(rate, (float, np.float32, np.float64)):
            raise ValueError(
                "The output of the `schedule` function should be a float; got "
                f"{rate!r} of type {type(rate).__name__}. Wrap it in float(...)."
            )
        return rate

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        add_learning_rates(self.model, logs)


class ReduceLROnPlateau(MonitorCallback):
    """Multiplies the learning rate by `factor` after `patience` epochs that were no
    better.

    An improvement is a change of more than `min_delta`.  After a reduction `cooldown`
    epochs pass before waiting begins again.  The rate does not fall below `min_lr`.
    The logs of the epoch get `learning_rate`, as it was before.

    Raises: ValueError for a factor of 1 or more.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
        **kwargs: Any,
    ) -> None:
        if kwargs:
            raise TypeError(
                f"ReduceLROnPlateau got unknown arguments: {', '.join(kwargs)}. The "
                "least change is min_delta, the least learning rate min_lr."
            )
        super().__init__(monitor, mode, min_delta=min_delta)
        if factor >= 1.0:
            raise ValueError(
                "ReduceLROnPlateau multiplies the learning rate by a factor below 1; "
                f"got factor={factor}."
            )
        self.factor = factor
        self.min_lr = min_lr
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self._start_anew()

    def _start_anew(self) -> None:
        self.best = None
        self.cooldown_counter = 0
        self.wait = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._start_anew()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.prepare()
        logs = {} if logs is None else logs
        add_learning_rates(self.model, logs)
        current = logs.get(self.monitor)
        if current is None:
            warnings.warn(
                "Learning rate reduction is conditioned on metric "
                f"`{self.monitor}` which is not available. Available metrics are: "
                f"{names_of(logs)}.",
                UserWarning,
                stacklevel=2,
            )
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self.is_improvement(current, self.best):
            self.best = current
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience and self._reduce(epoch):
                self.cooldown_counter = self.cooldown
                self.wait = 0

    def _reduce(self, epoch: int) -> bool:
        """Reduces the learning rates; returns whether one was above the least."""
        reduced = False
        for name, optimizer in optimizers_of(self.model).items():
            old = float(optimizer.learning_rate)
            if old <= np.float32(self.min_lr):
                continue
            new = max(old * self.factor, self.min_lr)
            optimizer.learning_rate = new
            reduced = True
            if self.verbose > 0:
                print(
                    f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing "
                    f"{name and name + ' '}learning rate to {new}."
                )
        return reduced

    def in_cooldown(self) -> bool:
        """Whether a reduction was so short ago that nothing is counted yet."""
        return self.cooldown_counter > 0

    def get_state(self) -> dict[str, Any]:
        """Returns the best value, how long ago it was, and what is left to cool."""
        names = ("best", "cooldown_counter", "wait")
        return {name: getattr(self, name) for name in names}

    def set_state(self, state: dict[str, Any]) -> None:
        """Goes on waiting for an improvement."""
        vars(self).update(state)


def optimizers_of(model: Any) -> dict[str, Any]:
    """Returns {name: optimizer} of those that have a learning rate.

    The name is "" for the only one of a model.
    """
    optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    several = getattr(optimizer, "optimizers", None)
    if several is None:
        return {"": optimizer}
    return {part.name: part for part in several}


def accepts(function: Callable[..., Any], *args: Any) -> bool:
    """Whether a function can be called with so many arguments; yes, if it won't say."""
    try:
        inspect.signature(function).bind(*args)
    except TypeError:
        return False
    except ValueError:  # a function of C without a signature
        return True
    return True


def add_learning_rates(model: Any, logs: Logs | None) -> None:
    """Adds `learning_rate` to logs, for each optimizer that there is."""
    if logs is None:
        return
    for name, optimizer in optimizers_of(model).items():
        key = f"learning_rate_{name}" if name else "learning_rate"
        logs[key] = float(optimizer.learning_rate)
