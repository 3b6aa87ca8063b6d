"""Attention, a head, a query and a key at a time."""

import numpy as np

from minikeras.kernels.loops.activation import softmax_grad_of, softmax_of
from minikeras.kernels.reference.attention import EVERYTHING
from minikeras.kernels.shapes.attention import attended_shape, check_grad, check_mask


def attention(query, key, value, *, causal, scale, out=None):
    """out_i = Σ_j p_ij v_j,   p_i = softmax_j(scale · q_i · k_j), for each head."""
    return masked_attention(
        query, key, value, EVERYTHING, causal=causal, scale=scale, out=out
    )


def attention_grad(grad, query, key, value, *, causal, scale, out=None):
    """The gradients of `attention` with respect to query, key and value."""
    return masked_attention_grad(
        grad, query, key, value, EVERYTHING, causal=causal, scale=scale, out=out
    )


def masked_attention(query, key, value, mask, *, causal, scale, out=None):
    """Does the same where only those keys are seen for which `mask` is True."""
    shape = attended_shape(query.shape, key.shape, value.shape)
    mask = what_is_seen(mask, query, key, causal)
    if out is None:
        out = np.empty(shape, query.dtype)
    with np.errstate(over="ignore"):
        for n, h in np.ndindex(mask.shape[:2]):
            queries, keys, values = (x[n, :, h].tolist() for x in (query, key, value))
            for i, (q, seen) in enumerate(zip(queries, mask[n, h], strict=True)):
                weights = weights_of(q, keys, seen.tolist(), scale)
                found = [0.0] * value.shape[3]
                for weight, v in zip(weights, values, strict=True):
                    add_to(found, weight, v)
                out[n, i, h] = found
    return out


def masked_attention_grad(grad, query, key, value, mask, *, causal, scale, out=None):
    """The gradients of `masked_attention` with respect to query, key and value."""
    check_grad(grad.shape, attended_shape(query.shape, key.shape, value.shape))
    mask = what_is_seen(mask, query, key, causal)
    if out is None:
        out = tuple(np.empty(x.shape, x.dtype) for x in (query, key, value))
    with np.errstate(over="ignore"):
        for n, h in np.ndindex(mask.shape[:2]):
            inputs = (x[n, :, h].tolist() for x in (grad, query, key, value))
            gradients = head_grad(*inputs, mask=mask[n, h].tolist(), scale=scale)
            for result, rows in zip(out, gradients, strict=True):
                result[n, :, h] = np.reshape(rows, result[n, :, h].shape)
    return out


def head_grad(grads, queries, keys, values, *, mask, scale):
    """Returns the gradients of the queries, keys and values of one head."""
    query_grads, key_grads, value_grads = (
        [[0.0] * len(row) for row in rows] for rows in (queries, keys, values)
    )
    for i, (grad, q, seen) in enumerate(zip(grads, queries, mask, strict=True)):
        weights = weights_of(q, keys, seen, scale)
        weight_grads = [dot(grad, v) for v in values]
        score_grads = softmax_grad_of(weight_grads, weights)
        for j, k in enumerate(keys):
            add_to(value_grads[j], weights[j], grad)
            if seen[j]:
                slope = scale * score_grads[j]
                add_to(query_grads[i], slope, k)
                add_to(key_grads[j], slope, q)
    return query_grads, key_grads, value_grads


def weights_of(q, keys, seen, scale):
    """Returns the weight of each key for one query: 0 if it is hidden."""
    if not any(seen):  # then it looks at everything alike
        return softmax_of([0.0] * len(keys))
    scores = [
        scale * dot(q, k) if visible else None
        for k, visible in zip(keys, seen, strict=True)
    ]
    weights = iter(softmax_of([score for score in scores if score is not None]))
    return [0.0 if score is None else next(weights) for score in scores]


def what_is_seen(mask, query, key, causal):
    """Returns which key each query sees, of shape (n, h, t, s)."""
    check_mask(mask.shape, query.shape, key.shape)
    (samples, times, heads, _), places = query.shape, key.shape[1]
    seen = np.array(np.broadcast_to(mask, (samples, heads, times, places)))
    if causal:
        for i in range(times):
            seen[:, :, i, i + 1 :] = False
    return seen


def dot(x, y):
    """Returns Σ_l x_l y_l."""
    total = 0.0
    for x_l, y_l in zip(x, y, strict=True):
        total += x_l * y_l
    return total


def add_to(total, factor, x):
    """Adds factor · x_l to total_l."""
    for place, x_l in enumerate(x):
        total[place] += factor * x_l
