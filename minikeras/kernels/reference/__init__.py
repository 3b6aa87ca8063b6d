"""The kernels in NumPy: the definition of right, and the backend `numpy`."""

from minikeras.kernels.kernel_set import KernelSet, collect
from minikeras.kernels.reference import (
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

reference = KernelSet(
    "numpy",
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
