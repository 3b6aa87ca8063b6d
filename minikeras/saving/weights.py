"""Weights alone, in a `.weights.h5` file: `save_weights` and `load_weights`."""

import io
import os
from typing import Any

from minikeras.saving.durable import write_durably
from minikeras.saving.errors import MissingFileError, SavingError, name_of
from minikeras.saving.h5_file import h5_image, open_h5
from minikeras.saving.saveable import Saveable
from minikeras.saving.shards import ENDING as SHARDS
from minikeras.saving.shards import open_shards, save_shards
from minikeras.saving.state import assign, check, state_of
from minikeras.saving.zip_file import WEIGHTS, read_archive

ENDING = ".weights.h5"


def save_weights(
    model: Saveable,
    filepath: str | os.PathLike[str],
    overwrite: bool = True,
    max_shard_size: float | None = None,
    **kwargs: Any,
) -> None:
    """Writes the weights of a model, its optimizer and its random states to a file.

    With `max_shard_size`, in gibibytes, the weights go to several files, and filepath
    is that of their index, *.weights.json.  `objects_to_skip`, a list of layers, may
    be given too: they are left out.

    Raises: SavingError for another ending of the name, or a model that is not built;
    FileExistsError for a file that is there, with overwrite=False.
    """
    require_built(model, filepath, "saving")
    require_free(filepath, overwrite)
    groups = state_of(model, parts_to_skip(kwargs))
    if max_shard_size is not None:
        save_shards(filepath, groups, max_shard_size)
        return
    if not os.fspath(filepath).endswith(ENDING):
        raise SavingError(filepath, f"A file of weights is called *{ENDING}.")
    image = h5_image(groups)
    write_durably(filepath, lambda file: file.write(image))


def load_weights(
    model: Saveable,
    filepath: str | os.PathLike[str],
    skip_mismatch: bool = False,
    **kwargs: Any,
) -> None:
    """Reads what `save_weights` of Keras or minikeras wrote into a model.

    With `skip_mismatch` layers that do not fit are left alone, with a warning, and the
    layers of a list `objects_to_skip` without one.

    Raises: SavingError if the file is damaged or does not fit the model, which then is
    as it was.
    """
    left_out = parts_to_skip(kwargs)
    require_built(model, filepath, "loading")
    name = os.fspath(filepath)
    if name.endswith(".keras"):
        image = read_archive(filepath, only=(WEIGHTS,))[WEIGHTS]
        with open_h5(io.BytesIO(image), len(image), filepath) as groups:
            checked = check(model, groups, filepath, skip_mismatch, left_out)
        del image, groups  # before there are copies of the old weights
    elif name.endswith(ENDING):
        size = size_of(filepath)
        with open_h5(name, size, filepath) as groups:
            checked = check(model, groups, filepath, skip_mismatch, left_out)
    elif name.endswith(SHARDS):
        with open_shards(filepath) as groups:
            checked = check(model, groups, filepath, skip_mismatch, left_out)
    else:
        raise SavingError(
            filepath,
            f"Weights are loaded from files called *{ENDING}, *{SHARDS} or *.keras.",
        )
    assign(checked)


def parts_to_skip(kwargs: dict[str, Any]) -> list[Any]:
    """Returns the layers of `objects_to_skip`; refuses all other arguments."""
    unknown = sorted(kwargs.keys() - {"objects_to_skip"})
    if unknown:
        raise ValueError(
            f"Weights are saved and loaded without {', '.join(unknown)}: leave it out. "
            "`by_name` was for files of Keras 2."
        )
    return list(kwargs.get("objects_to_skip") or ())


def require_built(model: Any, filepath: Any, doing: str) -> None:
    """Refuses a model that has no weights yet."""
    if not model.built:
        raise SavingError(
            filepath,
            f"{doing} weights needs a model that has some; {model.name!r} is not "
            "built. Call it on data, or model.build(input_shape), first.",
        )


def require_free(filepath: Any, overwrite: bool) -> None:
    """Refuses to write over a file, if told so."""
    if not overwrite and os.path.exists(filepath):
        raise FileExistsError(
            f"{name_of(filepath)} exists, and overwrite=False. Choose another name."
        )


def size_of(filepath: str | os.PathLike[str]) -> int:
    """Returns the size of a file.

    Raises: MissingFileError if there is none of that name.
    """
    if not os.path.isfile(filepath):
        raise MissingFileError(filepath)
    return os.path.getsize(filepath)
