"""What `x[key]` means: views by slices, selections by integer arrays, masks.

Slices and integers are one `getitem`, a view.  Integer arrays are one `take` on the
axes that they index, folded into one.
"""

import math
import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minikeras.autograd.value import Value
from minikeras.primitives import indexing, shape

if TYPE_CHECKING:  # a Tensor knows its indexing, and not the other way round
    from minikeras.values.tensor import Tensor


def index(x: "Tensor", key: Any) -> "Tensor":
    """Returns x[key] as NumPy would, as a value that passes gradients back.

    Raises: IndexError for too many indices, one out of range, a mask of another shape
    than what it covers, and anything else that is no index.
    """
    parts = [plain(part) for part in (key if isinstance(key, tuple) else (key,))]
    if not any(isinstance(part, np.ndarray) for part in parts):
        return indexing.getitem(x, key=tuple(parts))
    parts = spread_masks(spread_ellipsis(parts, x.ndim), x.shape)
    basic = tuple(slice(None) if is_array(part) else part for part in parts)
    if any(part != slice(None) for part in basic):
        x = indexing.getitem(x, key=basic)
    kept = [part for part in parts if not isinstance(part, int)]
    arrays = [part for part in kept if is_array(part)]
    axes = [axis for axis, part in enumerate(kept) if is_array(part)]
    if not are_neighbours(parts):
        # NumPy then puts what the arrays select first; we let it lie there before.
        others = [axis for axis in range(x.ndim) if axis not in axes]
        x, axes = shape.transpose(x, axes=(*axes, *others)), [0]
    return take_together(x, arrays, axes[0])


def is_array(part: Any) -> bool:
    """Whether a part of a key is an array."""
    return isinstance(part, np.ndarray)


def are_neighbours(parts: Sequence[Any]) -> bool:
    """Whether nothing lies between those parts of a key that select: arrays, ints."""
    places = [i for i, part in enumerate(parts) if isinstance(part, (np.ndarray, int))]
    return places[-1] - places[0] == len(places) - 1


def plain(part: Any) -> Any:
    """Returns a part of a key as an int, a slice of ints, None, ... or an array."""
    if isinstance(part, Value) and hasattr(part, "numpy"):
        part = part.numpy()
    if isinstance(part, slice):
        ends = (part.start, part.stop, part.step)
        return slice(*(end if end is None else operator.index(end) for end in ends))
    if part is None or part is Ellipsis:
        return part
    if isinstance(part, (list, tuple, np.ndarray)):
        part = np.asarray(part)
        if part.size == 0 and part.dtype.kind == "f":
            part = part.astype("int32")
        if part.dtype.kind in "iu":
            return part if part.ndim else int(part)
        if part.dtype.kind == "b" and part.ndim:
            return part
    elif not isinstance(part, (bool, np.bool_)) and hasattr(part, "__index__"):
        return operator.index(part)
    raise IndexError(
        "x[...] takes integers, slices, None, ... and arrays of integers or bool; got "
        f"{part!r}."
    )


def spread_ellipsis(parts: list[Any], ndim: int) -> list[Any]:
    """Replaces `...` by the slices it stands for, at the end if there is none."""
    consumed = sum(map(axes_covered, parts))
    if consumed > ndim:
        raise IndexError(f"x[...] has {consumed} indices for {ndim} axes.")
    if sum(part is Ellipsis for part in parts) > 1:
        raise IndexError("x[...] takes `...` only once.")
    fill = [slice(None)] * (ndim - consumed)
    at = next((i for i, part in enumerate(parts) if part is Ellipsis), len(parts))
    return [*parts[:at], *fill, *parts[at + 1 :]]


def axes_covered(part: Any) -> int:
    """Returns how many axes a part of a key speaks of."""
    if is_array(part) and part.dtype.kind == "b":
        return part.ndim
    return 0 if part is None or part is Ellipsis else 1


def spread_masks(parts: list[Any], sides: tuple[int, ...]) -> list[Any]:
    """Replaces masks by the positions where they are true, an array for each axis."""
    result = []
    axis = 0
    for part in parts:
        covered = sides[axis : axis + axes_covered(part)]
        axis += len(covered)
        if not is_array(part) or part.dtype.kind != "b":
            result.append(part)
        elif part.shape == covered:
            result.extend(np.nonzero(part))
        else:
            raise IndexError(
                f"A mask of shape {part.shape} cannot select from axes of shape "
                f"{covered}. They must be equal."
            )
    return result


def take_together(x: "Tensor", arrays: list[np.ndarray], first: int) -> "Tensor":
    """Selects along len(arrays) axes from `first` on by one index into all of them."""
    sides = x.shape[first : first + len(arrays)]
    if len(arrays) == 1:
        return indexing.take(x, arrays[0], axis=first)
    for array, side in zip(arrays, sides, strict=True):
        if array.size and not (-side <= array.min() and array.max() < side):
            raise IndexError(
                f"An index in x[...] is out of range for an axis of size {side}."
            )
    wrapped = [
        np.where(a < 0, a + side, a) for a, side in zip(arrays, sides, strict=True)
    ]
    flat = np.ravel_multi_index(np.broadcast_arrays(*wrapped), sides)
    merged = (*x.shape[:first], math.prod(sides), *x.shape[first + len(arrays) :])
    return indexing.take(shape.reshape(x, shape=merged), flat, axis=first)
