"""Batch normalization, the one normalization that has a state: moving averages."""

from functools import partial
from typing import Any

from minikeras import initializers, ops
from minikeras.layers.input_spec import InputSpec
from minikeras.layers.normalization import ScaledNormalization, place_of
from minikeras.ops.normalization import along_axes
from minikeras.primitives import normalization
from minikeras.values.tensor import Tensor, as_tensor
from minikeras.values.types import Identifier, Shape, TensorLike


class BatchNormalization(ScaledNormalization):
    """Standardizes every channel: over the batch in training, else by moving averages.

        y = (x - mean) / √(variance + ε) · gamma + beta
        moving ← momentum · moving + (1 - momentum) · (that of the batch)

    `axis` is that of the channels.  A frozen layer (`trainable=False`) uses its moving
    averages in training too, and leaves them alone.  Positions that a mask leaves out
    do not count in the statistics.

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
            raise ValueError(
                "BatchNormalization(renorm=True) is not available. Drop the argument, "
                "or use LayerNormalization where batches are small."
            )
        self.axis = int(axis)
        self.momentum = momentum
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
        self.moving_mean = self.add_weight(
            (channels,),
            self.moving_mean_initializer,
            trainable=False,
            name="moving_mean",
        )
        self.moving_variance = self.add_weight(
            (channels,),
            self.moving_variance_initializer,
            trainable=False,
            name="moving_variance",
        )
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: channels})

    def call(
        self,
        inputs: Tensor,
        training: bool | None = None,
        mask: TensorLike | None = None,
    ) -> Tensor:
        x = self.as_floats(inputs)
        axis = self.axis % x.ndim
        gamma, beta = self.scales(x, (axis,))
        if training and self.trainable:
            averaged = tuple(i for i in range(x.ndim) if i != axis)
            if mask is None:
                y, mean, variance = normalization.batch_normalization(
                    x, gamma, beta, axis=averaged, epsilon=self.epsilon
                )
                self.remember(mean, variance)
                return y
            mean, variance = masked_moments(x, mask, averaged)
            self.remember(mean, variance)
        else:
            mean = along_axes(self.moving_mean, x.ndim, (axis,))
            variance = along_axes(self.moving_variance, x.ndim, (axis,))
        return normalization.standardize(
            x, mean, variance, gamma, beta, epsilon=self.epsilon
        )

    def remember(self, mean: Tensor, variance: Tensor) -> None:
        """Moves the averages a step towards the statistics of a batch."""
        for average, statistic in (
            (self.moving_mean, mean),
            (self.moving_variance, variance),
        ):
            update = partial(
                average.active.kernels.average_update, momentum=self.momentum
            )
            average.change(update, ops.reshape(statistic, average.shape))

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
            "renorm": False,
            "renorm_clipping": self.renorm_clipping,
            "renorm_momentum": self.renorm_momentum,
        }


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
