"""Layers around other layers: the base of wrappers, and spectral normalization."""

from typing import Any, Self

from minikeras.autograd.recording import no_grad
from minikeras.initializers import TruncatedNormal
from minikeras.layers.context import building
from minikeras.layers.layer import Layer
from minikeras.layers.serialization import deserialize, serialize
from minikeras.ops import functions as ops
from minikeras.values.autocast import autocast
from minikeras.values.tensor import Tensor
from minikeras.values.variable import Variable


class Wrapper(Layer):
    """A layer that has another one, `layer`, inside; a subclass says what for.

    It builds the layer, and has its configuration in its own.

    Raises: ValueError if the layer is none.
    """

    def __init__(self, layer: Layer, **kwargs: Any) -> None:
        if not isinstance(layer, Layer):
            raise ValueError(
                f"{type(self).__name__} wraps a layer; got {layer!r} of type "
                f"{type(layer).__name__}."
            )
        super().__init__(**kwargs)
        self.layer = layer

    def build(self, input_shape: Any) -> None:
        """Builds the layer inside."""
        if not self.layer.built:
            with building(self.layer):
                self.layer.build(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "layer": serialize(self.layer)}

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> Self:
        """Makes the layer inside, then this one."""
        layer = deserialize(config["layer"], custom_objects)
        return cls(**{**config, "layer": layer})


class SpectralNormalization(Wrapper):
    """Keeps the largest singular value of a layer's kernel at 1.

        v ← u Wᵀ / |u Wᵀ|,   u ← v W / |v W|              power_iterations times
        σ = v W uᵀ,          W ← W / σ

    with W the kernel, its axes but the last laid out in a row.  Each call in training
    goes on from the u of the last one, and changes the kernel for good.  It is the
    `kernel` of the layer or its `embeddings`.

    Shapes: those of the layer; vector_u (1, outputs).
    Raises: ValueError if the layer has neither, or power_iterations is not positive.
    Source: Miyato et al., Spectral normalization for generative adversarial networks
    (2018), algorithm 1.
    """

    def __init__(self, layer: Layer, power_iterations: int = 1, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        if not isinstance(power_iterations, int) or power_iterations <= 0:
            raise ValueError(
                "`power_iterations` should be an integer greater than zero; got "
                f"{power_iterations!r}."
            )
        self.power_iterations = power_iterations

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        kernel = getattr(self.layer, "kernel", None)
        if kernel is None:
            kernel = getattr(self.layer, "embeddings", None)
        if kernel is None:
            raise ValueError(
                f'SpectralNormalization "{self.name}" needs a layer with a kernel or '
                f"with embeddings; {self.layer!r} has neither."
            )
        self.kernel: Variable = kernel
        self.vector_u = self.add_weight(
            (1, kernel.shape[-1]),
            TruncatedNormal(stddev=0.02),
            trainable=False,
            autocast=False,
            name="vector_u",
        )

    def compute_output_shape(self, input_shape: Any) -> Any:
        return self.layer.compute_output_shape(input_shape)

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        if training and not inputs.symbolic:
            with no_grad(), autocast(None):
                self.normalize()
        return self.layer(inputs)

    def normalize(self) -> None:
        """Divides the kernel by its largest singular value, unless it is all zeros."""
        kernel = self.kernel.value
        rows = ops.reshape(kernel, (-1, kernel.shape[-1]))
        u: Tensor = self.vector_u.value
        for _ in range(self.power_iterations):
            v = of_length_one(ops.matmul(u, ops.transpose(rows)))
            u = of_length_one(ops.matmul(v, rows))
        sigma = ops.matmul(ops.matmul(v, rows), ops.transpose(u))
        usable = ops.any(ops.not_equal(kernel, 0.0))
        divisor = ops.where(usable, ops.reshape(sigma, ()), 1.0)
        self.kernel.assign(ops.divide(kernel, divisor))
        self.vector_u.assign(ops.where(usable, u, self.vector_u))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "power_iterations": self.power_iterations}


def of_length_one(x: Tensor) -> Tensor:
    """Returns x / |x|."""
    return ops.normalize(x, axis=None, order=2, epsilon=1e-12)
