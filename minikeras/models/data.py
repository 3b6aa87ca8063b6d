"""Data as `fit`, `evaluate` and `predict` iterate over them, whatever they are."""

import itertools
import warnings
from collections.abc import Iterator
from typing import Any, Protocol, TypeAlias

import numpy as np

from minikeras.models.array_data import ArrayData
from minikeras.models.batches import Given, Rows, Stretch
from minikeras.models.dataset_data import DatasetData
from minikeras.models.iterable_data import IterableData
from minikeras.models.progress import Progress
from minikeras.tree import flatten
from minikeras.utils.py_dataset import PyDataset

Batch: TypeAlias = Rows | Given


class Data(Protocol):
    """What all kinds of data can do."""

    seed: int  # of the order, where that is ours
    class_weight: dict[int, float] | None

    @property
    def batches(self) -> int | None:
        """The number of batches of an epoch, if it is known."""

    def first(self) -> Batch:
        """Returns a batch to look at, before the first epoch."""

    def known(self) -> tuple[Any, ...]:
        """Returns all of (x, y, sample_weight) that is known in advance."""

    def epoch(self, number: int) -> Iterator[Batch]:
        """Yields the batches of an epoch."""

    def check_epochs(self, epochs: int, steps: int | None) -> None:
        """Refuses to train for more epochs than there can be."""

    def on_epoch_begin(self) -> None:
        """Is called before every epoch."""

    def on_epoch_end(self) -> None:
        """Is called after every epoch."""


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

        Only epochs of a number of steps leave a trace: where the next one goes on.  But
        a dataset hears of all of them, since it may have drawn its order then.
        """
        self.data.seed = progress.seed
        for epoch in range(initial_epoch, progress.epoch):
            if self.steps is None:
                self.data.on_epoch_begin()
                self.data.on_epoch_end()
            else:
                for _ in self.epoch(epoch):
                    pass

    @property
    def runs_code(self) -> bool:
        """Whether code of a user runs between two batches."""
        return not isinstance(self.data, ArrayData)

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
        self.data.on_epoch_begin()
        if self.steps is None:
            self.rest = self.data.epoch(number)
        batches = self.rest if self.steps is None else self._some(number, self.steps)
        batches = itertools.islice(batches, done, None)
        while group := list(itertools.islice(batches, self.group)):
            yield group
        self.data.on_epoch_end()

    def close(self) -> None:
        """Ends whatever still makes batches."""
        if hasattr(self.rest, "close"):
            self.rest.close()

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
    class_weight: dict[int, float] | None = None,
) -> Data:
    """Returns arrays as batches, or the batches of an iterable as they come.

    Raises: ValueError for what is no data, and for y beside an iterable of batches.
    """
    if is_arrays(x):
        return ArrayData(
            x,
            y,
            sample_weight,
            batch_size=batch_size,
            steps=steps,
            shuffle=shuffle,
            class_weight=class_weight,
        )
    for name, value in (("y", y), ("sample_weight", sample_weight)):
        if value is not None:
            raise ValueError(
                f"When x yields batches, {name} must not be given beside it: it is "
                f"in them. Got x of type {type(x).__name__}."
            )
    if not isinstance(x, PyDataset):
        return IterableData(x, class_weight)
    data = DatasetData(x, shuffle=shuffle, class_weight=class_weight)
    if data.batches is None and steps is None:
        raise ValueError(
            f"{type(x).__name__} has no end (num_batches is None): say how many "
            "batches make an epoch, with steps_per_epoch (in fit), validation_steps, "
            "or steps."
        )
    return data


def check_batches(data: Data, x: Any, y: Any) -> None:
    """Refuses batches that come without targets, where a loss needs them.

    Raises: ValueError, with how batches should come.
    """
    if y is not None or isinstance(data, ArrayData):
        return
    hint = ""
    if isinstance(x, dict) and "y" in x:
        hint = " A dict is taken for several inputs, whatever its keys are."
    raise ValueError(
        "The loss of compile() needs targets, but what yields the batches gives x "
        f"alone. Let it yield tuples (x, y).{hint}"
    )


def is_arrays(x: Any) -> bool:
    """Whether x is one array, or a structure of them, and not an iterable of batches.

    Also true of what is neither: `ArrayData` says what is wrong with it.
    """
    leaf = x if isinstance(x, np.ndarray) else next(iter(flatten(x)), None)
    if leaf is None or hasattr(leaf, "__array__"):
        return True
    if isinstance(x, (list, tuple, dict, str)):
        return True
    return not isinstance(x, PyDataset) and not hasattr(x, "__iter__")
