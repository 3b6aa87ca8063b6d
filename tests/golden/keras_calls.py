"""Calls Keras by name on recorded inputs: what all the recorders share."""

import importlib
import sys
import warnings
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import torch

VERSIONS = {"keras": "3.15.1", "torch": "2.13.0", "backend": "torch"}


def check_versions() -> None:
    """Raises RuntimeError unless this is the Keras whose answers the tests expect."""
    found = {
        "keras": keras.__version__,
        "torch": torch.__version__.partition("+")[0],
        "backend": keras.backend.backend(),
    }
    if found != VERSIONS:
        raise RuntimeError(
            f"Golden files are recorded with {VERSIONS}; got {found}. Install those "
            "versions and set KERAS_BACKEND=torch."
        )
    if sys.flags.hash_randomization:  # sets in messages would change their order
        raise RuntimeError("Set PYTHONHASHSEED=0, so that two recordings are alike.")


def reset() -> None:
    """Makes names, seeds and thread counts the same before each family."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(0)
    torch.set_num_threads(1)


def public(path: str) -> Any:
    """Returns the object of Keras's public API at `path`, such as `"losses.Huber"`."""
    module, _, name = f"keras.{path}".rpartition(".")
    return getattr(importlib.import_module(module), name)


def as_arrays(value: Any) -> Any:
    """Turns tensors, also inside lists, tuples and dictionaries, into NumPy arrays."""
    if isinstance(value, torch.Tensor):
        return value.detach().cpu().numpy().copy()  # some results alias a variable
    if isinstance(value, keras.Variable):
        return np.array(keras.ops.convert_to_numpy(value))
    if isinstance(value, list):
        return [as_arrays(item) for item in value]
    if isinstance(value, tuple):
        return tuple(as_arrays(item) for item in value)
    if isinstance(value, dict):
        return {key: as_arrays(item) for key, item in value.items()}
    return value


def cotangent_for(shape: tuple[int, ...]) -> np.ndarray:
    """Returns uneven weights, so that a gradient can't be right by symmetry."""
    count = int(np.prod(shape))
    weights = 1.0 + (np.arange(count) * 3 % 7) * 0.25
    return weights.reshape(shape).astype("float32")


def gradient_of(
    function: Callable[[torch.Tensor], torch.Tensor], at: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Returns a cotangent and the gradient of sum(cotangent · function(x)) at `at`."""
    x = torch.tensor(at, requires_grad=True)
    out = function(x)
    cotangent = cotangent_for(tuple(out.shape))
    (out * torch.tensor(cotangent)).sum().backward()
    return cotangent, x.grad.numpy()


def outcome_of(function: Callable[[], Any]) -> dict[str, Any]:
    """Returns what a call gave: its result or its exception, and the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        # torch tensors and NumPy 2 disagree on __array__(copy=); not Keras's business.
        warnings.filterwarnings("ignore", message=".*__array__.*")
        try:
            outcome = {"result": as_arrays(function())}
        except Exception as error:  # any exception is the answer that is recorded
            outcome = {"error": type(error).__name__, "message": plain(str(error))}
    if caught:
        outcome["warnings"] = [
            {"category": warning.category.__name__, "message": str(warning.message)}
            for warning in caught
        ]
    return outcome


def plain(message: str) -> str:
    """Removes the bold marks and the call report that Keras wraps around a message."""
    head, bold, rest = message.partition("\x1b[1m")
    if head.startswith("Exception encountered when calling") and bold:
        return rest.partition("\x1b[0m")[0]
    return message
