"""Dot: two tensors multiplied, and summed over an axis of each."""

from typing import Any

from minikeras.layers.layer import Layer
from minikeras.layers.merging.lists import Inputs, check_list, check_two
from minikeras.ops import functions as ops
from minikeras.values.tensor import Tensor
from minikeras.values.types import Shape

LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Dot(Layer):
    """Multiplies two tensors, sample by sample, and sums over one axis of each.

        y_nij = Σ_k x_nik z_nkj,   for axes (2, 1)

    With `normalize` both are scaled to length 1 along that axis first: then the sum is
    the cosine of their angle.

    Shapes: [x (n, i, k), z (n, k, j)] → y (n, i, j); what has no other axes gives
    (n, 1).  axes: one for both, or a pair; the batch axis 0 is not allowed.
    Raises: ValueError unless there are two inputs, whose axes are equally long.
    """

    def __init__(
        self,
        axes: int | tuple[int, int] | list[int],
        normalize: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not isinstance(axes, (int, tuple, list)):
            raise TypeError(f"Dot takes an axis or a pair of them; got axes={axes!r}.")
        if not isinstance(axes, int) and (
            len(axes) != 2 or not all(isinstance(axis, int) for axis in axes)
        ):
            raise ValueError(f"Dot takes an axis or a pair of them; got axes={axes!r}.")
        self.axes = axes
        self.normalize = normalize
        self.supports_masking = True

    def build(self, input_shape: list[Shape]) -> None:
        check_list("Dot", input_shape, 2)
        check_two("Dot", input_shape)
        first, second = input_shape
        i, j = self.axes_of(first, second)
        if first[i] != second[j] and None not in (first[i], second[j]):
            raise ValueError(
                f"Dot needs axes of one size; got {first[i]} (axis {i} of {first}) and "
                f"{second[j]} (axis {j} of {second})."
            )

    def axes_of(self, first: Shape, second: Shape) -> tuple[int, int]:
        """Returns the axes to sum over, counted from the front.

        Raises: ValueError for one that is not there, or is that of the batch.
        """
        pair = (self.axes, self.axes) if isinstance(self.axes, int) else self.axes
        found = []
        for axis, shape in zip(pair, (first, second), strict=True):
            place = axis + len(shape) if axis < 0 else axis
            if not 1 <= place < len(shape):
                raise ValueError(
                    f"Dot sums over an axis from 1 on; got axis {axis} for an input of "
                    f"shape {shape}."
                )
            found.append(place)
        return found[0], found[1]

    def call(self, inputs: Inputs) -> Tensor:
        x, y = inputs
        i, j = self.axes_of(x.shape, y.shape)
        if self.normalize:
            x, y = ops.normalize(x, axis=i), ops.normalize(y, axis=j)
        of_x = list(LETTERS[: x.ndim])
        of_y = [of_x[0], *LETTERS[x.ndim : x.ndim + y.ndim - 1]]
        of_y[j] = of_x[i]
        of_result = [of_x[0], *(a for a in of_x[1:] + of_y[1:] if a != of_x[i])]
        texts = map("".join, (of_x, of_y, of_result))
        result = ops.einsum("{},{}->{}".format(*texts), x, y)
        return ops.expand_dims(result, 1) if result.ndim == 1 else result

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """Returns None: the result has other axes."""
        return None

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "axes": self.axes,
            "normalize": self.normalize,
        }
