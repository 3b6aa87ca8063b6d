"""Batches from generators, data loaders, and anything else that yields them."""

import itertools
from collections.abc import Iterator
from typing import Any

from minikeras.models.array_data import PARTS, checked_array
from minikeras.models.batches import Given, packed
from minikeras.models.class_weights import weights_for_classes
from minikeras.tree import map_structure
from minikeras.utils.batch_parts import unpack_x_y_sample_weight
from minikeras.values.tensor import Tensor


class IterableData:
    """Any iterable of batches (x, y, sample_weight), (x, y) or x; read once per epoch.

    A generator can be read only once: `fit` then needs `steps_per_epoch` to know where
    an epoch ends.
    """

    def __init__(
        self, iterable: Any, class_weight: dict[int, float] | None = None
    ) -> None:
        self.iterable = iterable
        self.class_weight = class_weight
        self.seed = 0  # of no use here: the iterable decides about the order
        self.batches = length_of(iterable)
        # An iterator whose first batch was looked at, put back.
        self.started: Iterator[Any] | None = None

    def first(self) -> Given:
        """Returns the first batch; the next epoch begins with it all the same."""
        if self.started is None:
            self.started = iter(self.iterable)
        first = next(self.started, None)
        if first is None:
            raise no_batches()
        self.started = itertools.chain([first], self.started)
        return self.batch(first)

    def known(self) -> tuple[Any, ...]:
        """Returns (x, y, sample_weight) as far as known: those of the first batch."""
        return unpack_x_y_sample_weight(self.first().tensors())

    def epoch(self, number: int) -> Iterator[Given]:
        """Yields the batches."""
        batches = iter(self.iterable) if self.started is None else self.started
        self.started = None
        for batch in batches:
            yield self.batch(batch)

    def batch(self, batch: Any) -> Given:
        """Returns what was given as a batch."""
        return given_batch(batch, self.class_weight)

    def check_epochs(self, epochs: int, steps: int | None) -> None:
        """Refuses a second epoch of what can be read only once."""
        only_once = self.batches is None and iter(self.iterable) is self.iterable
        if only_once and epochs > 1 and steps is None:
            raise ValueError(
                f"A {type(self.iterable).__name__} can be read only once, and where an "
                f"epoch ends is not known: for {epochs} epochs give steps_per_epoch, "
                "or an iterable that starts anew, such as a PyDataset."
            )

    def on_epoch_begin(self) -> None:
        """Passes it on, where there is somebody to tell."""

    def on_epoch_end(self) -> None:
        """Passes it on, where there is somebody to tell."""


def given_batch(batch: Any, class_weight: dict[int, float] | None = None) -> Given:
    """Returns a batch from what a user's code gave.

    Raises: ValueError for a tuple that is none, and for what is no array of numbers.
    """
    x, y, sample_weight = unpack_x_y_sample_weight(batch)
    if class_weight is not None:
        sample_weight = weights_for_classes(y, class_weight, sample_weight)
    parts = zip(PARTS, (x, y, sample_weight), strict=True)
    return Given(
        packed(
            map_structure(lambda leaf, name=name: as_batch(leaf, name), part)
            for name, part in parts
        )
    )


def as_batch(leaf: Any, name: str) -> Tensor | None:
    """Returns one part of a batch as a Tensor, None if there is none."""
    array = checked_array(leaf, name)
    return None if array is None else Tensor.wrap(array)


def length_of(iterable: Any) -> int | None:
    """Returns the number of batches, if the iterable knows it."""
    try:
        return len(iterable)
    except TypeError:  # also that of a loader whose data have no length
        return None


def no_batches() -> ValueError:
    """Returns the error for data without any batch."""
    return ValueError("There is no data: the iterable yielded no batch.")
