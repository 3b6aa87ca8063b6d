"""Shapes of products of matrices."""

from minikeras.kernels.shapes.shape_dtype import ShapeDtype, broadcast_shapes


def matmul(x, y):
    """(..., n, m), (..., m, p) → (..., n, p).

    Raises: ValueError if x or y has no two axes, or if the sizes m differ.
    """
    if x.ndim < 2 or y.ndim < 2 or not fit(x.shape[-1], y.shape[-2]):
        raise ValueError(
            "matmul needs shapes (..., n, m) and (..., m, p); got "
            f"{x.shape} @ {y.shape}. Transpose one of them?"
        )
    batch = broadcast_shapes(x.shape[:-2], y.shape[:-2])
    return ShapeDtype((*batch, x.shape[-2], y.shape[-1]), x.dtype)


def matmul_bias(x, y, bias):
    """(..., n, m), (..., m, p), (p,) → (..., n, p).

    Raises: ValueError if x and y cannot be multiplied, or if bias has not p numbers.
    """
    out = matmul(x, y)
    check_bias(y, bias)
    return out


def matmul_bias_relu(x, y, bias):
    """As `matmul_bias`."""
    return matmul_bias(x, y, bias)


def check_bias(y, bias):
    """Refuses a bias that is no row of a product with y."""
    if len(bias.shape) != 1 or not fit(bias.shape[0], y.shape[-1]):
        raise ValueError(
            f"matmul needs one bias per column of y, of shape ({y.shape[-1]},); got "
            f"bias {bias.shape} and y {y.shape}."
        )


def fit(size, other):
    """Tells whether two sizes can be the same one; None stands for any."""
    return size == other or size is None or other is None
