"""Keras's global settings, and ours: which backend computes, on how many threads."""

from typing import Any

from minikeras.kernels.fast import set_threads as set_threads
from minikeras.kernels.fast import threads as threads
from minikeras.values.backends import backend as backend
from minikeras.values.backends import set_backend as set_backend
from minikeras.values.backends import use_backend as use_backend
from minikeras.values.dtypes import floatx as floatx
from minikeras.values.dtypes import set_floatx as set_floatx

_settings: dict[str, Any] = {"epsilon": 1e-7, "image_data_format": "channels_last"}


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
