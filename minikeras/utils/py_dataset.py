"""`PyDataset`: data as a list of batches that are made when they are asked for."""

from typing import Any


class PyDataset:
    """A list of batches of one's own; `fit`, `evaluate` and `predict` take it as x.

    A subclass defines `__getitem__(index)`, which returns the batch (x, y,
    sample_weight), (x, y) or (x,), and `__len__`, or a property `num_batches`.  That
    may be None: then there is no end, and `fit` needs `steps_per_epoch`.  It is for
    files that do not fit into memory, and for samples that are changed at random.

    With `workers` above 1 so many threads make batches ahead of time, at most
    `max_queue_size` of them; with `use_multiprocessing` so many processes, each with a
    copy of the dataset that is made when an epoch begins.  Batches arrive in order, and
    errors unchanged, either way.  Code that runs in threads must not change what other
    threads read.

    >>> import numpy as np
    >>> class Squares(PyDataset):
    ...     def __len__(self):
    ...         return 3
    ...
    ...     def __getitem__(self, index):
    ...         x = np.arange(4 * index, 4 * index + 4)
    ...         return x, x**2
    >>> Squares().num_batches
    3

    Raises: ValueError unless `workers` is an integer from 0 on and `max_queue_size` one
    from 1 on.
    """

    # Also those of a subclass whose __init__ does not call this one.
    workers = 1
    use_multiprocessing = False
    max_queue_size = 10

    def __init__(
        self,
        workers: int = 1,
        use_multiprocessing: bool = False,
        max_queue_size: int = 10,
    ) -> None:
        if not isinstance(workers, int) or workers < 0:
            raise ValueError(
                f"workers must be an integer from 0 on; got {workers!r}. With 0 or 1 "
                "batches are made by the caller itself."
            )
        if not isinstance(max_queue_size, int) or max_queue_size < 1:
            raise ValueError(
                f"max_queue_size must be an integer from 1 on; got {max_queue_size!r}."
            )
        self.workers = workers
        self.use_multiprocessing = bool(use_multiprocessing)
        self.max_queue_size = max_queue_size

    def __getitem__(self, index: int) -> Any:
        """Returns a batch."""
        raise NotImplementedError(
            f"{type(self).__name__} defines no __getitem__(index): return the batch "
            "(x, y) there."
        )

    @property
    def num_batches(self) -> int | None:
        """The number of batches, None if there is no end."""
        if not hasattr(self, "__len__"):
            raise NotImplementedError(
                f"{type(self).__name__} defines neither __len__ nor the property "
                "num_batches: return the number of batches there, None if there is no "
                "end."
            )
        return len(self)

    def on_epoch_begin(self) -> None:
        """Is called before every epoch."""

    def on_epoch_end(self) -> None:
        """Is called after every epoch: the place to put samples in another order."""


Sequence = PyDataset  # the older name
