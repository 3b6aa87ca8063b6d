"""One seed for all random numbers of a program."""

import random as python_random

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
