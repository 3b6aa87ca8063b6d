"""Batch normalization, the one normalization that has a state: moving averages."""

import math
from functools import partial
from typing import Any

from minikeras import initializers
from minikeras.layers.input_spec import InputSpec
from minikeras.layers.normalization import ScaledNormalization
from minikeras.layers.normalization_axes import place_of
from minikeras.ops import functions as ops
from minikeras.ops.normalization import along_axes
from minikeras.primitives import normalization
from minikeras.values.tensor import Tensor, as_tensor
from minikeras.values.types import Identifier, Shape, TensorLike
from minikeras.values.variable import Variable


class BatchNormalization(ScaledNormalization):
    """Standardizes every channel: over the batch in training, else by moving averages.

        y = (x - mean) / √(variance + ε) · gamma + beta
        moving ← momentum · moving + (1 - momentum) · (that of the batch)

    `axis` is that of the channels.  A frozen layer (`trainable=False`) uses its moving
    averages in training too, and leaves them alone.  Positions that a mask leaves out
    do not count in the statistics.

    With `renorm` the result in training is close to that of the moving averages, so
    that small batches train what will be used.  How close, `renorm_clipping` says:
    "rmax", "rmin" and "dmax" limit the two corrections.

    Shapes: x (n, ..., channels) → y the same; all weights (channels,).
    Raises: ValueError if x has no such axis, or another number of channels than at
    first.
    Source: Ioffe and Szegedy, Batch normalization (2015).
    """

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Identifier = "zeros",
        gamma_initializer: Identifier = "ones",
        moving_mean_initializer: Identifier = "zeros",
        moving_variance_initializer: Identifier = "ones",
        beta_regularizer: Identifier | None = None,
        gamma_regularizer: Identifier | None = None,
        beta_constraint: Identifier | None = None,
        gamma_constraint: Identifier | None = None,
        renorm: bool = False,
        renorm_clipping: dict[str, float] | None = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
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
        if synchronized:
            raise ValueError(
                "BatchNormalization(synchronized=True) is not available: there is one "
                "process to take statistics in. Drop the argument."
            )
        if renorm:
            renorm_clipping = checked_clipping(renorm_clipping or {})
        self.axis = int(axis)
        self.momentum = momentum
        self.renorm = renorm
        self.renorm_clipping = renorm_clipping
        self.renorm_momentum = renorm_momentum
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)

    def build(self, input_shape: Shape) -> None:
        axis = place_of(self.axis, input_shape, self.name)
        channels = input_shape[axis]
        if channels is None:
            raise ValueError(
                f'BatchNormalization "{self.name}" needs to know the size of axis '
                f"{self.axis} of its input; got shape {input_shape}."
            )
        self.add_scales((channels,), self.scale, self.center)
        self.moving_mean = self.add_average(
            "moving_mean", channels, self.moving_mean_initializer
        )
        self.moving_variance = self.add_average(
            "moving_variance", channels, self.moving_variance_initializer
        )
        if self.renorm:
            self.moving_stddev = self.add_average("moving_stddev", channels)
            self.renorm_mean = self.add_average("renorm_mean", channels)
            self.renorm_stddev = self.add_average("renorm_stddev", channels)
            self.moving_stddev.assign(ops.sqrt(self.moving_variance))
            self.renorm_mean.assign(self.moving_mean)
            self.renorm_stddev.assign(self.moving_stddev)
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: channels})

    def add_average(
        self, name: str, channels: int, initializer: Identifier = "zeros"
    ) -> Variable:
        """Creates a weight that follows the statistics of the batches."""
        return self.add_weight(
            (channels,), initializer, trainable=False, autocast=False, name=name
        )

    def call(
        self,
        inputs: Tensor,
        training: bool | None = None,
        mask: TensorLike | None = None,
    ) -> Tensor:
        x = self.as_floats(inputs)
        axis = self.axis % x.ndim
        gamma, beta = self.scales(x, (axis,))
        if not (training and self.trainable):
            mean = along_axes(self.moving_mean, x.ndim, (axis,))
            variance = along_axes(self.moving_variance, x.ndim, (axis,))
            return self.as_outputs(
                normalization.standardize(
                    x, mean, variance, gamma, beta, epsilon=self.epsilon
                )
            )
        averaged = tuple(i for i in range(x.ndim) if i != axis)
        if mask is None and not self.renorm:
            y, mean, variance = normalization.batch_normalization(
                x, gamma, beta, axis=averaged, epsilon=self.epsilon
            )
            self.remember(mean, variance)
            return self.as_outputs(y)
        if mask is None:
            mean, variance = ops.moments(x, averaged, keepdims=True)
        else:
            mean, variance = masked_moments(x, mask, averaged)
        if self.renorm:
            gamma, beta = self.renormalized(gamma, beta, mean, variance)
        self.remember(mean, variance)
        return self.as_outputs(
            normalization.standardize(
                x, mean, variance, gamma, beta, epsilon=self.epsilon
            )
        )

    def remember(self, mean: Tensor, variance: Tensor) -> None:
        """Moves the averages a step towards the statistics of a batch."""
        if not self.renorm:
            move(self.moving_mean, mean, self.momentum)
            move(self.moving_variance, variance, self.momentum)
            return
        deviation = ops.sqrt(variance + self.epsilon)
        move(self.moving_mean, mean, self.momentum)
        move(self.moving_stddev, deviation, self.momentum)
        move(self.renorm_mean, mean, self.renorm_momentum)
        move(self.renorm_stddev, deviation, self.renorm_momentum)
        square = ops.square(self.moving_stddev)
        self.moving_variance.assign(ops.maximum(square - self.epsilon, 0.0))

    def renormalized(
        self, gamma: Tensor, beta: Tensor, mean: Tensor, variance: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Returns scales that bring x̂ of the batch to what the averages would make.

            r = deviation / its average,   d = (mean - its average) / that
            (x̂ r + d) gamma + beta,   r and d limited, and constants to the gradient

        Source: Ioffe, Batch renormalization (2017).
        """
        average_mean = ops.reshape(self.renorm_mean, mean.shape)
        average_deviation = ops.reshape(self.renorm_stddev, mean.shape)
        deviation = ops.sqrt(ops.stop_gradient(variance) + self.epsilon)
        r = deviation / average_deviation
        d = (ops.stop_gradient(mean) - average_mean) / average_deviation
        limits = self.renorm_clipping or {}
        if "rmax" in limits:
            r = ops.minimum(r, limits["rmax"])
        if "rmin" in limits:
            r = ops.maximum(r, limits["rmin"])
        if "dmax" in limits:
            d = ops.clip(d, -limits["dmax"], limits["dmax"])
        return r * gamma, d * gamma + beta

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "axis": self.axis,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
            **self.initializer_config(),
            "moving_mean_initializer": initializers.serialize(
                self.moving_mean_initializer
            ),
            "moving_variance_initializer": initializers.serialize(
                self.moving_variance_initializer
            ),
            **self.limits_config(),
            "synchronized": False,
            "renorm": self.renorm,
            "renorm_clipping": self.renorm_clipping,
            "renorm_momentum": self.renorm_momentum,
        }


def move(average: Variable, statistic: Tensor, momentum: float) -> None:
    """average ← momentum · average + (1 - momentum) · statistic."""
    update = partial(average.active.kernels.average_update, momentum=momentum)
    average.change(update, ops.reshape(statistic, average.shape))


def checked_clipping(limits: dict[str, float]) -> dict[str, float]:
    """Returns limits of batch renormalization.

    Raises: ValueError for one that is unknown or makes no sense.
    """
    unknown = limits.keys() - {"rmax", "rmin", "dmax"}
    if unknown:
        raise ValueError(
            f"Received invalid keys for `renorm_clipping` argument: {limits}. "
            "Supported values: ['rmax', 'rmin', 'dmax']."
        )
    if limits.get("rmax", math.inf) < limits.get("rmin", -math.inf):
        raise ValueError(
            "rmax should be greater than rmin in the `renorm_clipping` argument. "
            f"Received: {limits}"
        )
    if limits.get("dmax", 0) < 0:
        raise ValueError(
            "dmax should be non-negative in the `renorm_clipping` argument. "
            f"Received: {limits}"
        )
    return limits


def masked_moments(
    x: Tensor, mask: TensorLike, averaged: tuple[int, ...]
) -> tuple[Tensor, Tensor]:
    """Returns mean and variance of the positions where the mask is true; 0 of none.

    Raises: ValueError unless the mask has the axes of x but the last.
    """
    if ops.ndim(mask) != x.ndim - 1:
        raise ValueError(
            "The mask provided should be one dimension less than the inputs. Received: "
            f"mask.shape={ops.shape(mask)}, inputs.shape={x.shape}"
        )
    weights = ops.expand_dims(as_tensor(mask, x.dtype), -1)
    weights = ops.broadcast_to(weights, x.shape)
    count = ops.sum(weights, averaged, keepdims=True)
    mean = ops.divide_no_nan(ops.sum(x * weights, averaged, keepdims=True), count)
    squares = weights * ops.square(x - mean)
    variance = ops.divide_no_nan(ops.sum(squares, averaged, keepdims=True), count)
    return mean, variance
