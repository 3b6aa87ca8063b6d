"""What a step is run on, as far as it has to know: a batch, or many that follow.

Who makes them is another's business: `models/batches.py`.
"""

from typing import Any, Protocol

import numpy as np


class Batch(Protocol):
    """What a step is run on: a structure of Tensors, or where to get one."""

    def tensors(self) -> Any:
        """Returns the structure of Tensors and None."""

    def kind(self) -> tuple[Any, ...]:
        """Returns the shapes and dtypes of its leaves, and which is where."""

    def fill(self, arrays: list[np.ndarray]) -> None:
        """Copies the numbers into arrays of these shapes and dtypes."""


class Stretch(Protocol):
    """Batches of one kind that follow one another: rows of a table in some order.

    It shrinks as they run.
    """

    columns: list[np.ndarray]  # with one sample per row

    def __len__(self) -> int:
        """The number of batches that are left."""

    def first(self) -> Batch:
        """Returns the next batch, and leaves it in."""

    def drop(self, batches: int) -> None:
        """Takes out so many batches, which were run."""

    def numbers(self) -> np.ndarray:
        """Returns the numbers of the rows of all batches that are left, as int64."""
