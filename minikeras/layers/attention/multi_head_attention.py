"""MultiHeadAttention: several ways of looking at once, each in a space of its own."""

from typing import Any

from minikeras.layers.attention.projected_attention import (
    ProjectedAttention,
    require_positive,
)
from minikeras.values.types import Identifier, Shape, ShapeLike


class MultiHeadAttention(ProjectedAttention):
    """Projects queries, keys and values into heads; every head attends by itself.

        head_h = softmax(Q_h K_hᵀ / √key_dim) V_h,   Q_h = query W_h + b_h, ...
        y = Σ_h head_h O_h + o

    The axes of `attention_axes` are looked along, by default all but first and last;
    with several, places are counted in C order.  Keys are seen where `value_mask`,
    `key_mask` and `attention_mask` are True, at most as far back and ahead as
    `sliding_window`, and with `use_causal_mask` only up to the place of the query.
    `use_gate` multiplies what each head finds by a sigmoid of the query.  A mask of the
    queries changes nothing here; it is handed on.

    A query that sees no key finds 0 where the weights are at hand, for dropout or
    because they are returned, and else, as in Keras, the average of all values.

    Shapes: query (n, t, a), value and key (n, s, b) → (n, t, a), or (n, t,
    *output_shape); attention_mask (n, t, s); weights, if asked for, (n, heads, t, s).
    Raises: ValueError if num_heads, key_dim or value_dim is no positive integer, or the
    shapes do not fit.
    Source: Vaswani et al., Attention Is All You Need (2017), section 3.2.2; Keras,
    `keras.layers.MultiHeadAttention`.
    """

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: int | ShapeLike | None = None,
        attention_axes: int | ShapeLike | None = None,
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
        require_positive(num_heads=num_heads, key_dim=key_dim)
        if value_dim is not None:
            require_positive(value_dim=value_dim)
        self.num_heads = num_heads
        self.key_dim = key_dim
        self.value_dim = key_dim if value_dim is None else value_dim
        if not isinstance(output_shape, (int, tuple, list, type(None))):
            raise ValueError(
                "`output_shape` is the size of the output, a tuple of sizes, or None "
                f"for that of the queries; got {output_shape!r}."
            )
        self.output_shape = as_tuple(output_shape)
        self.attention_axes = as_tuple(attention_axes)

    def build(  # type: ignore[override]
        self, query_shape: Shape, value_shape: Shape, key_shape: Shape | None = None
    ) -> None:
        ndim = len(query_shape)
        if self.attention_axes is None:
            self.attention_axes = tuple(range(1, ndim - 1))
        self.attention_axes = tuple(axis % ndim for axis in self.attention_axes)
        self.make_projections(
            (query_shape, value_shape if key_shape is None else key_shape, value_shape),
            heads=(self.num_heads, self.num_heads),
            sizes=(self.key_dim, self.value_dim),
            output_shape=self.output_shape or query_shape[-1:],
            attention_axes=self.attention_axes,
        )

    def compute_output_shape(
        self, query_shape: Shape, value_shape: Shape, key_shape: Shape | None = None
    ) -> Shape:
        keys = value_shape if key_shape is None else key_shape
        self.check_shapes(query_shape, keys, value_shape)
        return (*query_shape[:-1], *(self.output_shape or query_shape[-1:]))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "key_dim": self.key_dim,
            "value_dim": self.value_dim,
            "dropout": self.dropout,
            "use_bias": self.use_bias,
            "use_gate": self.use_gate,
            "output_shape": self.output_shape,
            "attention_axes": self.attention_axes,
            "sliding_window": self.sliding_window,
            **self.projection_config(),
        }


def as_tuple(sizes: int | ShapeLike | None) -> tuple[Any, ...] | None:
    """Returns one number, or several, as a tuple; None stays None."""
    if sizes is None:
        return None
    return (sizes,) if isinstance(sizes, int) else tuple(sizes)
