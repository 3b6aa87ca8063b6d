"""Convolutions with one mistake each, of the kinds that are made at borders.

`tests/test_mutations.py` shows that the laws of `tests/kernels/laws.py` and of
`tests/gradients.py` catch them.
"""

import numpy as np

from minikeras.kernels.reference import reference
from minikeras.primitives import convolution


def multiplies_the_padding(x, kernel, *, padding, out=None, **window):
    """Right but for a weight of inf, which makes nan of a zero beyond the border."""
    sides = [(0, 0), *padding, (0, 0)]
    nothing = ((0, 0),) * len(padding)
    padded = np.pad(x, sides)
    return reference.convolution(padded, kernel, padding=nothing, out=out, **window)


def pads_the_other_side(x, kernel, *, padding, out=None, **window):
    """Right where there is as much padding before as after."""
    turned = tuple(pair[::-1] for pair in padding)
    return reference.convolution(x, kernel, padding=turned, out=out, **window)


def mixes_up_the_groups(x, kernel, *, groups, out=None, **window):
    """Gives the groups of channels to the groups of filters in the opposite order."""
    parts = np.split(x, groups, axis=-1)[::-1]
    x = np.concatenate(parts, axis=-1)
    return reference.convolution(x, kernel, groups=groups, out=out, **window)


def turns_the_kernel(grad, x, kernel, *, out=None, **window):
    """Right for kernels that are their own mirror image: of one tap, for example."""
    taps = tuple(range(kernel.ndim - 2))
    kernel = np.flip(kernel, taps)
    return reference.convolution_input_grad(grad, x, kernel, out=out, **window)


def forgets_the_last_image(grad, x, kernel, *, out=None, **window):
    """The tail of a blocked sum."""
    if len(x) > 1:
        grad, x = grad[:-1], x[:-1]
    return reference.convolution_kernel_grad(grad, x, kernel, out=out, **window)


class LetsEverythingThrough(convolution.ConvolutionBiasRelu):
    """Right where no result is zero."""

    def vjp(self, k, wanted, grad, out, x, kernel, bias, **window):
        gradients = convolution.gradients(k, wanted, grad, x, kernel, window)
        return (*gradients, grad)


class TurnsTheInputsGradient(convolution.ConvolutionKernelGrad):
    """Right for the gradient, of the wrong sign for x: a second derivative."""

    def vjp(self, k, wanted, h, out, grad, x, kernel, **window):
        of_grad, of_x, _ = super().vjp(k, wanted, h, out, grad, x, kernel, **window)
        return of_grad, None if of_x is None else k.negative(of_x), None
