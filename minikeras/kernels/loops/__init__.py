"""The kernels as plain Python loops over arrays, to step through; views are NumPy's."""

from minikeras.kernels.kernel_set import KernelSet, collect
from minikeras.kernels.loops import losses, matmul, optimizers, random
from minikeras.kernels.reference import reference

loops = KernelSet("loops", collect(losses, matmul, optimizers, random), over=reference)
