"""Features brought to mean 0 and variance 1 by statistics of a whole set of data.

Apart from the other normalizations because nothing is learned here: `adapt` looks at
the data once, before training.
"""

from types import SimpleNamespace
from typing import Any

import numpy as np

from minikeras import config
from minikeras.layers.layer import Layer
from minikeras.layers.normalization_axes import place_of
from minikeras.ops import functions as ops
from minikeras.ops.normalization import along_axes
from minikeras.values.tensor import Tensor, as_tensor, cast
from minikeras.values.types import Axis, Shape, TensorLike
from minikeras.values.variable import Variable


class Normalization(Layer):
    """Shifts and scales features by the mean and the variance of a set of data.

        y = (x - mean) / √variance;   with `invert` y = x · √variance + mean

    `axis` (None, an int or several) names the axes along which each place has
    statistics of its own.  They are given as `mean` and `variance`, or found by
    `adapt(data)`.

    Shapes: x (n, ..., features) → y the same; mean and variance (features,) for
    axis=-1.
    Raises: ValueError if only one of `mean` and `variance` is given, or they differ in
    shape; if x has no such axis, or one of unknown size.
    """

    def __init__(
        self,
        axis: Axis | None = -1,
        mean: TensorLike | None = None,
        variance: TensorLike | None = None,
        invert: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if axis is None:
            axis = ()
        self.axis = (axis,) if isinstance(axis, int) else tuple(axis)
        self.invert = invert
        self.supports_masking = True
        self.adapt_mean: Variable | None = None
        self.adapt_variance: Variable | None = None
        self.count: Variable | None = None
        self.given: SimpleNamespace | None = None
        self.kept: tuple[int, ...] = ()
        if (mean is None) != (variance is None):
            raise ValueError(
                "When setting values directly, both `mean` and `variance` must be set. "
                f"Received: mean={mean} and variance={variance}"
            )
        if mean is not None:
            # Variables, so that a recorded step knows them; out of the reach of
            # `weights`, for they belong to the configuration.
            self.given = SimpleNamespace(
                mean=constant(mean, self.dtype), variance=constant(variance, self.dtype)
            )
            if self.given.mean.shape != self.given.variance.shape:
                raise ValueError(
                    "When setting values directly, `mean` and `variance` must have the "
                    f"same shape. Received: mean shape {self.given.mean.shape} and "
                    f"variance shape {self.given.variance.shape}"
                )

    def build(self, input_shape: Shape) -> None:
        places = {place_of(axis, input_shape, self.name) for axis in self.axis}
        self.kept = tuple(sorted(places))
        sides = tuple(input_shape[i] for i in self.kept)
        if None in sides:
            raise ValueError(
                "All `axis` values to be kept must have a known shape. Received "
                f"axis={self.axis}, inputs.shape={input_shape}"
            )
        if self.given is None:
            self.adapt_mean = self.add_weight(
                sides, "zeros", trainable=False, autocast=False, name="mean"
            )
            self.adapt_variance = self.add_weight(
                sides, "ones", trainable=False, autocast=False, name="variance"
            )
            self.count = self.add_weight(
                (), "zeros", dtype="int32", trainable=False, name="count"
            )

    def adapt(self, data: TensorLike) -> None:
        """Takes mean and variance from data; forgets what it adapted to before.

        Raises: ValueError if they were given, or the data have other features.
        """
        if self.given is not None:
            raise ValueError(
                f'Layer "{self.name}" was given its mean and variance: there is '
                "nothing to adapt. Leave the arguments out."
            )
        x = ops.cast(as_tensor(data), self.dtype)
        if not self.built:
            self.build(x.shape)
        mean, variance = self.adapt_mean, self.adapt_variance
        assert mean is not None
        assert variance is not None
        if tuple(x.shape[i] for i in self.kept if i < x.ndim) != mean.shape:
            raise ValueError(
                f"The layer was built with input_shape={self._build_shapes}, but "
                "adapt() is being called with data with an incompatible shape, "
                f"data.shape={x.shape}"
            )
        others = tuple(i for i in range(x.ndim) if i not in self.kept)
        found = ops.moments(x, others)
        mean.assign(found[0])
        variance.assign(found[1])

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return tuple(input_shape)

    def call(self, inputs: Tensor) -> Tensor:
        dtype = self.variable_dtype
        x = inputs if inputs.dtype == dtype else cast(inputs, dtype)
        mean, variance = self.statistics(x.ndim)
        deviation = ops.maximum(ops.sqrt(variance), config.epsilon())
        y = x * deviation + mean if self.invert else (x - mean) / deviation
        return y if y.dtype == self.compute_dtype else cast(y, self.compute_dtype)

    def statistics(self, ndim: int) -> tuple[Tensor, Tensor]:
        """Returns mean and variance with as many axes as the inputs have."""
        if self.given is not None:
            return self.given.mean, self.given.variance
        assert self.adapt_mean is not None
        assert self.adapt_variance is not None
        return (
            along_axes(self.adapt_mean, ndim, self.kept),
            along_axes(self.adapt_variance, ndim, self.kept),
        )

    @property
    def mean(self) -> Tensor | None:
        """The mean with the axes of the inputs; None before there is one."""
        return self.shown(0)

    @property
    def variance(self) -> Tensor | None:
        """The variance with the axes of the inputs; None before there is one."""
        return self.shown(1)

    def shown(self, place: int) -> Tensor | None:
        """Returns one of the two statistics, once the number of axes is known."""
        if not self.built:
            return None
        return self.statistics(len(self._build_shapes["input_shape"]))[place]

    def get_config(self) -> dict[str, Any]:
        given = self.given
        return {
            **super().get_config(),
            "axis": self.axis,
            "invert": self.invert,
            "mean": None if given is None else given.mean.numpy().tolist(),
            "variance": None if given is None else given.variance.numpy().tolist(),
        }


def constant(value: Any, dtype: str) -> Variable:
    """Returns a number or an array as a Variable that is never trained."""
    return Variable(np.asarray(value, dtype), trainable=False)
