"""Weights in several files, each of a limited size, with an index beside them.

`model.weights.json` says which of `model_00000.weights.h5`, `model_00001.weights.h5`
and so on has the arrays of which part. The files of a new saving have other numbers
than those of the last one, which are deleted when the new index is in its place: until
then the old weights can be read. The index knows the checksums of its files. Of several
programs that save in a folder one waits for the other.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from itertools import count
from typing import Any

from minikeras.saving.durable import locked, write_durably
from minikeras.saving.errors import MissingFileError, SavingError, shortened
from minikeras.saving.h5_file import (
    CHECKSUM,
    Group,
    StoredGroups,
    checksum,
    h5_image,
    open_h5,
)
from minikeras.saving.json_text import LONGEST, parsed_json

ENDING = ".weights.json"
GIBIBYTE = 1024**3


def save_shards(
    filepath: str | os.PathLike[str], groups: Mapping[str, Group], most: float
) -> None:
    """Writes arrays to files of at most `most` gibibytes of numbers, and the index.

    Raises: SavingError for another ending of the name, or an array that is larger.
    """
    index = os.fspath(filepath)
    if not index.endswith(ENDING):
        raise SavingError(
            filepath, f"The index of weights in several files is called *{ENDING}."
        )
    with locked(os.path.dirname(index), alone=True):
        write_shards(index, groups, most * GIBIBYTE)


def write_shards(index: str, groups: Mapping[str, Group], most: float) -> None:
    """Writes arrays to files of at most `most` bytes, and then the index."""
    known = names_of_last(index)
    # Other files than those of the last saving, which count until the index is new.
    names = (x for x in map(partial(shard_name, index), count()) if x not in known)
    weight_map: dict[str, Any] = {}
    checksums: dict[str, int] = {}
    total = 0
    try:
        for name, shard in zip(names, shards_of(groups, most, index), strict=False):
            checksums[name] = checksum(shard)
            image = h5_image(shard)
            write_durably(
                os.path.join(os.path.dirname(index), name),
                lambda file, image=image: file.write(image),  # type: ignore[misc]
            )
            for path, group in shard.items():
                if group.arrays:
                    place = f"/{path}/vars" if path else "/vars"
                    weight_map.setdefault(place, []).append(name)
                total += sum(array.nbytes for array in group.arrays.values())
        config = {
            "metadata": {"total_size": total, CHECKSUM: checksums},
            "weight_map": {
                place: parts[0] if len(parts) == 1 else parts
                for place, parts in weight_map.items()
            },
        }
        text = json.dumps(config, indent=4).encode()
        write_durably(index, lambda file: file.write(text))
    finally:
        # Of the old files and the new ones those stay that the index now names.
        named = names_of_last(index)
        for name in {*known, *checksums} - named:
            remove_shard(index, name, bool(named))


def remove_shard(index: str, name: str, in_use: bool) -> None:
    """Deletes a file of an index; of one in use the first becomes an empty one.

    Keras opens the first file whatever the index names.
    """
    path = os.path.join(os.path.dirname(index), name)
    if in_use and name == shard_name(index, 0):
        write_durably(path, lambda file: file.write(h5_image({})))
    else:
        with suppress(FileNotFoundError):
            os.unlink(path)


def names_of_last(index: str) -> set[str]:
    """Returns the names of the files of the last saving, none if there was none.

    Raises: OSError if the index is there, and cannot be read.
    """
    try:
        return set(names_in(parsed_index(index), index))
    except SavingError:
        return set()


def parsed_index(index: str) -> dict[str, Any]:
    """Returns what is in an index.

    Raises: MissingFileError if there is none; SavingError if it is none.
    """
    if not os.path.isfile(index):
        raise MissingFileError(index)
    with open(index, "rb") as file:
        return parsed_json(file.read(LONGEST + 1), index, "the index")


def shards_of(
    groups: Mapping[str, Group], most: float, file: Any
) -> Iterator[dict[str, Group]]:
    """Yields arrays by the group, in order, as many as fit together."""
    shard: dict[str, Group] = {}
    taken = 0
    for path, group in groups.items():
        shard[path] = Group({}, group.name)
        for key, array in group.arrays.items():
            if array.nbytes > most:
                raise SavingError(
                    file,
                    f"An array has {array.nbytes} bytes, more than max_shard_size "
                    f"allows, {most:.0f}.",
                    f"{path}/vars/{key}",
                )
            if taken + array.nbytes > most:
                yield shard
                shard, taken = {path: Group({}, group.name)}, 0
            shard[path].arrays[key] = array
            taken += array.nbytes
    yield shard


def shard_name(index: str, number: int) -> str:
    """Returns the name of a file beside the index."""
    return f"{os.path.basename(index).removesuffix(ENDING)}_{number:05}.weights.h5"


@contextmanager
def open_shards(filepath: str | os.PathLike[str]) -> Iterator[StoredGroups]:
    """A block in which the arrays of all the files of an index may be read.

    Raises: SavingError if one is damaged or not there, or of another saving.
    """
    index = os.fspath(filepath)
    folder = os.path.dirname(index)
    if not os.path.isfile(index):
        raise MissingFileError(filepath)
    groups = StoredGroups(filepath)
    with ExitStack() as stack:
        stack.enter_context(locked(folder, alone=False))
        try:
            config = parsed_index(index)
        except PermissionError as error:
            raise SavingError(filepath, f"It cannot be read: {error}.") from error
        known = config.get("metadata")
        checksums = known.get(CHECKSUM) if isinstance(known, dict) else None
        checksums = checksums if isinstance(checksums, dict) else {}
        for name in names_in(config, filepath):
            path = os.path.join(folder, name)
            if not os.path.isfile(path):
                raise SavingError(filepath, f"There is no file {name} beside it.")
            shard = stack.enter_context(open_h5(path, os.path.getsize(path), path))
            wanted = checksums.get(name, shard.checksum)
            if shard.checksum not in (None, wanted):
                raise SavingError(filepath, f"{name} is of another saving.")
            shard.checksum = wanted
            groups.files.append(shard)
            for part, arrays in shard.items():
                merge(groups.setdefault(part, {}), arrays, part, path)
        yield groups


def merge(known: dict[str, Any], arrays: dict[str, Any], part: str, file: Any) -> None:
    """Adds the arrays that one file has of a part to those that others have."""
    if known.keys() & arrays.keys():
        raise SavingError(file, "Another file has the same arrays.", shortened(part))
    known.update(arrays)


def names_in(config: dict[str, Any], filepath: str | os.PathLike[str]) -> list[str]:
    """Returns the names of the files that an index names.

    Raises: SavingError for a name that is not one of those beside it.
    """
    weight_map = config.get("weight_map")
    if not isinstance(weight_map, dict):
        raise SavingError(filepath, "The index has no weight_map.")
    base = os.path.basename(os.fspath(filepath)).removesuffix(ENDING)
    expected = re.compile(re.escape(base) + r"_\d{5}\.weights\.h5")
    found: list[str] = []
    for names in weight_map.values():
        for name in names if isinstance(names, list) else [names]:
            if not isinstance(name, str) or not expected.fullmatch(name):
                raise SavingError(
                    filepath,
                    f"Expected names such as {base}_00000.weights.h5; got "
                    f"{shortened(name)}.",
                )
            found.append(name)
    return sorted(set(found))
