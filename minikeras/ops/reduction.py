"""Many numbers become one, over all axes or some; and sums that run along an axis."""

import math
from collections.abc import Sequence

from minikeras.ops.comparison import truth
from minikeras.ops.shape import differ, part_of, ravel
from minikeras.primitives import elementwise, reduction, shape
from minikeras.values.dtypes import is_float, standardize_dtype
from minikeras.values.tensor import (
    Tensor,
    as_float,
    as_tensor,
    as_tensors,
    cast,
    promote_to_float,
)
from minikeras.values.types import Axis, DType, TensorLike

# Sums of small integers soon leave their range, so these are added up as int32.
SMALL = ("bool", "int8", "int16", "uint8", "uint16")


def sum(x: TensorLike, axis: Axis | None = None, keepdims: bool = False) -> Tensor:
    """Adds up: Σ x.  Small integers and bool become int32.

    `axis` is None for all axes, one, or several.

    Shapes: x (a, n, b) → (a, b) for axis=1, (a, 1, b) with `keepdims`.
    """
    x = as_tensor(x)
    if x.data.dtype.kind != "f" and x.dtype in SMALL:
        x = cast(x, "int32")
    return reduction.sum(x, axis=axes(axis), keepdims=keepdims)


def axes(axis: Axis | None) -> int | tuple[int, ...] | None:
    """Returns an axis as kernels take it: a list becomes a tuple."""
    return tuple(axis) if isinstance(axis, list) else axis


def mean(x: TensorLike, axis: Axis | None = None, keepdims: bool = False) -> Tensor:
    """Averages: Σ x / n, a float."""
    return reduction.mean(as_float(x), axis=axes(axis), keepdims=keepdims)


def var(x: TensorLike, axis: Axis | None = None, keepdims: bool = False) -> Tensor:
    """Returns the population's variance, Σ (x - mean)² / n."""
    return reduction.variance(as_float(x), axis=axes(axis), keepdims=keepdims)


def std(x: TensorLike, axis: Axis | None = None, keepdims: bool = False) -> Tensor:
    """Returns the standard deviation, √var; where it is 0 its derivative is 0."""
    return root(var(x, axis, keepdims))


def root(x: Tensor) -> Tensor:
    """Returns √x, with derivative 0 where x = 0."""
    zero = elementwise.equal(x, 0.0)
    # A where passes 0 · ∞ = nan from the branch not taken, so that one is √1 there.
    positive = elementwise.sqrt(elementwise.where(zero, 1.0, x))
    return elementwise.where(zero, 0.0, positive)


def moments(
    x: TensorLike, axes: Axis | None, keepdims: bool = False, synchronized: bool = False
) -> tuple[Tensor, Tensor]:
    """Returns mean and variance over some axes.

    Raises: ValueError if `synchronized`: there is one process to average over.
    """
    if synchronized:
        raise ValueError(
            "moments(synchronized=True) is not available: drop the argument."
        )
    return mean(x, axes, keepdims), var(x, axes, keepdims)


def average(
    x: TensorLike, axis: Axis | None = None, weights: TensorLike | None = None
) -> Tensor:
    """Returns the weighted mean, Σ w x / Σ w.

    Shapes: the weights have the shape of x, or that of its axis `axis`.
    Raises: ValueError if they have another.
    """
    if weights is None:
        return mean(x, axis)
    x, weights = as_tensors(promote_to_float(x, weights))
    if weights.shape != x.shape:
        if not isinstance(axis, int) or differ(weights.shape, (x.shape[axis],)):
            raise ValueError(
                "average needs weights of the shape of x, or of its one axis `axis`; "
                f"got x {x.shape}, weights {weights.shape}, axis={axis}."
            )
        sides = [1] * x.ndim
        sides[axis] = -1
        weights = shape.reshape(weights, shape=tuple(sides))
    weighted = elementwise.multiply(x, weights)
    weights = elementwise.multiply(shape.ones_like(x), weights)
    return elementwise.divide(sum(weighted, axis), sum(weights, axis))


def prod(
    x: TensorLike,
    axis: Axis | None = None,
    keepdims: bool = False,
    dtype: DType | None = None,
) -> Tensor:
    """Multiplies: Π x.  Small integers and bool become int32."""
    x = accumulable(x, dtype, SMALL)
    return reduction.prod(x, axis=axes(axis), keepdims=keepdims)


def accumulable(x: TensorLike, dtype: DType | None, small: Sequence[str]) -> Tensor:
    """Returns x in a dtype given, else as int32 if its own is among `small`."""
    x = as_tensor(x)
    if dtype is not None:
        return cast(x, standardize_dtype(dtype))
    return cast(x, "int32") if x.dtype in small else x


def max(
    x: TensorLike,
    axis: Axis | None = None,
    keepdims: bool = False,
    initial: float | None = None,
) -> Tensor:
    """Returns the largest; nan if there is one.  Ties share the gradient equally.

    Raises: ValueError if there is nothing to choose from and no `initial` value.
    """
    x = with_initial(as_tensor(x), axis, initial)
    return reduction.max(x, axis=axes(axis), keepdims=keepdims)


def min(
    x: TensorLike,
    axis: Axis | None = None,
    keepdims: bool = False,
    initial: float | None = None,
) -> Tensor:
    """Returns the smallest; nan if there is one.  Ties share the gradient equally.

    Raises: ValueError if there is nothing to choose from and no `initial` value.
    """
    x = with_initial(as_tensor(x), axis, initial)
    return reduction.min(x, axis=axes(axis), keepdims=keepdims)


def with_initial(x: Tensor, axis: Axis | None, initial: float | None) -> Tensor:
    """Puts one more element at the end of each line that is reduced."""
    if initial is None:
        return x
    if axis is None:
        x, axis = ravel(x), 0
    axis = axis if isinstance(axis, int) else axis[0]
    widths = [(0, 0)] * x.ndim
    widths[axis] = (0, 1)
    value = float(initial) if is_float(x.dtype) else int(initial)
    return shape.pad(x, pad_width=tuple(widths), value=value)


def amax(x: TensorLike, axis: Axis | None = None, keepdims: bool = False) -> Tensor:
    """Returns the largest; nan if there is one.  Ties share the gradient equally."""
    return reduction.max(as_tensor(x), axis=axes(axis), keepdims=keepdims)


def amin(x: TensorLike, axis: Axis | None = None, keepdims: bool = False) -> Tensor:
    """Returns the smallest; nan if there is one.  Ties share the gradient equally."""
    return reduction.min(as_tensor(x), axis=axes(axis), keepdims=keepdims)


def argmax(x: TensorLike, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Returns the place of the first maximum, along an axis or in the flattened x."""
    return reduction.argmax(as_tensor(x), axis=axis, keepdims=keepdims)


def argmin(x: TensorLike, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Returns the place of the first minimum, along an axis or in the flattened x."""
    return reduction.argmin(as_tensor(x), axis=axis, keepdims=keepdims)


def all(x: TensorLike, axis: Axis | None = None, keepdims: bool = False) -> Tensor:
    """Says whether every element is true; of numbers, all but 0 are."""
    return reduction.all(truth(x), axis=axes(axis), keepdims=keepdims)


def any(x: TensorLike, axis: Axis | None = None, keepdims: bool = False) -> Tensor:
    """Says whether some element is true; of numbers, all but 0 are."""
    return reduction.any(truth(x), axis=axes(axis), keepdims=keepdims)


def count_nonzero(x: TensorLike, axis: Axis | None = None) -> Tensor:
    """Counts the elements that are not 0."""
    ones = cast(truth(x), "int32")
    return reduction.sum(ones, axis=axes(axis), keepdims=False)


def logsumexp(
    x: TensorLike, axis: Axis | None = None, keepdims: bool = False
) -> Tensor:
    """Returns log Σ eˣ, without an exponential that overflows."""
    return reduction.logsumexp(as_float(x), axis=axes(axis), keepdims=keepdims)


def cumsum(
    x: TensorLike, axis: int | None = None, dtype: DType | None = None
) -> Tensor:
    """Returns the running sums y_i = x_0 + … + x_i along an axis, or flattened."""
    x = accumulable(x, dtype, ("bool",))
    x, axis = (ravel(x), 0) if axis is None else (x, axis)
    return reduction.cumsum(x, axis=axis, reverse=False)


def cumprod(
    x: TensorLike, axis: int | None = None, dtype: DType | None = None
) -> Tensor:
    """Returns the running products y_i = x_0 ⋯ x_i along an axis, or flattened."""
    x = accumulable(x, dtype, ("bool",))
    x, axis = (ravel(x), 0) if axis is None else (x, axis)
    return reduction.cumprod(x, axis=axis, reverse=False)


def diff(a: TensorLike, n: int = 1, axis: int = -1) -> Tensor:
    """Returns the differences x_{i+1} - x_i along an axis, `n` times over.

    Of bool it says where neighbours differ.

    Raises: ValueError if n is negative or x has no axis.
    """
    x = as_tensor(a)
    if n < 0 or x.ndim == 0:
        raise ValueError(
            f"diff needs n of at least 0 and an axis; got n={n}, {x.shape}."
        )
    axis %= x.ndim
    subtract = elementwise.not_equal if x.dtype == "bool" else elementwise.subtract
    for _ in range(n):
        x = subtract(part_of(x, axis, 1, None), part_of(x, axis, None, -1))
    return x


def norm(
    x: TensorLike,
    ord: float | str | None = None,
    axis: Axis | None = None,
    keepdims: bool = False,
) -> Tensor:
    """Returns the length of vectors, or a norm of matrices; its derivative at 0 is 0.

    Vectors (one axis): `ord` None or 2 is √Σ x², 1 is Σ |x|, inf and -inf are the
    largest and smallest |x|, 0 counts what is not 0, any other number p is (Σ
    |x|ᵖ)^(1/p). Matrices (two axes): None or "fro" is √Σ x², ±1 the largest or smallest
    sum of |x| in a column, ±inf in a row.  `ord` and `axis` None give √Σ x² of
    everything.

    Raises: ValueError for another `ord`, those that need singular values among them.
    """
    x = as_float(x)
    if ord is None:
        return root(
            reduction.sum(elementwise.square(x), axis=axes(axis), keepdims=keepdims)
        )
    axis = tuple(range(x.ndim)) if axis is None else axes(axis)
    if isinstance(axis, tuple) and len(axis) == 2:
        return matrix_norm(x, ord, axis, keepdims)
    if isinstance(axis, tuple) and len(axis) != 1:
        raise ValueError(
            f"norm with ord={ord!r} needs one axis or two; got axis={axis}."
        )
    return vector_norm(x, ord, axis, keepdims)


def vector_norm(
    x: Tensor, ord: float | str, axis: int | tuple[int, ...] | None, keepdims: bool
) -> Tensor:
    """Returns the p-norm along one axis."""
    if isinstance(ord, str):
        raise ValueError(f"norm of vectors needs a number as ord; got {ord!r}.")
    if ord == 2:
        return norm(x, None, axis, keepdims)
    if ord == 0:
        different = cast(elementwise.not_equal(x, 0.0), x.dtype)
        return reduction.sum(different, axis=axis, keepdims=keepdims)
    size = elementwise.abs(x)
    if ord == 1:
        return reduction.sum(size, axis=axis, keepdims=keepdims)
    if ord == math.inf:
        return reduction.max(size, axis=axis, keepdims=keepdims)
    if ord == -math.inf:
        return reduction.min(size, axis=axis, keepdims=keepdims)
    powers = elementwise.power(size, float(ord))
    total = reduction.sum(powers, axis=axis, keepdims=keepdims)
    return elementwise.power(total, 1.0 / ord)


def matrix_norm(
    x: Tensor, ord: float | str, axis: tuple[int, ...], keepdims: bool
) -> Tensor:
    """Returns a norm of the matrices that two axes span."""
    if ord == "fro":
        return norm(x, None, axis, keepdims)
    if ord not in (1, -1, math.inf, -math.inf):
        raise ValueError(
            "norm of matrices needs ord None, 'fro', 1, -1, inf or -inf; got "
            f"{ord!r}, which takes singular values."
        )
    row, column = (i % x.ndim for i in axis)
    added, chosen = (row, column) if ord in (1, -1) else (column, row)
    sums = reduction.sum(elementwise.abs(x), axis=added, keepdims=True)
    choose = reduction.max if ord > 0 else reduction.min
    result = choose(sums, axis=chosen, keepdims=True)
    return result if keepdims else shape.squeeze(result, axis=(row, column))
