"""What elementwise operations of several inputs have in common: these broadcast."""

from minikeras.autograd.primitive import Primitive
from minikeras.kernels.shapes.shape_dtype import broadcast_shapes


class Broadcasting(Primitive):
    """An operation whose inputs are repeated along axes of size 1 to one shape."""

    def explain(self, *inputs):
        """Says which shapes do not broadcast, if it is that."""
        shapes = [x.shape for x in inputs if hasattr(x, "shape")]
        try:
            broadcast_shapes(*shapes)
        except ValueError:
            raise ValueError(
                f"{self} needs shapes that broadcast; got "
                f"{' and '.join(map(str, shapes))}. Aligned at the right, sizes must "
                "be equal or one of them 1. Reshape or transpose one of them?"
            ) from None
