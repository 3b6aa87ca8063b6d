"""The kernels on Python floats, with the standard library alone: the scalar engine."""

from minikeras.kernels.kernel_set import KernelSet, collect
from minikeras.kernels.scalar import activation, elementwise, losses, reduction, shape

scalar = KernelSet("scalar", collect(activation, elementwise, losses, reduction, shape))
