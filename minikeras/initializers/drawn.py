"""Initial values that are drawn at random.

They are drawn by the same kernels whatever backend computes: so a seed means the same
weights, to the bit, in all of them.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minikeras.initializers.initializer import Initializer
from minikeras.kernels.fast import fast
from minikeras.kernels.reference import reference
from minikeras.random import Seed, SeedGenerator, float_dtype, is_whole, new_seed
from minikeras.saving.objects import serialize_object
from minikeras.values import Tensor
from minikeras.values.types import DType

# Uniform numbers have the same bits in all sets: they come from the one that is sooner.
UNIFORM = fast or reference

# The standard deviation of a normal distribution that is cut off at ± 2.
TRUNCATED_STDDEV = 0.87962566103423978


class RandomInitializer(Initializer):
    """Draws from a seed: an int, a SeedGenerator, or None for a new one.

    An initializer with an int, or with None, gives the same values at every call; with
    a SeedGenerator others each time.

    Raises: ValueError for another seed.
    """

    def __init__(
        self, seed: int | SeedGenerator | dict[str, Any] | None = None
    ) -> None:
        if isinstance(seed, dict):
            seed = SeedGenerator.from_config(seed["config"])
        if seed is not None and not (is_whole(seed) or isinstance(seed, SeedGenerator)):
            raise ValueError(
                "`seed` argument should be an instance of "
                f"`keras.random.SeedGenerator()` or an integer. Received: seed={seed}"
            )
        self._given_seed = seed
        self.seed = new_seed() if seed is None else seed

    def draw(
        self, kernel: str, shape: Sequence[int], dtype: DType | None, **parameters: Any
    ) -> Tensor:
        """Calls a random kernel."""
        dtype = float_dtype(dtype, type(self).__name__)
        if isinstance(self.seed, SeedGenerator):
            state = self.seed.next().data
        else:
            state = np.array([int(self.seed) % 2**32, 0])
        kernels = UNIFORM if kernel == "random_uniform" else reference
        function = getattr(kernels, kernel)
        return Tensor.wrap(
            function(state, shape=tuple(shape), dtype=dtype, **parameters)
        )

    def get_config(self) -> dict[str, Any]:
        seed: Any = self._given_seed
        if isinstance(seed, SeedGenerator):
            seed = serialize_object("random", seed)
        return {"seed": seed}


def check_least(name: str, value: float, least: float) -> None:
    """Raises ValueError for a number below the least that it may be."""
    if not value >= least:
        raise ValueError(f"`{name}` must be at least {least}; got {value}.")


class RandomNormal(RandomInitializer):
    """Draws from the normal distribution.

    Raises: ValueError if stddev is negative.
    """

    def __init__(
        self, mean: float = 0.0, stddev: float = 0.05, seed: Seed = None
    ) -> None:
        super().__init__(seed)
        check_least("stddev", stddev, 0)
        self.mean = mean
        self.stddev = stddev

    def __call__(self, shape: Sequence[int], dtype: DType | None = None) -> Tensor:
        mean, stddev = self.mean, self.stddev
        return self.draw("random_normal", shape, dtype, mean=mean, stddev=stddev)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mean": self.mean, "stddev": self.stddev}


class TruncatedNormal(RandomInitializer):
    """Draws from the normal distribution between mean ± 2 stddev.

    Raises: ValueError if stddev is negative.
    """

    def __init__(
        self, mean: float = 0.0, stddev: float = 0.05, seed: Seed = None
    ) -> None:
        super().__init__(seed)
        check_least("stddev", stddev, 0)
        self.mean = mean
        self.stddev = stddev

    def __call__(self, shape: Sequence[int], dtype: DType | None = None) -> Tensor:
        mean, stddev = self.mean, self.stddev
        return self.draw(
            "random_truncated_normal", shape, dtype, mean=mean, stddev=stddev
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mean": self.mean, "stddev": self.stddev}


class RandomUniform(RandomInitializer):
    """Draws numbers that are equally likely everywhere in [minval, maxval).

    Raises: ValueError if minval is above maxval.
    """

    def __init__(
        self, minval: float = -0.05, maxval: float = 0.05, seed: Seed = None
    ) -> None:
        super().__init__(seed)
        check_least("maxval", maxval, minval)
        self.minval = minval
        self.maxval = maxval

    def __call__(self, shape: Sequence[int], dtype: DType | None = None) -> Tensor:
        low, high = self.minval, self.maxval
        return self.draw("random_uniform", shape, dtype, low=low, high=high)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "minval": self.minval, "maxval": self.maxval}


class VarianceScaling(RandomInitializer):
    """Draws with mean 0 and variance scale / n, so that signals keep their size.

    n is how many inputs (mode "fan_in") or outputs ("fan_out") one number of the
    weight's layer has, or the mean of both ("fan_avg").  `distribution` is
    "truncated_normal" (or "normal"), "untruncated_normal" or "uniform".

    `input_axes` and `output_axes` say which axes of the weight are counted.

    Raises: ValueError for another mode or distribution, a scale that is not positive,
    and for input_axes without output_axes, or the other way round.
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: Seed = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(seed)
        if scale <= 0:
            raise ValueError(
                f"Argument `scale` must be positive float. Received: {scale=}"
            )
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            raise ValueError(
                "Argument `mode` must be 'fan_in', 'fan_out' or 'fan_avg'. Received: "
                f"{mode=}"
            )
        distribution = str(distribution).lower()
        if distribution == "normal":
            distribution = "truncated_normal"
        if distribution not in ("truncated_normal", "untruncated_normal", "uniform"):
            raise ValueError(
                "Argument `distribution` must be 'truncated_normal', "
                f"'untruncated_normal' or 'uniform'. Received: {distribution=}"
            )
        if (input_axes is None) != (output_axes is None):
            raise ValueError(
                "`input_axes` and `output_axes` go together: give both, or neither. "
                f"Received: {input_axes=}, {output_axes=}"
            )
        self.scale = scale
        self.mode = mode
        self.distribution = distribution
        self.input_axes = input_axes
        self.output_axes = output_axes

    def __call__(self, shape: Sequence[int], dtype: DType | None = None) -> Tensor:
        variance = self.scale / max(1.0, self.fan(shape))
        stddev = math.sqrt(variance)
        if self.distribution == "uniform":
            limit = math.sqrt(3.0) * stddev
            return self.draw("random_uniform", shape, dtype, low=-limit, high=limit)
        if self.distribution == "untruncated_normal":
            return self.draw("random_normal", shape, dtype, mean=0.0, stddev=stddev)
        stddev /= TRUNCATED_STDDEV
        return self.draw(
            "random_truncated_normal", shape, dtype, mean=0.0, stddev=stddev
        )

    def fan(self, shape: Sequence[int]) -> float:
        """Returns the number that the variance is divided by."""
        inputs, outputs = fans(shape, self.input_axes, self.output_axes)
        if self.mode == "fan_in":
            return inputs
        return outputs if self.mode == "fan_out" else (inputs + outputs) / 2.0

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "scale": self.scale,
            "mode": self.mode,
            "distribution": self.distribution,
            "input_axes": self.input_axes,
            "output_axes": self.output_axes,
        }


def fans(
    shape: Sequence[int],
    input_axes: Sequence[int] | None = None,
    output_axes: Sequence[int] | None = None,
) -> tuple[int, int]:
    """Returns how many inputs and outputs meet in one number of a layer.

    For a convolution these are the channels times the size of its window: the last two
    axes are the channels, the others the window.

    >>> fans((784, 10)), fans((3, 3, 8, 16))
    ((784, 10), (72, 144))

    Raises: ValueError for an axis that there is none of.
    """
    for axis in (*(input_axes or ()), *(output_axes or ())):
        if not -len(shape) <= axis < len(shape):
            raise ValueError(
                f"A weight of shape {tuple(shape)} has no axis {axis}, of which "
                f"{input_axes=} and {output_axes=} speak."
            )
    if input_axes is not None and output_axes is not None:
        inputs = math.prod(shape[axis] for axis in input_axes)
        return inputs, math.prod(shape[axis] for axis in output_axes)
    if len(shape) < 2:
        return math.prod(shape), math.prod(shape)
    window = math.prod(shape[:-2])
    return shape[-2] * window, shape[-1] * window


class ScaledInitializer(VarianceScaling):
    """A VarianceScaling whose scale, mode and distribution have a name of their own."""

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        return {name: config[name] for name in ("seed", "input_axes", "output_axes")}


class GlorotUniform(ScaledInitializer):
    """Draws uniformly from ±√(6 / (inputs + outputs)).

    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward
    neural networks (2010), equation 16.
    """

    def __init__(
        self,
        seed: Seed = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(1.0, "fan_avg", "uniform", seed, input_axes, output_axes)


class GlorotNormal(ScaledInitializer):
    """Draws from a truncated normal of variance 2 / (inputs + outputs).

    Source: Glorot and Bengio (2010), equation 12.
    """

    def __init__(
        self,
        seed: Seed = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(
            1.0, "fan_avg", "truncated_normal", seed, input_axes, output_axes
        )


class HeUniform(ScaledInitializer):
    """Draws uniformly from ±√(6 / inputs).

    Source: He et al., Delving deep into rectifiers (2015), equation 10.
    """

    def __init__(
        self,
        seed: Seed = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(2.0, "fan_in", "uniform", seed, input_axes, output_axes)


class HeNormal(ScaledInitializer):
    """Draws from a truncated normal of variance 2 / inputs.

    Source: He et al. (2015), equation 10.
    """

    def __init__(
        self,
        seed: Seed = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(
            2.0, "fan_in", "truncated_normal", seed, input_axes, output_axes
        )


class LecunUniform(ScaledInitializer):
    """Draws uniformly from ±√(3 / inputs).

    Source: LeCun et al., Efficient backprop (1998), section 4.6.
    """

    def __init__(
        self,
        seed: Seed = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(1.0, "fan_in", "uniform", seed, input_axes, output_axes)


class LecunNormal(ScaledInitializer):
    """Draws from a truncated normal of variance 1 / inputs.

    Source: LeCun et al. (1998), section 4.6.
    """

    def __init__(
        self,
        seed: Seed = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(
            1.0, "fan_in", "truncated_normal", seed, input_axes, output_axes
        )


class Orthogonal(RandomInitializer):
    """Starts with rows or columns at right angles to each other, of length `gain`.

    It is the Q of a QR decomposition of normal numbers, with the signs that make every
    such matrix equally likely.

    Shapes: a weight (a, b, c) is orthogonal as a matrix (a·b, c).
    Raises: ValueError if the weight has fewer than two axes.
    Source: Saxe et al., Exact solutions to the nonlinear dynamics of learning (2013);
    Mezzadri, How to generate random matrices from the classical compact groups (2007).
    """

    def __init__(self, gain: float = 1.0, seed: Seed = None) -> None:
        super().__init__(seed)
        self.gain = gain

    def __call__(self, shape: Sequence[int], dtype: DType | None = None) -> Tensor:
        if len(shape) < 2:
            raise ValueError(
                "The tensor to initialize must be at least two-dimensional. Received: "
                f"shape={tuple(shape)} of rank {len(shape)}."
            )
        dtype = float_dtype(dtype, "Orthogonal")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        tall = (max(rows, columns), min(rows, columns))
        normal = self.draw("random_normal", tall, "float64", mean=0.0, stddev=1.0)
        q, r = np.linalg.qr(normal.data)
        q = q * np.sign(np.diagonal(r))
        q = q if rows >= columns else q.T
        return Tensor((self.gain * q).reshape(shape), dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "gain": self.gain}
