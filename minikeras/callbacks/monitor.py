"""Watching one of the logs: which way is better, and is this value better than that."""

import warnings
from collections.abc import Callable
from typing import Any

from minikeras import ops
from minikeras.callbacks.callback import Callback
from minikeras.metrics.directions import direction_of
from minikeras.saving.places import names_near


class MonitorCallback(Callback):
    """The base of callbacks that compare one of the logs with its best value so far.

    In mode "min" a value is better than the best by being below best - min_delta, in
    mode "max" by being above best + min_delta.  "auto" is "min" for the loss, and for a
    metric what that metric says.  `monitor_op` is then `ops.less` or `ops.greater`; one
    of your own says if its first argument, less `min_delta`, is better.

    Raises: ValueError at the end of the first epoch, if "auto" cannot tell.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        mode: str = "auto",
        baseline: float | None = None,
        min_delta: float = 0,
    ) -> None:
        super().__init__()
        if mode not in ("auto", "min", "max"):
            warnings.warn(
                f"{type(self).__name__} mode {mode!r} is unknown, fallback to auto "
                "mode. There are 'min', 'max' and 'auto'.",
                UserWarning,
                stacklevel=3,
            )
            mode = "auto"
        self.monitor = monitor
        self.mode = mode
        self.best = baseline
        self.min_delta = abs(min_delta)
        self.monitor_op: Callable[[Any, Any], Any] | Any = None  # until it is known

    def is_improvement(self, value: float, reference: float | None) -> bool:
        """Whether a value is better than another; any is better than none."""
        if reference is None:
            return True
        self.prepare()
        return bool(self.monitor_op(value - self.min_delta, reference))

    def direction(self) -> str:
        """Returns "min" or "max", by the name of what is monitored."""
        name = self.monitor.removeprefix("val_")
        if name == "loss":
            return "min"
        metrics = named_metrics(self.model)
        for key, metric in metrics:
            direction = direction_of(metric)
            if key == name and direction is not None:
                return direction
        prefix = self.monitor.removesuffix(name)
        near = names_near(name, dict.fromkeys(["loss", *(key for key, _ in metrics)]))
        meant = " or ".join(repr(prefix + key) for key in near)
        raise ValueError(
            f"{type(self).__name__} monitors {self.monitor!r}, and cannot tell if that "
            "is better when it is high or when it is low. "
            f"{f'Is it {meant} that is meant? If not, pass' if near else 'Pass'} "
            "mode='max' or mode='min'."
        )

    def prepare(self) -> None:
        """Finds out which way is better, now that the metrics are built.

        In mode "min" `min_delta` becomes negative, as in Keras.
        """
        if self.monitor_op is not None:
            return
        mode = self.mode if self.mode != "auto" else self.direction()
        self.monitor_op = ops.less if mode == "min" else ops.greater
        if mode == "min":
            self.min_delta = -self.min_delta


def named_metrics(model: Any) -> list[tuple[str, Any]]:
    """Returns the metrics of a model by the names that they have in logs."""
    named = []
    for metric in getattr(model, "metrics", []):
        named.append((metric.name, metric))
        # Those of compile():
        named += [(x.key, x.metric) for x in getattr(metric, "entries", [])]
    return named


def names_of(logs: dict[str, Any]) -> str:
    """Returns the names in logs as warnings list them."""
    return ",".join(logs)
