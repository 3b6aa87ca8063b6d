"""Values in configurations that JSON does not know, as {class_name, config} and back.

The class names are Keras's, such as "__slice__" and "__numpy__"; no class goes by them.
"""

from typing import Any

import numpy as np

from minikeras.saving.places import shown
from minikeras.values.dtypes import standardize_dtype
from minikeras.values.symbolic import KerasTensor
from minikeras.values.tensor import Tensor, as_tensor


def serialize_value(value: Any) -> Any:
    """Returns the configuration of a value that JSON does not know."""
    if isinstance(value, bytes):
        return tagged("__bytes__", value=value.decode("utf-8"))
    if isinstance(value, slice):
        ends = (value.start, value.stop, value.step)
        start, stop, step = (x.item() if hasattr(x, "item") else x for x in ends)
        return tagged("__slice__", start=start, stop=stop, step=step)
    if value is Ellipsis:
        return tagged("__ellipsis__")
    if value.ndim == 0:
        return value.item()
    return tagged("__numpy__", value=value.tolist(), dtype=value.dtype.name)


def serialize_tensor(tensor: Tensor) -> dict[str, Any]:
    """Returns the configuration of a Tensor; of a symbolic one, where it comes from."""
    if not isinstance(tensor, KerasTensor):
        value = tensor.numpy()
        return tagged("__tensor__", value=value.tolist(), dtype=value.dtype.name)
    history = getattr(tensor, "_keras_history", None)
    if history is not None:
        operation, *numbers = history
        history = [operation.name, *numbers]
    return tagged(
        "__keras_tensor__",
        shape=tensor.shape,
        dtype=tensor.dtype,
        keras_history=history,
    )


def tagged(class_name: str, **config: Any) -> dict[str, Any]:
    """Returns {class_name, config}."""
    return {"class_name": class_name, "config": config}


TAGGED = {
    "__bytes__": ("value",),
    "__slice__": ("start", "stop", "step"),
    "__ellipsis__": (),
    "__numpy__": ("value", "dtype"),
    "__tensor__": ("value", "dtype"),
    "__keras_tensor__": ("shape", "dtype", "keras_history"),
    "__lambda__": (),
}


def deserialize_value(name: str, config: Any) -> Any:
    """Makes a value that JSON does not know of {class_name, config}.

    Raises: ValueError if parts are missing, and for a lambda.
    """
    if name == "__lambda__":
        raise ValueError(
            "Here is a lambda, saved as Python bytecode, which minikeras never runs. "
            "Save the model anew with a named function, registered by "
            "@register_keras_serializable()."
        )
    if not isinstance(config, dict) or not config.keys() >= set(TAGGED[name]):
        raise ValueError(
            f"The config of {name} has {', '.join(TAGGED[name])}; got {shown(config)}."
        )
    if name == "__bytes__":
        return str(config["value"]).encode("utf-8")
    if name == "__slice__":
        return slice(config["start"], config["stop"], config["step"])
    if name == "__ellipsis__":
        return Ellipsis
    dtype = standardize_dtype(config["dtype"])
    if name == "__keras_tensor__":
        tensor = KerasTensor(config["shape"], dtype)
        tensor._saved_history = config["keras_history"]  # type: ignore[attr-defined]
        return tensor
    array = np.array(config["value"], dtype)
    return array if name == "__numpy__" else as_tensor(array)
