"""Data to learn from, under Keras's names; see docs/datasets.md.

Needs NumPy and nothing else of minikeras; downloads also need pooch.
"""

from minikeras.datasets import digits as digits
from minikeras.datasets import fashion_mnist as fashion_mnist
from minikeras.datasets import mnist as mnist
