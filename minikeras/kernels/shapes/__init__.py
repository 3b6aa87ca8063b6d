"""The kernels on shapes and dtypes alone: what a call returns, without computing it."""

from minikeras.kernels.kernel_set import KernelSet, collect
from minikeras.kernels.shapes import (
    activation,
    attention,
    convolution,
    distributions,
    elementwise,
    indexing,
    losses,
    matmul,
    normalization,
    optimizers,
    pooling,
    random,
    recurrent,
    reduction,
    shape,
)

shapes = KernelSet(
    "shapes",
    collect(
        activation,
        attention,
        convolution,
        distributions,
        elementwise,
        indexing,
        losses,
        matmul,
        normalization,
        optimizers,
        pooling,
        random,
        recurrent,
        reduction,
        shape,
    ),
)
