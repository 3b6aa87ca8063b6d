"""Diagonals of matrices, and the triangles on either side of them."""

from minikeras.ops.creation import positions, zero_of
from minikeras.ops.shape import moveaxis, part_of
from minikeras.primitives import elementwise, indexing, shape
from minikeras.values.tensor import Tensor, as_tensor
from minikeras.values.types import TensorLike


def diag(x: TensorLike, k: int = 0) -> Tensor:
    """Makes a matrix with x on its k-th diagonal, or returns the diagonal of a matrix.

    Shapes: x (n,) → (n + |k|, n + |k|);  x (n, m) → that diagonal.
    Raises: ValueError if x has neither one axis nor two.
    """
    x = as_tensor(x)
    if x.ndim == 2:
        return diagonal(x, offset=k)
    if x.ndim != 1:
        raise ValueError(f"diag needs one axis or two; got shape {x.shape}.")
    row = shape.pad(x, pad_width=((max(k, 0), max(-k, 0)),), value=0)
    column = shape.expand_dims(positions(row, 0), axis=1)
    place = elementwise.equal(elementwise.add(column, k), positions(row, 0))
    return elementwise.where(place, row, zero_of(x))


def diagonal(x: TensorLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """Returns a diagonal of the matrices that two axes span, as the last axis.

    Shapes: x (n, m, …) → (…, length of the diagonal).
    Raises: ValueError if x has fewer than two axes.
    """
    x = as_tensor(x)
    if x.ndim < 2:
        raise ValueError(f"diagonal needs at least two axes; got shape {x.shape}.")
    x = moveaxis(x, (axis1, axis2), (-2, -1))
    rows, columns = x.shape[-2:]
    length = None
    if None not in (rows, columns):
        length = max(0, min(rows + min(offset, 0), columns - max(offset, 0)))
    first = max(-offset, 0)
    x = part_of(x, x.ndim - 2, first, None if length is None else first + length)
    sides = (*x.shape[:-2], length, columns)  # where it is unknown
    lines = shape.reshape(x, shape=sides)
    column = elementwise.add(positions(lines, -2), max(offset, 0))
    column = shape.reshape(column, shape=(*[1] * (lines.ndim - 2), -1, 1))
    return shape.squeeze(indexing.take_along_axis(lines, column, axis=-1), axis=-1)


def tril(x: TensorLike, k: int = 0) -> Tensor:
    """Sets what is above the k-th diagonal of each matrix to zero."""
    x = as_tensor(x)
    return elementwise.where(
        elementwise.greater_equal(*row_and_column(x, k)), x, zero_of(x)
    )


def triu(x: TensorLike, k: int = 0) -> Tensor:
    """Sets what is below the k-th diagonal of each matrix to zero."""
    x = as_tensor(x)
    return elementwise.where(
        elementwise.less_equal(*row_and_column(x, k)), x, zero_of(x)
    )


def row_and_column(x: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Returns i + k and j for the elements of a matrix: equal on the k-th diagonal.

    Raises: ValueError if x is no matrix or stack of them.
    """
    if x.ndim < 2:
        raise ValueError(f"tril and triu need at least two axes; got shape {x.shape}.")
    row = shape.expand_dims(positions(x, -2), axis=1)
    return elementwise.add(row, k), positions(x, -1)
