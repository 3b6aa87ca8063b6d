"""The kernels on Python floats, with the standard library alone: the scalar engine."""

from minikeras.kernels.kernel_set import KernelSet, collect

scalar = KernelSet("scalar", collect())
