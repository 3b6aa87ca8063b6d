"""Shapes of attention: queries, keys and values, each with a vector per head."""

from minikeras.kernels.shapes.matmul import fit
from minikeras.kernels.shapes.shape_dtype import ShapeDtype


def attention(query, key, value, *, causal, scale):
    """(n, t, h, d), (n, s, h, d), (n, s, h, e) → (n, t, h, e)."""
    return ShapeDtype(attended_shape(query.shape, key.shape, value.shape), query.dtype)


def attention_grad(grad, query, key, value, *, causal, scale):
    """The shapes of query, key and value."""
    out = attended_shape(query.shape, key.shape, value.shape)
    check_grad(grad.shape, out)
    return tuple(ShapeDtype(x.shape, query.dtype) for x in (query, key, value))


def masked_attention(query, key, value, mask, *, causal, scale):
    """The same, with a mask whose sides are those of (n, h, t, s), or 1."""
    out = attention(query, key, value, causal=causal, scale=scale)
    check_mask(mask.shape, query.shape, key.shape)
    return out


def masked_attention_grad(grad, query, key, value, mask, *, causal, scale):
    """The shapes of query, key and value."""
    out = attention_grad(grad, query, key, value, causal=causal, scale=scale)
    check_mask(mask.shape, query.shape, key.shape)
    return out


def attended_shape(query, key, value):
    """Returns the shape of what queries find, from the shapes of the three.

    Raises: ValueError if they do not fit together.
    """
    fits = (
        len(query) == len(key) == len(value) == 4
        and same((query[0], key[0], value[0]))
        and same((query[2], key[2], value[2]))
        and fit(query[3], key[3])
        and fit(key[1], value[1])
    )
    if not fits:
        raise ValueError(
            "attention needs query (n, t, h, d), key (n, s, h, d) and value "
            f"(n, s, h, e); got {query}, {key} and {value}."
        )
    return (known(query[0], key[0], value[0]), query[1], query[2], value[3])


def check_mask(mask, query, key):
    """Refuses a mask whose sides are neither 1 nor those of the scores."""
    scores = (query[0], query[2], query[1], key[1])
    fits = len(mask) == 4 and all(
        side == 1 or fit(side, full) for side, full in zip(mask, scores, strict=True)
    )
    if not fits:
        raise ValueError(
            "attention needs a mask with the sides of its scores, (n, h, t, s) = "
            f"{scores}, or 1 in their place; got {mask}. Insert axes of size 1?"
        )


def check_grad(grad, out):
    """Refuses a gradient that has not the shape of what attention returned."""
    if len(grad) != 4 or not all(map(fit, grad, out)):
        raise ValueError(f"attention_grad needs a gradient of shape {out}; got {grad}.")


def same(sizes):
    """Tells whether sizes can be one and the same; None stands for any."""
    return len({size for size in sizes if size is not None}) <= 1


def known(*sizes):
    """Returns the first size that is known, None if none is."""
    return next((size for size in sizes if size is not None), None)
