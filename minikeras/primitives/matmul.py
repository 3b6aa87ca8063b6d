"""Products of matrices, and of stacks of them."""

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
        return (
            k.matmul(grad, k.swap_last(y)) if wanted[0] else None,
            k.matmul(k.swap_last(x), grad) if wanted[1] else None,
        )


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
