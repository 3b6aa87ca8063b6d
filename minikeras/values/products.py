"""The product of matrices, of vectors and of integers: what `@` means."""

from typing import TYPE_CHECKING

from minikeras.primitives import elementwise, matmul, shape

if TYPE_CHECKING:  # a Tensor knows its products, and not the other way round
    from minikeras.values.tensor import Tensor


def product(x: "Tensor", y: "Tensor") -> "Tensor":
    """Multiplies Tensors of one dtype: matrices, stacks of matrices, and vectors.

    A vector on the left counts as a row, on the right as a column, and its axis of size
    1 is left out of the result.  Integers are multiplied in float64, exact to 2⁵³.

    Raises: ValueError if an argument has no axis.
    """
    if x.ndim == 0 or y.ndim == 0:
        raise ValueError(
            f"matmul needs at least one axis; got {x.shape} @ {y.shape}. Use multiply."
        )
    row, column = x.ndim == 1, y.ndim == 1
    x = shape.expand_dims(x, axis=0) if row else x
    y = shape.expand_dims(y, axis=1) if column else y
    if x.data.dtype.kind == "f":
        out = matmul.matmul(x, y)
    else:
        exact = (elementwise.cast(factor, dtype="float64") for factor in (x, y))
        out = elementwise.cast(matmul.matmul(*exact), dtype=x.dtype)
    out = shape.squeeze(out, axis=-1) if column else out
    return shape.squeeze(out, axis=-1 if column else -2) if row else out
