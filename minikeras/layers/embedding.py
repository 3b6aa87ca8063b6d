"""Embedding: a vector for each whole number, such as the number of a word."""

import warnings
from typing import Any

import numpy as np

from minikeras import constraints, initializers, regularizers
from minikeras.layers.layer import Layer
from minikeras.layers.quantization import without_quantization
from minikeras.ops import not_equal
from minikeras.primitives.indexing import take
from minikeras.values.dtypes import is_float
from minikeras.values.tensor import Tensor, cast
from minikeras.values.types import Identifier, Shape


class Embedding(Layer):
    """Looks up a vector for each integer in a table that is learned.

        y_ij = embeddings[x_i, j]

    An index counts from the end of the table if it is negative.  Floats are cut to
    integers.  With `mask_zero` 0 is no word but padding: the layers behind see a mask
    that is False there.  `weights` is a table to start from, or a list with one.

    Shapes: x (...) → y (..., output_dim); embeddings (input_dim, output_dim).
    Raises: ValueError if input_dim or output_dim is no positive integer; IndexError for
    an index outside of the table.
    Source: Keras, `keras.layers.Embedding`.
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Identifier = "uniform",
        embeddings_regularizer: Identifier | None = None,
        embeddings_constraint: Identifier | None = None,
        mask_zero: bool = False,
        weights: Any = None,
        **kwargs: Any,
    ) -> None:
        if kwargs.pop("input_length", None) is not None:
            warnings.warn(
                "Embedding takes sequences of any length: leave out input_length.",
                UserWarning,
                stacklevel=2,
            )
        super().__init__(**without_quantization(kwargs, "Embedding"))
        for name, size in (("input_dim", input_dim), ("output_dim", output_dim)):
            if not isinstance(size, int) or size <= 0:
                raise ValueError(
                    f"Received an invalid value for `{name}`, expected a positive "
                    f"integer. Received: {name}={size!r}"
                )
        self.input_dim = input_dim
        self.output_dim = output_dim
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)
        self.mask_zero = mask_zero
        self.supports_masking = mask_zero
        self.autocast = False  # float16 does not hold all indices
        if weights is not None:
            self.build()
            self.set_weights(weights if isinstance(weights, list) else [weights])

    def build(self, input_shape: Shape | None = None) -> None:
        self.embeddings = self.add_weight(
            (self.input_dim, self.output_dim),
            self.embeddings_initializer,
            regularizer=self.embeddings_regularizer,
            constraint=self.embeddings_constraint,
            name="embeddings",
        )

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape, self.output_dim)

    def call(self, inputs: Tensor) -> Tensor:
        indices = inputs
        if is_float(inputs.dtype) or inputs.dtype == "bool":
            indices = cast(inputs, "int32")
        try:
            return take(self.embeddings, indices, axis=0)
        except IndexError as error:
            raise self._what_is_outside(indices.numpy()) from error

    def check_indices(self, indices: np.ndarray) -> None:
        """Raises IndexError if the table lacks a row for some of many indices."""
        least, most = indices.min(initial=0), indices.max(initial=0)
        if least <= -self.input_dim - 1 or most >= self.input_dim:
            raise self._what_is_outside(indices)

    def _what_is_outside(self, indices: np.ndarray) -> IndexError:
        """Returns the error for indices that the table has no row for."""
        rows = self.input_dim
        outside = (indices <= -rows - 1) | (indices >= rows)
        first = indices[outside].reshape(-1)[0]
        return IndexError(
            f'Embedding "{self.name}" has a table of {rows} rows, so indices go from 0 '
            f"to {rows - 1}; got {first}. Make input_dim larger than the "
            "largest index."
        )

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return not_equal(inputs, 0) if self.mask_zero else None

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "input_dim": self.input_dim,
            "output_dim": self.output_dim,
            "embeddings_initializer": initializers.serialize(
                self.embeddings_initializer
            ),
            "embeddings_regularizer": regularizers.serialize(
                self.embeddings_regularizer
            ),
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
            "embeddings_constraint": constraints.serialize(self.embeddings_constraint),
            "mask_zero": self.mask_zero,
            "quantization_config": None,
        }
