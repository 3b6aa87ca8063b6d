"""GroupedQueryAttention: heads of queries that share keys and values."""

from typing import Any

from minikeras.layers.attention.projected_attention import (
    ProjectedAttention,
    require_positive,
)
from minikeras.values.types import Identifier, Shape


class GroupedQueryAttention(ProjectedAttention):
    """Looks with several heads of queries for each head of keys and values.

        head_h = softmax(Q_h K_gᵀ / √head_dim) V_g,   g = ⌊h · groups / heads⌋

    All else is as in `MultiHeadAttention`.

    Shapes: query (n, t, a), value and key (n, s, b) → (n, t, a); attention_mask (n, t,
    s); weights, if asked for, (n, num_query_heads, t, s).
    Raises: ValueError if a size is no positive integer, or num_query_heads no multiple
    of num_key_value_heads.
    Source: Ainslie et al., GQA (2023); Keras, `keras.layers.GroupQueryAttention`.
    """

    # As Keras saves it: under the names of the attributes themselves.
    not_saved = ("query_dense", "key_dense", "value_dense", "output_dense")

    def __init__(
        self,
        head_dim: int,
        num_query_heads: int,
        num_key_value_heads: int,
        dropout: float = 0.0,
        use_bias: bool = True,
        sliding_window: int | None = None,
        flash_attention: bool | None = None,
        kernel_initializer: Identifier = "glorot_uniform",
        bias_initializer: Identifier = "zeros",
        kernel_regularizer: Identifier | None = None,
        bias_regularizer: Identifier | None = None,
        activity_regularizer: Identifier | None = None,
        kernel_constraint: Identifier | None = None,
        bias_constraint: Identifier | None = None,
        use_gate: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            dropout,
            use_bias,
            sliding_window,
            flash_attention,
            kernel_initializer,
            bias_initializer,
            kernel_regularizer,
            bias_regularizer,
            activity_regularizer,
            kernel_constraint,
            bias_constraint,
            use_gate,
            seed,
            **kwargs,
        )
        require_positive(
            head_dim=head_dim,
            num_query_heads=num_query_heads,
            num_key_value_heads=num_key_value_heads,
        )
        if num_query_heads % num_key_value_heads:
            raise ValueError(
                "`num_query_heads` must be divisible by `num_key_value_heads`; got "
                f"{num_query_heads} and {num_key_value_heads}."
            )
        self.head_dim = head_dim
        self.num_query_heads = num_query_heads
        self.num_key_value_heads = num_key_value_heads

    def build(  # type: ignore[override]
        self, query_shape: Shape, value_shape: Shape, key_shape: Shape | None = None
    ) -> None:
        self.make_projections(
            (query_shape, value_shape if key_shape is None else key_shape, value_shape),
            heads=(self.num_query_heads, self.num_key_value_heads),
            sizes=(self.head_dim, self.head_dim),
            output_shape=query_shape[-1:],
            attention_axes=(1,),
        )

    def compute_output_shape(
        self, query_shape: Shape, value_shape: Shape, key_shape: Shape | None = None
    ) -> Shape:
        keys = value_shape if key_shape is None else key_shape
        self.check_shapes(query_shape, keys, value_shape)
        return tuple(query_shape)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "head_dim": self.head_dim,
            "num_query_heads": self.num_query_heads,
            "num_key_value_heads": self.num_key_value_heads,
            "use_bias": self.use_bias,
            "use_gate": self.use_gate,
            "sliding_window": self.sliding_window,
            "dropout": self.dropout,
            **self.projection_config(),
        }


GroupQueryAttention = GroupedQueryAttention  # as Keras exports it
