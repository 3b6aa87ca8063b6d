"""Kernels with one mistake each, of the kinds that are made: right most of the time.

`tests/test_mutations.py` shows that the laws of `tests/kernels/laws.py` catch them.
"""

import math

import numpy as np

from minikeras.kernels.reference import reference
from minikeras.kernels.reference.pooling import member_counts, members
from minikeras.kernels.shapes import shapes
from minikeras.kernels.shapes.shape_dtype import ShapeDtype

# --- Wrong numbers --------------------------------------------------------------------


def adds_for_subtracts(x, y, *, out=None):
    return np.asarray(np.add(x, y, out=out))


def loses_the_sign_of_zero(x, *, out=None):
    return np.asarray(np.subtract(0, x, out=out))


def swallows_nan(x, y, *, out=None):
    return np.asarray(np.fmax(x, y, out=out))


def swallows_nan_along_axes(x, *, axis, keepdims, out=None):
    return np.asarray(np.fmax.reduce(x, axis=axis, keepdims=keepdims, out=out))


def multiplies_by_a_mask(x, *, out=None):
    """inf · 0 is nan, and -1 · 0 is -0."""
    return np.asarray(np.multiply(x, x > 0, out=out))


def forgets_the_tail(x, *, out=None):
    """Tiles of eight, and what is left over by one too few."""
    result = np.array(reference.exp(x), order="C")
    flat = result.reshape(-1)
    if flat.size > 8 and flat.size % 8:
        flat[-1] = x.reshape(-1)[-1]
    return finished(result, out)


def computes_the_tail_otherwise(x, *, out=None):
    """Close enough for its class, but an element's bits depend on where it is."""
    result = np.array(reference.exp(x), order="C")
    flat = result.reshape(-1)
    tail = flat[flat.size - flat.size % 8 :]
    tail[...] = np.where(np.isfinite(tail), np.nextafter(tail, 0), tail)
    return finished(result, out)


def assumes_c_order(x, y, *, out=None):
    if np.ndim(x) == np.ndim(y) and np.shape(x) == np.shape(y):
        flat = x.ravel(order="K") + y.ravel(order="K")
        return finished(flat.reshape(x.shape), out)
    return reference.add(x, y, out=out)


def returns_a_numpy_scalar(x, *, out=None):
    return np.tanh(x, out=out)


def returns_float64(x, *, axis, keepdims, out=None):
    if out is not None:
        return reference.mean(x, axis=axis, keepdims=keepdims, out=out)
    return np.asarray(np.mean(x, axis, np.float64, keepdims=keepdims))


def adds_up_in_float32(x, *, axis, keepdims, out=None):
    return np.asarray(np.sum(x, axis, x.dtype, out=out, keepdims=keepdims))


def takes_the_last_axis(x, *, axis, out=None):
    return reference.softmax(x, axis=-1, out=out)


def takes_the_last_of_ties(x, *, axis, keepdims, out=None):
    if axis is None:
        last = (
            x.size
            - 1
            - reference.argmax(x.reshape(-1)[::-1], axis=None, keepdims=False)
        )
        result = np.full((1,) * x.ndim if keepdims else (), last, np.int32)
    else:
        backwards = reference.argmax(np.flip(x, axis), axis=axis, keepdims=keepdims)
        result = np.asarray(x.shape[axis] - 1 - backwards, np.int32)
    return finished(result, out)


def drops_the_last_product(x, y, *, out=None):
    k = x.shape[-1]
    if k > 4:
        x, y = x[..., : k - 1], y[..., : k - 1, :]
    return reference.matmul(x, y, out=out)


def sees_one_key_ahead(query, key, value, *, causal, scale, out=None):
    if not causal:
        return reference.attention(
            query, key, value, causal=causal, scale=scale, out=out
        )
    seen = np.tri(query.shape[1], key.shape[1], 1, dtype=bool)[np.newaxis, np.newaxis]
    return reference.masked_attention(
        query, key, value, seen, causal=False, scale=scale, out=out
    )


def finds_nothing_where_it_sees_nothing(
    query, key, value, mask, *, causal, scale, out=None
):
    result = reference.masked_attention(
        query, key, value, mask, causal=causal, scale=scale
    )
    blind = ~np.broadcast_to(
        mask.any(axis=-1), (query.shape[0], query.shape[2], query.shape[1])
    )
    result[np.swapaxes(blind, 1, 2)] = 0
    return finished(result, out)


def gives_nothing_to_the_last_key(grad, query, key, value, *, causal, scale, out=None):
    result = reference.attention_grad(
        grad, query, key, value, causal=causal, scale=scale, out=out
    )
    if key.shape[1] > 2:
        result[1][:, -1] = 0
    return result


def counts_repeated_indices_once(grad, x, indices, *, axis, out=None):
    axis %= x.ndim
    sides = (*x.shape[:axis], indices.size, *x.shape[axis + 1 :])
    result = np.zeros(x.shape, x.dtype)
    lines = np.moveaxis(result, axis, 0)
    lines[indices.reshape(-1)] = np.moveaxis(grad.reshape(sides), axis, 0)
    return finished(result, out)


def takes_the_last_maximum(x, *, pool_size, strides, padding, out=None):
    windows = {"pool_size": pool_size, "strides": strides, "padding": padding}
    largest, places = reference.max_pool(x, **windows)
    for place, (of_windows, of_x) in enumerate(members(x.shape, **windows)):
        places[of_windows][x[of_x] == largest[of_windows]] = place
    if out is None:
        return largest, places
    return finished(largest, out[0]), finished(places, out[1])


def keeps_one_of_overlapping_windows(grad, places, x, *, out=None, **windows):
    result = np.zeros(x.shape, grad.dtype)
    for place, (of_windows, of_x) in enumerate(members(x.shape, **windows)):
        chosen = places[of_windows] == place
        np.copyto(result[of_x], grad[of_windows], where=chosen)
    return finished(result, out)


def averages_what_is_outside(x, *, pool_size, strides, padding, out=None):
    windows = {"pool_size": pool_size, "strides": strides, "padding": padding}
    share = member_counts(x.shape, **windows) / math.prod(pool_size)
    average = reference.average_pool(x, **windows)
    return finished((average * share).astype(x.dtype), out)


def overflows(x, *, axis, keepdims, out=None):
    """The logarithm of the sum of exponentials, not shifted by the maximum."""
    with np.errstate(all="ignore"):
        result = np.log(np.sum(np.exp(x), axis, keepdims=keepdims))
    return finished(np.asarray(result, x.dtype), out)


# --- Memory ---------------------------------------------------------------------------


def returns_its_input(x, *, out=None):
    return x if out is None else reference.copy(x, out=out)


def returns_a_view(x, *, out=None):
    return x.view() if out is None else reference.contiguous(x, out=out)


def works_in_place(x, y, *, out=None):
    """Without a copy, where the first input happens to be large enough."""
    if out is None and x.shape == y.shape and x.flags.writeable:
        x += y
        return x.copy()
    return reference.add(x, y, out=out)


def leaves_the_end_of_out(x, *, out=None):
    result = reference.exp(x)
    if out is None:
        return result
    if out.ndim:
        out[:-1] = result[:-1]
    return out


def ignores_out(x, *, out=None):
    return reference.exp(x)


def writes_beyond_out(x, *, out=None):
    """A whole tile of eight, whatever the length."""
    result = reference.exp(x, out=out)
    if out is not None and out.base is not None and out.flags.c_contiguous:
        out.base[-1:] = 1.0
    return result


def reads_after_writing(grad, y, *, out=None):
    out = np.asarray(np.multiply(grad, y, out=out))
    return np.asarray(np.multiply(out, 1 - y, out=out))


def makes_numbers_float64(x, y, *, out=None):
    return np.asarray(np.multiply(np.asarray(x), np.asarray(y), out=out))


# --- Random numbers -------------------------------------------------------------------


def draws_by_shape(state, *, shape, low, high, dtype, out=None):
    state = np.array([state[0], state[1] + len(shape)], state.dtype)
    return reference.random_uniform(
        state, shape=shape, low=low, high=high, dtype=dtype, out=out
    )


def advances_by_itself(state, *, shape, low, high, dtype, out=None):
    result = reference.random_uniform(
        state, shape=shape, low=low, high=high, dtype=dtype, out=out
    )
    if state.flags.writeable:
        state[1] += 1
    return result


# --- Views and updates ----------------------------------------------------------------


def copies(x, *, key):
    return np.array(x[key])


def changes_its_gradient(weight, grad, learning_rate):
    if grad.flags.writeable:
        grad *= learning_rate
        weight -= grad
    else:
        weight -= grad * learning_rate


def rebinds(target, value):
    """Changes what the name means, not the array."""
    target = target + value


def forgets_bias_correction(
    weight, momentum, velocity, grad, learning_rate, step, *, beta_1, beta_2, epsilon
):
    many_steps = np.full_like(step, 1_000_000)
    reference.adam_update(
        *(weight, momentum, velocity, grad, learning_rate, many_steps),
        beta_1=beta_1,
        beta_2=beta_2,
        epsilon=epsilon,
    )


def updates_a_slot_late(weight, velocity, grad, learning_rate, *, momentum, nesterov):
    """Takes the velocity of the step before."""
    before = velocity.copy()
    reference.momentum_update(
        weight.copy(),
        velocity,
        grad,
        learning_rate,
        momentum=momentum,
        nesterov=nesterov,
    )
    weight += before


def returns_what_it_updated(target, value):
    target[...] = value
    return target


def updates_one_tile_too_many(target, value):
    target[...] = value
    if target.base is not None and target.flags.c_contiguous:
        target.base[-1:] = 0


# --- Rules on shapes, and on Python numbers -------------------------------------------


def keeps_no_dims(x, *, axis, keepdims):
    return shapes.sum(x, axis=axis, keepdims=False)


def keeps_float(x, y):
    return ShapeDtype(shapes.equal(x, y).shape, x.dtype)


def takes_unknown_for_one(x, y):
    """Broadcasts as if a size that is not known were 1."""
    known = [ShapeDtype([n or 1 for n in z.shape], z.dtype) for z in (x, y)]
    return shapes.add(*known)


def takes_unknown_for_none(x, *, shape):
    """As if what is not known were 0."""
    result = shapes.reshape(x, shape=shape)
    return ShapeDtype([n or 0 for n in result.shape], result.dtype)


def accepts_everything(x, y):
    return ShapeDtype(max(x.shape, y.shape, key=len), x.dtype)


def rounds_half_up(x):
    return float(np.floor(x + 0.5))


def compares_like_python(x, y):
    return max(x, y)


# --- What they need -------------------------------------------------------------------


def finished(result, out):
    """Returns a result, in `out` if it was given."""
    if out is None:
        return result
    out[...] = result
    return out
