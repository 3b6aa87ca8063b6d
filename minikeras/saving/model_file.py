"""Whole models in `.keras` files: architecture, weights, how they were compiled."""

import io
import json
import os
import warnings
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from minikeras.saving.durable import write_durably
from minikeras.saving.errors import SavingError, shortened
from minikeras.saving.h5_file import h5_image, open_h5
from minikeras.saving.json_text import parsed_json
from minikeras.saving.objects import (
    deserialize_keras_object,
    require_safe_mode,
    serialize_keras_object,
)
from minikeras.saving.places import ConfigurationError, shown
from minikeras.saving.registry import CustomObjectScope, all_custom_objects
from minikeras.saving.saveable import Saveable
from minikeras.saving.sharing import sharing
from minikeras.saving.state import assign, check, state_of
from minikeras.saving.weights import ENDING as WEIGHTS_ENDING
from minikeras.saving.weights import require_free
from minikeras.saving.zip_file import (
    CONFIG,
    METADATA,
    WEIGHTS,
    read_archive,
    write_archive,
)
from minikeras.values.room import FEWEST_TENSORS, room_for

KERAS_VERSION = "3.15.1"  # whose format it is
LEGACY = (".h5", ".hdf5")
SLACK = 2**20  # bytes of Variables that are not in the file, such as random states
ROOM_FOR_TRAINING = 64 * 2**20  # bytes of metrics: confusion matrices, say
SLOTS = 5  # for each weight, at most: AMSGrad's, a moving average, summed gradients
BYTES_PER_TENSOR = 32  # of a configuration, for each symbolic tensor, at least


def save_model(
    model: Any,
    filepath: Any,
    overwrite: bool = True,
    zipped: bool | None = None,
    **kwargs: Any,
) -> None:
    """Writes a model to a `.keras` file, or to a binary file object.

    Raises: SavingError for another ending of the name; FileExistsError for a file that
    is there, with overwrite=False.
    """
    if kwargs:
        raise ValueError(f"save_model() does not take {', '.join(sorted(kwargs))}.")
    if zipped is False:
        raise SavingError(
            filepath, "Models are saved as one file: zipped=False is not there."
        )
    is_path = is_name(filepath, "write")
    if is_path:
        check_ending(filepath, "saved")
        require_free(filepath, overwrite)
    if not model.built:
        warnings.warn(
            f"You are saving the model {model.name!r}, which is not built yet: it may "
            "have no weights. Call it on data first.",
            UserWarning,
            stacklevel=3,
        )
    members = members_for(model)
    if is_path:
        write_durably(filepath, lambda file: write_archive(file, members))
    else:
        write_archive(filepath, members)


def members_for(model: Any) -> dict[str, bytes]:
    """Returns {name: content} for the members of a model's archive."""
    with sharing():
        config = serialize_keras_object(model)
    metadata = {
        "keras_version": KERAS_VERSION,
        "date_saved": datetime.now().strftime("%Y-%m-%d@%H:%M:%S"),
    }
    return {
        METADATA: json.dumps(metadata).encode(),
        CONFIG: json.dumps(config).encode(),
        WEIGHTS: h5_image(state_of(model)),
    }


def load_model(
    filepath: Any,
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
    safe_mode: bool = True,
) -> Any:
    """Reads a model that Keras or minikeras saved in a `.keras` file.

    Classes and functions of your own are registered, or given in `custom_objects`,
    {name: class or function}.  With compile=False the model is not compiled, and its
    optimizer's state stays in the file.

    Raises: SavingError if the file is damaged, or names what is not known here.
    """
    require_safe_mode(safe_mode)
    if is_name(filepath, "seek"):
        check_ending(filepath, "loaded")
    members = read_archive(filepath)
    parsed_json(members[METADATA], filepath, METADATA)
    config = parsed_json(members[CONFIG], filepath, CONFIG)
    how_compiled = config.pop("compile_config", None)
    if not compile:
        leave_uncompiled(config)
    tensors = most_tensors(members[CONFIG])
    image = members.pop(WEIGHTS)
    try:
        with sharing(), CustomObjectScope(all_custom_objects(custom_objects)):
            with room_for(len(image) + SLACK, tensors=tensors):
                model = deserialize_keras_object(config, custom_objects)
            if not isinstance(model, Saveable):
                raise ValueError(f"Expected a model; got {shortened(model)}.")
            if compile and how_compiled:
                compile_again(model, how_compiled, len(image))
    except Exception as error:
        raise refusal(error, filepath, CONFIG) from error
    with open_h5(io.BytesIO(image), len(image), filepath) as groups:
        checked = check(model, groups, filepath)
    del image, groups  # before there are copies of the first weights
    assign(checked)
    return model


def leave_uncompiled(config: Any) -> None:
    """Takes out of a configuration how the models in it were compiled."""
    waiting = [config]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            if "class_name" in part:
                part.pop("compile_config", None)
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part


def most_tensors(text: str | bytes) -> int:
    """Returns how many symbolic tensors a configuration may make: more for a long one.

    A layer takes a thousand bytes, and makes a tensor, or some ten inside.
    """
    return FEWEST_TENSORS + len(text) // BYTES_PER_TENSOR


def compile_again(model: Any, how_compiled: Any, size: int) -> None:
    """Compiles a model whose weights take `size` bytes in a file.

    Metrics, and slots of an optimizer that has made no step, are in no file.
    """
    room = ROOM_FOR_TRAINING + SLOTS * size
    what = (
        "the metrics and the state of the optimizer described here take more than "
        f"{room} bytes, which is what a model of this size may have"
    )
    with room_for(room, what):
        model.compile_from_config(how_compiled)


def refusal(error: Exception, file: Any, member: str) -> SavingError:
    """Returns what to say of a configuration that no model was made of, and where."""
    if not isinstance(error, ConfigurationError):
        return SavingError(file, f"{type(error).__name__}: {error}", member)
    place = ", ".join(filter(None, (member, error.place)))
    return SavingError(file, error.reason, place)


def model_from_json(
    json_string: Any, custom_objects: Mapping[str, Any] | None = None
) -> Any:
    """Makes a model, with new weights, from what `Model.to_json` returned.

    Raises: SavingError, a ValueError, for what is no JSON, or describes no model: it
    says which part does not, and why; TypeError for what is no string.
    """
    if not isinstance(json_string, (str, bytes)):
        raise TypeError(
            "model_from_json() takes a string, which Model.to_json() returns; got "
            f"{shown(json_string)} of type {type(json_string).__name__}."
        )
    config = parsed_json(json_string, "json_string", "the whole")
    try:
        with room_for(None, tensors=most_tensors(json_string)):
            return deserialize_keras_object(config, custom_objects)
    except Exception as error:
        raise refusal(error, "json_string", "") from error


def check_ending(filepath: str | os.PathLike[str], done: str) -> None:
    """Refuses names that do not end in .keras."""
    name = os.fspath(filepath)
    if name.endswith(WEIGHTS_ENDING):
        raise SavingError(
            filepath,
            f"Files of this name hold weights, and models are {done} in .keras files: "
            "take save_weights() and load_weights() of a model.",
        )
    if name.endswith(LEGACY):
        raise SavingError(
            filepath,
            f"Models are not {done} in the legacy HDF5 format. Use a name that ends in "
            ".keras; Keras itself can turn the one into the other.",
        )
    if not name.endswith(".keras"):
        raise SavingError(
            filepath, f"Models are {done} in files whose names end in .keras."
        )


def is_name(place: Any, method: str) -> bool:
    """Whether a place is a file's name, not a file object that has the method.

    Raises: TypeError if it is neither.
    """
    if isinstance(place, (str, os.PathLike)):
        return True
    if hasattr(place, method):
        return False
    raise TypeError(
        "A model is in a file with a name, such as 'model.keras', or in a file object "
        f"opened in binary mode; got a {type(place).__name__}."
    )
