"""The part of a model that is saved and loaded: what `Model` inherits from here."""

import os
from typing import Any

from minikeras.models.trainer import Trainer
from minikeras.saving.weights import load_weights, save_weights


class SavedModel(Trainer):
    """A Trainer that can be written to files; see `docs/saving.md`."""

    def save_weights(
        self,
        filepath: str | os.PathLike[str],
        overwrite: bool = True,
        max_shard_size: float | None = None,
    ) -> None:
        """Writes the weights, the optimizer's state and random states to a file.

        Raises: SavingError for a name that does not end in .weights.h5, or a model
        that is not built.
        """
        save_weights(self, filepath, overwrite, max_shard_size)

    def load_weights(
        self,
        filepath: str | os.PathLike[str],
        skip_mismatch: bool = False,
        **kwargs: Any,
    ) -> None:
        """Reads a .weights.h5 file, or the weights in a .keras file, of Keras's too.

        With `skip_mismatch` layers that do not fit are left alone, with a warning.

        Raises: SavingError if the file is damaged or does not fit; the model is then
        as it was.
        """
        load_weights(self, filepath, skip_mismatch, **kwargs)
