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


def fit(size, other):
    """Tells whether two sizes can be the same one; None stands for any."""
    return size == other or size is None or other is None
