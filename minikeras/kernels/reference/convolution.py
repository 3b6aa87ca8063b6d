"""Convolutions and their gradients in NumPy: one product of matrices per tap.

A tap is one place in the kernel. It meets x at some places of the result only: where it
would lie on the padding it takes no part, so nothing is multiplied by the zeros of the
padding (beside a weight that is inf they would make nan). Where it meets x are slices:

    out[places] += x[sources] kernel[tap]           for each tap
    ∂L/∂x[sources] += g[places] kernel[tap]ᵀ
    ∂L/∂kernel[tap] = x[sources]ᵀ g[places]
"""

import math

import numpy as np

from minikeras.kernels.reference.activation import relu
from minikeras.kernels.shapes.convolution import Window, biased, check_grad, result


def convolution(x, kernel, *, strides, padding, dilation, groups, out=None):
    """out[o, f] = Σ_{t, c} x[o·strides + t·dilation - before, c] kernel[t, c, f].

    `padding` has (before, after) for each axis. Channels and filters fall into groups;
    a filter sees the channels of its own group.

    Shapes: x (n, *sizes, channels), kernel (*taps, channels / groups, filters)
    → out (n, *counts, filters).
    """
    window = Window(strides, padding, dilation, groups)
    return convolve(x, kernel, window, out)


def convolution_bias(x, kernel, bias, *, strides, padding, dilation, groups, out=None):
    """convolution(x, kernel) + bias."""
    window = Window(strides, padding, dilation, groups)
    biased(x, kernel, bias, window)
    out = convolve(x, kernel, window, out)
    return np.add(out, bias, out=out)


def convolution_bias_relu(
    x, kernel, bias, *, strides, padding, dilation, groups, out=None
):
    """relu(convolution(x, kernel) + bias)."""
    window = Window(strides, padding, dilation, groups)
    biased(x, kernel, bias, window)
    out = convolve(x, kernel, window, out)
    return relu(np.add(out, bias, out=out), out=out)


def convolution_input_grad(
    grad, x, kernel, *, strides, padding, dilation, groups, out=None
):
    """out[o·strides + t·dilation - before, c] = Σ_{t, f} grad[o, f] kernel[t, c, f].

    Of x only the shape is used.
    """
    window = Window(strides, padding, dilation, groups)
    check_grad(grad, x, kernel, window)
    out = zeros(x.shape, grad.dtype, out)
    for tap, places, sources in taps(x.shape, kernel.shape, grad.shape, window):
        weights = by_group(kernel[tap], groups).swapaxes(1, 2)
        products = np.matmul(by_group(grad[places], groups), weights)
        out[sources] += joined(products, out[sources].shape)
    return out


def convolution_kernel_grad(
    grad, x, kernel, *, strides, padding, dilation, groups, out=None
):
    """out[t, c, f] = Σ_o x[o·strides + t·dilation - before, c] grad[o, f].

    Of the kernel only the shape is used.
    """
    window = Window(strides, padding, dilation, groups)
    check_grad(grad, x, kernel, window)
    out = zeros(kernel.shape, grad.dtype, out)
    for tap, places, sources in taps(x.shape, kernel.shape, grad.shape, window):
        numbers = by_group(x[sources], groups).swapaxes(1, 2)
        products = np.matmul(numbers, by_group(grad[places], groups))
        out[tap] = joined(products, out[tap].shape)
    return out


def convolve(x, kernel, window, out):
    """Computes a convolution into `out` or a new array."""
    rule = result(x, kernel, window)
    out = zeros(rule.shape, rule.dtype, out)
    for tap, places, sources in taps(x.shape, kernel.shape, out.shape, window):
        weights = by_group(kernel[tap], window.groups)
        products = np.matmul(by_group(x[sources], window.groups), weights)
        out[places] += joined(products, out[places].shape)
    return out


def taps(x, kernel, out, window):
    """Yields (tap, places, sources): the tap meets x[sources] for out[places]."""
    for tap in np.ndindex(kernel[:-2]):
        meetings = [
            slices_of_tap(*of_axis)
            for of_axis in zip(
                *(x[1:-1], out[1:-1], tap),
                *(window.strides, window.padding, window.dilation),
                strict=True,
            )
        ]
        places, sources = zip(*meetings, strict=True)
        yield tap, (slice(None), *places), (slice(None), *sources)


def slices_of_tap(size, count, tap, stride, padding, dilation):
    """Returns the places o of one axis where the tap meets x, and where it does.

    >>> slices_of_tap(size=4, count=4, tap=0, stride=1, padding=(1, 1), dilation=1)
    (slice(1, 4, None), slice(0, 3, 1))
    """
    offset = tap * dilation - padding[0]  # at o it meets x at o · stride + offset
    first = max(0, -(offset // stride))
    end = max(first, min(count, (size - 1 - offset) // stride + 1))
    source = first * stride + offset
    return slice(first, end), slice(source, source + (end - first) * stride, stride)


def by_group(x, groups):
    """Returns a matrix per group: (..., groups · n) → (groups, ..., n)."""
    rows = math.prod(x.shape[:-1])
    return x.reshape(rows, groups, x.shape[-1] // groups).swapaxes(0, 1)


def joined(matrices, shape):
    """Puts side by side again what `by_group` took apart."""
    return matrices.swapaxes(0, 1).reshape(shape)


def zeros(shape, dtype, out):
    """Returns `out`, or a new array, full of zeros."""
    if out is None:
        return np.zeros(shape, dtype)
    out[...] = 0
    return out
