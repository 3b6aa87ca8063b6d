"""Shapes of what changes shapes; None is a size not known yet."""

import math

from minikeras.kernels.shapes.shape_dtype import (
    ShapeDtype,
    normalized_axes,
    normalized_axis,
    product,
)


def reshape(x, *, shape):
    """`shape`, with -1 replaced by what is left for it."""
    return ShapeDtype(filled_shape(x.shape, shape), x.dtype)


def expand_dims(x, *, axis):
    """Sides of 1 where `axis` says, in terms of the result."""
    count = 1 if isinstance(axis, int) else len(axis)
    axes = normalized_axes(axis, len(x.shape) + count)
    sides = iter(x.shape)
    shape = (1 if i in axes else next(sides) for i in range(len(x.shape) + count))
    return ShapeDtype(tuple(shape), x.dtype)


def squeeze(x, *, axis):
    """The shape without the axes named, each of size 1."""
    axes = normalized_axes(axis, len(x.shape))
    if any(x.shape[i] not in (1, None) for i in axes):
        raise ValueError(
            f"squeeze takes out axes of size 1; got axis {axis} of shape {x.shape}."
        )
    return ShapeDtype(tuple(n for i, n in enumerate(x.shape) if i not in axes), x.dtype)


def transpose(x, *, axes):
    """The sides in the order of `axes`, or reversed."""
    if axes is None:
        return ShapeDtype(x.shape[::-1], x.dtype)
    axes = normalized_axes(axes, len(x.shape))
    if len(axes) != len(x.shape):
        raise ValueError(f"transpose needs every axis of {x.shape} once; got {axes}.")
    return ShapeDtype(tuple(x.shape[i] for i in axes), x.dtype)


def swap_last(x):
    """The last two sides swapped."""
    normalized_axis(-2, len(x.shape))
    return ShapeDtype((*x.shape[:-2], x.shape[-1], x.shape[-2]), x.dtype)


def broadcast_to(x, *, shape):
    """`shape`."""
    missing = len(shape) - len(x.shape)
    if missing < 0 or any(
        n not in (1, None, m) and m is not None
        for n, m in zip(x.shape, shape[missing:], strict=True)
    ):
        raise ValueError(f"Shape {x.shape} does not broadcast to {shape}.")
    return ShapeDtype(shape, x.dtype)


def flip(x, *, axis):
    """The same shape."""
    normalized_axes(axis, len(x.shape))
    return x


def contiguous(x):
    """The same shape."""
    return x


ones_like = zeros_like = contiguous


def concatenate(*arrays, axis):
    """The sides on `axis` added up; the others agree."""
    shape = concatenated_shape([x.shape for x in arrays], axis)
    return ShapeDtype(shape, arrays[0].dtype)


def pad(x, *, pad_width, value):
    """Each side with what goes before and after it."""
    check_pad_width(x.shape, pad_width)
    return ShapeDtype(padded_shape(x.shape, pad_width), x.dtype)


def full(*, shape, value, dtype):
    """`shape`."""
    return ShapeDtype(shape, dtype)


def arange(*, start, stop, step, dtype):
    """One axis."""
    return ShapeDtype((length_of_range(start, stop, step),), dtype)


def filled_shape(old, new):
    """Returns the shape `new` for elements that have the shape `old`, its -1 filled in.

    Raises: ValueError if the elements cannot fill it, whatever the unknown sizes are.
    """
    if None in new:
        return tuple(None if n == -1 else n for n in new)  # who knows whether they fit
    if any(n < -1 for n in new) or new.count(-1) > 1:
        raise ValueError(f"reshape needs sizes, at most one of them -1; got {new}.")
    size = product(old)
    given = math.prod(n for n in new if n != -1)
    missing = None
    if size is None:
        unit = math.prod(n for n in old if n is not None)  # the size is some of these
        fits = given > 0 if -1 in new else given % unit == 0
    elif -1 in new:
        fits = given > 0 and size % given == 0
        missing = size // given if fits else None
    else:
        fits = size == given
    if not fits:
        raise ValueError(
            f"The elements of shape {old} do not fill shape {new}. The products of the "
            "sizes must agree."
        )
    return tuple(missing if n == -1 else n for n in new)


def length_of_range(start, stop, step):
    """Returns how many numbers start + i·step lie before `stop`, or None (unknown).

    Raises: ValueError if the step is 0.
    """
    if step == 0:
        raise ValueError("arange needs a step other than 0.")
    if None in (start, stop):
        return None
    return max(0, math.ceil((stop - start) / step))


def padded_shape(shape, pad_width):
    """Returns a shape with something before and after each axis."""
    return tuple(
        None if n is None else before + n + after
        for n, (before, after) in zip(shape, pad_width, strict=True)
    )


def check_pad_width(shape, pad_width):
    """Refuses what is not a pair (before, after) of counts for every axis."""
    if len(pad_width) != len(shape) or any(min(pair) < 0 for pair in pad_width):
        raise ValueError(
            "pad needs a pair (before, after) of numbers from 0 on for each axis; got "
            f"{pad_width} for shape {shape}."
        )


def concatenated_shape(shapes, axis):
    """Returns the shape of arrays put one after the other along an axis.

    Raises: ValueError if they differ in more than that axis.
    """
    axis = normalized_axis(axis, len(shapes[0]))
    result = list(shapes[0])
    for shape in shapes[1:]:
        fits = len(shape) == len(result) and all(
            i == axis or n == m or None in (n, m)
            for i, (n, m) in enumerate(zip(shape, result, strict=True))
        )
        if not fits:
            raise ValueError(
                f"concatenate needs shapes equal except along axis {axis}; got "
                f"{' and '.join(map(str, shapes))}. Reshape or transpose them first."
            )
        for i, n in enumerate(shape):
            if i == axis:
                result[i] = None if None in (result[i], n) else result[i] + n
            elif result[i] is None:
                result[i] = n
    return tuple(result)
