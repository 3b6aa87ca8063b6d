"""Products of matrices in NumPy: the definition of right, computed by its BLAS."""

import numpy as np

from minikeras.kernels.reference.activation import relu
from minikeras.kernels.shapes.matmul import check_bias


def matmul(x, y, *, out=None):
    """out_ij = Σ_l x_il y_lj over the last two axes; the axes before them broadcast.

    Shapes: x (..., n, m), y (..., m, p) → out (..., n, p).
    """
    return np.matmul(x, y, out=out)


def matmul_bias(x, y, bias, *, out=None):
    """out_ij = Σ_l x_il y_lj + bias_j.

    Shapes: x (..., n, m), y (..., m, p), bias (p,) → out (..., n, p).
    """
    check_bias(y, bias)
    out = np.matmul(x, y, out=out)
    return np.add(out, bias, out=out)


def matmul_bias_relu(x, y, bias, *, out=None):
    """out_ij = max(Σ_l x_il y_lj + bias_j, 0); nan stays nan.

    Shapes: x (..., n, m), y (..., m, p), bias (p,) → out (..., n, p).
    """
    out = matmul_bias(x, y, bias, out=out)
    return relu(out, out=out)
