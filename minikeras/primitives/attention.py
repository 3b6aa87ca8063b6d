"""Attention: each query finds an average of values, most of those whose keys it meets.

A primitive of its own, since the weights, one for each pair of query and key, are by
far the largest thing in it: compiled code never has them all in memory, forward or
backward.  The derivative finds them again from queries and keys.

Queries, keys and values are (samples, times, heads, features); every head is attention
by itself.  A query from which everything is hidden looks at everything alike.
"""

from minikeras.autograd.primitive import Primitive


class Attention(Primitive):
    """Averages values, weighted by how well each query meets their keys.

        out_i = Σ_j p_ij v_j,   p_i = softmax_j(scale · q_i · k_j)

    If `causal`, query i sees the keys j ≤ i only.

    Shapes: query (n, t, h, d), key (n, s, h, d), value (n, s, h, e) → (n, t, h, e).
    Raises: ValueError if the shapes do not fit together.
    Source: Vaswani et al., Attention Is All You Need (2017), eq. 1.
    """

    def forward(self, k, query, key, value, *, causal, scale):
        return k.attention(query, key, value, causal=causal, scale=scale)

    def vjp(self, k, wanted, grad, out, query, key, value, *, causal, scale):
        return k.attention_grad(grad, query, key, value, causal=causal, scale=scale)


class AttentionGrad(Primitive):
    """The gradients of `attention` with respect to query, key and value.

        ∂L/∂s_ij = p_ij (g_i · v_j - Σ_l p_il g_i · v_l),   s the scores before softmax
        ∂L/∂q_i = scale · Σ_j ∂L/∂s_ij k_j,   ∂L/∂k_j = scale · Σ_i ∂L/∂s_ij q_i
        ∂L/∂v_j = Σ_i p_ij g_i

    Shapes: grad has the shape of the result of `attention`.
    """

    def forward(self, k, grad, query, key, value, *, causal, scale):
        return k.attention_grad(grad, query, key, value, causal=causal, scale=scale)

    def vjp(self, k, wanted, upstream, out, grad, query, key, value, *, causal, scale):
        seen = up_to_own_place(k, query, key) if causal else None
        return second_derivatives(k, upstream, grad, query, key, value, seen, scale)


class MaskedAttention(Primitive):
    """Does what `attention` does among those keys for which `mask` is True.

    Shapes: mask (n, h, t, s), with 1 for the sides along which it is the same.
    Raises: ValueError if the shapes do not fit together.
    """

    def forward(self, k, query, key, value, mask, *, causal, scale):
        return k.masked_attention(query, key, value, mask, causal=causal, scale=scale)

    def vjp(self, k, wanted, grad, out, query, key, value, mask, *, causal, scale):
        gradients = k.masked_attention_grad(
            grad, query, key, value, mask, causal=causal, scale=scale
        )
        return (*gradients, None)


class MaskedAttentionGrad(Primitive):
    """The gradients of `masked_attention` with respect to query, key and value.

    The equations are those of `attention_grad`, with ∂L/∂s_ij = 0 for what is hidden.

    Shapes: grad has the shape of the result of `masked_attention`.
    """

    def forward(self, k, grad, query, key, value, mask, *, causal, scale):
        return k.masked_attention_grad(
            grad, query, key, value, mask, causal=causal, scale=scale
        )

    def vjp(self, k, wanted, upstream, out, grad, query, key, value, mask, **how):
        seen = mask
        if how["causal"]:
            seen = k.logical_and(mask, up_to_own_place(k, query, key))
        gradients = second_derivatives(
            k, upstream, grad, query, key, value, seen, how["scale"]
        )
        return (*gradients, None)


def up_to_own_place(k, query, key):
    """Returns which keys j ≤ i a causal query i sees, of shape (1, 1, t, s)."""
    queries = k.transpose(places(k, query), axes=(0, 2, 1, 3))
    keys = k.transpose(places(k, key), axes=(0, 2, 3, 1))
    return k.less_equal(keys, queries)


def places(k, x):
    """Returns the place of each query or key, counted from 1, of shape (1, t, 1, 1).

    They are counted and not given, because what is on record takes no constants.
    """
    one = slice(0, 1)
    column = k.getitem(x, key=(one, slice(None), one, one))
    return k.cumsum(k.ones_like(column), axis=1, reverse=False)


def second_derivatives(k, upstream, grad, query, key, value, seen, scale):
    """Returns the gradients of <a, query_grad> + <b, key_grad> + <c, value_grad>.

    a, b, c are the upstream gradients, None for 0.  With G, Q, K, V the matrices of one
    head, P the weights, D = G Vᵀ and J(X) = P ∘ (X - rows of Σ P ∘ X), the derivative
    of softmax, which is symmetric, what is differentiated is <J(D), W> + <P, G Cᵀ> with
    W = scale · (A Kᵀ + Q Bᵀ).
    """
    a, b, c = (None if x is None else heads_first(k, x) for x in upstream)
    g, q, key, v = (heads_first(k, x) for x in (grad, query, key, value))
    p = weights_of(k, q, key, seen, scale)
    d = k.matmul(g, k.swap_last(v))
    w = k.zeros_like(p)
    if a is not None:
        w = k.add(w, k.matmul(a, k.swap_last(key)))
    if b is not None:
        w = k.add(w, k.matmul(q, k.swap_last(b)))
    w = hidden(k, k.multiply(w, scale), seen)
    j_of_w = k.softmax_grad(w, p, axis=-1)
    j_of_d = hidden(k, k.multiply(k.softmax_grad(d, p, axis=-1), scale), seen)
    # ∂<J(D), W>/∂P = W ∘ (D - rows of Σ P ∘ D) - D ∘ rows of Σ P ∘ W
    p_grad = k.subtract(
        k.multiply(w, k.subtract(d, row_sums(k, p, d))),
        k.multiply(d, row_sums(k, p, w)),
    )
    g_grad = k.matmul(j_of_w, v)
    v_grad = k.matmul(k.swap_last(j_of_w), g)
    if c is not None:
        p_grad = k.add(p_grad, k.matmul(g, k.swap_last(c)))
        g_grad = k.add(g_grad, k.matmul(p, c))
    s_grad = k.multiply(k.softmax_grad(p_grad, p, axis=-1), scale)
    s_grad = hidden(k, s_grad, seen)
    q_grad = k.matmul(s_grad, key)
    key_grad = k.matmul(k.swap_last(s_grad), q)
    if b is not None:
        q_grad = k.add(q_grad, k.matmul(j_of_d, b))
    if a is not None:
        key_grad = k.add(key_grad, k.matmul(k.swap_last(j_of_d), a))
    return tuple(heads_first(k, x) for x in (g_grad, q_grad, key_grad, v_grad))


def weights_of(k, query, key, seen, scale):
    """Returns the weights p, heads before times, from the kernels of other families."""
    scores = k.multiply(k.matmul(query, k.swap_last(key)), scale)
    if seen is not None:
        # The lowest number and not -inf: where all are hidden, all must be equal.
        scores = k.where(seen, scores, LOWEST[str(query.dtype)])
    return k.softmax(scores, axis=-1)


LOWEST = {"float16": -6e4, "float32": -3e38, "float64": -1e308}


def hidden(k, x, seen):
    """Returns x with 0 for what is not seen."""
    return x if seen is None else k.where(seen, x, 0.0)


def row_sums(k, x, y):
    """Returns Σ_j x_ij y_ij, shape (..., t, 1)."""
    return k.sum(k.multiply(x, y), axis=-1, keepdims=True)


def heads_first(k, x):
    """Returns (n, h, t, d) for (n, t, h, d), and the other way round."""
    return k.transpose(x, axes=(0, 2, 1, 3))


attention = Attention()
attention_grad = AttentionGrad()
masked_attention = MaskedAttention()
masked_attention_grad = MaskedAttentionGrad()
