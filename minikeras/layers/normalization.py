"""Normalization layers: activations shifted and scaled to mean 0 and variance 1."""

import warnings
from typing import Any

from minikeras import constraints, initializers, regularizers
from minikeras.layers.input_spec import InputSpec
from minikeras.layers.layer import Layer
from minikeras.layers.normalization_axes import (
    one_or_several,
    place_of,
    shape_with,
    sides_along,
    sorted_axes,
)
from minikeras.ops import functions as ops
from minikeras.ops.normalization import along_axes
from minikeras.primitives import normalization
from minikeras.values.symbolic import KerasTensor
from minikeras.values.tensor import Tensor, cast
from minikeras.values.types import Axis, Identifier, Shape
from minikeras.values.variable import Variable


class ScaledNormalization(Layer):
    """What normalizations that are scaled and shifted afterwards have in common.

        y = x̂ · gamma + beta

    Without `scale` gamma is 1, without `center` beta is 0.
    """

    axis: Any  # what a subclass standardizes along, or the channels

    def __init__(
        self,
        epsilon: float,
        center: bool,
        scale: bool,
        beta_initializer: Identifier,
        gamma_initializer: Identifier,
        beta_regularizer: Identifier | None,
        gamma_regularizer: Identifier | None,
        beta_constraint: Identifier | None,
        gamma_constraint: Identifier | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.epsilon = epsilon
        self.center = center
        self.scale = scale
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)
        self.gamma: Variable | None = None
        self.beta: Variable | None = None
        self.supports_masking = True

    def add_scales(self, shape: Shape, scale: bool, center: bool) -> None:
        """Creates gamma and beta, as far as they are wanted."""
        if scale:
            self.gamma = self.add_weight(
                shape,
                self.gamma_initializer,
                autocast=False,
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
                name="gamma",
            )
        if center:
            self.beta = self.add_weight(
                shape,
                self.beta_initializer,
                autocast=False,
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
                name="beta",
            )

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return shape_with(self.axis, input_shape, self.name)

    def scales(self, like: Tensor, axes: tuple[int, ...]) -> tuple[Tensor, Tensor]:
        """Returns gamma and beta with the axes of x, at the places `axes` of it."""
        given = self.gamma if self.gamma is not None else self.beta
        sides = [1] * like.ndim
        for i, side in zip(axes, () if given is None else given.shape, strict=False):
            sides[i] = side
        return (
            ops.ones(sides, self.variable_dtype)
            if self.gamma is None
            else along_axes(self.gamma, like.ndim, axes),
            ops.zeros(sides, self.variable_dtype)
            if self.beta is None
            else along_axes(self.beta, like.ndim, axes),
        )

    def as_floats(self, inputs: Tensor) -> Tensor:
        """Returns the inputs in the dtype of the weights: in mixed precision, too, the
        statistics are not in float16.
        """
        dtype = self.variable_dtype
        return inputs if inputs.dtype == dtype else cast(inputs, dtype)

    def as_outputs(self, y: Tensor) -> Tensor:
        """Returns y in the dtype that the layer computes in."""
        return y if y.dtype == self.compute_dtype else cast(y, self.compute_dtype)

    def initializer_config(self) -> dict[str, Any]:
        """Returns what the configuration says of the initializers."""
        return {
            "beta_initializer": initializers.serialize(self.beta_initializer),
            "gamma_initializer": initializers.serialize(self.gamma_initializer),
        }

    def limits_config(self) -> dict[str, Any]:
        """Returns what the configuration says of regularizers and constraints."""
        return {
            "beta_regularizer": regularizers.serialize(self.beta_regularizer),
            "gamma_regularizer": regularizers.serialize(self.gamma_regularizer),
            "beta_constraint": constraints.serialize(self.beta_constraint),
            "gamma_constraint": constraints.serialize(self.gamma_constraint),
        }


class LayerNormalization(ScaledNormalization):
    """Standardizes every sample by itself, along one axis or several.

        y = (x - mean) / √(variance + ε) · gamma + beta

    Mean and variance are over `axis`, and gamma and beta differ along it.  The argument
    `rms_scaling=True` leaves out the mean and beta: y = x / √(variance + ε) · gamma.

    Shapes: x (n, ..., features) → y the same; gamma and beta (features,) for axis=-1.
    Raises: TypeError if `axis` is neither an int nor several; ValueError if x has no
    such axis.
    Source: Ba, Kiros and Hinton, Layer normalization (2016).
    """

    def __init__(
        self,
        axis: Axis = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Identifier = "zeros",
        gamma_initializer: Identifier = "ones",
        beta_regularizer: Identifier | None = None,
        gamma_regularizer: Identifier | None = None,
        beta_constraint: Identifier | None = None,
        gamma_constraint: Identifier | None = None,
        **kwargs: Any,
    ) -> None:
        rms_scaling = bool(kwargs.pop("rms_scaling", False))
        if rms_scaling:
            warnings.warn(
                "LayerNormalization(rms_scaling=True) divides by the deviation, not by "
                "the root mean square: use RMSNormalization for that.",
                UserWarning,
                stacklevel=2,
            )
        super().__init__(
            epsilon,
            center,
            scale,
            beta_initializer,
            gamma_initializer,
            beta_regularizer,
            gamma_regularizer,
            beta_constraint,
            gamma_constraint,
            **kwargs,
        )
        self.axis = one_or_several(axis)
        self.autocast = False  # what is too large for float16 is not once standardized
        self.rms_scaling = rms_scaling

    def build(self, input_shape: Shape) -> None:
        self.axis = sorted_axes(self.axis)
        sides = sides_along(self.axis, input_shape, self.name)
        self.add_scales(sides, self.scale, self.center and not self.rms_scaling)

    def call(self, inputs: Tensor) -> Tensor:
        x = self.as_floats(inputs)
        reduced = tuple(i % x.ndim for i in sorted_axes(self.axis))
        gamma, beta = self.scales(x, reduced)
        if self.rms_scaling:
            variance = ops.var(x, reduced, keepdims=True)
            return self.as_outputs(x * ops.rsqrt(variance + self.epsilon) * gamma)
        y, _, _ = normalization.layer_normalization(
            x, gamma, beta, axis=reduced, epsilon=self.epsilon
        )
        return self.as_outputs(y)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "axis": self.axis,
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
            "rms_scaling": self.rms_scaling,
            **self.initializer_config(),
            **self.limits_config(),
        }


class GroupNormalization(ScaledNormalization):
    """Standardizes groups of channels of every sample by themselves.

        y = (x - mean) / √(variance + ε) · gamma + beta

    Mean and variance are over the channels of a group and all axes but the first.  One
    group is a layer normalization without the scales of positions; `groups=-1`, as many
    as there are channels, is an instance normalization.

    Shapes: x (n, ..., channels) → y the same; gamma and beta (channels,).
    Raises: ValueError if the channels do not fall into as many equal groups.
    Source: Wu and He, Group normalization (2018).
    """

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Identifier = "zeros",
        gamma_initializer: Identifier = "ones",
        beta_regularizer: Identifier | None = None,
        gamma_regularizer: Identifier | None = None,
        beta_constraint: Identifier | None = None,
        gamma_constraint: Identifier | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            epsilon,
            center,
            scale,
            beta_initializer,
            gamma_initializer,
            beta_regularizer,
            gamma_regularizer,
            beta_constraint,
            gamma_constraint,
            **kwargs,
        )
        if not isinstance(groups, int) or groups == 0 or groups < -1:
            raise ValueError(
                "Received an invalid value for argument `groups`, expected a positive "
                "integer (or `-1` for instance normalization). Received: "
                f"groups={groups!r}"
            )
        self.groups = groups
        self.axis = axis
        self.autocast = False  # what is too large for float16 is not once standardized

    def build(self, input_shape: Shape) -> None:
        channels = input_shape[place_of(self.axis, input_shape, self.name)]
        if channels is None:
            raise ValueError(
                f"Axis {self.axis} of input tensor should have a defined dimension but "
                f"the layer received an input with shape {input_shape}."
            )
        groups = channels if self.groups == -1 else self.groups
        if channels % groups:
            raise ValueError(
                f"Number of groups ({groups}) must be a multiple of the number of "
                f"channels ({channels})."
                if channels > groups
                else f"Number of groups ({groups}) cannot be more than the number of "
                f"channels ({channels})."
            )
        self.groups = groups
        self.add_scales((channels,), self.scale, self.center)
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: channels})

    def call(self, inputs: Tensor) -> Tensor:
        x = self.as_floats(inputs)
        if None in x.shape:  # symbolic: there is nothing to group yet
            return KerasTensor(x.shape, self.compute_dtype)
        axis = self.axis % x.ndim
        gamma, beta = self.scales(x, (axis,))
        grouped = self.in_groups(x, axis)
        averaged = tuple(i for i in range(1, grouped.ndim) if i != axis)
        y, _, _ = normalization.layer_normalization(
            grouped,
            self.in_groups(gamma, axis),
            self.in_groups(beta, axis),
            axis=averaged,
            epsilon=self.epsilon,
        )
        return self.as_outputs(ops.reshape(y, x.shape))

    def in_groups(self, x: Tensor, axis: int) -> Tensor:
        """Returns x with its channels as two axes: the group, and the place in it."""
        channels = x.shape[axis]
        sides = (self.groups, channels // self.groups) if channels > 1 else (1, 1)
        return ops.reshape(x, (*x.shape[:axis], *sides, *x.shape[axis + 1 :]))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "groups": self.groups,
            "axis": self.axis,
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
            **self.initializer_config(),
            **self.limits_config(),
        }


class RMSNormalization(Layer):
    """Scales every sample to mean square 1, along one axis or several.

        y = x / √(mean of x² + ε) · scale

    Shapes: x (n, ..., features) → y the same; scale (features,) for axis=-1.
    Raises: ValueError if x has no such axis.
    Source: Zhang and Sennrich, Root mean square layer normalization (2019).
    """

    def __init__(self, axis: Axis = -1, epsilon: float = 1e-6, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis
        self.epsilon = epsilon
        self.supports_masking = True

    def build(self, input_shape: Shape) -> None:
        self.axis = sorted_axes(self.axis)
        sides = sides_along(self.axis, input_shape, self.name)
        self.scale = self.add_weight(sides, "ones", autocast=False, name="scale")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return shape_with(self.axis, input_shape, self.name)

    def call(self, x: Tensor) -> Tensor:
        x = x if x.dtype == self.variable_dtype else cast(x, self.variable_dtype)
        y = ops.rms_normalization(
            x, scale=self.scale, axis=self.axis, epsilon=self.epsilon
        )
        return y if y.dtype == self.compute_dtype else cast(y, self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis, "epsilon": self.epsilon}


class UnitNormalization(Layer):
    """Scales every sample to length 1, along one axis or several.

        y = x / √(Σ x²);   zeros stay zeros

    Shapes: x (...) → y the same.
    Raises: TypeError if `axis` is neither an int nor several.
    """

    def __init__(self, axis: Axis = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = one_or_several(axis)
        self.supports_masking = True
        self.built = True  # there is nothing to build

    def call(self, inputs: Tensor) -> Tensor:
        return ops.normalize(inputs, axis=self.axis, order=2, epsilon=1e-12)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}
