"""What attention means, on examples that one can work out, and what it refuses."""

import numpy as np
import pytest

from tests.kernels.sets import ARRAY_SETS

every_set = pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


def heads(rows, dtype="float32"):
    """Returns (1, times, 1, features) from a list of rows."""
    return np.array(rows, dtype)[np.newaxis, :, np.newaxis]


QUERY = [[0.0, 0.0], [100.0, 0.0], [0.0, 100.0]]
KEY = [[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]
VALUE = [[3.0], [6.0], [12.0]]


@every_set
@both_dtypes
def test_a_query_finds_the_values_whose_keys_it_meets(kernels, dtype):
    q, k, v = (heads(rows, dtype) for rows in (QUERY, KEY, VALUE))
    out = kernels.attention(q, k, v, causal=False, scale=1.0)
    np.testing.assert_allclose(out[0, :, 0, 0], [7, 3, 9], rtol=1e-6)


@every_set
@both_dtypes
def test_a_causal_query_sees_nothing_later(kernels, dtype):
    q, k, v = (heads(rows, dtype) for rows in (QUERY, KEY, VALUE))
    out = kernels.attention(q, k, v, causal=True, scale=1.0)
    np.testing.assert_allclose(out[0, :, 0, 0], [3, 3, 9], rtol=1e-6)
    longer = kernels.attention(q, k[:, :2], v[:, :2], causal=True, scale=1.0)
    np.testing.assert_allclose(longer[0, :, 0, 0], [3, 3, 6], rtol=1e-6)
    shorter = kernels.attention(q[:, :1], k, v, causal=True, scale=1.0)
    np.testing.assert_allclose(shorter[0, :, 0, 0], [3], rtol=1e-6)


@every_set
@both_dtypes
@pytest.mark.parametrize("causal", [False, True])
def test_who_sees_nothing_looks_at_everything_alike(kernels, dtype, causal):
    q, k, v = (heads(rows, dtype) for rows in (QUERY, KEY, VALUE))
    mask = np.array([[False, False, False], [True, False, True], [False] * 3])
    mask = mask[np.newaxis, np.newaxis]
    how = {"causal": causal, "scale": 1.0}
    out = kernels.masked_attention(q, k, v, mask, **how)
    np.testing.assert_allclose(out[0, :, 0, 0], [7, 3, 7], rtol=1e-6)
    grad = np.ones_like(v)
    gradients = kernels.masked_attention_grad(grad, q, k, v, mask, **how)
    np.testing.assert_array_equal(gradients[0][0, [0, 2]], 0)
    third = 1 / 3
    expected = [2 * third + 1, 2 * third, 2 * third]
    np.testing.assert_allclose(gradients[2][0, :, 0, 0], expected, rtol=1e-6)


@every_set
@both_dtypes
def test_scores_of_any_size_are_stable(kernels, dtype):
    q, k = heads([[1e4]], dtype), heads([[1.0], [-1.0], [1.0]], dtype)
    v = heads(VALUE, dtype)
    out = kernels.attention(q, k, v, causal=False, scale=1.0)
    np.testing.assert_array_equal(out[0, 0, 0], [7.5])
    grad = kernels.attention_grad(np.ones_like(q), q, k, v, causal=False, scale=1.0)
    assert all(np.isfinite(x).all() for x in grad)


@every_set
def test_without_keys_nothing_is_found(kernels):
    q, k, v = np.ones((2, 3, 2, 4)), np.ones((2, 0, 2, 4)), np.ones((2, 0, 2, 5))
    out = kernels.attention(q, k, v, causal=False, scale=1.0)
    np.testing.assert_array_equal(out, np.zeros((2, 3, 2, 5)))


@every_set
@pytest.mark.parametrize(
    "shapes",
    [
        [(1, 3, 2, 4), (1, 3, 2, 4), (1, 3, 2)],
        [(1, 3, 2, 4), (2, 3, 2, 4), (2, 3, 2, 4)],
        [(1, 3, 2, 4), (1, 3, 1, 4), (1, 3, 1, 4)],
        [(1, 3, 2, 4), (1, 3, 2, 5), (1, 3, 2, 4)],
        [(1, 3, 2, 4), (1, 3, 2, 4), (1, 5, 2, 4)],
    ],
)
def test_what_does_not_fit_is_refused(kernels, shapes):
    with pytest.raises(ValueError, match=r"query \(n, t, h, d\), key \(n, s, h, d\)"):
        kernels.attention(*map(np.ones, shapes), causal=False, scale=1.0)


@every_set
@pytest.mark.parametrize("shape", [(3, 3), (1, 1, 2, 3), (2, 1, 3, 3)])
def test_a_mask_has_the_sides_of_the_scores(kernels, shape):
    x = np.ones((1, 3, 2, 4))
    with pytest.raises(ValueError, match=r"\(1, 2, 3, 3\)"):
        kernels.masked_attention(x, x, x, np.ones(shape, bool), causal=False, scale=1.0)


@every_set
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("times", [(1, 1), (31, 33), (64, 65), (130, 7), (5, 257)])
def test_blocks_of_any_size(kernels, causal, times):
    """Around the edges of blocks, against all weights at once."""
    t, s = times
    generator = np.random.default_rng(t)
    q, k, v, g = (
        generator.normal(size=shape).astype("float32")
        for shape in [(1, t, 2, 5), (1, s, 2, 5), (1, s, 2, 3), (1, t, 2, 3)]
    )
    out = kernels.attention(q, k, v, causal=causal, scale=0.5)
    gradients = kernels.attention_grad(g, q, k, v, causal=causal, scale=0.5)
    wide = [x.astype("float64") for x in (q, k, v, g)]
    expected = plain_attention(*wide, causal, 0.5)
    for ours, right in zip((out, *gradients), expected, strict=True):
        np.testing.assert_allclose(ours, right, rtol=1e-4, atol=2e-5)


def plain_attention(q, k, v, g, causal, scale):
    """Returns attention and its gradients, written without regard for memory."""
    scores = scale * np.einsum("nthd,nshd->nhts", q, k)
    if causal:
        scores = np.where(np.tri(q.shape[1], k.shape[1]) == 1, scores, -np.inf)
    p = np.exp(scores - scores.max(axis=-1, keepdims=True))
    p /= p.sum(axis=-1, keepdims=True)
    d = np.einsum("nthe,nshe->nhts", g, v)
    s = scale * p * (d - np.sum(p * d, axis=-1, keepdims=True))
    return (
        np.einsum("nhts,nshe->nthe", p, v),
        np.einsum("nhts,nshd->nthd", s, k),
        np.einsum("nhts,nthd->nshd", s, q),
        np.einsum("nhts,nthe->nshe", p, g),
    )
