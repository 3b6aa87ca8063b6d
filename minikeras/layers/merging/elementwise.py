"""Merging layers that combine tensors element by element."""

from collections.abc import Sequence
from typing import Any

from minikeras.kernels.shapes.shape_dtype import broadcast_shapes
from minikeras.layers.layer import Layer
from minikeras.layers.masks import mask_of
from minikeras.layers.merging.lists import (
    Inputs,
    check_list,
    check_masks,
    check_two,
)
from minikeras.ops import functions as ops
from minikeras.ops import logical_or
from minikeras.values.tensor import Tensor
from minikeras.values.types import Shape


class Merge(Layer):
    """What the layers share that combine tensors element by element.

    Inputs with fewer axes than others get axes of size 1 behind the batch axis; then
    all broadcast.  A mask comes out if all inputs have one: the union.

    Raises: ValueError for anything but a list of inputs that broadcast, all with the
    same number of samples.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape: list[Shape]) -> None:
        check_list(type(self).__name__, input_shape, 1)
        sizes = {shape[0] for shape in input_shape if shape} - {None}
        if len(sizes) > 1:
            raise ValueError(
                "Cannot merge tensors with different batch sizes. Received tensors "
                f"with shapes {input_shape}"
            )
        ndim = max(map(len, input_shape))
        broadcast_shapes(*(with_axes(shape, ndim) for shape in input_shape))

    def call(self, inputs: Inputs) -> Tensor:
        return self.merge(aligned(inputs))

    def merge(self, inputs: Inputs) -> Tensor:
        """Combines tensors that have equally many axes."""
        raise NotImplementedError(f"{type(self).__name__} defines no merge(inputs).")

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        check_masks(inputs, mask)
        if mask is None or any(part is None for part in mask):
            return None
        union, *others = mask
        for other in others:
            union = logical_or(union, other)
        return union


class Add(Merge):
    """Adds tensors up.

    Shapes: [x (n, ...), …] → y (n, ...), broadcast.

    >>> Add().compute_output_shape([(None, 4), (None, 4)])
    (None, 4)
    """

    def merge(self, inputs: Inputs) -> Tensor:
        total, *others = inputs
        for x in others:
            total = ops.add(total, x)
        return total


class Subtract(Merge):
    """Subtracts the second of two tensors from the first.

    Shapes: [x (n, ...), y (n, ...)] → x - y (n, ...), broadcast.
    Raises: ValueError unless there are two.
    """

    def build(self, input_shape: list[Shape]) -> None:
        super().build(input_shape)
        check_two("Subtract", input_shape)

    def merge(self, inputs: Inputs) -> Tensor:
        x, y = inputs
        return ops.subtract(x, y)


class Multiply(Merge):
    """Multiplies tensors element by element.

    What is masked counts as 1; where all are masked, the result is 0.

    Shapes: [x (n, ...), …] → y (n, ...), broadcast.
    """

    def call(self, inputs: Inputs) -> Tensor:
        masks = aligned_masks(inputs)
        product = self.merge(
            [
                x if mask is None else ops.where(mask, x, 1)
                for x, mask in zip(aligned(inputs), masks, strict=True)
            ]
        )
        there = union(masks)
        return product if there is None else ops.where(there, product, 0)

    def merge(self, inputs: Inputs) -> Tensor:
        product, *others = inputs
        for x in others:
            product = ops.multiply(product, x)
        return product


class Average(Merge):
    """Averages tensors element by element; integers become floats.

    Shapes: [x (n, ...), …] → y (n, ...), broadcast.
    """

    def merge(self, inputs: Inputs) -> Tensor:
        total, *others = inputs
        for x in others:
            total = ops.add(total, x)
        return ops.divide(total, len(inputs))


class Choice(Merge):
    """What `Maximum` and `Minimum` share: one of the elements is kept."""

    def call(self, inputs: Inputs) -> Tensor:
        masks = aligned_masks(inputs)
        kept, *others = aligned(inputs)
        there = masks[0]  # where something is kept; None: everywhere
        for x, mask in zip(others, masks[1:], strict=True):
            other = x if mask is None else ops.where(mask, x, kept)
            if there is not None:
                kept = ops.where(there, kept, other)
            kept = self.better(kept, other)
            there = union([there, mask])
        return kept

    def better(self, x: Tensor, y: Tensor) -> Tensor:
        """Returns the elements to keep of two tensors."""
        raise NotImplementedError(f"{type(self).__name__} defines no better(x, y).")


class Maximum(Choice):
    """Keeps the largest of each element; two equal ones share the gradient.

    What is masked is left out; where all are masked, the first is kept.

    Shapes: [x (n, ...), …] → y (n, ...), broadcast.
    """

    def better(self, x: Tensor, y: Tensor) -> Tensor:
        return ops.maximum(x, y)


class Minimum(Choice):
    """Keeps the smallest of each element; two equal ones share the gradient.

    What is masked is left out; where all are masked, the first is kept.

    Shapes: [x (n, ...), …] → y (n, ...), broadcast.
    """

    def better(self, x: Tensor, y: Tensor) -> Tensor:
        return ops.minimum(x, y)


def aligned(inputs: Inputs) -> list[Tensor]:
    """Returns tensors with as many axes as the one that has most.

    Axes of size 1 are put behind the batch axis.
    """
    ndim = max(x.ndim for x in inputs)
    result = []
    for x in inputs:
        missing = tuple(range(1, 1 + ndim - x.ndim))
        result.append(ops.expand_dims(x, missing) if missing else x)
    return result


def aligned_masks(inputs: Inputs) -> list[Tensor | None]:
    """Returns the masks that tensors carry, with axes as `aligned` gives these."""
    ndim = max(x.ndim for x in inputs)
    masks = []
    for x in inputs:
        mask = mask_of(x)
        if mask is not None:
            mask = ops.expand_dims(mask, tuple(range(mask.ndim, x.ndim)))
            mask = ops.expand_dims(mask, tuple(range(1, 1 + ndim - x.ndim)))
        masks.append(mask)
    return masks


def union(masks: Sequence[Tensor | None]) -> Tensor | None:
    """Returns where some mask is true; None if one is not there: then it is all true.

    >>> union([Tensor([True, False]), Tensor([True, True])])
    Tensor([ True  True], dtype=bool)
    """
    result, *others = masks
    for other in others:
        if result is None or other is None:
            return None
        result = ops.logical_or(result, other)
    return result


def with_axes(shape: Shape, ndim: int) -> Shape:
    """Returns a shape with axes of size 1 put behind the batch axis."""
    return (*shape[:1], *[1] * (ndim - len(shape)), *shape[1:])
