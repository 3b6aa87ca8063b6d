"""Arithmetic, comparison and selection, element by element."""

from minikeras.primitives import elementwise
from minikeras.values.tensor import promote


def add(x1, x2):
    """Adds, element by element: x1 + x2.

    Shapes: the arguments broadcast to the result's shape.
    """
    return elementwise.add(*promote(x1, x2))
