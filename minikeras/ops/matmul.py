"""Products that add up over an axis: of vectors, matrices, and stacks of them."""

from collections.abc import Sequence
from typing import Any

from minikeras.kernels.shapes.shape_dtype import normalized_axes, normalized_axis
from minikeras.kernels.shapes.shape_dtype import product as size
from minikeras.ops.diagonal import diagonal
from minikeras.ops.elementwise import multiply
from minikeras.ops.reduction import sum
from minikeras.ops.shape import differ, moveaxis, ravel, roll
from minikeras.primitives import elementwise, indexing, shape
from minikeras.primitives import matmul as products
from minikeras.values.products import product
from minikeras.values.tensor import Tensor, as_tensor, as_tensors, cast, promote
from minikeras.values.types import TensorLike


def matmul(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Multiplies matrices: out_ij = Σ_l x1_il x2_lj.

    Axes before the last two broadcast.  A vector on the left counts as a row, on the
    right as a column, and its axis of size 1 is left out of the result.  Products of
    two int8 are added up as int32.

    Shapes: (..., n, m), (..., m, p) → (..., n, p);  (n, m), (m,) → (n,).
    Raises: ValueError if an argument has no axis, or if the sizes m differ.
    """
    x1, x2 = as_tensor(x1), as_tensor(x2)
    dtype = x1.data.dtype
    if dtype is x2.data.dtype and dtype.kind == "f" and x1.ndim > 1 and x2.ndim > 1:
        return products.matmul(x1, x2)
    return matmul_of_any(x1, x2)


def matmul_of_any(x1: Tensor, x2: Tensor) -> Tensor:
    """Multiplies vectors too, and arrays of different dtypes or of integers."""
    if x1.dtype == x2.dtype == "int8":
        x1, x2 = cast(x1, "int32"), cast(x2, "int32")
    x1, x2 = promote(x1, x2)
    return product(x1, x2)


def dot(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Multiplies as `numpy.dot` does.

    The sum goes over the last axis of x1 and the second-last of x2 (its only one if it
    is a vector); a number multiplies everything.

    Shapes: (a, n), (b, n, c) → (a, b, c).
    """
    x1, x2 = as_tensor(x1), as_tensor(x2)
    if x1.ndim == 0 or x2.ndim == 0:
        return multiply(x1, x2)
    return tensordot(x1, x2, axes=([-1], [max(-2, -x2.ndim)]))


def vdot(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Returns Σ x1_i x2_i over the flattened arguments, one number."""
    return tensordot(ravel(x1), ravel(x2), axes=1)


def outer(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Returns out_ij = x1_i x2_j of the flattened arguments."""
    return multiply(shape.expand_dims(ravel(x1), axis=1), ravel(x2))


def tensordot(x1: TensorLike, x2: TensorLike, axes: int | Sequence[Any] = 2) -> Tensor:
    """Adds up products over several axes of both.

    `axes` is a pair of lists, the axes of x1 and those of x2 that are summed together;
    or a number n, for the last n of x1 and the first n of x2.

    Shapes: (a, b, n), (n, c) → (a, b, c) for axes=1.
    Raises: ValueError if the axes are not as many on both sides, or not as long.
    """
    x1, x2 = as_tensors(promote(as_tensor(x1), as_tensor(x2)))
    if isinstance(axes, int):
        if axes > min(x1.ndim, x2.ndim):
            raise ValueError(
                f"tensordot over {axes} axes needs as many on both sides; got shapes "
                f"{x1.shape} and {x2.shape}."
            )
        axes = range(x1.ndim - axes, x1.ndim), range(axes)
    first, second = (axis if hasattr(axis, "__len__") else (axis,) for axis in axes)
    first = normalized_axes(tuple(first), x1.ndim)
    second = normalized_axes(tuple(second), x2.ndim)
    sizes1, sizes2 = [x1.shape[i] for i in first], [x2.shape[i] for i in second]
    if differ(sizes1, sizes2):
        raise ValueError(
            f"tensordot needs axes of equal sizes; got {first} of {x1.shape} and "
            f"{second} of {x2.shape}."
        )
    free1 = tuple(i for i in range(x1.ndim) if i not in first)
    free2 = tuple(i for i in range(x2.ndim) if i not in second)
    return contract(
        shape.transpose(x1, axes=free1 + first),
        shape.transpose(x2, axes=second + free2),
        batch=0,
        summed=len(first),
    )


def contract(x1: Tensor, x2: Tensor, batch: int, summed: int) -> Tensor:
    """Sums over axes that lie last in x1 and, after the batch, first in x2.

    Shapes: (*batch, *free1, *summed), (*batch, *summed, *free2) → (*batch, *free1,
    *free2); the axes of the batch broadcast.
    """
    lengths = x1.shape[x1.ndim - summed :]
    free1, free2 = x1.shape[batch : x1.ndim - summed], x2.shape[batch + summed :]
    x1 = shape.reshape(x1, shape=(*x1.shape[:batch], size(free1), size(lengths)))
    x2 = shape.reshape(x2, shape=(*x2.shape[:batch], size(lengths), size(free2)))
    out = product(x1, x2)
    return shape.reshape(out, shape=(*out.shape[:batch], *free1, *free2))


def trace(x: TensorLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """Returns the sum of a diagonal of the matrices that two axes span.

    Shapes: x (n, m, ...) → (...).
    Raises: ValueError if x has fewer than two axes.
    """
    return sum(diagonal(x, offset, axis1, axis2), axis=-1)


def cross(
    x1: TensorLike,
    x2: TensorLike,
    axisa: int = -1,
    axisb: int = -1,
    axisc: int = -1,
    axis: int | None = None,
) -> Tensor:
    """Returns the cross product: a vector at right angles to two vectors in space.

        out_i = x1_{i+1} x2_{i+2} - x1_{i+2} x2_{i+1},   indices modulo 3

    `axisa` and `axisb` are where the vectors lie in x1 and x2, `axisc` where they are
    put; `axis` sets all three.  A vector of two numbers lies in the plane; for two of
    these the result is one number, the third component.

    Raises: ValueError if a vector has neither two numbers nor three.
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    x1, x2 = promote(as_tensor(x1), as_tensor(x2))
    x1, x2 = moveaxis(x1, axisa, -1), moveaxis(x2, axisb, -1)
    sides = x1.shape[-1], x2.shape[-1]
    if not set(sides) <= {2, 3}:
        raise ValueError(
            f"cross needs vectors of 2 or 3 numbers; got {sides[0]} and {sides[1]}."
        )
    x1, x2 = in_space(x1), in_space(x2)
    forward = elementwise.multiply(roll(x1, -1, axis=-1), roll(x2, -2, axis=-1))
    backward = elementwise.multiply(roll(x1, -2, axis=-1), roll(x2, -1, axis=-1))
    out = elementwise.subtract(forward, backward)
    if sides == (2, 2):
        return indexing.getitem(out, key=(..., 2))
    return moveaxis(out, -1, normalized_axis(axisc, out.ndim))


def in_space(x: Tensor) -> Tensor:
    """Gives vectors of the plane a third component, 0."""
    if x.shape[-1] == 3:
        return x
    return shape.pad(x, pad_width=((0, 0),) * (x.ndim - 1) + ((0, 1),), value=0)
