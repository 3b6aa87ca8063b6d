"""Products of matrices as three nested loops."""

import numpy as np

from minikeras.kernels.loops.activation import relu
from minikeras.kernels.loops.elementwise import add
from minikeras.kernels.shapes.matmul import check_bias


def matmul(x, y, *, out=None):
    """out_ij = Σ_l x_il y_lj over the last two axes; the axes before them broadcast."""
    batch = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    if out is None:
        out = np.empty((*batch, x.shape[-2], y.shape[-1]), x.dtype)
    x = np.broadcast_to(x, (*batch, *x.shape[-2:]))
    y = np.broadcast_to(y, (*batch, *y.shape[-2:]))
    with np.errstate(all="ignore"):
        for position in np.ndindex(batch):
            multiply_matrices(x[position], y[position], out[position])
    return out


def matmul_bias(x, y, bias, *, out=None):
    """out_ij = Σ_l x_il y_lj + bias_j."""
    check_bias(y, bias)
    return add(matmul(x, y), bias, out=out)


def matmul_bias_relu(x, y, bias, *, out=None):
    """out_ij = max(Σ_l x_il y_lj + bias_j, 0)."""
    return relu(matmul_bias(x, y, bias), out=out)


def multiply_matrices(x, y, out):
    """Writes x y into out; each sum is kept as a Python float and rounded once."""
    columns = y.T.tolist()
    for i, row in enumerate(x.tolist()):
        for j, column in enumerate(columns):
            total = 0
            for x_il, y_lj in zip(row, column, strict=True):
                total += x_il * y_lj
            out[i, j] = total
