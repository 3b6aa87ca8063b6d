"""What a step reports, on its way to callbacks and to the user."""

from typing import Any

import numpy as np


def flat_logs(logs: Any) -> dict[str, Any]:
    """Returns logs in order of their names; dicts inside give way to what is in them.

    Such are the metrics of compile().

    Raises: TypeError for what is no dict.

    >>> flat_logs({"loss": 1.0, "compile_metrics": {"accuracy": 0.5}})
    {'accuracy': 0.5, 'loss': 1.0}
    """
    if not isinstance(logs, dict):
        raise TypeError(
            "train_step and test_step must return their logs, {'loss': loss, ...}; got "
            f"{logs!r}."
        )
    flat: dict[str, Any] = {}
    for name, value in sorted(logs.items()):
        flat |= flat_logs(value) if isinstance(value, dict) else {name: value}
    return flat


def as_numbers(logs: Any) -> dict[str, Any]:
    """Returns flat logs, single numbers as Python floats.

    What has more elements becomes an array.
    """
    return {name: as_plain(x) for name, x in flat_logs(logs).items()}


def with_validation(logs: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """Returns the logs of an epoch with what its validation found, by name.

    >>> with_validation({"loss": 1.0}, {"loss": 2.0, "accuracy": 0.5})
    {'loss': 1.0, 'val_accuracy': 0.5, 'val_loss': 2.0}
    """
    named = {f"val_{name}": value for name, value in found.items()}
    return dict(sorted((logs | named).items()))


def as_plain(value: Any) -> Any:
    """Returns a value as users see it: a float, or an array that is theirs to keep."""
    if isinstance(value, (int, float)):
        return float(value)
    if not hasattr(value, "__array__"):
        return value
    array = np.array(value)
    return float(array.item()) if array.size == 1 else array
