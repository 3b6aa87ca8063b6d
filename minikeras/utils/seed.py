"""One seed for everything that is random."""

import random as python_random

import numpy as np

from minikeras import random


def set_random_seed(seed):
    """Seeds Python's `random`, NumPy, and all draws of minikeras that name no seed.

    >>> from minikeras import random
    >>> set_random_seed(1)
    >>> first = random.uniform((2,)).numpy()
    >>> set_random_seed(1)
    >>> bool((random.uniform((2,)).numpy() == first).all())
    True

    Raises: ValueError if the seed is no integer of at least 0.
    """
    if not isinstance(seed, int) or seed < 0:
        raise ValueError(f"The seed must be an integer of at least 0; got {seed!r}.")
    python_random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - the generator that other code draws from
    random.set_seed(seed)
