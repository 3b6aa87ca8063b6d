"""Convolutions: a kernel that goes over sequences, images or volumes.

The gradients are primitives too, and each one's rule names the others. Channels lie
last. An array in another order (the gradient of a transposed result) is laid out in C
order first, as compiled kernels want it.

All of them take the same parameters, written `**window` here, with a number for each
spatial axis: `strides`, `padding` (pairs: before, after), `dilation`; and `groups`.
"""

from minikeras.autograd.primitive import Primitive


class Convolution(Primitive):
    """Multiplies the kernel with the part of x under it, at every place it goes to.

        out[o, f] = Σ_{t, c} x[o·strides + t·dilation - before, c] kernel[t, c, f]
        ∂L/∂x = convolution_input_grad(g, x, kernel)
        ∂L/∂kernel = convolution_kernel_grad(g, x, kernel),   g = ∂L/∂out

    Channels and filters fall into groups: a filter sees the channels of its own group.
    Taps on the padding add nothing.

    Shapes: x (n, *sizes, channels), kernel (*taps, channels / groups, filters)
    → out (n, *counts, filters).
    Raises: ValueError if shapes and parameters do not fit together.
    Source: Goodfellow et al., Deep Learning, eq. 9.6 (cross-correlation).
    """

    def forward(self, k, x, kernel, **window):
        return k.convolution(k.contiguous(x), k.contiguous(kernel), **window)

    def vjp(self, k, wanted, grad, out, x, kernel, **window):
        return gradients(k, wanted, grad, x, kernel, window)


class ConvolutionBias(Primitive):
    """Convolves and adds a number per filter in one pass, with the bits of two.

        out = convolution(x, kernel) + bias
        ∂L/∂bias = g, which the engine sums over all places,   g = ∂L/∂out

    Shapes: x and kernel as for Convolution, bias (filters,).
    Raises: ValueError if shapes and parameters do not fit together.
    """

    def forward(self, k, x, kernel, bias, **window):
        x, kernel, bias = k.contiguous(x), k.contiguous(kernel), k.contiguous(bias)
        return k.convolution_bias(x, kernel, bias, **window)

    def vjp(self, k, wanted, grad, out, x, kernel, bias, **window):
        return (*gradients(k, wanted, grad, x, kernel, window), grad)


class ConvolutionBiasRelu(Primitive):
    """Convolves, adds a number per filter and cuts off what is negative, in one pass.

        out = max(convolution(x, kernel) + bias, 0)
        ∂L/∂bias = g where out > 0, else 0,   g = ∂L/∂out

    Shapes: x and kernel as for Convolution, bias (filters,).
    Raises: ValueError if shapes and parameters do not fit together.
    """

    def forward(self, k, x, kernel, bias, **window):
        x, kernel, bias = k.contiguous(x), k.contiguous(kernel), k.contiguous(bias)
        return k.convolution_bias_relu(x, kernel, bias, **window)

    def vjp(self, k, wanted, grad, out, x, kernel, bias, **window):
        grad = k.relu_grad(grad, out)
        return (*gradients(k, wanted, grad, x, kernel, window), grad)


class ConvolutionInputGrad(Primitive):
    """Takes the gradient at each place back to the part of x that was under the kernel.

        out[o·strides + t·dilation - before, c] = Σ_{t, f} grad[o, f] kernel[t, c, f]
        ∂L/∂grad = convolution(h, kernel)
        ∂L/∂kernel = convolution_kernel_grad(grad, h, kernel),   h = ∂L/∂out

    Shapes: grad (n, *counts, filters), kernel (*taps, channels / groups, filters)
    → out as x, of which only the shape is used.
    Raises: ValueError if shapes and parameters do not fit together.
    Source: Goodfellow et al., Deep Learning, eq. 9.13.
    """

    def forward(self, k, grad, x, kernel, **window):
        grad, kernel = k.contiguous(grad), k.contiguous(kernel)
        return k.convolution_input_grad(grad, x, kernel, **window)

    def vjp(self, k, wanted, h, out, grad, x, kernel, **window):
        h, kernel = k.contiguous(h), k.contiguous(kernel)
        of_grad = of_kernel = None
        if wanted[0]:
            of_grad = k.convolution(h, kernel, **window)
        if wanted[2]:
            grad = k.contiguous(grad)
            of_kernel = k.convolution_kernel_grad(grad, h, kernel, **window)
        return of_grad, None, of_kernel


class ConvolutionKernelGrad(Primitive):
    """Adds up for each weight what it met: x times the gradient, over all places.

        out[t, c, f] = Σ_o x[o·strides + t·dilation - before, c] grad[o, f]
        ∂L/∂grad = convolution(x, h)
        ∂L/∂x = convolution_input_grad(grad, x, h),   h = ∂L/∂out

    Shapes: grad (n, *counts, filters), x (n, *sizes, channels)
    → out as the kernel, of which only the shape is used.
    Raises: ValueError if shapes and parameters do not fit together.
    Source: Goodfellow et al., Deep Learning, eq. 9.11.
    """

    def forward(self, k, grad, x, kernel, **window):
        grad, x = k.contiguous(grad), k.contiguous(x)
        return k.convolution_kernel_grad(grad, x, kernel, **window)

    def vjp(self, k, wanted, h, out, grad, x, kernel, **window):
        h, x = k.contiguous(h), k.contiguous(x)
        of_grad = of_x = None
        if wanted[0]:
            of_grad = k.convolution(x, h, **window)
        if wanted[1]:
            grad = k.contiguous(grad)
            of_x = k.convolution_input_grad(grad, x, h, **window)
        return of_grad, of_x, None


def gradients(k, wanted, grad, x, kernel, window):
    """Returns ∂L/∂x and ∂L/∂kernel of a convolution, each if it is wanted."""
    grad, x, kernel = k.contiguous(grad), k.contiguous(x), k.contiguous(kernel)
    return (
        k.convolution_input_grad(grad, x, kernel, **window) if wanted[0] else None,
        k.convolution_kernel_grad(grad, x, kernel, **window) if wanted[1] else None,
    )


convolution = Convolution()
convolution_bias = ConvolutionBias()
convolution_bias_relu = ConvolutionBiasRelu()
convolution_input_grad = ConvolutionInputGrad()
convolution_kernel_grad = ConvolutionKernelGrad()
