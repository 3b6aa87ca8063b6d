"""The kernels on shapes and dtypes alone: what a call returns, without computing it."""

from minikeras.kernels.kernel_set import KernelSet, collect
from minikeras.kernels.shapes import losses, matmul, random

shapes = KernelSet("shapes", collect(losses, matmul, random))
