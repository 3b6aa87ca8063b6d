"""Merging layers: several tensors become one.

Each takes a list of tensors, and has a function beside it: `add([a, b])` is
`Add()([a, b])`.
"""

from collections.abc import Sequence
from typing import Any

from minikeras.kernels.shapes.shape_dtype import broadcast_shapes
from minikeras.layers.layer import Layer
from minikeras.layers.masks import mask_of
from minikeras.ops import functions as ops
from minikeras.ops import logical_or
from minikeras.values.tensor import Tensor
from minikeras.values.types import Shape

# What a merging layer takes: Tensors, also symbolic ones.
Inputs = Sequence[Tensor]

LETTERS = "abcdefghijklmnopqrstuvwxyz"


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
                    f"for the concatenation axis. Received: input_shape={input_shape}"
                )

    def call(self, inputs: Inputs) -> Tensor:
        return ops.concatenate(inputs, axis=self.axis)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        check_masks(inputs, mask)
        if mask is None or all(part is None for part in mask):
            return None
        masks = [as_large_as(x, part) for x, part in zip(inputs, mask, strict=True)]
        return ops.any(ops.concatenate(masks, axis=self.axis), axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}


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


# --- The same as functions ------------------------------------------------------------


def add(inputs: Inputs, **kwargs: Any) -> Tensor:
    """Adds tensors up, as `Add` does."""
    return Add(**kwargs)(inputs)


def subtract(inputs: Inputs, **kwargs: Any) -> Tensor:
    """Subtracts the second of two tensors from the first, as `Subtract` does."""
    return Subtract(**kwargs)(inputs)


def multiply(inputs: Inputs, **kwargs: Any) -> Tensor:
    """Multiplies tensors element by element, as `Multiply` does."""
    return Multiply(**kwargs)(inputs)


def average(inputs: Inputs, **kwargs: Any) -> Tensor:
    """Averages tensors element by element, as `Average` does."""
    return Average(**kwargs)(inputs)


def maximum(inputs: Inputs, **kwargs: Any) -> Tensor:
    """Keeps the largest of each element, as `Maximum` does."""
    return Maximum(**kwargs)(inputs)


def minimum(inputs: Inputs, **kwargs: Any) -> Tensor:
    """Keeps the smallest of each element, as `Minimum` does."""
    return Minimum(**kwargs)(inputs)


def concatenate(inputs: Inputs, axis: int = -1, **kwargs: Any) -> Tensor:
    """Puts tensors one after the other along an axis, as `Concatenate` does."""
    return Concatenate(axis=axis, **kwargs)(inputs)


def dot(
    inputs: Inputs, axes: int | tuple[int, int] | list[int] = -1, **kwargs: Any
) -> Tensor:
    """Multiplies two tensors and sums over one axis of each, as `Dot` does."""
    return Dot(axes=axes, **kwargs)(inputs)


# --- What they are given --------------------------------------------------------------


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


def as_large_as(x: Tensor, mask: Tensor | None) -> Tensor:
    """Returns a mask in the shape of its input; all true if there is none."""
    there = ops.ones_like(x, dtype="bool")
    if mask is None:
        return there
    missing = tuple(range(ops.ndim(mask), x.ndim))
    return ops.logical_and(ops.expand_dims(mask, missing) if missing else mask, there)


def agree(first: Shape, second: Shape, axis: int) -> bool:
    """Whether two shapes agree, as far as they are known, on all axes but one."""
    ndim = len(first)
    return len(second) == ndim and all(
        n == m or None in (n, m) or i == axis % ndim
        for i, (n, m) in enumerate(zip(first, second, strict=True))
    )


def check_list(name: str, shapes: Any, least: int) -> None:
    """Refuses anything but the shapes of a list of tensors."""
    if (
        not isinstance(shapes, (list, tuple))
        or len(shapes) < least
        or not all(isinstance(shape, (list, tuple)) for shape in shapes)
    ):
        raise ValueError(
            f"{name} should be called on a list of at least {least} "
            f"input{'s' * (least > 1)}. Received: input_shape={shapes}"
        )


def check_two(name: str, shapes: list[Shape]) -> None:
    """Refuses another number of inputs than two."""
    if len(shapes) != 2:
        raise ValueError(
            f"{name} should be called on exactly 2 inputs. Received: "
            f"input_shape={shapes}"
        )


def check_masks(inputs: Any, mask: Any) -> None:
    """Refuses masks that are not a list, one for each input."""
    if mask is None:
        return
    if not isinstance(mask, (list, tuple)):
        raise ValueError(f"`mask` should be a list. Received: mask={mask!r}")
    if not isinstance(inputs, (list, tuple)) or len(inputs) != len(mask):
        raise ValueError(
            "`inputs` should be a list with as many tensors as there are masks. "
            f"Received {len(mask)} masks and inputs={inputs!r}"
        )
