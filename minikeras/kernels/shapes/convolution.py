"""Shapes of convolutions, over any number of spatial axes.

The checks are used by the sets that compute too: one text of each error.
"""

from typing import NamedTuple

from minikeras.kernels.shapes.shape_dtype import ShapeDtype


class Window(NamedTuple):
    """How a kernel goes over its input; a number per spatial axis, but for `groups`.

    - `strides`: how far from one place to the next;
    - `padding`: (before, after), how many places beyond the input there are;
    - `dilation`: how far from one tap of the kernel to the next;
    - `groups`: into how many parts the channels fall, and the filters.
    """

    strides: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    dilation: tuple[int, ...]
    groups: int


def convolution(x, kernel, *, strides, padding, dilation, groups):
    """x (n, *sizes, channels), kernel (*taps, channels / groups, filters)
    → (n, *counts, filters).

    Raises: ValueError if the shapes or the parameters do not fit together.
    """
    return result(x, kernel, Window(strides, padding, dilation, groups))


def convolution_bias(x, kernel, bias, *, strides, padding, dilation, groups):
    """As `convolution`; bias (filters,)."""
    return biased(x, kernel, bias, Window(strides, padding, dilation, groups))


def convolution_bias_relu(x, kernel, bias, *, strides, padding, dilation, groups):
    """As `convolution_bias`."""
    return biased(x, kernel, bias, Window(strides, padding, dilation, groups))


def convolution_input_grad(grad, x, kernel, *, strides, padding, dilation, groups):
    """The shape of x."""
    check_grad(grad, x, kernel, Window(strides, padding, dilation, groups))
    return ShapeDtype(x.shape, grad.dtype)


def convolution_kernel_grad(grad, x, kernel, *, strides, padding, dilation, groups):
    """The shape of the kernel."""
    check_grad(grad, x, kernel, Window(strides, padding, dilation, groups))
    return ShapeDtype(kernel.shape, grad.dtype)


def result(x, kernel, window):
    """Returns shape and dtype of a convolution, or refuses it."""
    check_axes(x.shape, kernel.shape)
    check_window(len(x.shape) - 2, window)
    check_channels(x.shape, kernel.shape, window.groups)
    sizes = zip(x.shape[1:-1], kernel.shape[:-2], strict=True)
    steps = zip(window.strides, window.padding, window.dilation, strict=True)
    counts = [
        count_of_places(*of_axis, *by) for of_axis, by in zip(sizes, steps, strict=True)
    ]
    return ShapeDtype((x.shape[0], *counts, kernel.shape[-1]), x.dtype)


def biased(x, kernel, bias, window):
    """Does the same, with a bias."""
    out = result(x, kernel, window)
    if len(bias.shape) != 1 or not fit(bias.shape[0], out.shape[-1]):
        raise ValueError(
            f"A convolution needs one bias per filter, of shape ({out.shape[-1]},); "
            f"got bias {bias.shape} and kernel {kernel.shape}."
        )
    return out


def count_of_places(size, taps, stride, padding, dilation):
    """Returns how many places a window has along one axis; None if a size is unknown.

    Raises: ValueError if it has none.

    >>> count_of_places(7, 3, 2, (0, 0), 1), count_of_places(7, 3, 1, (1, 1), 1)
    (3, 7)
    """
    if size is None or taps is None:
        return None
    reach = (taps - 1) * dilation + 1
    room = size + sum(padding)
    if taps < 1 or reach > room:
        raise ValueError(
            "The window of a convolution must fit into the padded input; got "
            f"{taps} taps with dilation {dilation}, a window of {reach}, over {size} "
            f"numbers with padding {tuple(padding)}. Take a smaller kernel, or "
            'padding="same".'
        )
    return (room - reach) // stride + 1


def check_axes(x, kernel):
    """Refuses numbers of axes that no convolution has."""
    if len(x) < 3 or len(kernel) != len(x):
        raise ValueError(
            "A convolution needs x (n, *sizes, channels) and kernel (*taps, channels / "
            f"groups, filters), with three axes or more, both as many; got x {x} and "
            f"kernel {kernel}."
        )


def check_window(axes, window):
    """Refuses parameters that are not one per spatial axis, or out of range."""
    per_axis = (window.strides, window.padding, window.dilation)
    if {axes} != set(map(len, per_axis)):
        raise ValueError(
            f"A convolution over {axes} axes needs {axes} strides, paddings and "
            f"dilations; got {window}."
        )
    least = min((*window.strides, *window.dilation, window.groups))
    if least < 1 or min(map(min, window.padding)) < 0:
        raise ValueError(
            "A convolution needs strides, dilation and groups from 1 on, and padding "
            f"from 0 on; got {window}."
        )


def check_channels(x, kernel, groups):
    """Refuses channels that are not `groups` times those of the kernel."""
    channels, per_group, filters = x[-1], kernel[-2], kernel[-1]
    if None not in (channels, per_group) and channels != per_group * groups:
        raise ValueError(
            "A convolution needs as many channels in x as in all groups of the kernel; "
            f"got x {x} and kernel {kernel} with {groups} groups."
        )
    if filters is not None and filters % groups:
        raise ValueError(
            f"The filters of a convolution are divided among its groups; got {filters} "
            f"filters and {groups} groups."
        )


def check_grad(grad, x, kernel, window):
    """Refuses a gradient that has not the shape of the result."""
    out = result(x, kernel, window).shape
    if len(grad.shape) != len(out) or not all(map(fit, grad.shape, out)):
        raise ValueError(
            f"The gradient of a convolution has the shape of its result, {out}; got "
            f"{grad.shape}."
        )


def fit(size, other):
    """Tells whether two sizes can be the same one; None stands for any."""
    return size == other or size is None or other is None
