"""Shapes of what is pooled: windows along the axes between the first and the last.

Here is also where the windows are: `padded_before` and `window_count` say it for every
set.
"""

import math

from minikeras.kernels.shapes.shape_dtype import ShapeDtype


def max_pool(x, *, pool_size, strides, padding):
    """Two results, each with one number for each window."""
    shape = pooled_shape(x.shape, pool_size, strides, padding)
    return ShapeDtype(shape, x.dtype), ShapeDtype(shape, place_dtype(pool_size))


def max_pool_grad(grad, places, x, *, pool_size, strides, padding):
    """The shape of x."""
    shape = pooled_shape(x.shape, pool_size, strides, padding)
    check_pooled("gradient", grad.shape, shape)
    check_pooled("places", places.shape, shape)
    return ShapeDtype(x.shape, grad.dtype)


def max_pool_pick(values, places, *, pool_size, strides, padding):
    """One number for each window."""
    shape = pooled_shape(values.shape, pool_size, strides, padding)
    check_pooled("places", places.shape, shape)
    return ShapeDtype(shape, values.dtype)


def average_pool(x, *, pool_size, strides, padding):
    """One number for each window; the first and the last axis stay."""
    return ShapeDtype(pooled_shape(x.shape, pool_size, strides, padding), x.dtype)


def average_pool_grad(grad, x, *, pool_size, strides, padding):
    """The shape of x."""
    shape = pooled_shape(x.shape, pool_size, strides, padding)
    check_pooled("gradient", grad.shape, shape)
    return ShapeDtype(x.shape, grad.dtype)


def pooled_shape(shape, pool_size, strides, padding):
    """Returns the shape of an array after pooling.

    Raises: ValueError if it has not two axes more than a window, or no window fits.

    >>> pooled_shape((None, 7, 8, 3), (2, 2), (2, 2), "same")
    (None, 4, 4, 3)
    """
    if len(shape) != len(pool_size) + 2:
        raise ValueError(
            f"Pooling over windows of {pool_size} needs {len(pool_size) + 2} axes: "
            f"samples, {len(pool_size)} to pool over, and channels; got shape {shape}."
        )
    counts = [shape[0]]
    for side, size, stride in zip(shape[1:-1], pool_size, strides, strict=True):
        if padding == "valid" and side is not None and side < size:
            raise ValueError(
                f"No window of {pool_size} fits into shape {shape}. Pool less, or use "
                "padding='same'."
            )
        counts.append(window_count(side, size, stride, padding))
    return (*counts, shape[-1])


def window_count(side, size, stride, padding):
    """Returns how many windows there are along an axis, None if its size is unknown."""
    if side is None:
        return None
    if padding == "same":
        return -(-side // stride)
    return (side - size) // stride + 1


def padded_before(side, size, stride, padding):
    """Returns how far the first window begins before the first element.

    With "same" the windows reach beyond both ends alike, or by one more at the end.
    """
    if padding == "valid":
        return 0
    reach = (window_count(side, size, stride, padding) - 1) * stride + size
    return max(reach - side, 0) // 2


def place_dtype(pool_size):
    """Returns the dtype for places in a window: a byte, where that is enough."""
    return "uint8" if math.prod(pool_size) <= 256 else "int32"


def check_pooled(what, shape, pooled):
    """Refuses a gradient, or places, in another shape than that of what was pooled."""
    fits = len(shape) == len(pooled) and all(
        n == m or None in (n, m) for n, m in zip(shape, pooled, strict=True)
    )
    if not fits:
        raise ValueError(
            f"The {what} must have the shape of what was pooled, {pooled}; got {shape}."
        )
