"""Batches from arrays: what `fit`, `evaluate` and `predict` iterate over."""

import itertools
import math
import warnings
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np

from minikeras.models.batches import Given, Rows, Stretch, Structure, Table, packed
from minikeras.models.progress import Progress
from minikeras.tree import flatten, map_structure
from minikeras.values.dtypes import floatx
from minikeras.values.tensor import Tensor

Batch: TypeAlias = Rows | Given


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
    ) -> None:
        self.arrays = tuple(
            map_structure(lambda leaf, name=name: checked_array(leaf, name), part)
            for name, part in (("x", x), ("y", y), ("sample_weight", sample_weight))
        )
        self.table = Table(self.arrays)
        self.samples = count_samples(self.arrays)
        self.batch_size = checked_batch_size(batch_size, steps, self.samples)
        self.batches = math.ceil(self.samples / self.batch_size)
        self.shuffle = shuffle
        self.seed = seed

    def first(self) -> Batch:
        """Returns the first samples, as many as a batch has."""
        return self.consecutive(0)

    def targets(self) -> Any:
        """Returns all targets."""
        return self.arrays[1]

    def epoch(self, number: int) -> Iterator[Batch]:
        """Yields the batches."""
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

    def consecutive(self, start: int) -> Batch:
        """Returns the batch of the rows that follow one another from `start` on."""
        end = min(start + self.batch_size, self.samples)
        return Rows(self.table, slice(start, end), end - start)


class BatchData:
    """Any iterable of batches (x, y, sample_weight), (x, y) or x; read once per epoch.

    A generator can be read only once: `fit` then needs `steps_per_epoch` to know where
    an epoch ends.
    """

    def __init__(self, iterable: Any) -> None:
        self.iterable = iterable
        self.seed = 0  # of no use here: the iterable decides about the order
        self.batches = len(iterable) if hasattr(iterable, "__len__") else None
        self.started: Iterator[Any] | None = (
            None  # an iterator whose first batch was looked at, put back
        )

    def first(self) -> Batch:
        """Returns the first batch; the next epoch begins with it all the same."""
        if self.started is None:
            self.started = iter(self.iterable)
        first = next(self.started, None)
        if first is None:
            raise ValueError("There is no data: the iterable yielded no batch.")
        self.started = itertools.chain([first], self.started)
        return self.batch(first)

    def targets(self) -> Any:
        """Returns the targets known in advance: those of the first batch."""
        return unpack_x_y_sample_weight(self.first().tensors())[1]

    def epoch(self, number: int) -> Iterator[Batch]:
        """Yields the batches."""
        batches = iter(self.iterable) if self.started is None else self.started
        self.started = None
        for batch in batches:
            yield self.batch(batch)

    def batch(self, batch: Any) -> Batch:
        """Returns what was given as a batch."""
        names = ("x", "y", "sample_weight")
        parts = zip(names, unpack_x_y_sample_weight(batch), strict=True)
        return Given(
            packed(
                map_structure(lambda leaf, name=name: as_batch(leaf, name), part)
                for name, part in parts
            )
        )


Data: TypeAlias = ArrayData | BatchData


def as_batch(leaf: Any, name: str) -> Tensor | None:
    """Returns one part of a batch as a Tensor, None if there is none."""
    array = checked_array(leaf, name)
    return None if array is None else Tensor.wrap(array)


def unpack_x_y_sample_weight(data: Any) -> Structure:
    """Returns (x, y, sample_weight) from a batch that may have one to three of them.

    >>> unpack_x_y_sample_weight((1, 2))
    (1, 2, None)
    """
    if isinstance(data, list):
        data = tuple(data)
    if not isinstance(data, tuple):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise ValueError(
            "Data is expected to be in format `x`, `(x,)`, `(x, y)`, or `(x, y, "
            f"sample_weight)`; found a tuple of {len(data)}."
        )
    return (*data, *(None,) * (3 - len(data)))


def checked_array(leaf: Any, name: str) -> np.ndarray | None:
    """Returns an array of numbers ready for use."""
    if leaf is None:
        return None
    if isinstance(leaf, Tensor):
        leaf = leaf.numpy()
    if not hasattr(leaf, "__array__"):
        raise ValueError(
            f"Unrecognized data type: {name} is or contains {leaf!r} (of type "
            f"{type(leaf).__name__}). Pass NumPy arrays: np.array({name})."
        )
    array = np.asarray(leaf)
    if array.dtype.kind not in "fiub":
        raise ValueError(
            f"{name} has dtype {array.dtype}; expected numbers. Encode text and "
            "categories first."
        )
    if array.dtype == np.float64:
        array = array.astype(floatx())
    return array


def count_samples(arrays: Sequence[Any]) -> int:
    """Returns the common length of all arrays."""
    sizes = {}
    for name, part in zip(("x", "y", "sample_weight"), arrays, strict=True):
        leaves = [leaf for leaf in flatten(part) if leaf is not None]
        for leaf in leaves:
            if leaf.ndim == 0:
                raise ValueError(
                    f"{name} must have one row per sample; got a single number."
                )
        if leaves:
            sizes[name] = [len(leaf) for leaf in leaves]
    if len({size for part in sizes.values() for size in part}) > 1:
        listing = "\n".join(
            f"'{name}' sizes: {', '.join(map(str, part))}"
            for name, part in sizes.items()
        )
        raise ValueError(
            "Data cardinality is ambiguous. Make sure all arrays contain the same "
            f"number of samples.\n{listing}"
        )
    if not sizes or not sizes["x"][0]:
        raise ValueError("There is no data: x has no samples.")
    return sizes["x"][0]


def checked_batch_size(batch_size: Any, steps: int | None, samples: int) -> int:
    """Returns the batch size; 32 if there is neither one nor a number of steps."""
    if not batch_size:
        return math.ceil(samples / steps) if steps else 32
    if not isinstance(batch_size, (int, np.integer)) or batch_size < 0:
        raise ValueError(f"batch_size must be a positive integer; got {batch_size!r}.")
    return int(batch_size)


def train_validation_split(
    x: Any, y: Any, sample_weight: Any, fraction: float
) -> tuple[Any, ...]:
    """Returns ((x, y, w), (x, y, w)): the first samples to train on, the last to
    validate.

    The cut is at floor(n · (1 - fraction)), before any shuffling.

    Raises: ValueError if one of the parts would be empty.
    """
    if not isinstance(fraction, (int, float)) or not 0 < fraction < 1:
        raise ValueError(f"validation_split must be in [0, 1); got {fraction!r}.")
    arrays = tuple(
        map_structure(lambda leaf, name=name: checked_array(leaf, name), part)
        for name, part in (("x", x), ("y", y), ("sample_weight", sample_weight))
    )
    samples = count_samples(arrays)
    cut = math.floor(samples * (1 - fraction))
    if cut in (0, samples):
        raise ValueError(
            f"Training data contains {samples} samples, which is not sufficient to "
            f"split it by validation_split={fraction}."
        )
    return tuple(
        tuple(
            map_structure(lambda a, rows=rows: None if a is None else a[rows], part)
            for part in arrays
        )
        for rows in (slice(0, cut), slice(cut, None))
    )


def class_weights_of(y: Any, class_weight: dict[int, float]) -> np.ndarray:
    """Returns one weight per sample: that of its class, 1 for classes not mentioned.

    Shapes: y (n,) or (n, 1) of class numbers, or one-hot (n, classes) → (n,).
    """
    if not isinstance(class_weight, dict):
        raise ValueError(
            "class_weight must be a dict from class number to weight; got "
            f"{type(class_weight).__name__}."
        )
    y = np.asarray(y)
    if y.ndim > 2:
        raise ValueError(
            f"class_weight needs one class per sample; y has shape {y.shape}. Use "
            "sample_weight."
        )
    if y.ndim == 2:
        y = y[:, 0] if y.shape[1] == 1 else y.argmax(axis=1)
    y = np.round(y).astype("int64")
    weights = np.ones(len(y), floatx())
    for label, weight in class_weight.items():
        weights[y == label] = weight
    return weights


class Source:
    """Batches grouped by execution, epoch after epoch."""

    def __init__(
        self, data: Data, steps: int | None = None, steps_per_execution: int = 1
    ) -> None:
        self.data = data
        self.steps = steps
        self.group = steps_per_execution
        self.rest: Iterator[Batch] = iter(())

    def start(self, initial_epoch: int, progress: Progress) -> None:
        """Takes the seed of a training, and passes over the epochs that it has done.

        Only epochs of a number of steps leave a trace: where the next one goes on.
        """
        self.data.seed = progress.seed
        if self.steps is not None:
            for epoch in range(initial_epoch, progress.epoch):
                for _ in self.epoch(epoch):
                    pass

    @property
    def in_stretches(self) -> bool:
        """Whether `stretches` has the batches of an epoch."""
        return self.steps is None and isinstance(self.data, ArrayData)

    def stretches(self, number: int, done: int = 0) -> Iterator[Stretch]:
        """Yields an epoch of arrays in stretches, without the first `done` batches."""
        assert isinstance(self.data, ArrayData)  # who asks has seen in_stretches
        for stretch in self.data.stretches(number):
            passed = min(done, len(stretch))
            done -= passed
            stretch.drop(passed)
            yield stretch

    def epoch(self, number: int, done: int = 0) -> Iterator[list[Batch]]:
        """Yields lists of up to `steps_per_execution` batches, without the first
        `done`.

        With a number of steps an epoch goes on where the last one stopped; data that
        run out end it early, with a warning.
        """
        if self.steps is None:
            batches = self.data.epoch(number)
        else:
            batches = self._some(number, self.steps)
        batches = itertools.islice(batches, done, None)
        while group := list(itertools.islice(batches, self.group)):
            yield group

    def _some(self, number: int, steps: int) -> Iterator[Batch]:
        for step in range(steps):
            batch = next(self.rest, None)
            if batch is None and step == 0:  # the last epoch ended with the data
                self.rest = self.data.epoch(number)
                batch = next(self.rest, None)
            if batch is None:
                warnings.warn(
                    "Your input ran out of data; interrupting the epoch. Make sure "
                    "that it can yield `steps_per_epoch * epochs` batches.",
                    UserWarning,
                    stacklevel=4,
                )
                return
            yield batch


def as_data(
    x: Any,
    y: Any,
    sample_weight: Any,
    batch_size: int | None,
    steps: int | None = None,
    shuffle: bool | str = False,
) -> Data:
    """Returns arrays as batches, or the batches of an iterable as they come."""
    leaf = x if isinstance(x, np.ndarray) else next(iter(flatten(x)), None)
    if hasattr(leaf, "__array__") or leaf is None or not hasattr(x, "__iter__"):
        return ArrayData(
            x,
            y,
            sample_weight,
            batch_size=batch_size,
            steps=steps,
            shuffle=shuffle,
        )
    if isinstance(x, (list, tuple, dict, str)):
        return ArrayData(x, y, sample_weight)  # which says what is wrong with it
    if y is not None or sample_weight is not None:
        raise ValueError(
            "When x is an iterable of batches, y and sample_weight are in them."
        )
    return BatchData(x)


def weights_for_classes(
    y: Any, class_weight: dict[int, float], sample_weight: Any
) -> np.ndarray:
    """Returns sample weights made from class weights; both at once are refused."""
    if sample_weight is not None:
        raise ValueError("You cannot use `class_weight` and `sample_weight` together.")
    if y is None:
        raise ValueError("class_weight needs labels y.")
    return class_weights_of(y, class_weight)


def samples_in(x: Any) -> int:
    """Returns the number of samples of a batch."""
    return flatten(x)[0].shape[0]
