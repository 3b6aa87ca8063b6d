"""Keras's global settings, and ours: which backend computes, on how many threads."""

from typing import Any, NoReturn

from minikeras.dtype_policies import dtype_policy as dtype_policy
from minikeras.dtype_policies import set_dtype_policy as set_dtype_policy
from minikeras.kernels.fast import set_threads as set_threads
from minikeras.kernels.fast import threads as threads
from minikeras.values.backends import backend as backend
from minikeras.values.backends import set_backend as set_backend
from minikeras.values.backends import use_backend as use_backend
from minikeras.values.dtypes import floatx as floatx
from minikeras.values.dtypes import set_floatx as set_floatx

_settings: dict[str, Any] = {
    "epsilon": 1e-7,
    "image_data_format": "channels_last",
    "interactive_logging": True,
    "max_epochs": None,
    "max_steps_per_epoch": None,
    "traceback_filtering": False,
}


def epsilon() -> float:
    """Returns the small number that losses and metrics add to a denominator, 1e-7."""
    return _settings["epsilon"]


def set_epsilon(value: float) -> None:
    """Sets `epsilon()`."""
    _settings["epsilon"] = float(value)


def image_data_format() -> str:
    """Returns the default order of image axes, "channels_last" unless it was set."""
    return _settings["image_data_format"]


def set_image_data_format(data_format: str) -> None:
    """Sets the default order of image axes: "channels_last" or "channels_first"."""
    if str(data_format).lower() not in ("channels_last", "channels_first"):
        raise ValueError(
            "image_data_format must be 'channels_last' or 'channels_first'; got "
            f"{data_format!r}."
        )
    _settings["image_data_format"] = str(data_format).lower()


def enable_interactive_logging() -> None:
    """Lets progress be written to the screen, as it is by default."""
    _settings["interactive_logging"] = True


def disable_interactive_logging() -> None:
    """Sends progress to the log of Python's `logging`, as lines of level INFO."""
    _settings["interactive_logging"] = False


def is_interactive_logging_enabled() -> bool:
    """Returns whether progress is written to the screen, not to the log."""
    return _settings["interactive_logging"]


def max_epochs() -> int | None:
    """Returns the most epochs that any `fit` runs; None is no limit."""
    return _settings["max_epochs"]


def set_max_epochs(max_epochs: int | None) -> None:
    """Sets the most epochs that any `fit` runs: to try a long program out.

    Raises: ValueError if it is neither a positive integer nor None.
    """
    _settings["max_epochs"] = limit("max_epochs", max_epochs)


def max_steps_per_epoch() -> int | None:
    """Returns the most batches of an epoch, and of `evaluate` and `predict`."""
    return _settings["max_steps_per_epoch"]


def set_max_steps_per_epoch(max_steps_per_epoch: int | None) -> None:
    """Sets the most batches of an epoch, and of `evaluate` and `predict`.

    Raises: ValueError if it is neither a positive integer nor None.
    """
    _settings["max_steps_per_epoch"] = limit("max_steps_per_epoch", max_steps_per_epoch)


def limit(name: str, value: int | None) -> int | None:
    """Returns a limit, after a look at whether it is one."""
    if value is not None and (not isinstance(value, int) or value < 1):
        raise ValueError(f"{name} is a positive integer, or None; got {value!r}.")
    return value


def enable_traceback_filtering() -> None:
    """Is kept for programs that say so; no frame is ever hidden from a traceback."""
    _settings["traceback_filtering"] = True


def disable_traceback_filtering() -> None:
    """Is kept for programs that say so; no frame is ever hidden from a traceback."""
    _settings["traceback_filtering"] = False


def is_traceback_filtering_enabled() -> bool:
    """Returns what was asked for last, False at first; no frame is ever hidden."""
    return _settings["traceback_filtering"]


def enable_unsafe_deserialization() -> NoReturn:
    """Refuses: loading a file never runs code that the file brings along.

    Raises: ValueError, always.
    """
    raise ValueError(
        "There is no unsafe deserialization here: loading never runs code from a file. "
        "Pass the functions and classes that a file names in custom_objects={name: "
        "object}, or register them with register_keras_serializable()."
    )
