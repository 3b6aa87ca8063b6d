"""The layers that most models are made of: Dense, and those around it."""

import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from minikeras import activations, constraints, initializers, regularizers
from minikeras.layers.input_spec import InputSpec
from minikeras.layers.layer import Layer
from minikeras.layers.quantization import without_quantization
from minikeras.ops import functions as ops
from minikeras.ops.arguments import standardize_data_format
from minikeras.primitives.elementwise import add, multiply
from minikeras.primitives.matmul import matmul
from minikeras.random import SeedGenerator
from minikeras.values.dtypes import floatx
from minikeras.values.node import Node
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
                f"input; got shape {input_shape}."
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


class InputLayer(Layer):
    """The entrance of a model: no computation, only a shape and a dtype.

    An `optional` input may be given as None.
    """

    def __init__(
        self,
        shape: ShapeLike | None = None,
        batch_size: int | None = None,
        dtype: str | None = None,
        sparse: bool | None = None,
        ragged: bool | None = None,
        batch_shape: ShapeLike | None = None,
        input_tensor: KerasTensor | None = None,
        optional: bool = False,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        # As versions of Keras before 3 have it.
        if "input_shape" in kwargs:
            warnings.warn(
                "Argument `input_shape` of InputLayer is deprecated: it is `shape`.",
                UserWarning,
                stacklevel=2,
            )
            shape = kwargs.pop("input_shape")
        batch_shape = kwargs.pop("batch_input_shape", batch_shape)
        if kwargs:
            raise ValueError(
                f"Unrecognized keyword arguments passed to InputLayer: {kwargs}"
            )
        known = input_tensor.dtype if input_tensor is not None else dtype
        super().__init__(name=name, dtype=known or floatx())
        if sparse or ragged:
            raise ValueError(
                "Inputs here are dense; got "
                f"sparse={bool(sparse)}, ragged={bool(ragged)}."
            )
        if input_tensor is None:
            batch_shape = shape_of_batch(shape, batch_size, batch_shape)
            input_tensor = KerasTensor(batch_shape, dtype, name=name)
        else:
            check_input_tensor(input_tensor, shape, batch_shape, dtype)
        self.batch_shape = input_tensor.shape
        self.sparse = self.ragged = False  # there are dense tensors only
        self.optional = optional
        self.built = True
        Node(self, outputs=input_tensor)

    def call(self, inputs: Tensor | None = None) -> Tensor | None:
        return inputs

    def get_config(self) -> dict[str, Any]:
        return {
            "batch_shape": self.batch_shape,
            "dtype": self.dtype,
            "sparse": False,
            "ragged": False,
            "name": self.name,
            "optional": self.optional,
        }


def Input(
    shape: ShapeLike | None = None,
    batch_size: int | None = None,
    dtype: str | None = None,
    sparse: bool | None = None,
    ragged: bool | None = None,
    batch_shape: ShapeLike | None = None,
    name: str | None = None,
    tensor: KerasTensor | None = None,
    optional: bool = False,
) -> KerasTensor:
    """Returns a symbolic tensor to start a model with; `shape` is without the batch
    axis.

    `tensor` is a symbolic tensor to start from in place of a new one. An `optional`
    input may be given as None when the model is called.

    >>> Input((28, 28), name="image").shape
    (None, 28, 28)

    Raises: ValueError if the shape is missing or no tuple of sizes.
    """
    layer = InputLayer(
        shape, batch_size, dtype, sparse, ragged, batch_shape, tensor, optional, name
    )
    entrance: KerasTensor = layer.output
    return entrance


def shape_of_batch(
    shape: ShapeLike | None, batch_size: int | None, batch_shape: ShapeLike | None
) -> Shape:
    """Returns the shape of an input with its batch axis.

    Raises: ValueError unless it is given, and once.
    """
    if (shape is None) == (batch_shape is None):
        raise ValueError(
            "Input needs a `shape` (without the batch axis) or a `batch_shape`, "
            f"not both; got shape={shape}, batch_shape={batch_shape}. You must pass a "
            "`shape` argument."
        )
    if batch_shape is None:
        return standardize_shape((batch_size, *standardize_shape(shape)))
    if batch_size is not None:
        raise ValueError(
            "Input takes a batch_size beside a shape, not beside a batch_shape; got "
            f"batch_size={batch_size}, batch_shape={batch_shape}."
        )
    return standardize_shape(batch_shape)


def check_input_tensor(
    tensor: Any,
    shape: ShapeLike | None,
    batch_shape: ShapeLike | None,
    dtype: str | None,
) -> None:
    """Raises ValueError for what is no symbolic tensor, or is described wrongly."""
    if not isinstance(tensor, KerasTensor):
        raise ValueError(
            f"The tensor of an Input is a symbolic one, a KerasTensor; got {tensor!r} "
            f"of type {type(tensor).__name__}."
        )
    for name, given, found in (
        ("shape", shape and tuple(shape), tensor.shape[1:]),
        ("batch_shape", batch_shape and tuple(batch_shape), tensor.shape),
        ("dtype", dtype, tensor.dtype),
    ):
        if given is not None and given != found:
            raise ValueError(
                f"An Input with a tensor has the {name} of that tensor, {found}; got "
                f"{name}={given}. Leave it out."
            )


def standardize_shape(shape: Any) -> Shape:
    """Returns a shape as a tuple of ints and None.

    Raises: ValueError for what is none.
    """
    if not isinstance(shape, (tuple, list)):
        raise ValueError(
            f"Cannot convert {shape!r} to a shape: give a tuple, such as (5,)."
        )
    for side in shape:
        whole = isinstance(side, (int, np.integer))
        if side is not None and (not whole or side < 0):
            raise ValueError(
                f"Cannot convert {tuple(shape)!r} to a shape: {side!r} is no size."
            )
    return tuple(None if side is None else int(side) for side in shape)
