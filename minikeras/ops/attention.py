"""Attention on heads that are there already; the layers that make them are `layers`."""

import math
from collections.abc import Sequence

from minikeras.primitives import attention, recorded, shape
from minikeras.primitives.attention import LOWEST, heads_first, up_to_own_place
from minikeras.values.tensor import Tensor, as_tensor, cast, promote_to_float
from minikeras.values.types import TensorLike


def dot_product_attention(
    query: TensorLike,
    key: TensorLike,
    value: TensorLike,
    bias: TensorLike | None = None,
    mask: TensorLike | None = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> Tensor:
    """Averages values, weighted by how well each query meets their keys.

        out_i = Σ_j p_ij v_j,   p_i = softmax_j(scale · q_i · k_j + bias_ij)

    `scale` is 1/√d if it is None.  Keys are seen where `mask` is True and, if
    `is_causal`, up to the place of the query; a query that sees none looks at all
    alike.  Several heads of queries may share one of keys and values.

    `flash_attention` asks for a way that never has all weights in memory, which is what
    happens without a bias; True with one, and a soft cap, are refused.

    Shapes: query (n, t, heads, d), key (n, s, heads, d), value (n, s, heads, e) → (n,
    t, heads, e); bias and mask broadcast to (n, heads, t, s).
    Raises: ValueError if they do not, or both are given.
    Source: Vaswani et al., Attention Is All You Need (2017), eq. 1.
    """
    tensors: Sequence[Tensor] = promote_to_float(*map(as_tensor, (query, key, value)))
    if any(x.ndim != 4 for x in tensors):
        raise ValueError(
            "dot_product_attention needs query, key and value of four axes (samples, "
            "times, heads, features); got shapes "
            f"{', '.join(str(x.shape) for x in tensors)}."
        )
    if bias is not None and mask is not None:
        raise ValueError(
            "Only one of `bias` and `mask` can be provided: put a very negative bias "
            "where the mask is False."
        )
    if attn_logits_soft_cap is not None:
        raise ValueError(
            "There is no soft cap on scores here: leave attn_logits_soft_cap at None; "
            f"got {attn_logits_soft_cap}."
        )
    if flash_attention and bias is not None:
        raise ValueError(
            "With a bias all weights are computed at once: leave flash_attention at "
            "None."
        )
    q, k, v = tensors
    k, v = shared(q, k), shared(q, v)
    causal = bool(is_causal)
    scale = 1 / math.sqrt(max(q.shape[-1], 1)) if scale is None else float(scale)
    if bias is not None:
        bias = cast(as_tensor(bias), q.dtype)
        return biased_attention(q, k, v, bias, causal=causal, scale=scale)
    if mask is None:
        return attention.attention(q, k, v, causal=causal, scale=scale)
    seen = four_axes(cast(as_tensor(mask), "bool"))
    return attention.masked_attention(q, k, v, seen, causal=causal, scale=scale)


def shared(query: Tensor, x: Tensor) -> Tensor:
    """Repeats the heads of keys or values so that each head of queries has its own.

    Raises: ValueError if the number of heads is no multiple.
    """
    heads, groups = query.shape[2], x.shape[2]
    if heads == groups or None in (heads, groups):
        return x
    if not groups or heads % groups:
        raise ValueError(
            "The heads of queries must be a multiple of those of keys and values; got "
            f"{heads} and {groups}, in shapes {query.shape} and {x.shape}."
        )
    samples, times, _, features = x.shape
    x = shape.expand_dims(x, axis=3)
    x = shape.broadcast_to(x, shape=(samples, times, groups, heads // groups, features))
    return shape.reshape(x, shape=(samples, times, heads, features))


def four_axes(mask: Tensor) -> Tensor:
    """Returns a mask with axes of size 1 in front, as broadcasting adds them."""
    missing = 4 - mask.ndim
    return shape.expand_dims(mask, axis=tuple(range(missing))) if missing > 0 else mask


def biased_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    bias: Tensor,
    *,
    causal: bool,
    scale: float,
) -> Tensor:
    """Does the same in plain operations, with a bias added to the scores."""
    k = recorded
    q, keys, values = (heads_first(k, x) for x in (query, key, value))
    scores = k.add(k.multiply(k.matmul(q, k.swap_last(keys)), scale), bias)
    if causal:
        seen = up_to_own_place(k, query, key)
        scores = k.where(seen, scores, LOWEST[scores.dtype])
    return heads_first(k, k.matmul(k.softmax(scores, axis=-1), values))
