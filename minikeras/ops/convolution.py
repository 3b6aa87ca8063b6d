"""Convolutions, with what users write: one stride for all axes, "same", channels first.

The primitives have the channels last and explicit padding; here it is worked out.
"""

from typing import Any

from minikeras.autograd.primitive import Primitive
from minikeras.ops.arguments import (
    standardize_data_format,
    standardize_padding,
    standardize_tuple,
)
from minikeras.primitives import convolution, shape
from minikeras.values.tensor import Tensor, as_tensor, as_tensors, promote
from minikeras.values.types import TensorLike


def conv(
    inputs: TensorLike,
    kernel: TensorLike,
    strides: int | tuple[int, ...] = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: int | tuple[int, ...] = 1,
) -> Tensor:
    """Slides a kernel over sequences, images or volumes, and multiplies (it is not
    flipped).

    With padding "same" there is an output for every `strides`-th input: the kernel goes
    over the borders, by one more at the end if need be, and finds nothing there.
    `dilation_rate` spreads the kernel. Where the inputs have g times the channels of
    the kernel they form g groups, and so do the filters.

    Shapes: inputs (n, a, b, channels), kernel (i, j, channels / g, filters)
    → (n, a', b', filters), a' = ⌊(a - reach) / stride⌋ + 1 with reach = (i - 1) ·
    dilation + 1, or ⌈a / stride⌉ for "same". One or three axes go as well as a, b;
    with data_format "channels_first" the channels of inputs and result are axis 1.
    Raises: ValueError if shapes and arguments do not fit together.
    """
    inputs, kernel = as_tensors(promote(as_tensor(inputs), as_tensor(kernel)))
    axes = inputs.ndim - 2
    if not 1 <= axes <= 3:
        raise ValueError(
            "A convolution takes inputs of 3, 4 or 5 axes (samples, one to three axes "
            f"to go over, channels). Received input shape: {inputs.shape}."
        )
    return convolve(
        convolution.convolution,
        (inputs, kernel),
        strides=standardize_tuple(strides, axes, "strides"),
        padding=standardize_padding(padding, ("valid", "same")),
        data_format=standardize_data_format(data_format),
        dilation=standardize_tuple(dilation_rate, axes, "dilation_rate"),
    )


def convolve(
    primitive: Primitive,
    operands: tuple[Tensor, ...],
    *,
    strides: tuple[int, ...],
    padding: str,
    data_format: str,
    dilation: tuple[int, ...],
) -> Tensor:
    """Applies a convolution (with a bias, with relu …) to inputs, kernel and the rest.

    Raises: ValueError if kernel and inputs have other numbers of axes or channels.
    """
    inputs, kernel, *rest = operands
    last = inputs.ndim - 1
    if data_format == "channels_first":
        inputs = shape.transpose(inputs, axes=(0, *range(2, last + 1), 1))
    outputs = primitive(
        inputs,
        kernel,
        *rest,
        strides=strides,
        padding=padding_pairs(inputs.shape, kernel.shape, strides, padding, dilation),
        dilation=dilation,
        groups=groups_of(inputs.shape[-1], kernel.shape),
    )
    if data_format == "channels_first":
        outputs = shape.transpose(outputs, axes=(0, last, *range(1, last)))
    return outputs


def padding_pairs(
    inputs: tuple[Any, ...],
    kernel: tuple[Any, ...],
    strides: tuple[int, ...],
    padding: str,
    dilation: tuple[int, ...],
) -> tuple[tuple[int, int], ...]:
    """Returns how many places to add before and after each axis.

    >>> padding_pairs((1, 6, 1), (4, 1, 1), (2,), "same", (1,))
    ((1, 1),)
    """
    along_axes = zip(inputs[1:-1], kernel[:-2], strides, dilation, strict=False)
    return tuple(
        padding_pair(size, (taps - 1) * spread + 1, stride, padding)
        for size, taps, stride, spread in along_axes
    )


def padding_pair(
    size: int | None, reach: int, stride: int, padding: str
) -> tuple[int, int]:
    """Returns (before, after) for one axis and a window of some reach."""
    if padding == "valid":
        return 0, 0
    if padding == "causal":  # an output sees no input after it
        return reach - 1, 0
    # Of an unknown size the result is unknown too, whatever the padding.
    past_last_stride = 0 if size is None else (size - 1) % stride
    total = max(0, reach - 1 - past_last_stride)
    return total // 2, total - total // 2


def groups_of(channels: int | None, kernel: tuple[Any, ...]) -> int:
    """Returns into how many groups the channels of a kernel divide those of inputs."""
    per_group = kernel[-2] if len(kernel) > 1 else None
    if not channels or not per_group:
        return 1
    if channels % per_group:
        raise ValueError(
            f"The channels of the inputs, {channels}, must be a multiple of those of "
            f"the kernel, {per_group}. Received kernel shape: {kernel}. Is data_format "
            "right?"
        )
    return channels // per_group
