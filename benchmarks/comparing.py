"""Whether contestants computed the same: their losses, held to those in float64.

Training amplifies rounding, so how far float32 may be from the truth is not known
beforehand.  The reference shows it: NumPy's kernels, in float32 and in float64.
"""

import math
from typing import NamedTuple

UNIT = 2.0**-24  # the rounding error of float32
FACTOR = 16  # what the numeric contract allows a composite result, by the reference
OTHERS = 2e-3  # relative: whose Adam adds its ε elsewhere, say


class Comparison(NamedTuple):
    """How far losses are from the right ones, and how far they may be; relative."""

    error: float
    allowed: float

    @property
    def holds(self):
        """Whether they are near enough; NaN never is."""
        return self.error <= self.allowed


def within_contract(losses, reference, exact):
    """Holds our losses to the contract, class E.

    ‖l - l64‖ ≤ 16 ‖l_reference - l64‖ + 16 u ‖l64‖
    """
    size = norm(exact)
    allowed = FACTOR * distance(reference, exact) + FACTOR * UNIT * size
    return Comparison(distance(losses, exact) / size, allowed / size)


def the_same_task(losses, exact):
    """Tells for a peer's losses if it trains the same, by its own arithmetic."""
    return Comparison(distance(losses, exact) / norm(exact), OTHERS)


def distance(x, y):
    return norm([a - b for a, b in zip(x, y, strict=True)])


def norm(x):
    return math.sqrt(sum(a * a for a in x))
