"""Products of matrices, and of stacks of them."""

import math

from minikeras.autograd.primitive import Primitive


class Matmul(Primitive):
    """Multiplies matrices; axes before the last two broadcast.

        out_ij = Σ_l x_il y_lj
        ∂L/∂x = g yᵀ,   ∂L/∂y = xᵀ g,   g = ∂L/∂out

    Shapes: x (..., n, m), y (..., m, p) → out (..., n, p).
    Raises: ValueError if x or y has no two axes, or if the sizes m differ.
    Source: Goodfellow et al., Deep Learning, section 6.5.6.
    """

    def forward(self, k, x, y):
        check_matrices(x.shape, y.shape)
        return k.matmul(x, y)

    def vjp(self, k, wanted, grad, out, x, y):
        return gradients(k, wanted, grad, x, y)


class MatmulBias(Primitive):
    """Multiplies matrices and adds a row in one pass, with the bits of two.

        out = matmul(x, y) + bias
        ∂L/∂bias = g, which the engine sums over all rows,   g = ∂L/∂out

    Shapes: x (..., n, m), y (..., m, p), bias (p,) → out (..., n, p).
    Raises: ValueError if the shapes do not fit together.
    """

    def forward(self, k, x, y, bias):
        check_matrices(x.shape, y.shape)
        return k.matmul_bias(x, y, k.contiguous(bias))

    def vjp(self, k, wanted, grad, out, x, y, bias):
        return (*gradients(k, wanted, grad, x, y), grad)


class MatmulBiasRelu(Primitive):
    """Multiplies matrices, adds a row and cuts off what is negative, in one pass.

        out = max(matmul(x, y) + bias, 0)
        ∂L/∂bias = g where out > 0, else 0,   g = ∂L/∂out

    Shapes: x (..., n, m), y (..., m, p), bias (p,) → out (..., n, p).
    Raises: ValueError if the shapes do not fit together.
    """

    def forward(self, k, x, y, bias):
        check_matrices(x.shape, y.shape)
        return k.matmul_bias_relu(x, y, k.contiguous(bias))

    def vjp(self, k, wanted, grad, out, x, y, bias):
        grad = k.relu_grad(grad, out)
        return (*gradients(k, wanted, grad, x, y), grad)


def gradients(k, wanted, grad, x, y):
    """Returns ∂L/∂x = g yᵀ and ∂L/∂y = xᵀ g, each if it is wanted.

    A stack of matrices that all meet the same y is multiplied as the one tall matrix
    that it is: xᵀ g then adds up over the stack, and makes no stack of gradients.
    """
    x_grad = k.matmul(grad, k.swap_last(y)) if wanted[0] else None
    if wanted[1] and len(y.shape) == 2 < len(x.shape):
        x, grad = tall(k, x), tall(k, grad)
    return x_grad, k.matmul(k.swap_last(x), grad) if wanted[1] else None


def tall(k, x):
    """Lays the matrices of a stack below each other: (..., n, m) → (… · n, m)."""
    rows = math.prod(x.shape[:-1])
    return k.reshape(k.contiguous(x), shape=(rows, x.shape[-1]))


def check_matrices(x, y):
    """Refuses shapes that cannot be multiplied; None stands for any size."""
    if len(x) < 2 or len(y) < 2:
        raise ValueError(
            f"matmul needs x and y with at least two axes; got {x} @ {y}. "
            "Add an axis of size 1 to a vector."
        )
    if x[-1] != y[-2] and x[-1] is not None and y[-2] is not None:
        raise ValueError(
            "matmul needs the last axis of x to equal the second-last of y; got "
            f"{x} @ {y}. Transpose one of them?"
        )


matmul = Matmul()
matmul_bias = MatmulBias()
matmul_bias_relu = MatmulBiasRelu()
