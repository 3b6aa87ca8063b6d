"""The numbers and words that `fit` and its relatives take, checked and made plain."""

import sys
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from minikeras.config import max_epochs, max_steps_per_epoch


def whole_number(name: str, value: Any, least: int) -> int:
    """Returns an integer argument.

    Raises: TypeError for what is no integer; ValueError below the least.
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(
            f"{name} must be an integer; got {value!r} of type {type(value).__name__}."
        )
    if value < least:
        raise ValueError(f"{name} must be {least} or more; got {value}.")
    return int(value)


def epochs_to_run(initial_epoch: Any, epochs: Any) -> tuple[int, int]:
    """Returns (the first epoch, the one to stop before).

    Heeds `config.max_epochs`.
    """
    first = whole_number("initial_epoch", initial_epoch, 0)
    end = whole_number("epochs", epochs, 0)
    limit = max_epochs()
    if limit is not None and limit < end:
        warnings.warn(
            f"Limiting epochs to {limit}, as config.set_max_epochs said.",
            UserWarning,
            stacklevel=3,
        )
        end = limit
    return first, end


def steps_to_run(name: str, steps: Any) -> int | None:
    """Returns a number of batches; None is all.

    Heeds `config.max_steps_per_epoch`.
    """
    if steps is not None:
        steps = whole_number(name, steps, 1)
    limit = max_steps_per_epoch()
    if limit is not None and (steps is None or limit < steps):
        warnings.warn(
            f"Limiting {name} to {limit}, as config.set_max_steps_per_epoch said.",
            UserWarning,
            stacklevel=3,
        )
        return limit
    return steps


def verbosity(verbose: Any) -> int:
    """Returns 1 for "auto" on a terminal, 2 for "auto" elsewhere.

    Raises: ValueError for other words.
    """
    if verbose == "auto":
        return 1 if sys.stdout.isatty() else 2
    if not isinstance(verbose, (int, np.integer)):
        raise ValueError(
            "verbose must be 0 (silent), 1 (a bar), 2 (a line per epoch) or 'auto'; "
            f"got {verbose!r}."
        )
    return int(verbose)


def check_shuffle(shuffle: Any) -> None:
    """Refuses words that say nothing."""
    if isinstance(shuffle, str) and shuffle != "batch":
        raise ValueError(
            f"shuffle must be True, False or 'batch'; got {shuffle!r}. 'batch' "
            "shuffles the batches, and not the samples."
        )


def check_frequency(frequency: Any) -> None:
    """Refuses what says nothing about the epochs that end with validation."""
    whole = isinstance(frequency, int) and frequency >= 1
    if not whole and not isinstance(frequency, (list, tuple, set)):
        raise ValueError(
            "validation_freq must be a positive integer, or a list of epochs counted "
            f"from 1; got {frequency!r}."
        )


def validates(epoch: int, frequency: int | Sequence[int]) -> bool:
    """Whether an epoch, counted from 0, ends with validation.

    >>> [validates(epoch, 2) for epoch in range(4)]
    [False, True, False, True]
    """
    if isinstance(frequency, int):
        return (epoch + 1) % frequency == 0
    return epoch + 1 in frequency
