"""The same numbers in another arrangement, joined, taken apart, or repeated."""

import operator
from collections.abc import Iterable, Sequence
from typing import Any

from minikeras.kernels.shapes.shape_dtype import (
    ShapeDtype,
    normalized_axes,
    normalized_axis,
)
from minikeras.ops.creation import positions
from minikeras.primitives import elementwise, indexing, shape
from minikeras.values.dtypes import is_float
from minikeras.values.tensor import Tensor, as_tensor, as_tensors, promote
from minikeras.values.types import Axis, ShapeLike, TensorLike


def reshape(x: TensorLike, newshape: ShapeLike | int) -> Tensor:
    """Gives the elements, in C order, another shape; one side may be -1: what is left.

    Raises: ValueError if they do not fill it.
    """
    return shape.reshape(as_tensor(x), shape=sides(newshape))


def sides(newshape: Any) -> tuple[int, ...]:
    """Returns a shape as a tuple; None, an unknown size, becomes -1."""
    if not isinstance(newshape, (tuple, list)):
        newshape = (newshape,)
    return tuple(-1 if n is None else operator.index(n) for n in newshape)


def ravel(x: TensorLike) -> Tensor:
    """Puts all elements on one axis."""
    return shape.reshape(as_tensor(x), shape=(-1,))


def expand_dims(x: TensorLike, axis: Axis) -> Tensor:
    """Inserts axes of size 1, at the places `axis` (one or several) of the result."""
    return shape.expand_dims(as_tensor(x), axis=axes_given(axis))


def squeeze(x: TensorLike, axis: Axis | None = None) -> Tensor:
    """Takes out axes of size 1: all of them, or those named.

    Raises: ValueError if an axis named is longer.
    """
    x = as_tensor(x)
    if axis is None:
        axis = tuple(i for i, side in enumerate(x.shape) if side == 1)
    return shape.squeeze(x, axis=axes_given(axis))


def axes_given(axis: Axis) -> int | tuple[int, ...]:
    """Returns an axis as an int, several as a tuple of ints."""
    if isinstance(axis, (tuple, list)):
        return tuple(operator.index(i) for i in axis)
    return operator.index(axis)


def transpose(x: TensorLike, axes: Sequence[int] | None = None) -> Tensor:
    """Puts the axes in another order, by default the reverse.

    Shapes: x (a, b, c) → out (c, a, b) for axes=(2, 0, 1).
    """
    return shape.transpose(as_tensor(x), axes=None if axes is None else tuple(axes))


def moveaxis(x: TensorLike, source: Axis, destination: Axis) -> Tensor:
    """Moves axes to other places; the others keep their order.

    Raises: ValueError if there are not as many sources as destinations.
    """
    x = as_tensor(x)
    sources = normalized_axes(axes_given(source), x.ndim)
    places = normalized_axes(axes_given(destination), x.ndim)
    if len(sources) != len(places):
        raise ValueError(
            f"moveaxis needs as many sources as destinations; got {sources} and "
            f"{places}."
        )
    order = [axis for axis in range(x.ndim) if axis not in sources]
    for place, axis in sorted(zip(places, sources, strict=True)):
        order.insert(place, axis)
    return shape.transpose(x, axes=tuple(order))


def swapaxes(x: TensorLike, axis1: int, axis2: int) -> Tensor:
    """Exchanges two axes."""
    x = as_tensor(x)
    order = list(range(x.ndim))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return shape.transpose(x, axes=tuple(order))


def broadcast_to(x: TensorLike, shape: ShapeLike) -> Tensor:
    """Repeats x along new axes in front and its axes of size 1, to fill `shape`."""
    return broadcast(as_tensor(x), shape=tuple(shape))


broadcast = shape.broadcast_to


def flip(x: TensorLike, axis: Axis | None = None) -> Tensor:
    """Reverses the order of the elements along one axis, several, or all."""
    return shape.flip(as_tensor(x), axis=axis if axis is None else axes_given(axis))


def differ(shape1: ShapeLike, shape2: ShapeLike) -> bool:
    """Whether two shapes cannot be equal, whatever their unknown sizes are."""
    pairs = zip(shape1, shape2, strict=False)
    return len(shape1) != len(shape2) or any(
        side1 != side2 and None not in (side1, side2) for side1, side2 in pairs
    )


def concatenate(xs: Iterable[TensorLike], axis: int = 0) -> Tensor:
    """Puts arrays one after the other along an axis that they have.

    Shapes: (a, n), (a, m) → (a, n + m) for axis=1.
    Raises: ValueError if the shapes differ on another axis, or there is nothing to
    join.
    """
    return shape.concatenate(*same_dtype(xs), axis=axis)


def append(x1: TensorLike, x2: TensorLike, axis: int | None = None) -> Tensor:
    """Puts x2 after x1 along an axis; both are flattened first if there is none."""
    if axis is None:
        return concatenate([ravel(x1), ravel(x2)])
    return concatenate([x1, x2], axis=axis)


def stack(x: Iterable[TensorLike], axis: int = 0) -> Tensor:
    """Puts arrays of one shape side by side along a new axis."""
    parts = [shape.expand_dims(part, axis=axis) for part in same_dtype(x)]
    return shape.concatenate(*parts, axis=axis)


def hstack(xs: Iterable[TensorLike]) -> Tensor:
    """Joins arrays along axis 1, or 0 if they have only one."""
    parts = [at_least_1d(x) for x in same_dtype(xs)]
    return shape.concatenate(*parts, axis=min(1, parts[0].ndim - 1))


def vstack(xs: Iterable[TensorLike]) -> Tensor:
    """Joins arrays along axis 0, vectors as rows."""
    parts = [at_least_1d(x) for x in same_dtype(xs)]
    parts = [shape.expand_dims(x, axis=0) if x.ndim == 1 else x for x in parts]
    return shape.concatenate(*parts, axis=0)


def at_least_1d(x: Tensor) -> Tensor:
    """Returns a Tensor with at least one axis."""
    return x if x.ndim else shape.expand_dims(x, axis=0)


def same_dtype(xs: Iterable[TensorLike]) -> list[Tensor]:
    """Returns Tensors of one dtype.

    Raises: ValueError if there are none.
    """
    xs = list(xs)
    if not xs:
        raise ValueError("There is nothing to join: got no arrays. Pass at least one.")
    return as_tensors(promote(*xs))


def split(
    x: TensorLike, indices_or_sections: int | tuple[int, ...] | list[int], axis: int = 0
) -> list[Tensor]:
    """Takes an array apart along an axis: into equal parts, or before each index.

    Returns a list of views.
    Raises: ValueError if the parts would not be equal.
    """
    x = as_tensor(x)
    axis = normalized_axis(axis, x.ndim)
    side = x.shape[axis]
    if isinstance(indices_or_sections, (list, tuple)):
        inner = [operator.index(i) for i in indices_or_sections]
        return [part_of(x, axis, *ends) for ends in zip([None, *inner], [*inner, None])]  # noqa: B905
    sections = operator.index(indices_or_sections)
    if side is None:
        return [part_of(x, axis, None, None) for _ in range(sections)]
    if sections < 1 or side % sections:
        raise ValueError(
            f"split needs equal parts: axis {axis} of shape {x.shape} cannot be "
            f"divided by {sections}. Pass a list of indices for unequal ones."
        )
    size = side // sections
    return [part_of(x, axis, i * size, (i + 1) * size) for i in range(sections)]


def part_of(x: Tensor, axis: int, start: int | None, stop: int | None) -> Tensor:
    """Returns x from `start` to `stop` along one axis (counted from the front)."""
    return indexing.getitem(x, key=(*[slice(None)] * axis, slice(start, stop)))


def unstack(x: TensorLike, num: int | None = None, axis: int = 0) -> list[Tensor]:
    """Returns the list of x[i] along an axis.

    `num` says how many there are, where the size is unknown.

    Raises: ValueError if `num` is another number, or is needed and not given.
    """
    x = as_tensor(x)
    axis = normalized_axis(axis, x.ndim)
    side = x.shape[axis]
    if num is None and side is None:
        raise ValueError(
            f"unstack needs num, for axis {axis} of {x!r} has an unknown size."
        )
    if None not in (num, side) and num != side:
        raise ValueError(f"unstack got num={num}, but axis {axis} has size {side}.")
    before = [slice(None)] * axis
    return [
        indexing.getitem(x, key=(*before, i))
        for i in range(side if num is None else num)
    ]


def tile(x: TensorLike, repeats: TensorLike) -> Tensor:
    """Repeats the whole array along each axis.

    Shapes: x (a, b) → (2·a, 3·b) for repeats (2, 3); missing axes are put in front.
    """
    tiled = as_tensor(x)
    given: Any = repeats if hasattr(repeats, "__len__") else [repeats]
    counts = [operator.index(n) for n in given]
    counts = [1] * (tiled.ndim - len(counts)) + counts
    if len(counts) > tiled.ndim:
        tiled = shape.expand_dims(tiled, axis=tuple(range(len(counts) - tiled.ndim)))
    for axis, count in enumerate(counts):
        tiled = repeated(tiled, count, axis)
    return tiled


def repeated(x: Tensor, count: int, axis: int) -> Tensor:
    """Returns `count` copies of x one after the other along an axis.

    Raises: ValueError for a negative count.
    """
    if count < 0:
        raise ValueError(f"An array cannot be repeated {count} times.")
    if count == 1:
        return x
    if count == 0:
        return part_of(x, axis, 0, 0)
    if x.symbolic:  # whatever the count is, at no cost
        side = None if x.shape[axis] is None else x.shape[axis] * count
        sides = (*x.shape[:axis], side, *x.shape[axis + 1 :])
        return x.result.wrap(ShapeDtype(sides, x.dtype))
    return shape.concatenate(*[x] * count, axis=axis)


def repeat(x: TensorLike, repeats: TensorLike, axis: int | None = None) -> Tensor:
    """Repeats each element, in place, along an axis; x is flattened if there is none.

    `repeats` is one number, or one for each place along the axis.

    >>> repeat([1, 2], 2)
    Tensor([1 1 2 2], dtype=int32)

    Raises: ValueError if there are not as many numbers as places.
    """
    x = as_tensor(x)
    if axis is None:
        x, axis = ravel(x), 0
    axis = normalized_axis(axis, x.ndim)
    counts: Any = repeats if hasattr(repeats, "__len__") else [repeats]
    if len(counts) == 1:
        count = operator.index(counts[0])
        places = shape.expand_dims(positions(x, axis), axis=1)
        places = shape.reshape(repeated(places, count, 1), shape=(-1,))
        return indexing.take(x, places, axis=axis)
    if len(counts) != x.shape[axis]:
        raise ValueError(
            f"repeat needs one count for each of the {x.shape[axis]} places along axis "
            f"{axis}; got {len(counts)}."
        )
    parts = [
        repeated(part_of(x, axis, i, i + 1), operator.index(count), axis)
        for i, count in enumerate(counts)
    ]
    return shape.concatenate(*parts, axis=axis)


def roll(
    x: TensorLike, shift: int | tuple[int, ...] | list[int], axis: Axis | None = None
) -> Tensor:
    """Moves elements along an axis, and in again at the other end what moves out.

    `shift` and `axis` are numbers, or as many of each; x is rolled flat if `axis` is
    None.
    """
    rolled = as_tensor(x)
    if axis is None:
        return shape.reshape(roll(ravel(rolled), shift, 0), shape=sides(rolled.shape))
    shifts = shift if isinstance(shift, (tuple, list)) else [shift]
    axes = axis if isinstance(axis, (tuple, list)) else [axis]
    if len(shifts) == 1:
        shifts = [*shifts] * len(axes)
    for by, one_axis in zip(shifts, axes, strict=True):
        one_axis = normalized_axis(one_axis, rolled.ndim)
        side = rolled.shape[one_axis]
        by = by % side if side else 0
        if by:
            end = part_of(rolled, one_axis, -by, None)
            start = part_of(rolled, one_axis, None, -by)
            rolled = shape.concatenate(end, start, axis=one_axis)
    return rolled


def pad(
    x: TensorLike,
    pad_width: int | Sequence[Any],
    mode: str = "constant",
    constant_values: float | Tensor | None = None,
) -> Tensor:
    """Surrounds an array with more elements.

    `pad_width` is how many go before and after each axis: ((1, 2), (0, 0)), or one pair
    or number for all.  `mode` says which: "constant" ones, "reflect" ([1 2 3] goes on 2
    1) or "symmetric" ones (it goes on 3 2).

    Raises: ValueError for another mode, for `constant_values` with it, or if there is
    too little to reflect.
    """
    x = as_tensor(x)
    widths = width_per_axis(pad_width, x.ndim)
    if mode == "constant":
        value = 0 if constant_values is None else constant_values
        value = value.item() if isinstance(value, Tensor) else value
        value = value if is_float(x.dtype) else int(value)
        return shape.pad(x, pad_width=widths, value=value)
    if mode not in ("reflect", "symmetric"):
        raise ValueError(
            f"mode must be 'constant', 'reflect' or 'symmetric'; got {mode!r}."
        )
    if constant_values is not None:
        raise ValueError(
            "constant_values only means something with mode='constant'; got "
            f"mode={mode!r}."
        )
    for axis, (before, after) in enumerate(widths):
        x = mirrored(x, axis, before, after, edge=1 if mode == "reflect" else 0)
    return x


def width_per_axis(pad_width: Any, ndim: int) -> tuple[tuple[int, int], ...]:
    """Returns a pair (before, after) for every axis."""
    if not isinstance(pad_width, (tuple, list)):
        pad_width = ((pad_width, pad_width),)
    elif not any(isinstance(pair, (tuple, list)) for pair in pad_width):
        pad_width = (tuple(pad_width) * (2 if len(pad_width) == 1 else 1),)
    if len(pad_width) == 1:
        pad_width = tuple(pad_width) * ndim
    pairs = (pair if len(pair) == 2 else (*pair, *pair) for pair in pad_width)
    return tuple(
        (operator.index(before), operator.index(after)) for before, after in pairs
    )


def mirrored(x: Tensor, axis: int, before: int, after: int, edge: int) -> Tensor:
    """Reflects x at both ends of an axis; with edge=1 the end is not repeated."""
    side = x.shape[axis]
    if side is not None and max(before, after) > side - edge:
        raise ValueError(
            f"Cannot pad axis {axis} of shape {x.shape} by reflecting "
            f"{max(before, after)} elements: there are only {side - edge}."
        )
    parts = [x]
    if before:
        start = part_of(x, axis, edge, before + edge)
        parts.insert(0, shape.flip(start, axis=axis))
    if after:
        end = part_of(x, axis, -after - edge, -edge or None)
        parts.append(shape.flip(end, axis=axis))
    return shape.concatenate(*parts, axis=axis) if len(parts) > 1 else x


def meshgrid(*x: TensorLike, indexing: str = "xy") -> list[Tensor]:
    """Returns, for vectors, the coordinates of all points of their grid, an array each.

    Shapes: vectors (n,), (m,) → two (m, n) for indexing="xy", two (n, m) for "ij".
    Raises: ValueError for another indexing.
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f"indexing must be 'xy' or 'ij'; got {indexing!r}.")
    vectors = [ravel(vector) for vector in x]
    axes = list(range(len(vectors)))
    if indexing == "xy":
        axes[:2] = axes[1::-1]
    grid = [0] * len(vectors)
    for vector, axis in zip(vectors, axes, strict=True):
        grid[axis] = vector.shape[0]
    return [
        elementwise.copy(broadcast(along(vector, axis, len(axes)), shape=tuple(grid)))
        for vector, axis in zip(vectors, axes, strict=True)
    ]


def along(vector: Tensor, axis: int, ndim: int) -> Tensor:
    """Returns a vector as an array of `ndim` axes that lies along one of them."""
    others = tuple(i for i in range(ndim) if i != axis)
    return shape.expand_dims(vector, axis=others) if others else vector
