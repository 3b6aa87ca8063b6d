"""When to save: at the end of each epoch, or every so many batches."""

from typing import Any


class SaveFrequency:
    """Counts batches since the last time, over the ends of epochs.

    Raises: ValueError unless `save_freq` is "epoch" or a number of batches.
    """

    def __init__(self, save_freq: Any) -> None:
        whole = isinstance(save_freq, int) and not isinstance(save_freq, bool)
        if save_freq != "epoch" and not (whole and save_freq > 0):
            raise ValueError(
                "save_freq must be 'epoch' or a positive number of batches; got "
                f"{save_freq!r}."
            )
        self.save_freq = save_freq
        self.start_anew()

    def start_anew(self) -> None:
        """Starts counting with the first batch of a training."""
        self.since_last = 0
        self.last_batch = -1

    @property
    def in_batches(self) -> bool:
        """Whether batches are counted at all."""
        return self.save_freq != "epoch"

    def is_due(self, batch: int) -> bool:
        """Counts up to a batch, from 0, of which not all need be told; says if to save.

        >>> every_other = SaveFrequency(2)
        >>> [every_other.is_due(batch) for batch in (0, 1, 2, 0, 1)]
        [False, True, False, True, False]
        """
        if not self.in_batches:
            return False
        before = self.last_batch if batch > self.last_batch else -1  # a new epoch
        self.since_last += batch - before
        self.last_batch = batch
        if self.since_last < self.save_freq:
            return False
        self.since_last = 0
        return True

    def get_state(self) -> dict[str, Any]:
        """Returns how far it has counted."""
        return {"since_last": self.since_last, "last_batch": self.last_batch}

    def set_state(self, state: dict[str, Any]) -> None:
        """Goes on counting."""
        vars(self).update(state)
