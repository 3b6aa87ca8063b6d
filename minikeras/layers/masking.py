"""Masking: says which steps of sequences are padding."""

from typing import Any

from minikeras.layers.layer import Layer
from minikeras.ops import any, not_equal
from minikeras.ops import functions as ops
from minikeras.values.tensor import Tensor


class Masking(Layer):
    """Masks the steps at which every feature is `mask_value`, and makes them 0.

        mask_nt = any_j (x_ntj ≠ mask_value),   y_ntj = x_ntj · mask_nt

    Layers behind that support masks skip these steps.

    Shapes: x (n, steps, ...) → y the same; mask without the last axis.
    Source: Keras, `keras.layers.Masking`.
    """

    def __init__(self, mask_value: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mask_value = mask_value
        self.supports_masking = True
        self.built = True  # there is nothing to build

    def compute_mask(self, inputs: Tensor, mask: Any = None) -> Tensor:
        return any(not_equal(inputs, self.mask_value), axis=-1)

    def call(self, inputs: Tensor) -> Tensor:
        counts = ops.any(ops.not_equal(inputs, self.mask_value), axis=-1, keepdims=True)
        return ops.where(counts, inputs, ops.zeros_like(inputs))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mask_value": self.mask_value}
