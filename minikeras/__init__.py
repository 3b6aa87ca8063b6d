"""minikeras: the Keras you can read from the first line to the last."""

from minikeras.values import KerasTensor as KerasTensor
from minikeras.values import Scalar as Scalar
from minikeras.values import Tensor as Tensor
from minikeras.values import Variable as Variable

__version__ = "0.1.0"
