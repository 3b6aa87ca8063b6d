"""Batches from a `PyDataset`, in an order of ours, maybe made by workers."""

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from minikeras.models.batches import Given
from minikeras.models.iterable_data import given_batch, no_batches
from minikeras.models.prefetching import prefetched
from minikeras.utils.batch_parts import unpack_x_y_sample_weight
from minikeras.utils.py_dataset import PyDataset


class DatasetData:
    """The batches of a `PyDataset`; with `shuffle` in an order of (seed, epoch) alone.

    A dataset without end goes on from epoch to epoch.
    """

    def __init__(
        self,
        dataset: PyDataset,
        *,
        shuffle: bool | str = False,
        class_weight: dict[int, float] | None = None,
    ) -> None:
        self.dataset = dataset
        self.batches = dataset.num_batches
        self.shuffle = shuffle
        self.class_weight = class_weight
        self.seed = 0
        self.looked_at: Given | None = None

    def first(self) -> Given:
        """Returns a batch to look at, made once."""
        if self.batches == 0:
            raise no_batches()
        if self.looked_at is None:
            self.looked_at = self.batch(self.dataset[0])
        return self.looked_at

    def known(self) -> tuple[Any, ...]:
        """Returns (x, y, sample_weight) as far as known: those of the first batch."""
        return unpack_x_y_sample_weight(self.first().tensors())

    def epoch(self, number: int) -> Iterator[Given]:
        """Yields the batches."""
        self.looked_at = None
        for batch in self.made(self.order(number)):
            yield self.batch(batch)

    def order(self, number: int) -> Iterable[int]:
        """Returns the numbers of the batches of an epoch, in order."""
        if self.batches is None:
            return itertools.count()
        if not self.shuffle:
            return range(self.batches)
        generator = np.random.default_rng((self.seed, number))
        return generator.permutation(self.batches).tolist()

    def made(self, order: Iterable[int]) -> Iterator[Any]:
        """Yields what the dataset gives for these numbers."""
        dataset = self.dataset
        if dataset.workers <= 1 and not dataset.use_multiprocessing:
            return map(dataset.__getitem__, order)
        return prefetched(
            dataset.__getitem__,
            order,
            workers=max(1, dataset.workers),
            processes=dataset.use_multiprocessing,
            ahead=dataset.max_queue_size,
        )

    def batch(self, batch: Any) -> Given:
        """Returns what the dataset gave as a batch."""
        return given_batch(batch, self.class_weight)

    def check_epochs(self, epochs: int, steps: int | None) -> None:
        """Has as many as one likes."""

    def on_epoch_begin(self) -> None:
        """Passes it on."""
        self.dataset.on_epoch_begin()

    def on_epoch_end(self) -> None:
        """Passes it on."""
        self.dataset.on_epoch_end()
