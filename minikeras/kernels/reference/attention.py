"""Attention in NumPy: the definition of right.

Each query scores all keys, and finds the average of their values, weighted by the
softmax of the scores.  What a mask or causality hides from a query has weight 0; a
query from which everything is hidden looks at everything alike, whatever it scores.

Hidden keys and values must be finite: 0 · inf is nan.
"""

import numpy as np

from minikeras.kernels.reference.activation import softmax, softmax_grad
from minikeras.kernels.reference.reduction import stored
from minikeras.kernels.shapes.attention import attended_shape, check_grad, check_mask

EVERYTHING = np.ones((1, 1, 1, 1), bool)


def attention(query, key, value, *, causal, scale, out=None):
    """out_i = Σ_j p_ij v_j,   p_i = softmax_j(scale · q_i · k_j), for each head.

    A causal query sees keys up to its own place: j ≤ i.

    Shapes: query (n, t, h, d), key (n, s, h, d), value (n, s, h, e) → (n, t, h, e).
    """
    return masked_attention(
        query, key, value, EVERYTHING, causal=causal, scale=scale, out=out
    )


def attention_grad(grad, query, key, value, *, causal, scale, out=None):
    """The gradients of `attention` with respect to query, key and value.

        ∂L/∂s_ij = p_ij (g_i · v_j - Σ_l p_il g_i · v_l),   s the scores before softmax
        ∂L/∂q_i = scale · Σ_j ∂L/∂s_ij k_j,   ∂L/∂k_j = scale · Σ_i ∂L/∂s_ij q_i
        ∂L/∂v_j = Σ_i p_ij g_i

    Shapes: grad (n, t, h, e) → those of query, key and value.
    """
    return masked_attention_grad(
        grad, query, key, value, EVERYTHING, causal=causal, scale=scale, out=out
    )


def masked_attention(query, key, value, mask, *, causal, scale, out=None):
    """Does the same where only those keys are seen for which `mask` is True.

    Shapes: mask (n, h, t, s), with 1 for the sides along which it is the same.
    """
    attended_shape(query.shape, key.shape, value.shape)
    seen = what_is_seen(mask, query, key, causal)
    with np.errstate(all="ignore"):
        weights = weights_of(heads_first(query), heads_first(key), seen, scale)
        found = np.matmul(weights, heads_first(value))
    return stored(heads_first(found), query.dtype, out)


def masked_attention_grad(grad, query, key, value, mask, *, causal, scale, out=None):
    """The gradients of `masked_attention` with respect to query, key and value."""
    check_grad(grad.shape, attended_shape(query.shape, key.shape, value.shape))
    seen = what_is_seen(mask, query, key, causal)
    inputs = (grad, query, key, value)
    grad, query, key, value = map(heads_first, inputs)
    with np.errstate(all="ignore"):
        weights = weights_of(query, key, seen, scale)
        value_grad = np.matmul(swap_last(weights), grad)
        weights_grad = np.matmul(grad, swap_last(value))
        scores_grad = softmax_grad(weights_grad, weights, axis=-1)
        # Where everything is hidden the weights do not come from the scores.
        scores_grad = np.where(seen, scores_grad * scores_grad.dtype.type(scale), 0)
        query_grad = np.matmul(scores_grad, key)
        key_grad = np.matmul(swap_last(scores_grad), query)
    gradients = map(heads_first, (query_grad, key_grad, value_grad))
    return tuple(
        stored(gradient, grad.dtype, None if out is None else out[place])
        for place, gradient in enumerate(gradients)
    )


def weights_of(query, key, seen, scale):
    """Returns the softmax of the scores of what is seen; heads come before times."""
    scores = np.matmul(query, swap_last(key)) * query.dtype.type(scale)
    scores = np.where(seen, scores, -np.inf)
    scores[np.broadcast_to(~seen.any(axis=-1, keepdims=True), scores.shape)] = 0
    return softmax(scores, axis=-1)


def what_is_seen(mask, query, key, causal):
    """Returns which key each query sees, of sides (n, h, t, s) or 1."""
    check_mask(mask.shape, query.shape, key.shape)
    if not causal:
        return np.broadcast_to(mask, (*mask.shape[:3], key.shape[1]))
    places = np.arange(key.shape[1]) <= np.arange(query.shape[1])[:, np.newaxis]
    return mask & places


def heads_first(x):
    """Returns (n, h, t, d) for (n, t, h, d), and the other way round."""
    return np.swapaxes(x, 1, 2)


def swap_last(x):
    """Returns the transposes of a stack of matrices."""
    return np.swapaxes(x, -1, -2)
