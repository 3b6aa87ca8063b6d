"""Shapes of sums, products and extremes: the reduced axes go, or stay with size 1."""

from minikeras.kernels.shapes.shape_dtype import (
    ShapeDtype,
    normalized_axes,
    normalized_axis,
    shape_of,
)


def sum(x, *, axis, keepdims):
    """The shape without the reduced axes."""
    return ShapeDtype(reduced_shape(x.shape, axis, keepdims), x.dtype)


mean = variance = prod = logsumexp = sum


def cumsum(x, *, axis, reverse):
    """The same shape."""
    normalized_axis(axis, len(x.shape))
    return x


cumprod = cumsum


def sum_to_shape_of(x, like):
    """The shape of `like`, an array's or a number's."""
    shape = shape_of(like)
    stretched_axes(shape, x.shape)
    return ShapeDtype(shape, x.dtype)


def max(x, *, axis, keepdims):
    """The shape without the reduced axes."""
    check_choice(x.shape, axis)
    return ShapeDtype(reduced_shape(x.shape, axis, keepdims), x.dtype)


min = max


def argmax(x, *, axis, keepdims):
    """The shape without the reduced axes; int32."""
    if axis is not None:
        axis = normalized_axis(axis, len(x.shape))
    check_choice(x.shape, axis)
    return ShapeDtype(reduced_shape(x.shape, axis, keepdims), "int32")


argmin = argmax


def all(x, *, axis, keepdims):
    """The shape without the reduced axes; bool."""
    return ShapeDtype(reduced_shape(x.shape, axis, keepdims), "bool")


any = all


def reduced_shape(shape, axis, keepdims):
    """Returns what a reduction leaves of a shape."""
    axes = normalized_axes(axis, len(shape))
    if keepdims:
        return tuple(1 if i in axes else n for i, n in enumerate(shape))
    return tuple(n for i, n in enumerate(shape) if i not in axes)


def stretched_axes(small, large):
    """Returns the axes of `large` along which the shape `small` is repeated to fill it.

    Raises: ValueError if `small` does not broadcast to `large`.
    """
    padded = (*[1] * (len(large) - len(small)), *small)
    if len(padded) > len(large) or [
        n
        for n, m in zip(padded, large, strict=True)
        if n not in (1, m) and None not in (n, m)
    ]:
        raise ValueError(
            f"Shape {small} does not broadcast to {large}, so what has shape {large} "
            "cannot be summed to it. Was this gradient computed for another input?"
        )
    return tuple(i for i, n in enumerate(padded) if n == 1)


def check_choice(shape, axis):
    """Refuses to choose one out of none."""
    if 0 in [shape[i] for i in normalized_axes(axis, len(shape))]:
        raise ValueError(
            f"There is no maximum or minimum of nothing: shape {shape} has a size of 0 "
            f"along axis={axis}. Check for empty data first."
        )
