"""Training: what the programs of `training_programs.py` give with Keras."""

import warnings
from typing import Any

import keras
import numpy as np

from tests.golden.keras_calls import as_arrays, reset
from tests.golden.training_programs import PROGRAMS


def record() -> list[dict[str, Any]]:
    """Returns the results of each program."""
    return [
        {"name": program.__name__, "results": results_of(program)}
        for program in PROGRAMS
    ]


def results_of(program: Any) -> Any:
    """Returns the results of a program, numbers with six digits."""
    reset()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return rounded(as_arrays(program(keras)))


def rounded(value: Any) -> Any:
    """Returns numbers with six digits, also inside of arrays and containers."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(rounded(item) for item in value)
    if isinstance(value, np.ndarray):
        digits = [float(f"{x:.6g}") for x in value.ravel()]
        return np.array(digits, value.dtype).reshape(value.shape)
    return float(f"{value:.6g}") if isinstance(value, float) else value
