"""Shapes of what picks elements by position; None is a size not known yet."""

from minikeras.kernels.shapes.shape_dtype import (
    ShapeDtype,
    broadcast_shapes,
    normalized_axis,
    product,
)


def getitem(x, *, key):
    """An int takes an axis out, a slice cuts it, None inserts one."""
    return ShapeDtype(indexed_shape(x.shape, key), x.dtype)


def getitem_grad(grad, x, *, key):
    """The shape of x."""
    check_grad("getitem_grad", grad.shape, indexed_shape(x.shape, key))
    return ShapeDtype(x.shape, grad.dtype)


def take(x, indices, *, axis):
    """The shape of the indices in place of the axis."""
    return ShapeDtype(taken_shape(x.shape, indices.shape, axis), x.dtype)


def take_grad(grad, x, indices, *, axis):
    """The shape of x."""
    check_grad("take_grad", grad.shape, taken_shape(x.shape, indices.shape, axis))
    return ShapeDtype(x.shape, grad.dtype)


def take_along_axis(x, indices, *, axis):
    """The shapes broadcast, except that the axis is as long as the indices are."""
    return ShapeDtype(along_axis_shape(x.shape, indices.shape, axis), x.dtype)


def take_along_axis_grad(grad, x, indices, *, axis):
    """The shape of x."""
    picked = along_axis_shape(x.shape, indices.shape, axis)
    check_grad("take_along_axis_grad", grad.shape, picked)
    return ShapeDtype(x.shape, grad.dtype)


def one_hot(indices, *, classes, dtype):
    """One more axis, of the classes."""
    return ShapeDtype((*indices.shape, classes), dtype)


def argsort(x, *, axis):
    """The same shape; int32."""
    normalized_axis(axis, len(x.shape))
    return ShapeDtype(x.shape, "int32")


def indexed_shape(shape, key):
    """Returns the shape of x[key].

    Raises: IndexError if an int is out of range or there are too many.
    """
    result: list[int | None] = []
    sides = list(shape)
    for part in expanded_key(key, len(shape)):
        if part is None:
            result.append(1)
        elif isinstance(part, slice):
            side = sides.pop(0)
            result.append(None if side is None else len(range(*part.indices(side))))
        else:
            side = sides.pop(0)
            if side is not None and not -side <= part < side:
                axis = len(shape) - len(sides) - 1
                raise IndexError(
                    f"Index {part} is out of range for axis {axis} with size {side}."
                )
    return tuple(result)


def expanded_key(key, ndim):
    """Returns a key that names every axis: its Ellipsis is replaced by full slices."""
    key = key if isinstance(key, tuple) else (key,)
    named = sum(part is not None and part is not Ellipsis for part in key)
    if named > ndim or key.count(Ellipsis) > 1:
        raise IndexError(
            f"The key {key} has too many indices for {ndim} axes, or more than one ..."
        )
    at = key.index(Ellipsis) if Ellipsis in key else len(key)
    return (*key[:at], *[slice(None)] * (ndim - named), *key[at + 1 :])


def taken_shape(shape, indices, axis):
    """Returns the shape of slices picked along an axis, from those of x and indices.

    Raises: IndexError if there is nothing to pick.
    """
    axis = normalized_axis(axis, len(shape))
    check_places(shape, axis, (*shape[:axis], *indices))
    return (*shape[:axis], *indices, *shape[axis + 1 :])


def along_axis_shape(shape, indices, axis):
    """Returns the shape of numbers picked along an axis, from those of x and indices.

    Raises: ValueError if the numbers of axes differ; IndexError if the sides, except on
    `axis`, do not broadcast, or there is nothing to pick.
    """
    axis = normalized_axis(axis, len(shape))
    check_same_axes(shape, indices)
    try:
        broadcast = broadcast_shapes(
            (*shape[:axis], 1, *shape[axis + 1 :]),
            (*indices[:axis], 1, *indices[axis + 1 :]),
        )
    except ValueError as error:
        raise IndexError(
            "take_along_axis needs shapes that broadcast except along its axis; got x "
            f"{shape}, indices {indices} and axis {axis}."
        ) from error
    result = (*broadcast[:axis], indices[axis], *broadcast[axis + 1 :])
    check_places(shape, axis, result)
    return result


def check_places(shape, axis, picks):
    """Refuses to pick from an axis without places, unless nothing is picked."""
    if shape[axis] == 0 and product(picks):
        raise IndexError(
            f"No index is in range for axis {axis} with size 0 of an array of shape "
            f"{shape}."
        )


def check_same_axes(shape, indices):
    """Refuses indices whose axes are not those of x."""
    if len(shape) != len(indices):
        raise ValueError(
            f"take_along_axis needs indices with as many axes as x; got x {shape} and "
            f"indices {indices}. Insert axes of size 1 with expand_dims."
        )


def check_grad(name, grad, picked):
    """Refuses a gradient that has not the shape of what was picked."""
    fits = len(grad) == len(picked) and all(
        n == m or None in (n, m) for n, m in zip(grad, picked, strict=True)
    )
    if not fits:
        raise ValueError(
            f"{name} needs a gradient in the shape of what was picked, {picked}; got "
            f"{grad}. Sum or broadcast it first."
        )
