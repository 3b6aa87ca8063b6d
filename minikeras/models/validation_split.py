"""Samples held out for validation."""

import math
from typing import Any

from minikeras.models.array_data import checked_parts, count_samples
from minikeras.models.data import is_arrays
from minikeras.tree import map_structure


def train_validation_split(
    x: Any, y: Any, sample_weight: Any, fraction: float
) -> tuple[Any, ...]:
    """Returns ((x, y, w), (x, y, w)): the first samples to train on, the last to
    validate.

    The cut is at floor(n · (1 - fraction)), before any shuffling.

    Raises: ValueError if one of the parts would be empty, and for what is no arrays.
    """
    if not is_arrays(x):
        raise ValueError(
            "validation_split is for arrays; x yields batches, and is a "
            f"{type(x).__name__}. Give other batches as validation_data."
        )
    if not isinstance(fraction, (int, float)) or not 0 < fraction < 1:
        raise ValueError(f"validation_split must be in [0, 1); got {fraction!r}.")
    arrays = checked_parts(x, y, sample_weight)
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
