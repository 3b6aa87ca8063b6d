"""Convolution layers, over sequences, images and volumes.

A class for each number of axes, as in Keras: what they share is in `Convolution`.
"""

from collections.abc import Callable
from typing import Any

from minikeras import activations, constraints, initializers, regularizers
from minikeras.layers.input_spec import InputSpec
from minikeras.layers.layer import Layer
from minikeras.ops.arguments import (
    is_integer,
    standardize_data_format,
    standardize_padding,
    standardize_tuple,
)
from minikeras.ops.convolution import convolve
from minikeras.primitives.convolution import (
    convolution,
    convolution_bias,
    convolution_bias_relu,
)
from minikeras.values.symbolic import KerasTensor
from minikeras.values.tensor import Tensor, cast
from minikeras.values.types import Identifier, Shape

Sizes = int | tuple[int, ...]


class Convolution(Layer):
    """What the convolution layers share; a subclass says over how many axes.

        y[o, f] = activation(Σ_{t, c} x[o·strides + t·dilation, c] kernel[t, c, f]
                             + bias[f])

    With padding "same" there is an output for every `strides`-th input, and the kernel
    goes over the borders, where there is nothing.  `groups` divides the channels, and
    the filters: each filter sees the channels of its group only.

    Raises: ValueError for arguments out of range, and for inputs that the kernel does
    not fit into or that have other channels than at first.
    """

    dims: int
    paddings: tuple[str, ...] = ("valid", "same")

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        groups: int = 1,
        activation: Identifier | None = None,
        use_bias: bool = True,
        kernel_initializer: Identifier = "glorot_uniform",
        bias_initializer: Identifier = "zeros",
        kernel_regularizer: Identifier | None = None,
        bias_regularizer: Identifier | None = None,
        activity_regularizer: Identifier | None = None,
        kernel_constraint: Identifier | None = None,
        bias_constraint: Identifier | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.filters = positive(filters, "filters")
        self.kernel_size = standardize_tuple(kernel_size, self.dims, "kernel_size")
        self.strides = standardize_tuple(strides, self.dims, "strides")
        self.padding = standardize_padding(padding, self.paddings)
        self.data_format = standardize_data_format(data_format)
        self.dilation_rate = standardize_tuple(
            dilation_rate, self.dims, "dilation_rate"
        )
        self.groups = positive(groups, "groups")
        if self.filters % self.groups:
            raise ValueError(
                "The number of filters must be a multiple of the number of groups. "
                f"Received: groups={groups}, filters={filters}"
            )
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                "A convolution layer has either strides or a dilation. Received: "
                f"strides={self.strides}, dilation_rate={self.dilation_rate}"
            )
        self.activation: Callable[..., Any] | None = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.channel_axis = 1 if self.data_format == "channels_first" else -1
        self.input_spec = InputSpec(ndim=self.dims + 2)

    def build(self, input_shape: Shape) -> None:
        self.check(input_shape)
        channels = input_shape[self.channel_axis]
        if channels is None:
            raise ValueError(
                f'{type(self).__name__} "{self.name}" needs to know the number of '
                f"channels of its input; got shape {input_shape}."
            )
        if channels % self.groups:
            raise ValueError(
                "The number of input channels must be a multiple of the number of "
                f"groups. Received groups={self.groups}, and {channels} channels in "
                f"an input of shape {input_shape}."
            )
        self.compute_output_shape(input_shape)  # refuses what no window fits into
        self.kernel = self.add_weight(
            (*self.kernel_size, channels // self.groups, self.filters),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                (self.filters,),
                self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )
        self.input_spec = InputSpec(
            ndim=self.dims + 2, axes={self.channel_axis: channels}
        )

    def call(self, inputs: Tensor) -> Tensor:
        if inputs.dtype != self.compute_dtype:  # integers, such as images of bytes
            inputs = cast(inputs, self.compute_dtype)
        if self.bias is None:
            outputs = self.over(convolution, inputs, self.kernel)
            return outputs if self.activation is None else self.activation(outputs)
        if self.activation is activations.relu:  # in one pass over the results
            return self.over(convolution_bias_relu, inputs, self.kernel, self.bias)
        outputs = self.over(convolution_bias, inputs, self.kernel, self.bias)
        return outputs if self.activation is None else self.activation(outputs)

    def over(self, primitive: Any, *operands: Tensor) -> Tensor:
        """Applies a convolution in the way that this layer is told to."""
        return convolve(
            primitive,
            operands,
            strides=self.strides,
            padding=self.padding,
            data_format=self.data_format,
            dilation=self.dilation_rate,
        )

    def check(self, input_shape: Shape) -> None:
        """Refuses inputs with other axes or channels than this layer takes."""
        if self.input_spec is not None:
            self.input_spec.check(input_shape, self.name)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the shape of the output, without building the layer.

        >>> Conv1D(4, 3, strides=2, padding="same").compute_output_shape((None, 9, 3))
        (None, 5, 4)
        """
        self.check(input_shape)
        channels = input_shape[self.channel_axis]
        per_group = None if channels is None else max(1, channels // self.groups)
        kernel = KerasTensor(
            (*self.kernel_size, per_group, self.filters), self.compute_dtype
        )
        inputs = KerasTensor(input_shape, self.compute_dtype)
        return self.over(convolution, inputs, kernel).shape

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            "data_format": self.data_format,
            "dilation_rate": self.dilation_rate,
            "groups": self.groups,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": initializers.serialize(self.kernel_initializer),
            "bias_initializer": initializers.serialize(self.bias_initializer),
            "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
            "bias_regularizer": regularizers.serialize(self.bias_regularizer),
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
            "kernel_constraint": constraints.serialize(self.kernel_constraint),
            "bias_constraint": constraints.serialize(self.bias_constraint),
        }


class Conv1D(Convolution):
    """Slides filters over sequences.

    Padding may also be "causal": then an output sees no step after its own.

    Shapes: x (n, steps, channels) → y (n, steps', filters), steps' = ⌊(steps - reach) /
    stride⌋ + 1 with reach = (kernel_size - 1) · dilation + 1, or ⌈steps / stride⌉ with
    padding "same" or "causal"; channels are axis 1 with "channels_first".  kernel
    (kernel_size, channels / groups, filters), bias (filters,).
    Source: Keras, `keras.layers.Conv1D`.
    """

    dims = 1
    paddings = ("valid", "same", "causal")


class Conv2D(Convolution):
    """Slides filters over images.

    Shapes: x (n, rows, columns, channels) → y (n, rows', columns', filters), rows' =
    ⌊(rows - reach) / stride⌋ + 1 with reach = (kernel_size - 1) · dilation + 1, or
    ⌈rows / stride⌉ with padding "same"; channels are axis 1 with "channels_first".
    kernel (*kernel_size, channels / groups, filters), bias (filters,).
    Source: Keras, `keras.layers.Conv2D`.

    >>> Conv2D(8, 3).compute_output_shape((None, 28, 28, 1))
    (None, 26, 26, 8)
    """

    dims = 2

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = (1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Sizes = (1, 1),
        groups: int = 1,
        activation: Identifier | None = None,
        use_bias: bool = True,
        kernel_initializer: Identifier = "glorot_uniform",
        bias_initializer: Identifier = "zeros",
        kernel_regularizer: Identifier | None = None,
        bias_regularizer: Identifier | None = None,
        activity_regularizer: Identifier | None = None,
        kernel_constraint: Identifier | None = None,
        bias_constraint: Identifier | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            filters,
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            groups,
            activation,
            use_bias,
            kernel_initializer,
            bias_initializer,
            kernel_regularizer,
            bias_regularizer,
            activity_regularizer,
            kernel_constraint,
            bias_constraint,
            **kwargs,
        )


class Conv3D(Convolution):
    """Slides filters over volumes.

    Shapes: x (n, a, b, c, channels) → y (n, a', b', c', filters), each as for Conv2D;
    channels are axis 1 with "channels_first".  kernel (*kernel_size, channels / groups,
    filters), bias (filters,).
    Source: Keras, `keras.layers.Conv3D`.
    """

    dims = 3

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = (1, 1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Sizes = (1, 1, 1),
        groups: int = 1,
        activation: Identifier | None = None,
        use_bias: bool = True,
        kernel_initializer: Identifier = "glorot_uniform",
        bias_initializer: Identifier = "zeros",
        kernel_regularizer: Identifier | None = None,
        bias_regularizer: Identifier | None = None,
        activity_regularizer: Identifier | None = None,
        kernel_constraint: Identifier | None = None,
        bias_constraint: Identifier | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            filters,
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            groups,
            activation,
            use_bias,
            kernel_initializer,
            bias_initializer,
            kernel_regularizer,
            bias_regularizer,
            activity_regularizer,
            kernel_constraint,
            bias_constraint,
            **kwargs,
        )


def positive(value: Any, name: str) -> int:
    """Returns a positive integer.

    Raises: ValueError for anything else.
    """
    if not is_integer(value) or value < 1:
        raise ValueError(
            f"The `{name}` of a convolution must be a positive integer. Received: "
            f"{name}={value!r}"
        )
    return int(value)


Convolution1D = Conv1D
Convolution2D = Conv2D
Convolution3D = Conv3D
