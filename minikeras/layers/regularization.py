"""Layers that disturb training so that a model relies on no single number.

Outside of training all of them but `ActivityRegularization` do nothing.
"""

import math
from typing import Any

from minikeras import random, regularizers
from minikeras.layers.core import Dropout, checked_noise_shape
from minikeras.layers.input_spec import InputSpec
from minikeras.layers.layer import Layer
from minikeras.ops import functions as ops
from minikeras.ops.activation import SELU_ALPHA, SELU_SCALE
from minikeras.ops.arguments import standardize_data_format
from minikeras.random import SeedGenerator
from minikeras.values.tensor import Tensor
from minikeras.values.types import DType, Shape, ShapeLike


class SpatialDropout(Dropout):
    """What the layers share that drop whole channels; a subclass says of what."""

    def get_config(self) -> dict[str, Any]:
        return {
            "rate": self.rate,
            "seed": self.seed,
            "name": self.name,
            "dtype": self.dtype_policy.name,
        }


class SpatialDropout1D(SpatialDropout):
    """Zeroes whole features of a sequence at random while training.

    Neighbouring steps are alike, so to drop single numbers would hide little.

    Shapes: x (n, steps, features) → y (n, steps, features).  rate: in [0, 1].
    Raises: ValueError if rate is outside.
    Source: Tompson et al., Efficient object localization using convolutional networks
    (2014).
    """

    def __init__(
        self,
        rate: float,
        seed: int | None = None,
        name: str | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__(rate, (None, 1, None), seed, name=name, dtype=dtype)
        self.input_spec = InputSpec(ndim=3)


class SpatialDropout2D(SpatialDropout):
    """Zeroes whole channels of an image at random while training.

    Shapes: x (n, rows, columns, channels) → y, the same; channels are axis 1 with
    "channels_first".  rate: in [0, 1].
    Raises: ValueError if rate is outside.
    Source: Tompson et al., Efficient object localization using convolutional networks
    (2014).
    """

    dims = 2

    def __init__(
        self,
        rate: float,
        data_format: str | None = None,
        seed: int | None = None,
        name: str | None = None,
        dtype: DType | None = None,
    ) -> None:
        self.data_format = standardize_data_format(data_format)
        ones = (1,) * self.dims
        last = self.data_format == "channels_last"
        shape: Shape = (None, *ones, None) if last else (None, None, *ones)
        super().__init__(rate, shape, seed, name=name, dtype=dtype)
        self.input_spec = InputSpec(ndim=self.dims + 2)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format}


class SpatialDropout3D(SpatialDropout2D):
    """Zeroes whole channels of a volume at random while training.

    Shapes: x (n, a, b, c, channels) → y, the same, as `SpatialDropout2D`.
    """

    dims = 3


class Noise(Layer):
    """What the layers share that draw random numbers: a generator, if there is need.

    Raises: ValueError if the amount is outside of [0, 1].
    """

    def __init__(
        self, name_of_amount: str, amount: float, seed: int | None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if not isinstance(amount, (int, float)) or not 0 <= amount <= 1:
            raise ValueError(
                f"Invalid value received for argument `{name_of_amount}`. Expected a "
                f"number between 0 and 1. Received: {name_of_amount}={amount!r}"
            )
        self.seed = seed
        self.seed_generator = SeedGenerator(seed) if amount > 0 else None
        self.supports_masking = True
        self.built = True  # there is nothing to build


class GaussianNoise(Noise):
    """Adds normal noise while training.

        y_i = x_i + ε_i,   ε_i of mean 0 and standard deviation stddev

    Shapes: x (...) → y (...).  stddev: in [0, 1].
    Raises: ValueError if stddev is outside.
    """

    def __init__(self, stddev: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__("stddev", stddev, seed, **kwargs)
        self.stddev = stddev

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        if not training or self.seed_generator is None:
            return inputs
        noise = random.normal(
            inputs.shape, 0.0, self.stddev, self.compute_dtype, self.seed_generator
        )
        return ops.add(inputs, noise)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "stddev": self.stddev, "seed": self.seed}


class GaussianDropout(Noise):
    """Multiplies by normal noise around 1 while training, as strong as dropout is.

        y_i = x_i · ε_i,   ε_i of mean 1 and standard deviation √(rate / (1 - rate))

    Shapes: x (...) → y (...).  rate: in [0, 1).
    Raises: ValueError if rate is outside.
    Source: Srivastava et al., Dropout (2014), section 10.
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__("rate", rate, seed, **kwargs)
        check_below_one("GaussianDropout", rate)
        self.rate = rate

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        if not training or self.seed_generator is None:
            return inputs
        stddev = math.sqrt(self.rate / (1.0 - self.rate))
        noise = random.normal(
            inputs.shape, 1.0, stddev, self.compute_dtype, self.seed_generator
        )
        return ops.multiply(inputs, noise)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}


class AlphaDropout(Noise):
    """Dropout that keeps mean 0 and variance 1, for networks of selu.

        y_i = a · x_i + b with probability 1 - rate, else a · α + b

    α is the limit of selu at -∞; a and b make up for the change of mean and variance.
    `noise_shape` says along which axes all are dropped together: (None, 1, 3) drops
    whole columns; None stands for the size of the input.

    Shapes: x (...) → y (...).  rate: in [0, 1).
    Raises: ValueError if rate is outside, or noise_shape is no shape.
    Source: Klambauer et al., Self-normalizing neural networks (2017), section 3.
    """

    def __init__(
        self,
        rate: float,
        noise_shape: ShapeLike | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__("rate", rate, seed, **kwargs)
        check_below_one("AlphaDropout", rate)
        self.rate = rate
        self.noise_shape = checked_noise_shape(noise_shape)

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        if not training or self.seed_generator is None:
            return inputs
        shape = inputs.shape
        if self.noise_shape is not None:
            shape = tuple(
                size if noise is None else noise
                for size, noise in zip(inputs.shape, self.noise_shape, strict=True)
            )
        drawn = random.uniform(
            shape, dtype=self.compute_dtype, seed=self.seed_generator
        )
        floor = -SELU_ALPHA * SELU_SCALE
        a = ((1.0 - self.rate) * (1.0 + self.rate * floor**2)) ** -0.5
        b = -a * floor * self.rate
        kept = ops.greater_equal(drawn, self.rate)
        disturbed = ops.where(kept, inputs, floor)
        return ops.add(ops.multiply(disturbed, a), b)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "rate": self.rate,
            "seed": self.seed,
            "noise_shape": self.noise_shape,
        }


class ActivityRegularization(Layer):
    """Passes its inputs on, and adds their size to the loss.

        loss += (l1 · Σ |x| + l2 · Σ x²) / n

    Shapes: x (n, ...) → y (n, ...).
    Raises: ValueError if a factor is negative or not finite.
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any) -> None:
        super().__init__(activity_regularizer=regularizers.L1L2(l1=l1, l2=l2), **kwargs)
        self.l1 = l1
        self.l2 = l2
        self.supports_masking = True
        self.built = True  # there is nothing to build

    def call(self, inputs: Tensor) -> Tensor:
        return inputs

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["activity_regularizer"]  # it is made of the two factors
        return {**config, "l1": self.l1, "l2": self.l2}


def check_below_one(layer: str, rate: float) -> None:
    """Refuses to drop everything: the noise would be infinite."""
    if rate == 1:
        raise ValueError(f"{layer} needs a rate below 1; got rate={rate!r}.")
