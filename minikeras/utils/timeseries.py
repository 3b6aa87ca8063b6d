"""Windows over a time series, as batches."""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from minikeras.random import new_seed
from minikeras.utils.py_dataset import PyDataset


class TimeseriesDataset(PyDataset):
    """Batches of windows over a series, and of the targets that belong to them.

    A window is made when its batch is asked for, so that all together take no more
    memory than the series. Each epoch has another order if they are shuffled.
    """

    def __init__(
        self,
        series: np.ndarray,
        targets: np.ndarray | None,
        starts: np.ndarray,
        window: np.ndarray,
        batch_size: int | None,
        shuffle: bool,
        seed: int,
    ) -> None:
        super().__init__()
        self.series = series
        self.targets = targets
        self.window = window  # the steps of a window, counted from its start
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.seed = seed
        self._starts = starts
        self._epoch = 0
        self._order = starts
        self._draw_order()

    def __len__(self) -> int:
        return math.ceil(len(self._starts) / (self.batch_size or 1))

    def __getitem__(self, index: int) -> Any:
        if not 0 <= index < len(self):
            raise IndexError(f"There are {len(self)} batches; got index {index}.")
        if self.batch_size is None:
            starts = self._order[index]
        else:
            first = index * self.batch_size
            starts = self._order[first : first + self.batch_size]
        windows = self.series[starts[..., np.newaxis] + self.window]
        return windows if self.targets is None else (windows, self.targets[starts])

    def on_epoch_end(self) -> None:
        """Draws the order of the next epoch."""
        self._epoch += 1
        self._draw_order()

    def _draw_order(self) -> None:
        if self.shuffle:
            generator = np.random.default_rng([self.seed, self._epoch])
            self._order = generator.permutation(self._starts)


def timeseries_dataset_from_array(
    data: ArrayLike,
    targets: ArrayLike | None,
    sequence_length: int,
    sequence_stride: int = 1,
    sampling_rate: int = 1,
    batch_size: int | None = 128,
    shuffle: bool = False,
    seed: int | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
    format: str = "tf",
) -> TimeseriesDataset:
    """Makes batches of windows over a series; `targets[i]` belongs to window i.

    A window has `sequence_length` steps that are `sampling_rate` apart, the next one
    begins `sequence_stride` later. To predict what comes 3 steps after a window of 10,
    give data[:-12] and data[12:]. Only the part from `start_index` up to `end_index` is
    used. batch_size=None gives windows one by one. `format` names a library in Keras;
    here it has no effect.

    Shapes: data (steps, ...) → (batch, sequence_length, ...).
    Raises: ValueError for numbers that do not fit the data.

    >>> windows = timeseries_dataset_from_array(range(6), None, sequence_length=3)
    >>> windows[0]
    array([[0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5]])
    """
    series = np.asarray(data)
    steps = len(series)
    whole = {
        "sequence_length": sequence_length,
        "sequence_stride": sequence_stride,
        "sampling_rate": sampling_rate,
    }
    for name, value in whole.items():
        if not isinstance(value, (int, np.integer)) or value < 1:
            raise ValueError(f"{name} must be an integer of at least 1; got {value!r}.")
    first = 0 if start_index is None else start_index
    last = steps if end_index is None else end_index
    if not 0 <= first < last <= steps:
        raise ValueError(
            f"start_index and end_index must be a part of the {steps} steps, the first "
            f"below the second; got {start_index} and {end_index}."
        )
    if format not in ("tf", "grain"):
        raise ValueError(f'format must be "tf" or "grain"; got {format!r}.')

    series = series[first:last]
    count = len(series) - (sequence_length - 1) * sampling_rate
    chosen = None
    if targets is not None:
        chosen = np.asarray(targets)[first:last]
        count = min(count, len(chosen))
    if count <= 0:
        raise ValueError(
            f"No window fits: {sequence_length} steps that are {sampling_rate} apart "
            f"reach over {(sequence_length - 1) * sampling_rate + 1}, and there are "
            f"{len(series)}."
        )
    return TimeseriesDataset(
        series,
        chosen,
        np.arange(0, count, sequence_stride),
        np.arange(sequence_length) * sampling_rate,
        batch_size,
        shuffle,
        new_seed() if seed is None else seed,
    )
