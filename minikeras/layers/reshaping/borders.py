"""Layers that put zeros around what they are given, or cut off its borders."""

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
from minikeras.values.tensor import Tensor

# How much on each side of an axis: a number for both, or one for each.
Margins = int | tuple[Any, ...]


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
