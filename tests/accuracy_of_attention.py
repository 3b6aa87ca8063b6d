"""How far attention may be off: errors followed from product to product.

u is the rounding error of the dtype.  A product of matrices that sums n terms is off by
(n + 2)·u·(|A||B|), a softmax by the errors of its scores and the rounding of what exp
is given.
"""

import numpy as np


def attention_bound(u, query, key, value, mask=True, *, causal, scale):
    """Returns a bound on the error of the one result, in a tuple."""
    query, key, value = map(heads_first, (query, key, value))
    p, p_error, _ = weights(u, query, key, mask, causal, scale)
    terms = p_error + (key.shape[2] + 2) * u * p
    return (heads_first(terms @ np.abs(value)),)


def attention_grad_bound(u, grad, query, key, value, mask=True, *, causal, scale):
    """Returns bounds on the errors of the gradients of query, key and value."""
    g, query, key, value = map(heads_first, (grad, query, key, value))
    (queries, features), keys = g.shape[2:], key.shape[2]
    p, p_error, seen = weights(u, query, key, mask, causal, scale)
    d = g @ swap_last(value)
    d_error = (features + 2) * u * (np.abs(g) @ swap_last(np.abs(value)))
    mean = row_sums(p * d)
    mean_error = row_sums(
        p_error * np.abs(d) + p * d_error + (keys + 2) * u * p * np.abs(d)
    )
    s = np.where(seen, np.abs(p * (d - mean)), 0)
    s_error = p_error * (np.abs(d) + np.abs(mean)) + p * (d_error + mean_error)
    s_error = np.where(seen, s_error, 0) + 3 * u * s
    per_query = abs(scale) * (s_error + (keys + 2) * u * s)
    per_key = abs(scale) * swap_last(s_error + (queries + 2) * u * s)
    per_value = swap_last(p_error + (queries + 2) * u * p)
    return (
        heads_first(per_query @ np.abs(key)),
        heads_first(per_key @ np.abs(query)),
        heads_first(per_value @ np.abs(g)),
    )


def weights(u, query, key, mask, causal, scale):
    """Returns the weights, their errors, and what is seen."""
    features, keys = query.shape[-1], key.shape[-2]
    scores = scale * (query @ swap_last(key))
    seen = np.broadcast_to(mask, scores.shape)
    if causal:
        seen = seen & np.tri(*scores.shape[-2:], dtype=bool)
    scores = np.where(seen, scores, -np.inf)
    scores = np.where(seen.any(axis=-1, keepdims=True), scores, 0)
    depth = scores.max(axis=-1, keepdims=True, initial=-np.inf) - scores
    p = np.exp(-depth)
    p = p / row_sums(p)
    sizes = abs(scale) * (np.abs(query) @ swap_last(np.abs(key)))
    largest = np.where(seen, sizes, 0).max(axis=-1, keepdims=True, initial=0)
    relative = np.expm1(2 * (features + 3) * u * largest)
    relative = relative + u * (16 + keys + np.where(p > 0, depth, 0))
    # Below the smallest normal number a weight may be cut to 0.
    tiny = np.finfo("float32" if u > 1e-10 else "float64").tiny
    return p, np.where(p > 0, p * relative + tiny, 0), seen


def heads_first(x):
    return np.swapaxes(x, 1, 2)


def swap_last(x):
    return np.swapaxes(x, -1, -2)


def row_sums(x):
    return np.sum(x, axis=-1, keepdims=True)
