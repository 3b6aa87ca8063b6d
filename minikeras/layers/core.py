"""The layers that most models are made of: Dense, and those around it."""

from collections.abc import Callable, Iterable
from typing import Any

from minikeras import activations, constraints, initializers, regularizers
from minikeras.layers.input_spec import InputSpec
from minikeras.layers.layer import Layer
from minikeras.layers.quantization import without_quantization
from minikeras.ops import functions as ops
from minikeras.ops.arguments import standardize_data_format
from minikeras.primitives.elementwise import add, multiply
from minikeras.primitives.matmul import matmul
from minikeras.random import SeedGenerator
from minikeras.values.symbolic import KerasTensor
from minikeras.values.tensor import Tensor, cast
from minikeras.values.types import Identifier, Shape, ShapeLike


class Dense(Layer):
    """Every output is a weighted sum of all inputs.

        y = activation(x · kernel + bias)

    Shapes: x (..., inputs) → y (..., units); kernel (inputs, units), bias (units,).
    Raises: ValueError if units is no positive integer, or x has another width than at
    first.
    Source: Keras, `keras.layers.Dense`.
    """

    def __init__(
        self,
        units: int,
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
        kwargs = without_quantization(kwargs, "Dense")
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        if not isinstance(units, int) or units <= 0:
            raise ValueError(
                "Received an invalid value for `units`, expected a positive integer. "
                f"Received: units={units!r}"
            )
        self.units = units
        self.activation: Callable[..., Any] | None = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.input_spec = InputSpec(min_ndim=2)
        self.supports_masking = True

    def build(self, input_shape: Shape) -> None:
        inputs = input_shape[-1]
        if inputs is None:
            raise ValueError(
                f'Dense "{self.name}" needs to know the size of the last axis of its '
                f"input; got shape {input_shape}. Give Input a shape without None "
                "there; what Flatten takes together has to be known, too."
            )
        self.kernel = self.add_weight(
            (inputs, self.units),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                (self.units,),
                self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )
        self.input_spec = InputSpec(min_ndim=2, axes={-1: inputs})

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape[:-1], self.units)

    def call(self, inputs: Tensor) -> Tensor:
        if inputs.dtype != self.compute_dtype:  # integers, such as images of bytes
            inputs = cast(inputs, self.compute_dtype)
        outputs = matmul(inputs, self.kernel)
        if self.bias is not None:
            outputs = add(outputs, self.bias)
        return outputs if self.activation is None else self.activation(outputs)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "units": self.units,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": initializers.serialize(self.kernel_initializer),
            "bias_initializer": initializers.serialize(self.bias_initializer),
            "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
            "bias_regularizer": regularizers.serialize(self.bias_regularizer),
            "kernel_constraint": constraints.serialize(self.kernel_constraint),
            "bias_constraint": constraints.serialize(self.bias_constraint),
            "quantization_config": None,
        }


class Activation(Layer):
    """Applies an activation function, given by name or as a function.

    Shapes: x (...) → y (...).
    """

    def __init__(self, activation: Identifier | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)
        self.supports_masking = True
        self.built = True  # there is nothing to build

    def call(self, inputs: Tensor) -> Tensor:
        return self.activation(inputs)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "activation": activations.serialize(self.activation),
        }


class Identity(Layer):
    """Passes its inputs on as they are: a place in a model where nothing happens.

    Shapes: x (...) → y (...).
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.built = True  # there is nothing to build

    def call(self, inputs: Any) -> Any:
        return inputs


class Flatten(Layer):
    """Lays all axes but the first out in a row.

    Shapes: x (n, a, b, ...) → y (n, a·b·...); (n,) → (n, 1).  With data_format
    "channels_first" the channels, axis 1, are moved to the end before.
    """

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs: Tensor) -> Tensor:
        if self.data_format == "channels_first" and inputs.ndim > 2:
            inputs = ops.transpose(inputs, (0, *range(2, inputs.ndim), 1))
        sides = inputs.shape[1:]
        if None in sides:  # symbolic: there is nothing to lay out yet
            return KerasTensor((inputs.shape[0], None), inputs.dtype)
        features = 1
        for side in sides:
            features *= side
        return ops.reshape(inputs, (-1, features))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format}


class Dropout(Layer):
    """Zeroes a random part of its inputs while training, and scales up the rest.

        y_i = x_i · m_i,   m_i = 0 with probability rate, else 1 / (1 - rate)

    Outside of training y = x.  `noise_shape` says along which axes the m_i are the
    same: (None, 1, 3) drops whole columns; None stands for the size of the input.

    Shapes: x (...) → y (...).  rate: in [0, 1].
    Raises: ValueError if rate is outside, or noise_shape is no shape.
    Source: Srivastava et al., Dropout (2014).
    """

    def __init__(
        self,
        rate: float,
        noise_shape: ShapeLike | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not isinstance(rate, (int, float)) or not 0 <= rate <= 1:
            raise ValueError(
                "Dropout needs a rate between 0 and 1, the part that is dropped: 0.5 "
                f"for a half; got rate={rate!r}."
            )
        self.rate = rate
        self.noise_shape = checked_noise_shape(noise_shape)
        self.seed = seed
        self.seed_generator = SeedGenerator(seed) if rate > 0 else None
        self.supports_masking = True
        self.built = True  # there is nothing to build

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        if not training or self.seed_generator is None:
            return inputs
        shape = inputs.shape
        if self.noise_shape is not None:
            shape = tuple(
                size if noise is None else noise
                for size, noise in zip(inputs.shape, self.noise_shape, strict=True)
            )
        mask = self.seed_generator.dropout_mask(shape, self.rate, self.compute_dtype)
        return multiply(inputs, mask)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "rate": self.rate,
            "seed": self.seed,
            "noise_shape": self.noise_shape,
        }


def checked_noise_shape(noise_shape: Any) -> Shape | None:
    """Returns the noise_shape of a dropout as a tuple of positive sizes and None.

    Raises: ValueError for what is none.
    """
    if noise_shape is None:
        return None
    sizes = () if isinstance(noise_shape, str) else noise_shape
    shape = tuple(sizes) if isinstance(sizes, Iterable) else ()
    whole = all(size is None or (isinstance(size, int) and size > 0) for size in shape)
    if not shape or not whole:
        raise ValueError(
            "`noise_shape` is a tuple with a positive integer for each axis, or None "
            f"for the size of the input, such as (None, 1, 3); got {noise_shape!r}."
        )
    return shape
