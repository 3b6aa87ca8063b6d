"""Concatenate: tensors one after the other."""

from typing import Any

from minikeras import ops
from minikeras.layers.layer import Layer
from minikeras.layers.merging.lists import Inputs, check_list, check_masks
from minikeras.ops.functions import concatenate
from minikeras.values.tensor import Tensor
from minikeras.values.types import Shape


class Concatenate(Layer):
    """Puts tensors one after the other along an axis.

    Masks are put together alike; an input without one counts as all there.  Along the
    last axis, which a mask does not have, a step is there if it is in some input.

    Shapes: [x (n, a, c), y (n, b, c)] → (n, a + b, c) for axis=1.
    Raises: ValueError for anything but a list of inputs whose shapes agree on all other
    axes.
    """

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis
        self.supports_masking = True

    def build(self, input_shape: list[Shape]) -> None:
        check_list("Concatenate", input_shape, 1)
        ndim = len(input_shape[0])
        if not -ndim <= self.axis < ndim:
            raise ValueError(
                f"Concatenate(axis={self.axis}) needs inputs that have this axis; got "
                f"shapes {input_shape}."
            )
        for shape in input_shape[1:]:
            if not agree(input_shape[0], shape, self.axis):
                raise ValueError(
                    "A `Concatenate` layer requires inputs with matching shapes except "
                    f"for the concatenation axis. Received: input_shape={input_shape}, "
                    f"axis={self.axis}. Join them along the axis in which they differ?"
                )

    def call(self, inputs: Inputs) -> Tensor:
        return concatenate(inputs, axis=self.axis)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        check_masks(inputs, mask)
        if mask is None or all(part is None for part in mask):
            return None
        # Public operations: in a graph the mask is a part of it.
        masks = [as_large_as(x, part) for x, part in zip(inputs, mask, strict=True)]
        return ops.any(ops.concatenate(masks, axis=self.axis), axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}


def as_large_as(x: Tensor, mask: Tensor | None) -> Tensor:
    """Returns a mask in the shape of its input; all true if there is none."""
    if mask is None:
        return ops.ones_like(x, dtype="bool")
    missing = tuple(range(ops.ndim(mask), x.ndim))
    if not missing:
        return mask
    nowhere = ops.zeros_like(x, dtype="bool")
    return ops.logical_or(ops.expand_dims(mask, missing), nowhere)


def agree(first: Shape, second: Shape, axis: int) -> bool:
    """Whether two shapes agree, as far as they are known, on all axes but one."""
    ndim = len(first)
    return len(second) == ndim and all(
        n == m or None in (n, m) or i == axis % ndim
        for i, (n, m) in enumerate(zip(first, second, strict=True))
    )
