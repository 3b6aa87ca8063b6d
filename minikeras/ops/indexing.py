"""Elements picked by position, put at positions, or put in order."""

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from minikeras.ops.creation import positions, type_of, zeros
from minikeras.ops.shape import moveaxis, part_of, ravel
from minikeras.primitives import elementwise, indexing, reduction, shape
from minikeras.values.dtypes import is_float, result_type, standardize_dtype
from minikeras.values.indexing import index
from minikeras.values.tensor import Tensor, as_tensor, as_tensors, cast, promote
from minikeras.values.types import DType, TensorLike


def get_item(x: TensorLike, key: Any) -> Tensor:
    """Returns x[key]: numbers, slices, None, ... and arrays, as NumPy has it.

    A list is taken as a tuple, for that is what a file makes of it.
    """
    return index(as_tensor(x), tuple(key) if isinstance(key, list) else key)


def take(x: TensorLike, indices: TensorLike, axis: int | None = None) -> Tensor:
    """Picks slices along an axis, or elements of the flattened x.

    Shapes: x (a, n, b), indices (i, j) → (a, i, j, b) for axis=1.
    Raises: IndexError if an index is not in [-n, n); TypeError if indices are no
    integers.
    """
    x = as_tensor(x)
    x, axis = (ravel(x), 0) if axis is None else (x, axis)
    return indexing.take(x, integers(indices), axis=axis)


def integers(indices: TensorLike) -> Tensor:
    """Returns indices as a Tensor of integers.

    Raises: TypeError if they are fractions.
    """
    indices = as_tensor(indices)
    if indices.data.dtype.kind == "f":
        raise TypeError(
            f"Indices must be integers; got {indices.dtype}. Cast them: "
            "ops.cast(indices, 'int32')."
        )
    return cast(indices, "int32") if indices.dtype == "bool" else indices


def take_along_axis(
    x: TensorLike, indices: TensorLike, axis: int | None = None
) -> Tensor:
    """Picks along an axis with another index for every place: those of `argsort`.

    Shapes: x (a, n), indices (a, m) → (a, m) for axis=1; without an axis both are
    flattened.
    Raises: IndexError if an index is not in [-n, n); ValueError if the numbers of axes
    differ.
    """
    x, indices = as_tensor(x), integers(indices)
    if axis is None:
        x, indices, axis = ravel(x), ravel(indices), 0
    return indexing.take_along_axis(x, indices, axis=axis)


def one_hot(
    x: TensorLike,
    num_classes: int,
    axis: int = -1,
    dtype: DType | None = None,
    sparse: bool = False,
) -> Tensor:
    """Turns integers into vectors that are 1 at one place, all 0 for one out of range.

    Shapes: x (a, b) → (a, b, num_classes), or with the new axis at `axis`.
    Raises: ValueError if `sparse`: there are no sparse arrays.
    """
    refuse_sparse(sparse)
    hot = indexing.one_hot(
        integers(x), classes=operator.index(num_classes), dtype=standardize_dtype(dtype)
    )
    return hot if axis in (-1, hot.ndim - 1) else moveaxis(hot, -1, axis)


def refuse_sparse(sparse: bool) -> None:
    """Says that there are no sparse arrays."""
    if sparse:
        raise ValueError(
            "sparse=True is not available: minikeras has no sparse arrays."
        )


def multi_hot(
    inputs: TensorLike,
    num_classes: int | None = None,
    axis: int = -1,
    dtype: DType | None = None,
    sparse: bool = False,
    **kwargs: Any,
) -> Tensor:
    """Turns rows of integers into vectors that are 1 at all these places.

    Shapes: inputs (a, b) → (a, num_classes);  (b,) → (num_classes,).
    Raises: ValueError without `num_classes`, or if `sparse`.
    """
    num_classes = kwargs.pop("num_tokens", num_classes)  # its older name
    if kwargs:
        raise TypeError(f"multi_hot got unknown arguments: {', '.join(kwargs)}.")
    if num_classes is None:
        raise ValueError("multi_hot needs num_classes, the length of the vectors.")
    refuse_sparse(sparse)
    hot = one_hot(inputs, num_classes, dtype=dtype)
    hot = reduction.max(hot, axis=1 if hot.ndim > 2 else 0, keepdims=False)
    return hot if axis in (-1, hot.ndim - 1) else moveaxis(hot, -1, axis)


def argsort(x: TensorLike, axis: int | None = -1) -> Tensor:
    """Returns the indices that sort x along an axis, or flattened if it is None.

    Equals keep their order, and nan comes last.
    """
    x = as_tensor(x)
    x, axis = (ravel(x), 0) if axis is None else (x, axis)
    return indexing.argsort(x, axis=axis)


def sort(x: TensorLike, axis: int | None = -1) -> Tensor:
    """Puts the elements along an axis in ascending order, nan last.

    The gradient of each goes back to where it was.
    """
    x = as_tensor(x)
    x, axis = (ravel(x), 0) if axis is None else (x, axis)
    return indexing.take_along_axis(x, indexing.argsort(x, axis=axis), axis=axis)


def top_k(x: TensorLike, k: int, sorted: bool = True) -> tuple[Tensor, Tensor]:
    """Returns the k largest along the last axis, and their indices.

    They come in descending order whether or not `sorted` asks for it; of equals the
    first is taken first.

    Shapes: x (..., n) → two of (..., k).
    Raises: ValueError if k is greater than n.
    """
    x, k = as_tensor(x), operator.index(k)
    side = x.shape[-1]
    if side is not None and not 0 <= k <= side:
        raise ValueError(
            f"top_k needs k from 0 to {side}, the last size of x; got {k}."
        )
    # Sorted from behind, so that of equals the first comes last and is taken first.
    order = indexing.argsort(shape.flip(x, axis=-1), axis=-1)
    order = shape.flip(order, axis=-1)
    order = part_of(order, order.ndim - 1, None, k)
    indices = indexing.take(shape.flip(positions(x, -1), axis=0), order, axis=0)
    return indexing.take_along_axis(x, indices, axis=-1), indices


def in_top_k(targets: TensorLike, predictions: TensorLike, k: int) -> Tensor:
    """Says for each row whether its target is among the k highest predictions.

    One that equals the k-th counts.  A target out of range, or whose prediction is not
    finite, does not.

    Shapes: targets (n,), predictions (n, classes) → (n,).
    """
    predictions, targets = as_tensor(predictions), integers(targets)
    classes = predictions.shape[-1]
    hot = indexing.one_hot(targets, classes=classes, dtype="bool")
    chosen = reduction.max(
        elementwise.where(hot, predictions, -math.inf), axis=-1, keepdims=True
    )
    higher = cast(elementwise.greater(predictions, chosen), "int32")
    rank = reduction.sum(higher, axis=-1, keepdims=False)
    chosen = shape.squeeze(chosen, axis=-1)
    return elementwise.logical_and(
        elementwise.less(rank, k), elementwise.isfinite(chosen)
    )


def nonzero(x: TensorLike) -> tuple[Tensor, ...]:
    """Returns where the elements are that are not 0: int32 indices for each axis.

    How many there are depends on the numbers, so this reads them, and has no gradient.
    """
    found = np.nonzero(np.atleast_1d(as_tensor(x).numpy()))
    return tuple(Tensor(indices.astype("int32")) for indices in found)


def searchsorted(
    sorted_sequence: TensorLike, values: TensorLike, side: str = "left"
) -> Tensor:
    """Returns where each value would have to be inserted to keep a sequence sorted.

    With side "left" that is before its equals, with "right" after them.

    Shapes: sorted_sequence (n,), values (...) → (...).
    Raises: ValueError for another side, or if the sequence is no vector.
    """
    sequence, values = as_tensors(promote(sorted_sequence, values))
    if side not in ("left", "right"):
        raise ValueError(f"side must be 'left' or 'right'; got {side!r}.")
    if sequence.ndim != 1:
        raise ValueError(f"searchsorted needs a vector; got shape {sequence.shape}.")
    values = shape.expand_dims(values, axis=-1)
    after = elementwise.greater_equal if side == "left" else elementwise.greater
    before = cast(elementwise.logical_not(after(sequence, values)), "int32")
    return reduction.sum(before, axis=-1, keepdims=False)


def digitize(x: TensorLike, bins: TensorLike) -> Tensor:
    """Returns the number of the bin that each x is in: how many edges are ≤ x.

    Shapes: x (...), bins (n,), ascending → (...).
    """
    return searchsorted(bins, x, side="right")


def bincount(
    x: TensorLike,
    weights: TensorLike | None = None,
    minlength: int = 0,
    sparse: bool = False,
) -> Tensor:
    """Counts how often each of 0, 1, 2, … occurs, or adds up the weights of each.

    The length depends on the largest number, so this reads the numbers.

    Shapes: x (n,) → (m,), m the largest x plus 1, at least `minlength`; (a, n) → (a,
    m).
    Raises: ValueError if a number is negative, or if `sparse`.
    """
    refuse_sparse(sparse)
    x = integers(x)
    numbers = x.numpy()
    if numbers.size and numbers.min() < 0:
        raise ValueError(f"bincount needs numbers of at least 0; got {numbers.min()}.")
    length = max(int(numbers.max()) + 1 if numbers.size else 0, minlength)
    dtype = "int32"
    if weights is not None:
        weights = as_tensor(weights)
        dtype = result_type(type_of(weights), "int32")
    # Counted in float64, in which every count is exact.
    working = dtype if is_float(dtype) else "float64"
    weights = cast(shape.ones_like(x) if weights is None else weights, working)
    rows = math.prod(x.shape[:-1])
    offset = shape.reshape(
        elementwise.multiply(positions(zeros((rows,)), 0), length),
        shape=(*x.shape[:-1], 1),
    )
    places = ravel(elementwise.add(*promote(x, offset)))
    counts = zeros((rows * length,), dtype=working)
    counts = indexing.take_grad(ravel(weights), counts, places, axis=0)
    return cast(shape.reshape(counts, shape=(*x.shape[:-1], length)), dtype)


def unravel_index(indices: TensorLike, shape: Sequence[int]) -> tuple[Tensor, ...]:
    """Turns places in a flattened array into an index for each of its axes.

    Returns a tuple of one array per axis of `shape`; negative places count from the
    end.
    """
    rest = integers(indices)
    size = math.prod(shape)
    rest = elementwise.where(
        elementwise.less(rest, 0), elementwise.add(rest, size), rest
    )
    coordinates = []
    for side in reversed(shape):
        coordinates.append(elementwise.remainder(rest, side))
        rest = elementwise.floor_divide(rest, side)
    return tuple(reversed(coordinates))


def slice(
    inputs: TensorLike, start_indices: Sequence[int] | Tensor, shape: Sequence[int]
) -> Tensor:
    """Returns the part of a shape that begins at `start_indices`.

    Raises: ValueError if it is not inside the array.
    """
    inputs = as_tensor(inputs)
    starts = begin(inputs, start_indices, shape)
    stops = [start + side for start, side in zip(starts, shape, strict=True)]
    for axis, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        inputs = part_of(inputs, axis, start, stop)
    return inputs


def begin(
    inputs: Tensor, start_indices: Sequence[int] | Tensor, sides: Sequence[Any]
) -> list[int]:
    """Returns where a part of an array begins, after a look whether it is inside."""
    starts = [operator.index(i) for i in start_indices]
    fits = len(starts) == len(sides) == inputs.ndim and all(
        start >= 0 and (side is None or start + length <= side)
        for start, length, side in zip(starts, sides, inputs.shape, strict=True)
    )
    if not fits:
        raise ValueError(
            f"A part of shape {tuple(sides)} that begins at {tuple(starts)} is not "
            f"inside an array of shape {inputs.shape}."
        )
    return starts


def slice_update(
    inputs: TensorLike, start_indices: Sequence[int] | Tensor, updates: TensorLike
) -> Tensor:
    """Returns a copy of an array in which a part, from `start_indices` on, is replaced.

    Raises: ValueError if `updates` does not lie inside the array.
    """
    inputs = as_tensor(inputs)
    updates = as_tensor(updates, inputs.dtype)
    starts = begin(inputs, start_indices, updates.shape)
    sides = zip(starts, updates.shape, inputs.shape, strict=True)
    around = tuple((start, rest(side, start, length)) for start, length, side in sides)
    inside = shape.pad(
        cast(shape.ones_like(updates), "bool"), pad_width=around, value=False
    )
    placed = shape.pad(updates, pad_width=around, value=0)
    out = elementwise.where(inside, placed, inputs)
    return shape.reshape(out, shape=inputs.shape)  # for sizes not known inside of it


def rest(side: int | None, start: int, length: int | None) -> int:
    """Returns how many places of an axis come after a part, 0 if that is not known."""
    return 0 if side is None or length is None else side - start - length
