"""Convolutions and their gradients as one plain loop over all products.

A product joins a number of x, a weight and a number of the result: the convolution adds
it to the result, each gradient to one of the other two.
"""

import numpy as np

from minikeras.kernels.loops.activation import relu
from minikeras.kernels.loops.elementwise import add
from minikeras.kernels.shapes.convolution import Window, biased, check_grad, result


def convolution(x, kernel, *, strides, padding, dilation, groups, out=None):
    """out[o, f] = Σ_{t, c} x[o·strides + t·dilation - before, c] kernel[t, c, f]."""
    window = Window(strides, padding, dilation, groups)
    return convolve(x, kernel, window, out)


def convolution_bias(x, kernel, bias, *, strides, padding, dilation, groups, out=None):
    """convolution(x, kernel) + bias."""
    window = Window(strides, padding, dilation, groups)
    biased(x, kernel, bias, window)
    return add(convolve(x, kernel, window, None), bias, out=out)


def convolution_bias_relu(
    x, kernel, bias, *, strides, padding, dilation, groups, out=None
):
    """relu(convolution(x, kernel) + bias)."""
    window = Window(strides, padding, dilation, groups)
    biased(x, kernel, bias, window)
    return relu(add(convolve(x, kernel, window, None), bias), out=out)


def convolution_input_grad(
    grad, x, kernel, *, strides, padding, dilation, groups, out=None
):
    """out[o·strides + t·dilation - before, c] = Σ_{t, f} grad[o, f] kernel[t, c, f]."""
    window = Window(strides, padding, dilation, groups)
    check_grad(grad, x, kernel, window)
    grad_numbers, weights = numbers(grad), numbers(kernel)
    totals = numbers(np.zeros(x.shape))
    for of_x, of_kernel, of_out in products(x.shape, kernel.shape, grad.shape, window):
        totals[of_x] += grad_numbers[of_out] * weights[of_kernel]
    return stored(totals, grad.dtype, out)


def convolution_kernel_grad(
    grad, x, kernel, *, strides, padding, dilation, groups, out=None
):
    """out[t, c, f] = Σ_o x[o·strides + t·dilation - before, c] grad[o, f]."""
    window = Window(strides, padding, dilation, groups)
    check_grad(grad, x, kernel, window)
    grad_numbers, x_numbers = numbers(grad), numbers(x)
    totals = numbers(np.zeros(kernel.shape))
    for of_x, of_kernel, of_out in products(x.shape, kernel.shape, grad.shape, window):
        totals[of_kernel] += x_numbers[of_x] * grad_numbers[of_out]
    return stored(totals, grad.dtype, out)


def convolve(x, kernel, window, out):
    """Computes a convolution into `out` or a new array."""
    shape = result(x, kernel, window).shape
    x_numbers, weights = numbers(x), numbers(kernel)
    totals = numbers(np.zeros(shape))
    for of_x, of_kernel, of_out in products(x.shape, kernel.shape, shape, window):
        totals[of_out] += x_numbers[of_x] * weights[of_kernel]
    return stored(totals, x.dtype, out)


def products(x, kernel, out, window):
    """Yields the indices (into x, into the kernel, into the result) of each product."""
    channels, filters = kernel[-2], kernel[-1] // window.groups
    for image, *place in np.ndindex(out[:-1]):
        for tap in np.ndindex(kernel[:-2]):
            source = source_of(place, tap, window)
            if not is_inside(source, x[1:-1]):  # on the padding: there is nothing
                continue
            for group, c, f in np.ndindex(window.groups, channels, filters):
                f_of_all = group * filters + f
                yield (
                    (image, *source, group * channels + c),
                    (*tap, c, f_of_all),
                    (image, *place, f_of_all),
                )


def source_of(place, tap, window):
    """Returns where in x, or beside it, a tap of the window at a place lies."""
    along_axes = zip(
        *(place, tap, window.strides, window.padding, window.dilation), strict=True
    )
    return [
        o * stride + t * dilation - before
        for o, t, stride, (before, _), dilation in along_axes
    ]


def is_inside(source, sizes):
    """Tells whether x has this place."""
    return all(0 <= i < size for i, size in zip(source, sizes, strict=True))


def numbers(x):
    """Returns an array of Python numbers."""
    return x.astype(object)


def stored(totals, dtype, out):
    """Rounds each total, once, to `dtype`."""
    if out is None:
        out = np.empty(totals.shape, dtype)
    with np.errstate(all="ignore"):
        out[...] = totals
    return out
