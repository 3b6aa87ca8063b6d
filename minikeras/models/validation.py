"""The validation in `fit`: what it is done with, and when."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from minikeras.models.data import Data, as_data
from minikeras.models.fit_arguments import steps_to_run, validates
from minikeras.utils.batch_parts import unpack_x_y_sample_weight


class Validation(NamedTuple):
    """The data of a validation, how many batches of them, and at which epochs."""

    data: Data
    steps: int | None
    frequency: int | Sequence[int]

    def is_due(self, epoch: int) -> bool:
        """Whether an epoch, counted from 0, ends with it."""
        return validates(epoch, self.frequency)


def validation_with(
    given: Any,
    batch_size: int | None,
    steps: int | None,
    frequency: int | Sequence[int],
) -> Validation | None:
    """Returns the validation that `fit` was asked for; None if there is to be none."""
    if given is None:
        return None
    steps = steps_to_run("validation_steps", steps)
    try:
        x, y, sample_weight = unpack_x_y_sample_weight(given)
        data = as_data(x, y, sample_weight, batch_size, steps)
    except Exception as error:
        error.add_note("That is about validation_data.")
        raise
    return Validation(data, steps, frequency)
