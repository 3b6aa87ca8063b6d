"""Activations as layers, with arguments or weights of their own."""

from typing import Any

import numpy as np

from minikeras import activations, constraints, initializers, regularizers
from minikeras.layers.input_spec import InputSpec
from minikeras.layers.layer import Layer
from minikeras.ops import functions as ops
from minikeras.values.tensor import Tensor, as_float
from minikeras.values.types import Identifier, Shape


class ReLU(Layer):
    """A bent line of up to three parts:

        max_value where x ≥ max_value;   x where x ≥ threshold;
        negative_slope · (x - threshold) elsewhere

    Shapes: x (...) → y (...).
    Raises: ValueError if an argument is negative.
    Source: Glorot, Bordes and Bengio, Deep sparse rectifier neural networks (2011).
    """

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if max_value is not None:
            check_not_negative("ReLU", "max_value", max_value)
        check_not_negative("ReLU", "negative_slope", negative_slope)
        check_not_negative("ReLU", "threshold", threshold)
        self.max_value = max_value
        self.negative_slope = negative_slope
        self.threshold = threshold
        self.supports_masking = True
        self.built = True  # there is nothing to build

    def call(self, inputs: Tensor) -> Tensor:
        return activations.relu(
            inputs,
            negative_slope=self.negative_slope,
            max_value=self.max_value,
            threshold=self.threshold,
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "max_value": self.max_value,
            "negative_slope": self.negative_slope,
            "threshold": self.threshold,
        }


class LeakyReLU(Layer):
    """x where x > 0, and negative_slope · x elsewhere, so that no unit ever dies.

    Shapes: x (...) → y (...).
    Raises: ValueError if the slope is negative.
    Source: Maas, Hannun and Ng, Rectifier nonlinearities improve neural network
    acoustic models (2013).
    """

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any) -> None:
        negative_slope = kwargs.pop("alpha", negative_slope)  # the name it once had
        super().__init__(**kwargs)
        check_not_negative("LeakyReLU", "negative_slope", negative_slope)
        self.negative_slope = negative_slope
        self.supports_masking = True
        self.built = True  # there is nothing to build

    def call(self, inputs: Tensor) -> Tensor:
        return ops.leaky_relu(inputs, negative_slope=self.negative_slope)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "negative_slope": self.negative_slope}


class PReLU(Layer):
    """A leaky relu whose slopes are learned, one for each place of a sample.

        y = max(x, 0) - alpha · max(-x, 0)

    Along `shared_axes` places have one slope: [1, 2] gives images one for each channel.

    Shapes: x (n, ...) → y (n, ...); alpha has the shape of a sample, with 1 for the
    shared axes.
    Raises: ValueError if the size of an axis is not known that is not shared, or a
    shared axis does not exist.
    Source: He et al., Delving deep into rectifiers (2015).
    """

    def __init__(
        self,
        alpha_initializer: Identifier = "Zeros",
        alpha_regularizer: Identifier | None = None,
        alpha_constraint: Identifier | None = None,
        shared_axes: int | tuple[int, ...] | list[int] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.alpha_regularizer = regularizers.get(alpha_regularizer)
        self.alpha_constraint = constraints.get(alpha_constraint)
        if shared_axes is None or isinstance(shared_axes, (tuple, list)):
            self.shared_axes = None if shared_axes is None else list(shared_axes)
        else:
            self.shared_axes = [shared_axes]
        self.supports_masking = True

    def build(self, input_shape: Shape) -> None:
        ndim = len(input_shape)
        shared = self.shared_axes or []
        for axis in shared:
            if not 1 <= axis < ndim:
                raise ValueError(
                    f'PReLU "{self.name}" shares slopes along axes from 1 to '
                    f"{ndim - 1}; got shared_axes={shared} for shape {input_shape}."
                )
        sizes = {}
        for axis, size in enumerate(input_shape):
            if axis == 0 or axis in shared:
                continue
            if size is None:
                raise ValueError(
                    f'PReLU "{self.name}" needs to know the sizes of all axes that do '
                    f"not share their slopes; got shape {input_shape}. Put axis {axis} "
                    "into shared_axes."
                )
            sizes[axis] = size
        self.alpha = self.add_weight(
            tuple(sizes.get(i, 1) for i in range(1, ndim)),
            self.alpha_initializer,
            regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
            name="alpha",
        )
        self.input_spec = InputSpec(ndim=ndim, axes=sizes)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return tuple(input_shape)

    def call(self, inputs: Tensor) -> Tensor:
        below = ops.multiply(self.alpha, ops.relu(ops.negative(inputs)))
        return ops.subtract(ops.relu(inputs), below)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "alpha_initializer": initializers.serialize(self.alpha_initializer),
            "alpha_regularizer": regularizers.serialize(self.alpha_regularizer),
            "alpha_constraint": constraints.serialize(self.alpha_constraint),
            "shared_axes": self.shared_axes,
        }


class ELU(Layer):
    """x where x > 0, and alpha · (eˣ - 1) elsewhere.

    Shapes: x (...) → y (...).
    Raises: TypeError if alpha is no number.
    Source: Clevert, Unterthiner and Hochreiter, Fast and accurate deep network learning
    by exponential linear units (2015).
    """

    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(alpha, (int, float)):
            raise TypeError(f"ELU needs a number; got alpha={alpha!r}.")
        self.alpha = alpha
        self.supports_masking = True
        self.built = True  # there is nothing to build

    def call(self, inputs: Tensor) -> Tensor:
        return ops.elu(inputs, alpha=self.alpha)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        return {"name": config.pop("name"), "alpha": self.alpha, **config}


class Softmax(Layer):
    """Turns scores into probabilities along an axis, or over several together.

        y_i = exp(x_i) / Σ_j exp(x_j)

    Where the mask is false, y is 0 and takes no part in the sum; where all of it is
    false, all y are 0.

    Shapes: x (...), mask (...) → y (...).
    """

    def __init__(
        self, axis: int | tuple[int, ...] | list[int] = -1, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.axis = axis
        self.supports_masking = True
        self.built = True  # there is nothing to build

    def call(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        axis = tuple(self.axis) if isinstance(self.axis, list) else self.axis
        if mask is None:
            return activations.softmax(inputs, axis=axis)
        inputs = as_float(inputs)
        check_mask(mask.shape, inputs.shape)
        # Finite, so that where all is masked no inf - inf makes a nan.
        lowest = float(np.finfo(inputs.dtype).min)
        scores = ops.where(mask, inputs, lowest)
        return ops.where(mask, activations.softmax(scores, axis=axis), 0.0)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}


def check_mask(mask_shape: Shape, shape: Shape) -> None:
    """Refuses a mask that does not broadcast to the scores."""
    sizes = zip(reversed(mask_shape), reversed(shape), strict=False)
    if len(mask_shape) > len(shape) or any(
        n != m and n != 1 and None not in (n, m) for n, m in sizes
    ):
        raise ValueError(
            "The mask of a Softmax layer must broadcast to its inputs: each size 1 or "
            f"that of the inputs. Received: inputs.shape={shape}, "
            f"mask.shape={mask_shape}"
        )


def check_not_negative(layer: str, name: str, value: Any) -> None:
    """Refuses what is no number, or a negative one."""
    if value is None or value < 0:
        raise ValueError(
            f"{name} of a {layer} layer cannot be None or a negative value. Received: "
            f"{name}={value}"
        )
