"""Reshaping layers: the same numbers in another order, fewer of them, or more."""

import math
from collections.abc import Sequence
from typing import Any

from minikeras.layers.input_spec import InputSpec
from minikeras.layers.layer import Layer
from minikeras.ops import functions as ops
from minikeras.ops.arguments import (
    is_integer,
    standardize_data_format,
    standardize_tuple,
)
from minikeras.primitives.shape import contiguous
from minikeras.values.symbolic import KerasTensor
from minikeras.values.tensor import Tensor, as_float, cast
from minikeras.values.types import Shape

# How much on each side of an axis: a number for both, or one for each.
Margins = int | tuple[Any, ...]


class Reshape(Layer):
    """Gives each sample another shape; one side may be -1: what is left.

    Shapes: x (n, ...) → y (n, *target_shape).
    Raises: ValueError if the numbers of a sample do not fill the shape.

    >>> Reshape((2, -1)).compute_output_shape((None, 6))
    (None, 2, 3)
    """

    def __init__(self, target_shape: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(target_shape, (tuple, list)):
            raise TypeError(
                "Reshape takes a tuple of sizes, such as (6,); got "
                f"target_shape={target_shape!r}."
            )
        self.target_shape = tuple(target_shape)
        if not all(is_integer(n) and n >= -1 for n in self.target_shape):
            raise ValueError(
                "The sizes in `target_shape` must be integers, or -1 for what is left. "
                f"Received: target_shape={target_shape}."
            )
        if self.target_shape.count(-1) > 1:
            raise ValueError(
                "There must be at most one unknown dimension (-1) in `target_shape`. "
                f"Received: target_shape={target_shape}."
            )
        self.built = True  # there is nothing to build

    def call(self, inputs: Tensor) -> Tensor:
        sides = self.sides_for(inputs.shape[1:])
        if None in sides:  # symbolic, and not known how much is left
            return KerasTensor((inputs.shape[0], *sides), inputs.dtype)
        return ops.reshape(inputs, (inputs.shape[0], *sides))

    def sides_for(self, given: Shape) -> Shape:
        """Returns the target, with -1 replaced by what is left of samples of a shape.

        Raises: ValueError if they do not fill it.
        """
        wanted = math.prod(n for n in self.target_shape if n != -1)
        size = None if None in given else math.prod(given)  # type: ignore[arg-type]
        left = None if size is None else size // max(wanted, 1)
        sides = tuple(left if n == -1 else n for n in self.target_shape)
        if size is not None and math.prod(sides) != size:  # type: ignore[arg-type]
            raise ValueError(
                "The total size of the tensor must be unchanged. Received: "
                f"input_shape={given}, target_shape={self.target_shape}"
            )
        return sides

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "target_shape": self.target_shape}


class Permute(Layer):
    """Puts the axes behind the batch axis into another order.

    Shapes: x (n, a, b) → y (n, b, a) for dims (2, 1); axes are counted from 1.
    Raises: ValueError unless dims has each axis once.
    """

    def __init__(self, dims: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dims = tuple(dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(
                "Permute takes each axis from 1 on once, such as dims=(2, 1). Received "
                f"dims={dims}"
            )
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, inputs: Tensor) -> Tensor:
        return contiguous(ops.transpose(inputs, (0, *self.dims)))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "dims": self.dims}


class RepeatVector(Layer):
    """Makes a sequence of n equal steps from a vector.

    Shapes: x (samples, features) → y (samples, n, features).
    Raises: TypeError or ValueError unless n is a positive integer.
    """

    def __init__(self, n: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.n = positive_integer(n, "n")
        self.input_spec = InputSpec(ndim=2)

    def call(self, inputs: Tensor) -> Tensor:
        return ops.tile(ops.expand_dims(inputs, 1), (1, self.n, 1))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "n": self.n}


# --- Borders --------------------------------------------------------------------------


class ZeroPadding1D(Layer):
    """Puts zeros before and after the steps.

    Shapes: x (n, steps, features) → y (n, before + steps + after, features); features
    are axis 1 with "channels_first".
    Raises: ValueError unless padding is one number or a pair, none negative.
    """

    def __init__(
        self, padding: Margins = 1, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.padding = standardize_tuple(padding, 2, "padding", least=0)
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=3)

    def call(self, inputs: Tensor) -> Tensor:
        return padded(inputs, (self.padding,), self.data_format)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "padding": self.padding,
            "data_format": self.data_format,
        }


class ZeroPadding2D(Layer):
    """Puts zeros around images.

    `padding` is one number for all sides, (rows, columns), or ((top, bottom), (left,
    right)).

    Shapes: x (n, rows, columns, channels) → y (n, top + rows + bottom, left + columns +
    right, channels); channels are axis 1 with "channels_first".
    Raises: ValueError for any other padding, or a negative one.
    """

    dims = 2

    def __init__(
        self,
        padding: Margins = (1, 1),
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.padding = margins(padding, self.dims, "padding")
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.dims + 2)

    def call(self, inputs: Tensor) -> Tensor:
        return padded(inputs, self.padding, self.data_format)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "padding": self.padding,
            "data_format": self.data_format,
        }


class ZeroPadding3D(ZeroPadding2D):
    """Puts zeros around volumes; `padding` has three numbers or pairs.

    Shapes: x (n, a, b, c, channels) → y, as `ZeroPadding2D`.
    """

    dims = 3

    def __init__(
        self,
        padding: Margins = ((1, 1), (1, 1), (1, 1)),
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(padding, data_format, **kwargs)


class Cropping1D(Layer):
    """Leaves out the first steps and the last.

    Shapes: x (n, steps, features) → y (n, steps - first - last, features).
    Raises: ValueError unless cropping is one number or a pair, none negative, and
    leaves something.
    """

    def __init__(self, cropping: Margins = (1, 1), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.cropping = standardize_tuple(cropping, 2, "cropping", least=0)
        self.input_spec = InputSpec(ndim=3)

    def call(self, inputs: Tensor) -> Tensor:
        return cropped(inputs, (self.cropping,), "channels_last")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "cropping": self.cropping}


class Cropping2D(Layer):
    """Cuts off the borders of images.

    `cropping` is one number for all sides, (rows, columns), or ((top, bottom), (left,
    right)).

    Shapes: x (n, rows, columns, channels) → y (n, rows - top - bottom, columns - left -
    right, channels); channels are axis 1 with "channels_first".
    Raises: ValueError for any other cropping, or one that leaves nothing.
    """

    dims = 2

    def __init__(
        self,
        cropping: Margins = ((0, 0), (0, 0)),
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.cropping = margins(cropping, self.dims, "cropping")
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.dims + 2)

    def call(self, inputs: Tensor) -> Tensor:
        return cropped(inputs, self.cropping, self.data_format)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "cropping": self.cropping,
            "data_format": self.data_format,
        }


class Cropping3D(Cropping2D):
    """Cuts off the borders of volumes; `cropping` has three numbers or pairs.

    Shapes: x (n, a, b, c, channels) → y, as `Cropping2D`.
    """

    dims = 3

    def __init__(
        self,
        cropping: Margins = ((1, 1), (1, 1), (1, 1)),
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(cropping, data_format, **kwargs)


# --- Larger ---------------------------------------------------------------------------


class UpSampling1D(Layer):
    """Repeats each step `size` times.

    Shapes: x (n, steps, features) → y (n, size · steps, features).
    Raises: TypeError or ValueError unless size is a positive integer.
    """

    def __init__(self, size: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = positive_integer(size, "size")
        self.input_spec = InputSpec(ndim=3)

    def call(self, inputs: Tensor) -> Tensor:
        return ops.repeat(inputs, self.size, axis=1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": self.size}


class UpSampling2D(Layer):
    """Makes images larger by whole factors.

    "nearest" repeats each pixel.  "bilinear" puts each new pixel where it lies among
    the old ones, in both directions, and takes the average of the two beside it, each
    weighted by how near it is; beyond the border is the border.

    Shapes: x (n, rows, columns, channels) → y (n, size₀ · rows, size₁ · columns,
    channels); channels are axis 1 with "channels_first".
    Raises: ValueError unless size is one or two positive integers, or for another
    interpolation.
    """

    def __init__(
        self,
        size: int | tuple[int, int] = (2, 2),
        data_format: str | None = None,
        interpolation: str = "nearest",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.size = standardize_tuple(size, 2, "size")
        self.data_format = standardize_data_format(data_format)
        if interpolation not in ("nearest", "bilinear"):
            raise ValueError(
                "`interpolation` must be 'nearest' or 'bilinear'. Received: "
                f"interpolation={interpolation!r}"
            )
        self.interpolation = interpolation
        self.input_spec = InputSpec(ndim=4)

    def call(self, inputs: Tensor) -> Tensor:
        first = 1 if self.data_format == "channels_last" else 2
        for axis, factor in enumerate(self.size, first):
            if self.interpolation == "nearest":
                inputs = ops.repeat(inputs, factor, axis=axis)
            else:
                inputs = interpolated(as_float(inputs), factor, axis)
        return inputs

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "size": self.size,
            "data_format": self.data_format,
            "interpolation": self.interpolation,
        }


class UpSampling3D(Layer):
    """Makes volumes larger: repeats along each of three axes.

    Shapes: x (n, a, b, c, channels) → y (n, size₀ · a, size₁ · b, size₂ · c, channels);
    channels are axis 1 with "channels_first".
    Raises: ValueError unless size is one or three positive integers.
    """

    def __init__(
        self,
        size: int | tuple[int, int, int] = (2, 2, 2),
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.size = standardize_tuple(size, 3, "size")
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=5)

    def call(self, inputs: Tensor) -> Tensor:
        first = 1 if self.data_format == "channels_last" else 2
        for axis, factor in enumerate(self.size, first):
            inputs = ops.repeat(inputs, factor, axis=axis)
        return inputs

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "size": self.size,
            "data_format": self.data_format,
        }


# --- What they do it with -------------------------------------------------------------


def positive_integer(value: Any, name: str) -> int:
    """Returns an integer; refuses what is none, or not positive."""
    if not is_integer(value):
        raise TypeError(f"Expected an integer value for `{name}`, got {type(value)}.")
    if value <= 0:
        raise ValueError(
            f"Argument `{name}` should be a positive integer. Received: {name}={value}"
        )
    return int(value)


def margins(value: Any, dims: int, name: str) -> tuple[tuple[int, ...], ...]:
    """Returns a pair (before, after) for each of several axes.

    Raises: ValueError unless it is one number, or a number or a pair for each axis.
    """
    values = (value,) * dims if is_integer(value) else value
    if not isinstance(values, (tuple, list)) or len(values) != dims:
        raise ValueError(
            f"`{name}` should be an integer, or a tuple with an integer or a pair for "
            f"each of {dims} axes. Received: {name}={value!r}."
        )
    return tuple(standardize_tuple(pair, 2, name, least=0) for pair in values)


def padded(x: Tensor, pairs: tuple[tuple[int, ...], ...], data_format: str) -> Tensor:
    """Returns x with zeros before and after its places."""
    channels_last = data_format == "channels_last"
    none = ((0, 0),)
    widths = none + pairs + none if channels_last else none + none + pairs
    return ops.pad(x, widths)


def cropped(x: Tensor, pairs: tuple[tuple[int, ...], ...], data_format: str) -> Tensor:
    """Returns x without so much before and after its places.

    Raises: ValueError if nothing would be left.
    """
    first = 1 if data_format == "channels_last" else 2
    for side, (before, after) in zip(x.shape[first:], pairs, strict=False):
        if side is not None and before + after >= side:
            raise ValueError(
                f"`cropping` should leave something. Received: inputs.shape={x.shape}, "
                f"cropping={pairs}"
            )
    kept = [slice(before, -after or None) for before, after in pairs]
    # Not a view of larger images: compiled kernels want them in one piece.
    return contiguous(x[(*[slice(None)] * first, *kept)])


def interpolated(x: Tensor, factor: int, axis: int) -> Tensor:
    """Returns x with an axis `factor` times as long, on straight lines between places.

    New place i has its middle at (i + ½) / factor - ½ of the old ones.
    """
    side = x.shape[axis]
    if side is None:
        return ops.repeat(x, factor, axis=axis)  # symbolic: only the shape counts
    middles = (ops.arange(side * factor, dtype="float64") + 0.5) / factor - 0.5
    middles = ops.clip(middles, 0.0, max(side - 1, 0))
    before = ops.floor(middles)
    along = [1] * x.ndim
    along[axis] = side * factor
    share = ops.reshape(cast(middles - before, x.dtype), along)
    left = cast(before, "int32")
    right = ops.minimum(left + 1, max(side - 1, 0))
    return ops.take(x, left, axis=axis) * (1.0 - share) + (
        ops.take(x, right, axis=axis) * share
    )
