"""Attention without projections: queries, values and keys as they come."""

from typing import Any

from minikeras.layers.layer import Layer
from minikeras.ops import functions as ops
from minikeras.primitives.attention import LOWEST
from minikeras.random import SeedGenerator
from minikeras.values.tensor import Tensor, cast
from minikeras.values.types import Identifier, Shape


class Attention(Layer):
    """Averages values, weighted by the softmax of how well queries meet their keys.

        out_i = Σ_j p_ij v_j,   p_i = softmax_j(score(q_i, k_j))
        score(q, k) = scale · q · k                     for score_mode "dot"
                    = w · Σ_l tanh(scale · (q_l + k_l))   for "concat"

    `scale` and w are one learned number each; without `use_scale` scale is 1.  Called
    on a list [query, value] or [query, value, key], with masks in a list of the same
    order; a key is seen where the mask of the values is True, and what a query finds is
    0 where its own mask is False.  A query that sees nothing looks at everything alike.

    Shapes: query (n, t, d), value (n, s, e), key (n, s, d) → (n, t, e); weights, if
    asked for, (n, t, s).
    Raises: ValueError for another score_mode, or inputs that are no such list.
    Source: Luong et al., Effective Approaches to Attention-based Neural Machine
    Translation (2015), eq. 8; Keras, `keras.layers.Attention`.
    """

    def __init__(
        self,
        use_scale: bool = False,
        score_mode: str = "dot",
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if score_mode not in ("dot", "concat"):
            raise ValueError(
                "Invalid value for argument score_mode. Expected 'dot' or 'concat'. "
                f"Received: score_mode={score_mode!r}"
            )
        if not isinstance(dropout, (int, float)) or not 0 <= dropout <= 1:
            raise ValueError(
                f"{type(self).__name__} needs a dropout between 0 and 1; got "
                f"dropout={dropout!r}."
            )
        self.use_scale = use_scale
        self.score_mode = score_mode
        self.dropout = dropout
        self.seed = seed
        self.seed_generator = SeedGenerator(seed) if dropout > 0 else None
        self.supports_masking = True

    def build(self, input_shape: list[Shape]) -> None:
        self._check_inputs(input_shape)
        self.scale = self.concat_score_weight = None
        if self.use_scale:
            self.scale = self.add_weight(*self._scale_of(input_shape), name="scale")
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight(
                (), "ones", name="concat_score_weight"
            )

    def call(
        self,
        inputs: list[Tensor],
        mask: list[Tensor | None] | None = None,
        training: bool = False,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Tensor | tuple[Tensor, Tensor]:
        self._check_inputs(inputs)
        query_mask, value_mask = self._masks(mask)
        query, value = inputs[0], inputs[1]
        key = inputs[2] if len(inputs) > 2 else value
        scores = self._scores(query, key)
        seen = None
        if value_mask is not None:
            seen = ops.expand_dims(cast(value_mask, "bool"), -2)
        if use_causal_mask:
            ones = ops.ones_like(scores)
            earlier = ops.cumsum(ones, -1) <= ops.cumsum(ones, -2)
            seen = earlier if seen is None else ops.logical_and(seen, earlier)
        if seen is not None:
            scores = ops.where(seen, scores, LOWEST[scores.dtype])
        weights = ops.softmax(scores)
        if training and self.seed_generator is not None:
            kept = self.seed_generator.dropout_mask(
                weights.shape, self.dropout, weights.dtype
            )
            weights = ops.multiply(weights, kept)
        found = ops.matmul(weights, value)
        if query_mask is not None:
            found = ops.multiply(found, ops.expand_dims(query_mask, -1))
        return (found, weights) if return_attention_scores else found

    def _scale_of(self, input_shape: list[Shape]) -> tuple[Shape, Identifier]:
        """Returns the shape and the initializer of `scale`."""
        return (), "ones"

    def _scores(self, query: Tensor, key: Tensor) -> Tensor:
        """Returns how well each query meets each key, shape (n, t, s)."""
        if self.score_mode == "concat":
            sums = ops.expand_dims(query, -2) + ops.expand_dims(key, -3)
            if self.scale is not None:
                sums = self.scale * sums
            return self.concat_score_weight * ops.sum(ops.tanh(sums), axis=-1)
        scores = ops.matmul(query, ops.swapaxes(key, -1, -2))
        return scores if self.scale is None else scores * self.scale

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        self._check_inputs(input_shape)
        query_shape, value_shape, *_ = input_shape
        return (*query_shape[:-1], value_shape[-1])

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Returns the mask of the queries."""
        return self._masks(mask)[0]

    def _check_inputs(self, inputs: Any) -> None:
        is_list = isinstance(inputs, (list, tuple)) and len(inputs) in (2, 3)
        # One tensor comes as its shape, when it is time to build.
        if not is_list or any(x is None or isinstance(x, int) for x in inputs):
            got = f"{len(inputs)} of them" if isinstance(inputs, list) else repr(inputs)
            raise ValueError(
                f'{type(self).__name__} "{self.name}" must be called on a list of '
                f"inputs, [query, value] or [query, value, key]; got {got}."
            )

    def _masks(self, mask: Any) -> tuple[Tensor | None, Tensor | None]:
        """Returns the masks of queries and of values."""
        if mask is None:
            return None, None
        if not isinstance(mask, (list, tuple)) or len(mask) not in (2, 3):
            raise ValueError(
                f'{type(self).__name__} "{self.name}" takes its masks as a list, '
                f"[query_mask, value_mask]; got {mask!r}."
            )
        return mask[0], mask[1]

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "use_scale": self.use_scale,
            "score_mode": self.score_mode,
            "dropout": self.dropout,
            "seed": self.seed,
        }
