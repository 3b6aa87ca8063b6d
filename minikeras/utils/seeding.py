"""One seed for all random numbers of a program, and where all of them are."""

import random as python_random
from typing import Any

import numpy as np

from minikeras import random


def set_random_seed(seed: int) -> None:
    """Starts anew the generators of Python, of NumPy and of minikeras.

    The same program then draws the same weights, orders and masks.

    >>> from minikeras import random
    >>> set_random_seed(7)
    >>> first = random.uniform((2,))
    >>> set_random_seed(7)
    >>> bool((first.numpy() == random.uniform((2,)).numpy()).all())
    True

    Raises: ValueError unless the seed is an integer in [0, 2³²).
    """
    if not random.is_whole(seed) or not 0 <= seed < 2**32:
        raise ValueError(
            "set_random_seed needs an integer from 0 to 2**32 - 1; got "
            f"{seed!r} (of type {type(seed).__name__})."
        )
    seed = int(seed)
    python_random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the program's own code may draw from it
    random.set_seed(seed)


def get_random_state() -> dict[str, Any]:
    """Returns the states of all that `set_random_seed` sets, but for our Variable.

    Made of dicts, numbers and arrays; it is `random.global_generator().state`.
    """
    _, words, position, has_normal, normal = np.random.get_state()  # noqa: NPY002
    return {
        "python": random.state_of(python_random),
        "numpy": {
            "words": np.array(words),
            "position": position,
            "has_normal": has_normal,
            "next_normal": normal,
        },
        "minikeras": random.get_state(),
    }


def set_random_state(state: dict[str, Any]) -> None:
    """Goes on drawing from what `get_random_state` returned."""
    random.set_state_of(python_random, state["python"])
    numpy = state["numpy"]
    np.random.set_state(  # noqa: NPY002
        (
            "MT19937",
            numpy["words"],
            numpy["position"],
            numpy["has_normal"],
            numpy["next_normal"],
        )
    )
    random.set_state(state["minikeras"])
