"""Automatic names, as Keras gives them: dense, dense_1, …; counters per process."""

import re
from collections import Counter
from typing import Any

_counters: Counter[str] = Counter()


def snake_case(name: str) -> str:
    """Turns a class name into words: LeakyReLU → leaky_re_lu, Conv2D → conv2d."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def name_of_function(fn: Any) -> str:
    """Returns the name of a function in words; of what has none, that of its class.

    >>> name_of_function(lambda y_true, y_pred: y_pred)
    'lambda'
    """
    return snake_case(getattr(fn, "__name__", None) or type(fn).__name__)


def auto_name(class_name: str) -> str:
    """Returns the next free name for an object of a class.

    >>> reset_names()
    >>> auto_name("Dense"), auto_name("Dense"), auto_name("ReLU")
    ('dense', 'dense_1', 're_lu')
    """
    return uniquify(snake_case(class_name))


def uniquify(name: str) -> str:
    """Returns the name, numbered if it was given out before."""
    count = _counters[name]
    _counters[name] += 1
    return f"{name}_{count}" if count else name


def reset_names() -> None:
    """Starts all counters anew."""
    _counters.clear()
