"""New arrays: constants, ranges, grids, and matrices that are mostly zeros."""

import math
import operator
from typing import Any

from minikeras.ops.core import convert_to_tensor
from minikeras.primitives import elementwise, shape
from minikeras.values.arrays import number_type
from minikeras.values.dtypes import result_type, standardize_dtype
from minikeras.values.room import room, take_constant
from minikeras.values.tensor import (
    Tensor,
    as_tensor,
    as_tensors,
    cast,
    promote_to_float,
)
from minikeras.values.types import DType, ShapeLike, TensorLike


def array(x: TensorLike, dtype: DType | None = None) -> Tensor:
    """Returns a Tensor of numbers, lists or arrays."""
    return convert_to_tensor(x, dtype)


def zeros(shape: ShapeLike | int, dtype: DType | None = None) -> Tensor:
    """Returns zeros; of dtype `floatx` unless another is asked for."""
    return filled(shape, 0, standardize_dtype(dtype))


def ones(shape: ShapeLike | int, dtype: DType | None = None) -> Tensor:
    """Returns ones; of dtype `floatx` unless another is asked for."""
    return filled(shape, 1, standardize_dtype(dtype))


def empty(shape: ShapeLike | int, dtype: DType | None = None) -> Tensor:
    """Returns numbers that do not matter, which here are zeros."""
    return filled(shape, 0, standardize_dtype(dtype))


def full(
    shape: ShapeLike | int, fill_value: TensorLike, dtype: DType | None = None
) -> Tensor:
    """Returns `fill_value` everywhere; it may be an array that broadcasts."""
    dtype = standardize_dtype(dtype)
    if isinstance(fill_value, (bool, int, float)):
        return filled(shape, fill_value, dtype)
    return broadcast_copy(cast(as_tensor(fill_value), dtype), as_shape(shape))


def filled(shape: ShapeLike | int, value: float, dtype: str) -> Tensor:
    """Returns a Tensor with a Python number everywhere."""
    sides = as_shape(shape)
    take_constant(math.prod(sides), dtype)
    full = Tensor.active.kernels.full
    return Tensor.wrap(full(shape=sides, value=value, dtype=dtype))


def broadcast_copy(x: Tensor, sides: tuple[int, ...]) -> Tensor:
    """Returns x repeated to fill a shape, in memory of its own."""
    return elementwise.copy(shape.broadcast_to(x, shape=sides))


def zeros_like(x: TensorLike, dtype: DType | None = None) -> Tensor:
    """Returns zeros in the shape of x, and in its dtype unless another is asked for."""
    zeros = shape.zeros_like(as_tensor(x))
    return zeros if dtype is None else cast(zeros, standardize_dtype(dtype))


def ones_like(x: TensorLike, dtype: DType | None = None) -> Tensor:
    """Returns ones in the shape of x, and in its dtype unless another is asked for."""
    ones = shape.ones_like(as_tensor(x))
    return ones if dtype is None else cast(ones, standardize_dtype(dtype))


def full_like(
    x: TensorLike, fill_value: TensorLike, dtype: DType | None = None
) -> Tensor:
    """Returns `fill_value` in the shape of x, in its dtype or another."""
    x = as_tensor(x)
    value = as_tensor(fill_value, standardize_dtype(dtype or x.dtype))
    zeros = zeros_like(x, value.dtype)
    return elementwise.where(cast(ones_like(x), "bool"), value, zeros)


def arange(
    start: float | Tensor,
    stop: float | Tensor | None = None,
    step: float | Tensor | None = None,
    dtype: DType | None = None,
) -> Tensor:
    """Returns start, start + step, … before `stop`; from 0 if only one number is given.

    Shapes: out: (⌈(stop - start) / step⌉,).
    Raises: ValueError if the step is 0.
    """
    if stop is None:
        start, stop = 0, start
    step = 1 if step is None else step
    if dtype is None:
        dtype = result_type(*(type_of(x) for x in (start, stop, step)))
    start, stop, step = (
        x.item() if isinstance(x, Tensor) else x for x in (start, stop, step)
    )
    return numbers(start, stop, step, standardize_dtype(dtype))


def type_of(x: TensorLike) -> str | type:
    """Returns the dtype of x for `result_type`."""
    return number_type(x) if isinstance(x, (bool, int, float)) else as_tensor(x).dtype


def numbers(start: float, stop: float, step: float, dtype: str) -> Tensor:
    """Returns the numbers of a range as a Tensor."""
    if room.constants is not None and step:
        take_constant(max(0, math.ceil((stop - start) / step)), dtype)
    arange = Tensor.active.kernels.arange
    return Tensor.wrap(arange(start=start, stop=stop, step=step, dtype=dtype))


def positions(x: Tensor, axis: int) -> Tensor:
    """Returns 0, 1, …, one for each place along an axis of x, which may be symbolic."""
    arange = x.active.kernels.arange
    return x.result.wrap(arange(start=0, stop=x.shape[axis], step=1, dtype="int32"))


def zero_of(x: Tensor) -> int:
    """Returns the Python number that is zero in the dtype of x."""
    return False if x.data.dtype.kind == "b" else 0


def linspace(
    start: TensorLike,
    stop: TensorLike,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: DType | None = None,
    axis: int = 0,
) -> Any:  # a pair if `retstep`
    """Returns `num` numbers from start to stop in equal steps.

        out_i = start · (1 - i/d) + stop · i/d,   d = num - 1, or num if not endpoint

    Both ends are exact.  With `retstep` the result is the pair (out, step).

    Shapes: start and stop broadcast; `axis` is where the new axis of `num` is in out.
    Raises: ValueError if num is negative.
    """
    num = operator.index(num)
    if num < 0:
        raise ValueError(f"linspace needs num of at least 0; got {num}.")
    start, stop = as_tensors(promote_to_float(start, stop))
    intervals = num - 1 if endpoint else num
    like = stop if stop.symbolic else start  # then no numbers are made
    arange = like.active.kernels.arange
    places = like.result.wrap(arange(start=0, stop=num, step=1, dtype=start.dtype))
    fraction = elementwise.divide(places, max(intervals, 1))
    step = elementwise.divide(
        elementwise.subtract(stop, start), intervals if intervals > 0 else float("nan")
    )
    start, stop = (shape.expand_dims(x, axis=-1) for x in (start, stop))
    before = elementwise.multiply(start, elementwise.subtract(1.0, fraction))
    out = elementwise.add(before, elementwise.multiply(stop, fraction))
    if axis not in (-1, out.ndim - 1):
        order = list(range(out.ndim - 1))
        order.insert(axis % out.ndim, out.ndim - 1)
        out = shape.transpose(out, axes=tuple(order))
    out = cast(out, standardize_dtype(dtype)) if dtype is not None else out
    return (out, step) if retstep else out


def eye(N: int, M: int | None = None, k: int = 0, dtype: DType | None = None) -> Tensor:
    """Returns a matrix with ones on its k-th diagonal, zeros elsewhere.

    Shapes: out: (N, M), M = N unless given.
    """
    rows, columns = corners(N, M, k)
    return cast(elementwise.equal(rows, columns), standardize_dtype(dtype))


def identity(n: int, dtype: DType | None = None) -> Tensor:
    """Returns the n × n matrix with ones on its diagonal, zeros elsewhere."""
    return eye(n, dtype=dtype)


def tri(N: int, M: int | None = None, k: int = 0, dtype: DType | None = None) -> Tensor:
    """Returns a matrix with ones on and below its k-th diagonal, zeros above.

    Shapes: out: (N, M), M = N unless given.
    """
    rows, columns = corners(N, M, k)
    return cast(elementwise.greater_equal(rows, columns), standardize_dtype(dtype))


def corners(n: int, m: int | None, k: int) -> tuple[Tensor, Tensor]:
    """Returns i + k as a column and j as a row: they are equal on the k-th diagonal."""
    n = operator.index(n)
    m = n if m is None else operator.index(m)
    take_constant(max(0, n * m), "bool")
    return shape.expand_dims(numbers(k, n + k, 1, "int32"), axis=1), numbers(
        0, m, 1, "int32"
    )


def as_shape(sides: Any) -> tuple[int, ...]:
    """Returns a shape as a tuple of ints; a single int is the shape of one axis.

    Raises: ValueError if a side is no size.
    """
    try:
        sides = (operator.index(sides),)
    except TypeError:
        sides = tuple(operator.index(side) for side in sides)
    if any(side < 0 for side in sides):
        raise ValueError(f"A shape needs sizes of at least 0; got {sides}.")
    return sides
