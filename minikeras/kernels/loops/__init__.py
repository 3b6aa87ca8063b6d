"""The kernels as plain Python loops over arrays, to step through; views are NumPy's."""

from minikeras.kernels.kernel_set import KernelSet, collect
from minikeras.kernels.loops import (
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
from minikeras.kernels.reference import reference

loops = KernelSet(
    "loops",
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
    over=reference,
)
