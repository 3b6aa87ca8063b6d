"""Values put at positions: added to zeros, or into a copy of an array."""

import math
from collections.abc import Sequence

from minikeras.autograd.primitive import Primitive
from minikeras.ops.creation import eye, zero_of, zeros
from minikeras.ops.indexing import integers
from minikeras.ops.shape import part_of, ravel
from minikeras.primitives import elementwise, indexing, reduction, shape
from minikeras.values.tensor import Tensor, as_tensor, cast
from minikeras.values.types import TensorLike


def scatter(indices: TensorLike, values: TensorLike, shape: Sequence[int]) -> Tensor:
    """Adds values to zeros, each at its index.

    Shapes: indices (n, d), values (n, *shape[d:]) → shape, with d ≤ its number of axes.
    Raises: IndexError if an index is out of range.
    """
    values = as_tensor(values)
    return scatter_add(zeros(shape, dtype=values.dtype), integers(indices), values)


def scatter_update(
    inputs: TensorLike,
    indices: TensorLike,
    updates: TensorLike,
    reduction: str | None = None,
) -> Tensor:
    """Returns a copy of an array with updates put in, each at its index.

    `reduction` says what an update does to what is there: it replaces it (None; the
    last of several wins), or is combined with it by "add", "max", "min" or "mul".

    Shapes: inputs (a, b, c), indices (n, 2), updates (n, c).
    Raises: IndexError if an index is out of range; ValueError for another reduction.
    """
    inputs, indices = as_tensor(inputs), integers(indices)
    updates = as_tensor(updates, inputs.dtype)
    if reduction is None:
        return scatter_last(inputs, indices, updates)
    if reduction == "add":
        return elementwise.add(inputs, scatter_add(inputs, indices, updates))
    if reduction not in COMBINATIONS:
        raise ValueError(
            f"reduction must be None, 'add', 'max', 'min' or 'mul'; got {reduction!r}."
        )
    return scatter_combined(inputs, indices, updates, COMBINATIONS[reduction])


COMBINATIONS = {"max": reduction.max, "min": reduction.min, "mul": reduction.prod}


def scatter_add(like: Tensor, indices: Tensor, values: Tensor) -> Tensor:
    """Adds values to zeros in the shape of an array."""
    places, rows = flat_places(like, indices)
    values = shape.reshape(values, shape=(places.shape[0], *rows.shape[1:]))
    return shape.reshape(added(values, rows, places), shape=like.shape)


def added(values: Tensor, rows: Tensor, places: Tensor) -> Tensor:
    """Adds slices to zeros in the shape of `rows`; integers in float64, to be exact."""
    if values.data.dtype.kind == "f":
        return indexing.take_grad(values, rows, places, axis=0)
    exact = cast(values, "float64"), cast(rows, "float64")
    return cast(indexing.take_grad(*exact, places, axis=0), values.dtype)


def flat_places(x: Tensor, indices: Tensor) -> tuple[Tensor, Tensor]:
    """Merges the axes of x that are indexed; returns the places on it, and x."""
    depth = indices.shape[-1]
    if None in x.shape[:depth]:
        raise ValueError(
            f"Positions in the first {depth} axes of {x!r} need sizes that are known."
        )
    merged = math.prod(x.shape[:depth])
    places, valid = 0, True
    for axis, side in enumerate(x.shape[:depth]):
        i = indexing.getitem(indices, key=(..., axis))
        i = elementwise.where(elementwise.less(i, 0), elementwise.add(i, side), i)
        inside = elementwise.equal(elementwise.clip(i, minimum=0, maximum=side - 1), i)
        valid = elementwise.logical_and(inside, valid)
        step = math.prod(x.shape[axis + 1 : depth])
        places = elementwise.add(elementwise.multiply(i, step), places)
    # One axis out of range must not land on a valid place of another row.
    places = elementwise.where(valid, places, merged)
    return ravel(places), shape.reshape(x, shape=(merged, *x.shape[depth:]))


def scatter_last(inputs: Tensor, indices: Tensor, updates: Tensor) -> Tensor:
    """Replaces elements; where an index comes twice the last update wins.

    Sorting brings equal places together in their order, so the last of each run is the
    one whose neighbour is another place.
    """
    places, rows = flat_places(inputs, indices)
    count = places.shape[0]
    updates = shape.reshape(updates, shape=(count, *rows.shape[1:]))
    order = indexing.argsort(places, axis=0)
    places = indexing.take(places, order, axis=0)
    updates = indexing.take(updates, order, axis=0)
    next_places = shape.pad(part_of(places, 0, 1, None), pad_width=((0, 1),), value=-1)
    last = elementwise.not_equal(places, next_places)
    column = shape.reshape(last, shape=(count, *[1] * (rows.ndim - 1)))
    updates = elementwise.where(column, updates, zero_of(updates))
    put = added(updates, rows, places)
    ones = cast(shape.ones_like(places), "float32")
    written = added(ones, zeros((rows.shape[0],)), places)
    written = elementwise.greater(written, 0.0)
    written = shape.reshape(written, shape=(rows.shape[0], *[1] * (rows.ndim - 1)))
    return shape.reshape(elementwise.where(written, put, rows), shape=inputs.shape)


def scatter_combined(
    inputs: Tensor, indices: Tensor, updates: Tensor, combine: Primitive
) -> Tensor:
    """Combines each element with all its updates, which takes memory for n copies."""
    places, rows = flat_places(inputs, indices)
    count = places.shape[0]
    updates = shape.reshape(updates, shape=(count, 1, *rows.shape[1:]))
    # From the identity, for one_hot would pass over an index out of range.
    hits = indexing.take(eye(rows.shape[0], dtype="bool"), places, axis=0)
    hits = shape.reshape(hits, shape=(count, rows.shape[0], *[1] * (rows.ndim - 1)))
    copies = shape.expand_dims(rows, axis=0)
    neutral = 1 if combine is reduction.prod else copies
    spread = elementwise.where(hits, updates, neutral)
    both = shape.concatenate(copies, spread, axis=0)
    return shape.reshape(combine(both, axis=0, keepdims=False), shape=inputs.shape)
