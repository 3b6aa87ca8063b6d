"""HDF5 files of weights, written and read by the only code here that knows of h5py.

What a file says is not believed: links out of the file, data in other files, chunks and
filters, and arrays that claim more room than the file has, are refused before anything
is read.
"""

import io
import math
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from minikeras.lazy import LoadedOnUse
from minikeras.saving.errors import SavingError, shortened

if TYPE_CHECKING:
    import h5py
else:
    h5py = LoadedOnUse("h5py")

MOST_PARTS = 1_000_000  # groups and arrays in a file
DEEPEST = 100  # groups inside each other
CHECKSUM = "minikeras_crc32"  # an attribute of the file, which Keras does not look at


@dataclass
class Group:
    """The arrays of one part of a model, and its name."""

    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    name: str | None = None


@dataclass(frozen=True)
class StoredArray:
    """An array in an open file: what it is, before it is read."""

    place: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    dataset: Any  # as the lower level of h5py has it

    @property
    def size(self) -> int:
        """How many bytes the numbers take."""
        return math.prod(self.shape) * self.dtype.itemsize

    def read(self) -> np.ndarray:
        """Returns the numbers, in the byte order of this machine."""
        array: np.ndarray = np.asarray(h5py.Dataset(self.dataset)[()])
        return np.asarray(array, array.dtype.newbyteorder("="), order="C")


class StoredGroups(dict[str, dict[str, StoredArray]]):
    """The arrays of open files, {path: {key: array}}, of which none was read yet.

    Look first whether they are those that are wanted, then `verify` them, then read.
    """

    def __init__(self, name: Any, checksum: Any = None) -> None:
        super().__init__()
        self.name = name  # what errors call the file
        self.checksum = checksum  # which the arrays should have; None: not known
        self.files: list[StoredGroups] = []  # that they are from, if there are several

    def verify(self) -> None:
        """Reads all arrays, one after the other, and compares their checksum.

        Raises: SavingError if it is another one.
        """
        for file in self.files:
            file.verify()
        if self.checksum is not None and self.checksum != stored_checksum(self):
            raise SavingError(
                self.name, "The arrays do not have their checksum: damaged."
            )


def h5_image(groups: Mapping[str, Group]) -> bytes:
    """Returns an HDF5 file as bytes: `<path>/vars/<number>` for each array."""
    image = io.BytesIO()
    with h5py.File(image, "w") as file:
        for path, group in groups.items():
            place = file.create_group(f"{path}/vars" if path else "vars")
            if group.name is not None:
                place.attrs["name"] = group.name
            for key, array in group.arrays.items():
                place[key] = array
        file.attrs[CHECKSUM] = checksum(groups)
    return image.getvalue()


def checksum(groups: Mapping[str, Group]) -> int:
    """Returns a CRC of all arrays with their places, dtypes and shapes."""
    crc = 0
    for path in sorted(groups):
        for key, array in sorted(groups[path].arrays.items()):
            crc = checksum_after(crc, f"{path}/vars/{key}", array)
    return crc


def checksum_after(crc: int, place: str, array: np.ndarray) -> int:
    """Returns the CRC of what came before, and then of one array."""
    said = f"{place} {array.dtype.name} {array.shape}"
    numbers = np.ascontiguousarray(array).reshape(-1).view("uint8")
    return zlib.crc32(numbers.data, zlib.crc32(said.encode(), crc))


@contextmanager
def open_h5(source: str | IO[bytes], size: int, name: Any) -> Iterator[StoredGroups]:
    """A block in which the arrays of a file of `size` bytes may be verified and read.

    `name` is what errors call the file.

    Raises: SavingError if it is damaged, or is not made as such files are.
    """
    try:
        with h5py.File(source, "r") as file:
            yield contents(file, size, name)
    except SavingError:
        raise
    except (OSError, RuntimeError, KeyError, TypeError, ValueError, EOFError) as error:
        # What h5py raises for a damaged file depends on where it is damaged.
        raise SavingError(
            name, f"This is no whole HDF5 file of weights: {shortened(error)}."
        ) from error


def contents(file: "h5py.File", size: int, name: Any) -> StoredGroups:
    """Returns {path: {key: array}} for all arrays of a file, and checks its layout.

    On the lower level of h5py, for on the other it takes three times as long.
    """
    groups = StoredGroups(name, file.attrs.get(CHECKSUM))
    seen: set[int] = set()
    total = 0
    waiting: list[tuple[str, Any]] = [("", file.id)]
    while waiting:
        path, group = waiting.pop()
        if path.count("/") > DEEPEST:
            raise SavingError(name, "Groups are too deep.", shortened(path))
        for link_name in group:
            key = link_name.decode()
            place = f"{path}/{key}" if path else key
            link = group.links.get_info(link_name)
            if link.type != h5py.h5l.TYPE_HARD:
                raise SavingError(
                    name,
                    "This is a link to elsewhere; expected a group or an array.",
                    shortened(place),
                )
            if link.u in seen:  # its address
                raise SavingError(name, "This is there twice.", shortened(place))
            seen.add(link.u)
            if len(seen) > MOST_PARTS:
                raise SavingError(name, f"There are more than {MOST_PARTS} parts.")
            thing = h5py.h5o.open(group, link_name)
            if isinstance(thing, h5py.h5g.GroupID):
                waiting.append((place, thing))
            elif isinstance(thing, h5py.h5d.DatasetID):
                stored = checked_array(thing, name, place)
                total += stored.size
                owner, _, last = path.rpartition("/")
                if last == "vars":
                    groups.setdefault(owner, {})[key] = stored
            else:
                raise SavingError(
                    name, "Expected a group or an array.", shortened(place)
                )
    if total > size:
        raise SavingError(
            name, f"The arrays claim {total} bytes; the file has {size} in all."
        )
    return groups


def checked_array(dataset: "h5py.h5d.DatasetID", name: Any, place: str) -> StoredArray:
    """Returns what is known of an array; refuses what is stored in odd ways."""
    layout = dataset.get_create_plist()
    plain = layout.get_layout() in (h5py.h5d.CONTIGUOUS, h5py.h5d.COMPACT)
    if not plain or layout.get_nfilters() or layout.get_external_count():
        raise SavingError(
            name,
            "The array is in chunks, compressed, or in another file; expected it in "
            "one piece, as Keras and minikeras write it.",
            shortened(place),
        )
    space = dataset.get_space()
    empty = space.get_simple_extent_type() == h5py.h5s.NULL
    stored = StoredArray(place, space.shape, dataset.dtype, dataset)
    if empty or stored.dtype.kind not in "fiub":
        raise SavingError(
            name,
            f"Expected an array of numbers; got {shortened(stored.dtype)}.",
            shortened(place),
        )
    if stored.size and dataset.get_storage_size() != stored.size:
        raise SavingError(
            name,
            f"The array of shape {stored.shape} needs {stored.size} bytes; there are "
            f"{dataset.get_storage_size()}.",
            shortened(place),
        )
    return stored


def stored_checksum(groups: StoredGroups) -> int:
    """Returns the CRC of all arrays in an open file, as `checksum` does."""
    crc = 0
    for path in sorted(groups):
        for key, stored in sorted(groups[path].items()):
            crc = checksum_after(crc, f"{path}/vars/{key}", stored.read())
    return crc
