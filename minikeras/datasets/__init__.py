"""Data to learn from, under Keras's names; see docs/datasets.md.

Needs NumPy and nothing else of minikeras; downloads also need pooch.
"""

from minikeras import absent
from minikeras.datasets import digits as digits
from minikeras.datasets import fashion_mnist as fashion_mnist
from minikeras.datasets import mnist as mnist


def __getattr__(name: str) -> object:
    """Says of names of Keras that they are not here yet."""
    raise absent.no_such_name("datasets", name)
