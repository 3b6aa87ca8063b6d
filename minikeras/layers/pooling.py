"""Pooling layers: the largest number or the average, of windows or of everything.

A class for each number of axes and each kind, as in Keras: what they share is in
`Pooling` and `GlobalPooling`.
"""

from typing import Any

from minikeras.layers.input_spec import InputSpec
from minikeras.layers.layer import Layer
from minikeras.ops import functions as ops
from minikeras.ops.arguments import (
    standardize_data_format,
    standardize_padding,
    standardize_tuple,
)
from minikeras.ops.pooling import PADDINGS, Function, maxima, pooled
from minikeras.primitives import pooling
from minikeras.values.tensor import Tensor, as_float

Sizes = int | tuple[int, ...]


class Pooling(Layer):
    """What the layers over windows share; a subclass says what is done with
    them.

    `strides` are how far windows are apart, `pool_size` if not given.  With padding
    "same" windows reach beyond the borders where they must; there is nothing there.

    Raises: ValueError for sizes that are no positive integers, and for inputs into
    which no window fits.
    """

    function: Function
    dims: int

    def __init__(
        self,
        pool_size: Sizes,
        strides: Sizes | None,
        padding: str,
        data_format: str | None,
        name: str | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.pool_size = standardize_tuple(pool_size, self.dims, "pool_size")
        self.strides = self.pool_size
        if strides is not None:
            self.strides = standardize_tuple(strides, self.dims, "strides")
        self.padding = standardize_padding(padding, PADDINGS)
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.dims + 2)
        self.built = True  # there is nothing to build

    def call(self, inputs: Tensor) -> Tensor:
        return pooled(
            self.function,
            inputs,
            self.pool_size,
            self.strides,
            self.padding,
            self.data_format,
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "pool_size": self.pool_size,
            "padding": self.padding,
            "strides": self.strides,
            "data_format": self.data_format,
        }


class MaxPooling(Pooling):
    """What the layers share that keep the largest number of windows."""

    function = staticmethod(maxima)


class MaxPooling1D(MaxPooling):
    """Keeps the largest of each window of steps.

    Shapes: x (n, steps, features) → y (n, ⌊(steps - pool_size) / stride⌋ + 1,
    features), or ⌈steps / stride⌉ with padding "same"; features are axis 1 with
    "channels_first".
    """

    dims = 1

    def __init__(
        self,
        pool_size: Sizes = 2,
        strides: Sizes | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)


class MaxPooling2D(MaxPooling):
    """Keeps the largest number of each window of an image, channel by channel.

    Shapes: x (n, rows, columns, channels) → y (n, ⌊(rows - size) / stride⌋ + 1, …,
    channels), or ⌈rows / stride⌉ with padding "same"; channels are axis 1 with
    "channels_first".

    >>> MaxPooling2D().compute_output_shape((None, 28, 28, 32))
    (None, 14, 14, 32)
    """

    dims = 2

    def __init__(
        self,
        pool_size: Sizes = (2, 2),
        strides: Sizes | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)


class MaxPooling3D(MaxPooling):
    """Keeps the largest number of each window of a volume, channel by channel.

    Shapes: x (n, a, b, c, channels) → y (n, a', b', c', channels), each as in
    `MaxPooling2D`.
    """

    dims = 3

    def __init__(
        self,
        pool_size: Sizes = (2, 2, 2),
        strides: Sizes | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)


class AveragePooling(Pooling):
    """What the layers that average windows share: integers become floats."""

    function = pooling.average_pool

    def call(self, inputs: Tensor) -> Tensor:
        return super().call(as_float(inputs))


class AveragePooling1D(AveragePooling):
    """Averages each window of steps; with padding "same" only over what is inside.

    Shapes: as `MaxPooling1D`.
    """

    dims = 1

    def __init__(
        self,
        pool_size: Sizes,
        strides: Sizes | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)


class AveragePooling2D(AveragePooling):
    """Averages each window of an image, channel by channel; with padding "same" only
    over what is inside.

    Shapes: as `MaxPooling2D`.
    """

    dims = 2

    def __init__(
        self,
        pool_size: Sizes,
        strides: Sizes | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)


class AveragePooling3D(AveragePooling):
    """Averages each window of a volume, channel by channel; with padding "same" only
    over what is inside.

    Shapes: as `MaxPooling3D`.
    """

    dims = 3

    def __init__(
        self,
        pool_size: Sizes,
        strides: Sizes | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)


class GlobalPooling(Layer):
    """What the layers over all places share: which axes those are."""

    dims: int

    def __init__(
        self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.data_format = standardize_data_format(data_format)
        self.keepdims = keepdims
        first = 1 if self.data_format == "channels_last" else 2
        self.axes = tuple(range(first, first + self.dims))
        self.input_spec = InputSpec(ndim=self.dims + 2)
        self.built = True  # there is nothing to build

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "data_format": self.data_format,
            "keepdims": self.keepdims,
        }


class GlobalMaxPooling(GlobalPooling):
    """What the layers that keep one number of each channel share."""

    def call(self, inputs: Tensor) -> Tensor:
        return ops.max(inputs, axis=self.axes, keepdims=self.keepdims)


class GlobalMaxPooling1D(GlobalMaxPooling):
    """Keeps the largest of all steps; equal ones share the gradient.

    Shapes: x (n, steps, features) → y (n, features), or (n, 1, features) with
    `keepdims`; features are axis 1 with "channels_first".
    """

    dims = 1


class GlobalMaxPooling2D(GlobalMaxPooling):
    """Keeps the largest number of each channel; equal ones share the gradient.

    Shapes: x (n, rows, columns, channels) → y (n, channels), or (n, 1, 1, channels)
    with `keepdims`; channels are axis 1 with "channels_first".
    """

    dims = 2


class GlobalMaxPooling3D(GlobalMaxPooling):
    """Keeps the largest number of each channel of a volume.

    Shapes: x (n, a, b, c, channels) → y (n, channels), as `GlobalMaxPooling2D`.
    """

    dims = 3


class GlobalAveragePooling(GlobalPooling):
    """What the layers that average images and volumes share."""

    def call(self, inputs: Tensor) -> Tensor:
        return ops.mean(inputs, axis=self.axes, keepdims=self.keepdims)


class GlobalAveragePooling2D(GlobalAveragePooling):
    """Averages each channel over the image.

    Shapes: x (n, rows, columns, channels) → y (n, channels), or (n, 1, 1, channels)
    with `keepdims`; channels are axis 1 with "channels_first".
    """

    dims = 2


class GlobalAveragePooling3D(GlobalAveragePooling):
    """Averages each channel over the volume.

    Shapes: x (n, a, b, c, channels) → y (n, channels), as `GlobalAveragePooling2D`.
    """

    dims = 3


class GlobalAveragePooling1D(GlobalPooling):
    """Averages over all steps, or over those that the mask has.

        y_nf = Σ_t m_nt x_ntf / Σ_t m_nt

    A sample whose mask has no step at all gets nan.

    Shapes: x (n, steps, features), mask (n, steps) → y (n, features), or (n, 1,
    features) with `keepdims`; features are axis 1 with "channels_first".
    """

    dims = 1

    def __init__(
        self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(data_format, keepdims, **kwargs)
        self.supports_masking = True

    def call(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        if mask is None:
            return ops.mean(inputs, axis=self.axes, keepdims=self.keepdims)
        inputs = as_float(inputs)
        features = 3 - self.axes[0]
        weights = ops.expand_dims(ops.cast(mask, inputs.dtype), features)
        total = ops.sum(
            ops.multiply(inputs, weights), axis=self.axes, keepdims=self.keepdims
        )
        count = ops.sum(weights, axis=self.axes, keepdims=self.keepdims)
        return ops.divide(total, count)

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """Returns None: there are no steps any more."""
        return None


# Keras has short names too.
AvgPool1D = AveragePooling1D
AvgPool2D = AveragePooling2D
AvgPool3D = AveragePooling3D
GlobalAvgPool1D = GlobalAveragePooling1D
GlobalAvgPool2D = GlobalAveragePooling2D
GlobalAvgPool3D = GlobalAveragePooling3D
GlobalMaxPool1D = GlobalMaxPooling1D
GlobalMaxPool2D = GlobalMaxPooling2D
GlobalMaxPool3D = GlobalMaxPooling3D
MaxPool1D = MaxPooling1D
MaxPool2D = MaxPooling2D
MaxPool3D = MaxPooling3D
