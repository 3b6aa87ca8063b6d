"""Elementwise arithmetic: rules that act on each number by itself."""

from minikeras.autograd.primitive import Primitive


class Multiply(Primitive):
    """Multiplies two arrays, broadcasting.

        out = x · y
        ∂L/∂x = g · y,   ∂L/∂y = g · x,   g = ∂L/∂out

    Shapes: x and y broadcast to the shape of out.
    """

    def forward(self, k, x, y):
        return k.multiply(x, y)

    def vjp(self, k, wanted, grad, out, x, y):
        return (
            k.multiply(grad, y) if wanted[0] else None,
            k.multiply(grad, x) if wanted[1] else None,
        )


multiply = Multiply()
