"""Batches: samples to run a step on, as Tensors or straight into a program's arrays.

Separate from the data that they come from: what runs a step asks a batch for one of
three things, and need not know if it was cut from arrays or given by an iterable.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

import numpy as np

from minikeras.tree import flatten, map_structure
from minikeras.values.tensor import Tensor

# x, y and sample_weight: each a Tensor, a structure of them, or None.
Structure: TypeAlias = tuple[Any, ...]


class Given:
    """A batch of Tensors."""

    def __init__(self, structure: Structure) -> None:
        self.structure = structure

    def tensors(self) -> Structure:
        return self.structure

    def kind(self) -> tuple[Any, ...]:
        return kind_of(self.structure, lambda x: (x.data.shape, x.data.dtype.str))

    def fill(self, arrays: list[np.ndarray]) -> None:
        leaves = (x.data for x in flatten(self.structure) if x is not None)
        for array, new in zip(arrays, leaves, strict=True):
            np.copyto(array, new)


class Table:
    """Arrays with one sample per row: what `Rows` are rows of."""

    def __init__(self, parts: Structure) -> None:
        self.parts = parts
        self.columns = [x for x in flatten(parts) if x is not None]
        self.kinds: dict[int, tuple[Any, ...]] = {}  # by number of rows


class Rows:
    """A batch that is some rows of a table: a slice, or an array of numbers."""

    __slots__ = ("count", "rows", "table")

    def __init__(self, table: Table, rows: Any, count: int) -> None:
        self.table = table
        self.rows = rows
        self.count = count

    def tensors(self) -> Structure:
        return packed(
            map_structure(
                lambda x: None if x is None else Tensor.wrap(x[self.rows]), part
            )
            for part in self.table.parts
        )

    def kind(self) -> tuple[Any, ...]:
        known = self.table.kinds.get(self.count)
        if known is None:
            known = self.table.kinds[self.count] = kind_of(
                packed(self.table.parts),
                lambda x: ((self.count, *x.shape[1:]), x.dtype.str),
            )
        return known

    def fill(self, arrays: list[np.ndarray]) -> None:
        rows = self.rows
        for array, column in zip(arrays, self.table.columns, strict=True):
            if isinstance(rows, slice):
                np.copyto(array, column[rows])
            else:  # all rows are there: "clip" only says not to make a copy first
                column.take(rows, axis=0, out=array, mode="clip")


class Stretch:
    """Batches of as many rows each, which follow one another; it shrinks as they run.

    `order` has the numbers of their rows: an array, or a range.
    """

    def __init__(self, table: Table, order: Any, size: int) -> None:
        self.table = table
        self.columns = table.columns
        self.order = order
        self.size = size

    def __len__(self) -> int:
        """The number of batches that are left."""
        return len(self.order) // self.size

    def __iter__(self) -> Iterator[Rows]:
        """Takes all batches out, one by one."""
        while len(self):
            batch = self.first()
            self.drop(1)
            yield batch

    def first(self) -> Rows:
        """Returns the next batch, and leaves it in."""
        rows = self.order[: self.size]
        if isinstance(rows, range):
            rows = slice(rows.start, rows.stop)
        return Rows(self.table, rows, self.size)

    def drop(self, batches: int) -> None:
        """Takes out so many batches, which were run."""
        self.order = self.order[batches * self.size :]

    def numbers(self) -> np.ndarray:
        """Returns the numbers of all rows that are left."""
        if isinstance(self.order, range):
            self.order = np.arange(self.order.start, self.order.stop, dtype=np.int64)
        return np.ascontiguousarray(self.order, dtype=np.int64)


def kind_of(part: Any, kind_of_leaf: Callable[[Any], Any]) -> Any:
    """Returns the kinds of all leaves, in tuples that tell which is where.

    >>> kind_of(({"b": 1, "a": [2]}, None), str)
    ((('a', ('2',)), ('b', '1')), None)
    """
    if isinstance(part, dict):
        return tuple((key, kind_of(part[key], kind_of_leaf)) for key in sorted(part))
    if isinstance(part, (list, tuple)):
        return tuple(kind_of(x, kind_of_leaf) for x in part)
    return None if part is None else kind_of_leaf(part)


def packed(parts: Iterable[Any]) -> Any:
    """Returns (x, y, sample_weight) without the parts at the end that are None.

    Inputs alone are in no tuple, as in Keras, unless they are several.

    >>> packed([1, 2, None]), packed([1, None, None])
    ((1, 2), 1)
    """
    x, y, sample_weight = parts
    if sample_weight is not None:
        return x, y, sample_weight
    if y is not None:
        return x, y
    return (x,) if isinstance(x, (list, tuple)) else x
