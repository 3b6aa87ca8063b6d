"""What layers of attention with heads share: projections, masks, and looking itself."""

import math
from typing import Any

from minikeras import constraints, initializers, regularizers
from minikeras.layers.activation import Softmax
from minikeras.layers.attention.axes import Folding
from minikeras.layers.core import Dropout
from minikeras.layers.einsum_dense import EinsumDense
from minikeras.layers.layer import Layer
from minikeras.layers.masks import without_mask
from minikeras.ops import functions as ops
from minikeras.ops.attention import shared
from minikeras.primitives import attention, recorded
from minikeras.primitives.attention import heads_first, places, up_to_own_place
from minikeras.values.tensor import Tensor
from minikeras.values.types import Identifier, Shape


class ProjectedAttention(Layer):
    """Projects queries, keys and values into heads, looks, and projects back.

    A subclass says in its `build` how: with `make_projections`.
    """

    def __init__(
        self,
        dropout: float,
        use_bias: bool,
        sliding_window: int | None,
        flash_attention: bool | None,
        kernel_initializer: Identifier,
        bias_initializer: Identifier,
        kernel_regularizer: Identifier | None,
        bias_regularizer: Identifier | None,
        activity_regularizer: Identifier | None,
        kernel_constraint: Identifier | None,
        bias_constraint: Identifier | None,
        use_gate: bool,
        seed: int | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not isinstance(dropout, (int, float)) or not 0 <= dropout <= 1:
            raise ValueError(
                f"{type(self).__name__} needs a dropout between 0 and 1; got "
                f"dropout={dropout!r}."
            )
        if flash_attention and dropout > 0:
            raise ValueError(
                "Dropout needs all weights at hand: with it leave flash_attention at "
                f"None; got dropout={dropout}."
            )
        if sliding_window is not None:
            require_positive(sliding_window=sliding_window)
        self.dropout = dropout
        self.use_bias = use_bias
        self.sliding_window = sliding_window
        self.flash_attention = flash_attention
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        # It is for the four projections, not for what this layer returns.
        self.projection_activity_regularizer = regularizers.get(activity_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.use_gate = use_gate
        self.seed = seed
        self.supports_masking = True

    # Projections ----------------------------------------------------------------------

    def make_projections(
        self,
        shapes: tuple[Shape, Shape, Shape],
        heads: tuple[int, int],
        sizes: tuple[int, int],
        output_shape: Shape,
        attention_axes: tuple[int, ...],
    ) -> None:
        """Creates what the layer consists of.

        `shapes` are those of query, key and value, `heads` the numbers of heads of
        queries and of the others, `sizes` those of keys and of values in a head.
        """
        query, key, value = shapes
        self.check_shapes(query, key, value)
        self._folding = Folding(len(query), attention_axes)
        # The order of creation is that of the weights.
        self._query_dense = self._projection("query", query, (heads[0], sizes[0]))
        self._key_dense = self._projection("key", key, (heads[1], sizes[0]))
        if self.use_gate:
            self._gate_dense = self._projection("gate", query, (heads[0], sizes[1]))
        self._value_dense = self._projection("value", value, (heads[1], sizes[1]))
        self._softmax = Softmax(dtype=self.dtype_policy)
        self._dropout_layer = Dropout(
            self.dropout, seed=self.seed, dtype=self.dtype_policy
        )
        found = (*query[:-1], heads[0], sizes[1])
        self._output_dense = self._projection("attention_output", found, output_shape)

    def check_shapes(self, query: Any, key: Any, value: Any) -> None:
        """Refuses shapes of queries, keys and values that do not go together.

        Raises: ValueError.
        """
        for name, shape in (("query", query), ("key", key), ("value", value)):
            if not isinstance(shape, (tuple, list)):
                raise ValueError(
                    f'{type(self).__name__} "{self.name}" needs a shape of {name}, '
                    f"such as (None, 5, 4); got {name}_shape={shape!r}."
                )
        if len(query) != len(value) or len(query) < 3:
            raise ValueError(
                f'{type(self).__name__} "{self.name}" needs query and value with the '
                "same number of axes, three or more: (samples, times, features); got "
                f"shapes {query} and {value}."
            )
        others = zip(key[:-1], value[:-1], strict=False)
        apart = any(n != m and None not in (n, m) for n, m in others)
        if len(key) != len(value) or apart:
            raise ValueError(
                "All dimensions of `value` and `key`, except the last one, must be "
                f"equal. Received: value_shape={value} and key_shape={key}"
            )

    def _projection(self, name: str, shape: Shape, sizes: Shape) -> EinsumDense:
        """Returns a built layer from the last axis, or from both of heads, to `sizes`.

        "abc,cde->abde" from features to heads, "abcd,cde->abe" back.
        """
        summed = 2 if name == "attention_output" else 1
        letters = iter("abcdefghijklmnopqrstuvwxyz")
        kept = "".join(next(letters) for _ in shape[:-summed])
        old = "".join(next(letters) for _ in range(summed))
        new = "".join(next(letters) for _ in sizes)
        layer = EinsumDense(
            f"{kept}{old},{old}{new}->{kept}{new}",
            output_shape=(*[None] * (len(kept) - 1), *sizes),
            bias_axes=new if self.use_bias else None,
            # Of its own: an initializer gives the same numbers every time.
            kernel_initializer=again(self.kernel_initializer),
            bias_initializer=again(self.bias_initializer),
            kernel_regularizer=self.kernel_regularizer,
            bias_regularizer=self.bias_regularizer,
            activity_regularizer=self.projection_activity_regularizer,
            kernel_constraint=self.kernel_constraint,
            bias_constraint=self.bias_constraint,
            dtype=self.dtype_policy,
            name=name,
        )
        layer.build(shape)
        return layer

    @property
    def query_dense(self) -> EinsumDense:
        """The projection of queries."""
        return self._query_dense

    @property
    def key_dense(self) -> EinsumDense:
        """The projection of keys."""
        return self._key_dense

    @property
    def value_dense(self) -> EinsumDense:
        """The projection of values."""
        return self._value_dense

    @property
    def output_dense(self) -> EinsumDense:
        """The projection of what the heads found."""
        return self._output_dense

    # The call -------------------------------------------------------------------------

    def call(
        self,
        query: Tensor,
        value: Tensor,
        key: Tensor | None = None,
        query_mask: Tensor | None = None,
        value_mask: Tensor | None = None,
        key_mask: Tensor | None = None,
        attention_mask: Tensor | None = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
    ) -> Tensor | tuple[Tensor, Tensor]:
        if return_attention_scores and self.flash_attention:
            raise ValueError(
                "Attention scores are never all in memory with flash_attention=True: "
                "leave it at None to have them returned."
            )
        query, value = without_mask(query), without_mask(value)
        key = value if key is None else without_mask(key)
        masks = [x for x in (value_mask, key_mask) if x is not None]
        fold = self._folding
        seen = fold.seen(query.shape, value.shape, masks, attention_mask)
        q = fold.heads(self._query_dense(query))
        k = fold.heads(self._key_dense(key))
        v = fold.heads(self._value_dense(value))
        k, v = shared(q, k), shared(q, v)
        if self.sliding_window is not None:
            near = within(self.sliding_window, q, k)
            seen = near if seen is None else ops.logical_and(seen, near)
        weights: Any = None
        # Who sees no key finds 0 in one way and an average in the other: both as Keras.
        unusual = seen is not None and (self.dropout or query.ndim > 3)
        if return_attention_scores or unusual or (self.dropout and training):
            found, weights = self._look_with_weights(
                q, k, v, seen, use_causal_mask, training
            )
        else:
            found = look(q, k, v, seen, use_causal_mask)
        found = fold.unfolded(found, query.shape)
        if self.use_gate:
            found = ops.multiply(found, ops.sigmoid(self._gate_dense(query)))
        output = self._output_dense(found)
        if not return_attention_scores:
            return output
        return output, fold.unfolded_weights(weights, query.shape, value.shape)

    def _look_with_weights(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        seen: Tensor | None,
        causal: bool,
        training: bool | None,
    ) -> tuple[Tensor, Tensor]:
        """Returns what is found with some weights dropped, and all weights."""
        q, k, v = (heads_first(recorded, x) for x in (query, key, value))
        q = ops.multiply(q, 1 / math.sqrt(q.shape[-1]))
        if causal:
            earlier = up_to_own_place(recorded, query, key)
            seen = earlier if seen is None else ops.logical_and(seen, earlier)
        weights = self._softmax(recorded.matmul(q, recorded.swap_last(k)), mask=seen)
        kept = self._dropout_layer(weights, training=training)
        return heads_first(recorded, recorded.matmul(kept, v)), weights

    def projection_config(self) -> dict[str, Any]:
        """Returns the part of the configuration that says how weights are made."""
        return {
            "kernel_initializer": initializers.serialize(self.kernel_initializer),
            "bias_initializer": initializers.serialize(self.bias_initializer),
            "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
            "bias_regularizer": regularizers.serialize(self.bias_regularizer),
            "activity_regularizer": regularizers.serialize(
                self.projection_activity_regularizer
            ),
            "kernel_constraint": constraints.serialize(self.kernel_constraint),
            "bias_constraint": constraints.serialize(self.bias_constraint),
            "seed": self.seed,
        }


def look(
    query: Tensor, key: Tensor, value: Tensor, seen: Tensor | None, causal: bool
) -> Tensor:
    """Returns what queries find, without ever having all weights in memory."""
    how = {"causal": causal, "scale": 1 / math.sqrt(query.shape[-1])}
    if seen is None:
        return attention.attention(query, key, value, **how)
    return attention.masked_attention(query, key, value, seen, **how)


def within(window: int, query: Tensor, key: Tensor) -> Tensor:
    """Returns which keys are less than `window` places away, shape (1, 1, t, s)."""
    k = recorded
    queries = k.transpose(places(k, query), axes=(0, 2, 1, 3))
    keys = k.transpose(places(k, key), axes=(0, 2, 3, 1))
    return k.less(k.abs(k.subtract(queries, keys)), window)


def again(initializer: Any) -> Any:
    """Returns an initializer like this one; a function stays the same one."""
    if not hasattr(initializer, "get_config"):
        return initializer
    return type(initializer).from_config(initializer.get_config())


def require_positive(**sizes: Any) -> None:
    """Refuses what is no positive integer, by its name.

    Raises: ValueError.
    """
    for name, size in sizes.items():
        if not isinstance(size, int) or size <= 0:
            raise ValueError(
                f"Received an invalid value for argument `{name}`, expected a positive "
                f"integer. Received: {name}={size!r}"
            )
