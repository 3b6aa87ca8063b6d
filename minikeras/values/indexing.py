"""What `x[key]` means: views by slices, selections by integer arrays, masks.

Slices and integers are one `getitem`, a view.  Integer arrays are one `take` on the
axes that they index, folded into one.
"""

import math
import operator

import numpy as np

from minikeras.autograd.value import Value
from minikeras.primitives import indexing, shape


def index(x, key):
    """Returns x[key] as NumPy would, as a value that passes gradients back.

    Raises: IndexError for too many indices or one out of range; NotImplementedError for
    integer arrays with other axes between them.
    """
    parts = [plain(part) for part in (key if isinstance(key, tuple) else (key,))]
    parts = [part for group in map(spread_mask, parts) for part in group]
    if not any(isinstance(part, np.ndarray) for part in parts):
        return indexing.getitem(x, key=tuple(parts))
    parts = spread_ellipsis(parts, x.ndim)
    arrays = [part for part in parts if isinstance(part, np.ndarray)]
    basic = tuple(
        slice(None) if isinstance(part, np.ndarray) else part for part in parts
    )
    if any(part != slice(None) for part in basic):
        x = indexing.getitem(x, key=basic)
    kept = [part for part in parts if not isinstance(part, int)]
    axes = [axis for axis, part in enumerate(kept) if isinstance(part, np.ndarray)]
    if axes[-1] - axes[0] != len(axes) - 1:
        raise NotImplementedError(
            "Integer arrays in x[...] must index neighbouring axes; transpose first."
        )
    return take_together(x, arrays, axes[0])


def plain(part):
    """Returns a part of a key as an int, a slice of ints, None, ... or an array."""
    if isinstance(part, Value):
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
        if part.dtype.kind not in "iub":
            raise IndexError(
                f"Arrays in x[...] must be of integers or bool; got {part.dtype}."
            )
        return part if part.ndim or part.dtype.kind == "b" else int(part)
    return operator.index(part)


def spread_mask(part):
    """Turns a boolean array into the positions where it is true, an array per axis."""
    if isinstance(part, np.ndarray) and part.dtype.kind == "b":
        return np.nonzero(part)
    return (part,)


def spread_ellipsis(parts, ndim):
    """Replaces `...` by the slices it stands for, at the end if there is none."""
    consumed = sum(part is not None and part is not Ellipsis for part in parts)
    if consumed > ndim:
        raise IndexError(f"x[...] has {consumed} indices for {ndim} axes.")
    fill = [slice(None)] * (ndim - consumed)
    if Ellipsis not in [part for part in parts if not isinstance(part, np.ndarray)]:
        return [*parts, *fill]
    at = next(i for i, part in enumerate(parts) if part is Ellipsis)
    return [*parts[:at], *fill, *parts[at + 1 :]]


def take_together(x, arrays, first):
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
