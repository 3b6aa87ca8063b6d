"""Layers that make sequences, images and volumes larger by whole factors."""

from typing import Any

from minikeras.layers.input_spec import InputSpec
from minikeras.layers.layer import Layer
from minikeras.layers.reshaping.samples import positive_integer
from minikeras.ops import functions as ops
from minikeras.ops.arguments import standardize_data_format, standardize_tuple
from minikeras.values.tensor import Tensor, as_float, cast


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
