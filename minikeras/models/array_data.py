"""Batches cut from arrays, in an order that is known in advance."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from minikeras.models.batches import Rows, Stretch, Table
from minikeras.models.class_weights import weights_for_classes
from minikeras.tree import flatten, map_structure
from minikeras.values.dtypes import floatx
from minikeras.values.tensor import Tensor, as_array

PARTS = ("x", "y", "sample_weight")


class ArrayData:
    """Arrays cut into batches, in an order that depends on (seed, epoch) alone.

    x, y and sample_weight are arrays, or nested structures of them, with one sample per
    row.  The last batch may be smaller.  float64 becomes `config.floatx()`.

    Raises: ValueError for what is no array, for arrays of different lengths and for
    none at all.
    """

    def __init__(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        batch_size: int | None = None,
        steps: int | None = None,
        shuffle: bool | str = False,
        seed: int = 0,
        class_weight: dict[int, float] | None = None,
    ) -> None:
        if class_weight is not None:
            sample_weight = weights_for_classes(y, class_weight, sample_weight)
        self.class_weight = class_weight
        self.arrays = checked_parts(x, y, sample_weight)
        self.table = Table(self.arrays)
        self.samples = count_samples(self.arrays)
        self.batch_size = checked_batch_size(batch_size, steps, self.samples)
        self.batches = math.ceil(self.samples / self.batch_size)
        self.shuffle = shuffle
        self.seed = seed

    def first(self) -> Rows:
        """Returns the first samples, as many as a batch has."""
        return self.consecutive(0)

    def known(self) -> tuple[Any, ...]:
        """Returns (x, y, sample_weight), all of them."""
        return self.arrays

    def epoch(self, number: int) -> Iterator[Rows]:
        """Yields the batches."""
        if not self.shuffle:
            for start in range(0, self.samples, self.batch_size):
                yield self.consecutive(start)
            return
        for stretch in self.stretches(number):
            yield from stretch

    def stretches(self, number: int) -> Iterator[Stretch]:
        """Yields the batches in stretches of one size: two, if the last is smaller."""
        order: Any = range(self.samples)
        last = self.batches - 1  # the place of what may be a smaller batch
        if self.shuffle:
            generator = np.random.default_rng((self.seed, number))
        if self.shuffle == "batch":
            places = generator.permutation(self.batches)
            last = int(places.argmax())
            starts = self.batch_size * places[:, np.newaxis]
            rows = (starts + np.arange(self.batch_size)).reshape(-1)
            order = rows[rows < self.samples]
        elif self.shuffle:
            order = generator.permutation(self.samples)
        before = last * self.batch_size
        after = len(order) - (self.batches - 1 - last) * self.batch_size
        for part in (order[:before], order[before:after], order[after:]):
            if len(part):
                size = min(self.batch_size, len(part))
                yield Stretch(self.table, part, size)

    def consecutive(self, start: int) -> Rows:
        """Returns the batch of the rows that follow one another from `start` on."""
        end = min(start + self.batch_size, self.samples)
        return Rows(self.table, slice(start, end), end - start)

    def check_epochs(self, epochs: int, steps: int | None) -> None:
        """Has as many as one likes."""

    def on_epoch_begin(self) -> None:
        """Has nobody to tell."""

    def on_epoch_end(self) -> None:
        """Has nobody to tell."""


def checked_parts(x: Any, y: Any, sample_weight: Any) -> tuple[Any, ...]:
    """Returns (x, y, sample_weight) with arrays of numbers for their leaves."""
    return (
        map_structure(lambda leaf: checked_array(leaf, "x"), x),
        map_structure(lambda leaf: checked_array(leaf, "y"), y),
        map_structure(lambda leaf: checked_array(leaf, "sample_weight"), sample_weight),
    )


def checked_array(leaf: Any, name: str) -> np.ndarray | None:
    """Returns an array of numbers ready for use; a Series of pandas as a column."""
    if leaf is None:
        return None
    if isinstance(leaf, Tensor):
        leaf = leaf.numpy()
    if not hasattr(leaf, "__array__"):
        raise ValueError(
            f"Unrecognized data type: {name} is or contains {leaf!r:.200} (of type "
            f"{type(leaf).__name__}). Pass NumPy arrays: np.array({name})."
        )
    if hasattr(leaf, "to_frame"):
        leaf = leaf.to_frame()
    array = array_of(leaf)
    if array.dtype == object and any(x is None for x in array.flat):
        raise ValueError(
            f"{name} holds None, first at position "
            f"{first_none(array)}; expected numbers. Leave those samples out, or fill "
            "in a number."
        )
    if array.dtype.kind not in "fiub":
        raise ValueError(
            f"{name} has dtype {array.dtype}; expected numbers. Encode text and "
            f"categories first{columns_of_words(leaf)}."
        )
    array = as_array(array)
    if array.dtype == np.float64:
        array = array.astype(floatx())
    return array


def array_of(table: Any) -> np.ndarray:
    """Returns an array of an array or a pandas table, whose missing numbers are nan.

    Where columns of truths or with missing numbers are beside others, NumPy by itself
    would make objects of them all.
    """
    array = np.asarray(table)
    if array.dtype == object and hasattr(table, "columns"):
        kinds = {getattr(dtype, "kind", "O") for dtype in table.dtypes}
        if kinds <= set("fiub"):
            return table.to_numpy(np.float64, na_value=np.nan)
    return array


def first_none(array: np.ndarray) -> tuple[int, ...]:
    """Returns where an array holds None for the first time."""
    return next(place for place, x in np.ndenumerate(array) if x is None)


def columns_of_words(table: Any) -> str:
    """Returns which columns of a pandas table hold no numbers, for an error."""
    if not hasattr(table, "columns"):
        return ""
    kinds = {name: np.asarray(table[name]).dtype.kind for name in table.columns}
    names = [str(name) for name, kind in kinds.items() if kind not in "fiub"]
    return f": the column{'s' * (len(names) > 1)} {', '.join(map(repr, names))}"


def count_samples(arrays: Sequence[Any]) -> int:
    """Returns the common length of all arrays."""
    sizes = {}
    for name, part in zip(PARTS, arrays, strict=True):
        leaves = [leaf for leaf in flatten(part) if leaf is not None]
        if leaves:
            sizes[name] = [rows_of(leaf, name) for leaf in leaves]
    if "x" not in sizes:
        raise ValueError("There is no data: x has no array in it.")
    samples = sizes["x"][0]
    if any(part.count(samples) != len(part) for part in sizes.values()):
        listing = "\n".join(
            f"'{name}' sizes: {', '.join(map(str, part))}"
            for name, part in sizes.items()
        )
        several = any(len(part) > 1 for part in sizes.values())
        hint = "\nA list is taken for several inputs: np.stack(x) makes it one array."
        raise ValueError(
            "Data cardinality is ambiguous. Make sure all arrays contain the same "
            f"number of samples.\n{listing}{hint * several}"
        )
    if not samples:
        raise ValueError(
            "There is no data: x has no samples. Is what selects them too strict?"
        )
    return samples


def rows_of(array: np.ndarray, name: str) -> int:
    """Returns how many samples an array has."""
    if array.ndim == 0:
        raise ValueError(f"{name} must have one row per sample; got a single number.")
    return len(array)


def checked_batch_size(batch_size: Any, steps: int | None, samples: int) -> int:
    """Returns the batch size; 32 if there is neither one nor a number of steps."""
    if batch_size is None:
        return math.ceil(samples / steps) if steps else 32
    whole = isinstance(batch_size, (int, np.integer))
    if not whole or isinstance(batch_size, bool) or batch_size < 1:
        raise ValueError(
            f"batch_size must be a positive integer; got {batch_size!r}. Leave it out "
            "for batches of 32."
        )
    return int(batch_size)
