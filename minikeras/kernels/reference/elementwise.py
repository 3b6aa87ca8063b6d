"""Elementwise arithmetic, comparison and selection in NumPy: the definition of right."""

import numpy as np


def add(x, y, *, out=None):
    """x_i + y_i."""
    return np.asarray(np.add(x, y, out=out))


def divide(x, y, *, out=None):
    """x_i / y_i; x/0 is ±inf, 0/0 is nan."""
    with np.errstate(all="ignore"):
        return np.asarray(np.divide(x, y, out=out))
