"""Pooling: of every window of an image, a sequence or a volume, one number stays."""

from collections.abc import Callable
from typing import Any, TypeAlias

from minikeras.ops.arguments import (
    standardize_data_format,
    standardize_padding,
    standardize_tuple,
)
from minikeras.primitives import pooling, shape
from minikeras.values.tensor import Tensor, as_float, as_tensor
from minikeras.values.types import TensorLike

# A function of a Tensor with the channels last, and of windows.
Function: TypeAlias = Callable[..., Tensor]

# Kinds of padding: none, or as much as ⌈side / stride⌉ windows need.
PADDINGS = ("valid", "same")


def max_pool(
    inputs: TensorLike,
    pool_size: int | tuple[int, ...],
    strides: int | tuple[int, ...] | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """Keeps the largest number of each window; of equal ones the first has the
    gradient.

    `strides` are how far windows are apart, `pool_size` if not given.  With padding
    "same" windows reach beyond the borders where they must; there is nothing there.

    Shapes: (n, a, b, c) → (n, a', b', c), a' = ⌊(a - size) / stride⌋ + 1, or
    ⌈a / stride⌉ with "same"; the channels c may be axis 1 ("channels_first").
    Raises: ValueError for sizes that are no positive integers, or if no window fits.
    """
    return over_windows(
        maxima, as_tensor(inputs), pool_size, strides, padding, data_format
    )


def average_pool(
    inputs: TensorLike,
    pool_size: int | tuple[int, ...],
    strides: int | tuple[int, ...] | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """Averages each window; what a window has outside of the borders does not count.

    Arguments and shapes are those of `max_pool`.

    Raises: ValueError for sizes that are no positive integers, or if no window fits.
    """
    return over_windows(
        pooling.average_pool, as_float(inputs), pool_size, strides, padding, data_format
    )


def maxima(inputs: Tensor, **windows: Any) -> Tensor:
    """Returns the largest number of each window, without its place."""
    largest, _ = pooling.max_pool(inputs, **windows)
    return largest


def over_windows(
    function: Function,
    inputs: Tensor,
    pool_size: int | tuple[int, ...],
    strides: int | tuple[int, ...] | None,
    padding: str,
    data_format: str | None,
) -> Tensor:
    """Applies a function of windows to what users write."""
    dims = inputs.ndim - 2
    if not 1 <= dims <= 3:
        raise ValueError(
            "Pooling takes inputs of 3, 4 or 5 axes (samples, one to three axes to "
            f"pool over, channels). Received input shape: {inputs.shape}."
        )
    sizes = standardize_tuple(pool_size, dims, "pool_size")
    steps = sizes if strides is None else standardize_tuple(strides, dims, "strides")
    kind = standardize_padding(padding, PADDINGS)
    order = standardize_data_format(data_format)
    return pooled(function, inputs, sizes, steps, kind, order)


def pooled(
    function: Function,
    inputs: Tensor,
    pool_size: tuple[int, ...],
    strides: tuple[int, ...],
    padding: str,
    data_format: str,
) -> Tensor:
    """Applies a function of windows, which has the channels last."""
    windows = {"pool_size": pool_size, "strides": strides, "padding": padding}
    if data_format == "channels_last":
        return function(inputs, **windows)
    last = inputs.ndim - 1
    inputs = shape.transpose(inputs, axes=(0, *range(2, last + 1), 1))
    outputs = function(shape.contiguous(inputs), **windows)
    return shape.transpose(outputs, axes=(0, last, *range(1, last)))
