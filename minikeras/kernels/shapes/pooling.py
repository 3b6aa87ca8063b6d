"""Shapes of what is pooled: windows along the axes between the first and the last.

Here is also where the windows are: `padded_before` and `window_count` say it for every
set.
"""

from minikeras.kernels.shapes.shape_dtype import ShapeDtype


def max_pool(x, *, pool_size, strides, padding):
    """One number for each window; the first and the last axis stay."""
    return ShapeDtype(pooled_shape(x.shape, pool_size, strides, padding), x.dtype)


def max_pool_grad(grad, x, *, pool_size, strides, padding):
    """The shape of x."""
    check_grad(grad.shape, pooled_shape(x.shape, pool_size, strides, padding))
    return ShapeDtype(x.shape, grad.dtype)


def max_pool_pick(values, x, *, pool_size, strides, padding):
    """The shape of x pooled."""
    check_values(values.shape, x.shape)
    return ShapeDtype(pooled_shape(x.shape, pool_size, strides, padding), values.dtype)


average_pool = max_pool
average_pool_grad = max_pool_grad


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


def check_grad(grad, pooled):
    """Refuses a gradient that has not the shape of the pooled array."""
    if not fits(grad, pooled):
        raise ValueError(
            f"The gradient of pooling must have the shape of its result, {pooled}; got "
            f"{grad}. Sum or broadcast it first."
        )


def check_values(values, shape):
    """Refuses values that have not the shape of the array they are picked by."""
    if not fits(values, shape):
        raise ValueError(
            f"max_pool_pick needs values in the shape of x, {shape}; got {values}."
        )


def fits(shape, expected):
    """Whether two shapes are equal as far as they are known."""
    return len(shape) == len(expected) and all(
        n == m or None in (n, m) for n, m in zip(shape, expected, strict=True)
    )
