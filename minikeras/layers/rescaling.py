"""Numbers brought to another range by a scale that is known beforehand.

Apart from the normalizations because it looks at no data: pictures of bytes become
numbers from 0 to 1 with scale=1 / 255, whatever is in them.
"""

from types import SimpleNamespace
from typing import Any, Self

import numpy as np

from minikeras import backend
from minikeras.layers.layer import Layer
from minikeras.ops import functions as ops
from minikeras.primitives.elementwise import add, multiply
from minikeras.saving.objects import deserialize_keras_object, serialize_keras_object
from minikeras.values.tensor import Tensor, cast
from minikeras.values.types import ShapeLike, TensorLike
from minikeras.values.variable import Variable


class Rescaling(Layer):
    """Multiplies its inputs by `scale` and adds `offset`.

        y = scale · x + offset

    Both are numbers, or arrays that fit the last axis (`scale` the first one after the
    batch with the data format "channels_first").  The inputs may be of any dtype.

    >>> Rescaling(1 / 127.5, offset=-1)(np.array([[0, 255]])).numpy().tolist()
    [[-1.0, 1.0]]

    Shapes: x (...) → y (...).
    """

    def __init__(
        self, scale: TensorLike, offset: TensorLike = 0.0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._given = {"scale": scale, "offset": offset}
        # Variables, so that a recorded step knows them; out of the reach of `weights`,
        # for they belong to the configuration.
        self._held = SimpleNamespace(
            scale=constant(scale, self.compute_dtype),
            offset=constant(offset, self.compute_dtype),
        )
        self.supports_masking = True
        self.built = True  # there is nothing to build

    @property
    def scale(self) -> Any:
        """What the inputs are multiplied by, as it was given."""
        return self._given["scale"]

    @property
    def offset(self) -> Any:
        """What is added then, as it was given."""
        return self._given["offset"]

    def call(self, inputs: Tensor) -> Tensor:
        dtype, scale = self.compute_dtype, self._held.scale
        if scale.ndim and backend.image_data_format() == "channels_first":
            scale = ops.reshape(scale, scale.shape + (1,) * (3 - scale.ndim))
        x = inputs if inputs.dtype == dtype else cast(inputs, dtype)
        return add(multiply(x, scale), self._held.offset)

    def compute_output_shape(self, input_shape: ShapeLike) -> ShapeLike:
        """Returns the shape as it is: every number is scaled on its own."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "scale": serialize_keras_object(self.scale),
            "offset": serialize_keras_object(self.offset),
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> Self:
        """Makes a layer from its configuration."""
        given = {
            name: deserialize_keras_object(config[name], custom_objects)
            for name in ("scale", "offset")
        }
        return cls(**{**config, **given})


def constant(value: Any, dtype: str) -> Variable:
    """Returns a number or an array, in a dtype, as a Variable that is never trained."""
    return Variable(np.asarray(value).astype(dtype), dtype=dtype, trainable=False)
