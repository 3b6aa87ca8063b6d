"""The values that users hold: Scalar, Tensor, Variable and KerasTensor.

They join the engine (`autograd`), the rules (`primitives`) and the kernels: operators,
dtypes, and the choice of which kernels compute.
"""

from minikeras.values.backends import backend as backend
from minikeras.values.backends import set_backend as set_backend
from minikeras.values.backends import use_backend as use_backend
from minikeras.values.backends import using as using
from minikeras.values.gradient_tape import GradientTape as GradientTape
from minikeras.values.scalar import Scalar as Scalar
from minikeras.values.symbolic import KerasTensor as KerasTensor
from minikeras.values.tensor import Tensor as Tensor
from minikeras.values.variable import Variable as Variable
