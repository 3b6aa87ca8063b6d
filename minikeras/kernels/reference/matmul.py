"""Products of matrices in NumPy: the definition of right, computed by its BLAS."""

import numpy as np


def matmul(x, y, *, out=None):
    """out_ij = Σ_l x_il y_lj over the last two axes; the axes before them broadcast.

    Shapes: x (..., n, m), y (..., m, p) → out (..., n, p).
    """
    return np.matmul(x, y, out=out)
