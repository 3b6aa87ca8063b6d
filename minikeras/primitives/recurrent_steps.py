"""The steps of recurrent layers in plain operations, one call after the other.

They take and give values.  The derivatives of what `recurrent` has as one call are made
of them, and the tests hold its kernels against them.
"""

from minikeras.primitives import activation, elementwise, matmul, shape
from minikeras.primitives.indexing import getitem

EVERY = slice(None)


def composed_lstm(x, kernel, state, cell, mask, bias, recurrent_kernel):
    """Returns what `lstm` does, all h, c and gates, made of values step by step."""
    steps = []
    for t in range(x.shape[1]):
        z = elementwise.add(
            matmul.matmul(at(x, t), kernel), matmul.matmul(state, recurrent_kernel)
        )
        if bias is not None:
            z = elementwise.add(z, bias)
        z_i, z_f, z_g, z_o = split(z, 4)
        i, f = activation.sigmoid(z_i), activation.sigmoid(z_f)
        g, o = elementwise.tanh(z_g), activation.sigmoid(z_o)
        new_cell = elementwise.add(
            elementwise.multiply(f, cell), elementwise.multiply(i, g)
        )
        new_state = elementwise.multiply(o, elementwise.tanh(new_cell))
        cell = kept(mask, t, new_cell, cell)
        state = kept(mask, t, new_state, state)
        steps.append((state, cell, joined(i, f, g, o)))
    return stacked(steps)


def composed_lstm_grad(
    outputs_grad, state_grad, cell_grad, cells, gates, cell, mask, recurrent_kernel
):
    """Returns what `lstm_grad` does, made of values step by step."""
    state_grad = shape.zeros_like(cell) if state_grad is None else state_grad
    cell_grad = shape.zeros_like(cell) if cell_grad is None else cell_grad
    steps = []
    for t in reversed(range(gates.shape[1])):
        if outputs_grad is not None:
            state_grad = elementwise.add(state_grad, at(outputs_grad, t))
        i, f, g, o = split(at(gates, t), 4)
        previous = at(cells, t - 1) if t else cell
        squashed = elementwise.tanh(at(cells, t))
        through_h = elementwise.multiply(state_grad, o)
        delta = elementwise.add(cell_grad, activation.tanh_grad(through_h, squashed))
        z_grad = joined(
            activation.sigmoid_grad(elementwise.multiply(delta, g), i),
            activation.sigmoid_grad(elementwise.multiply(delta, previous), f),
            activation.tanh_grad(elementwise.multiply(delta, i), g),
            activation.sigmoid_grad(elementwise.multiply(state_grad, squashed), o),
        )
        z_grad = kept(mask, t, z_grad, shape.zeros_like(z_grad))
        behind = matmul.matmul(z_grad, shape.swap_last(recurrent_kernel))
        cell_grad = kept(mask, t, elementwise.multiply(delta, f), cell_grad)
        state_grad = kept(mask, t, behind, state_grad)
        steps.append((z_grad,))
    return *stacked(steps[::-1]), state_grad, cell_grad


def composed_gru(
    x, kernel, state, mask, bias, recurrent_bias, recurrent_kernel, *, reset_after
):
    """Returns what `gru` does, all h and gates, made of values step by step."""
    units = state.shape[-1]
    of_gates = getitem(recurrent_kernel, key=(EVERY, slice(2 * units)))
    candidate = getitem(recurrent_kernel, key=(EVERY, slice(2 * units, None)))
    gates_bias = candidate_bias = None
    if recurrent_bias is not None:
        gates_bias = getitem(recurrent_bias, key=slice(2 * units))
        candidate_bias = getitem(recurrent_bias, key=slice(2 * units, None))
    steps = []
    for t in range(x.shape[1]):
        x_z, x_r, x_g = split(affine(at(x, t), kernel, bias), 3)
        inner_z, inner_r = split(affine(state, of_gates, gates_bias), 2)
        z = activation.sigmoid(elementwise.add(x_z, inner_z))
        r = activation.sigmoid(elementwise.add(x_r, inner_r))
        if reset_after:
            q = affine(state, candidate, candidate_bias)
            s = elementwise.multiply(r, q)
        else:
            q = elementwise.multiply(r, state)
            s = affine(q, candidate, candidate_bias)
        g = elementwise.tanh(elementwise.add(x_g, s))
        new = elementwise.add(
            elementwise.multiply(z, state),
            elementwise.multiply(elementwise.subtract(1.0, z), g),
        )
        state = kept(mask, t, new, state)
        steps.append((state, joined(z, r, g, q)))
    return stacked(steps)


def composed_gru_grad(
    outputs_grad,
    state_grad,
    outputs,
    gates,
    state,
    mask,
    recurrent_kernel,
    *,
    reset_after,
):
    """Returns what `gru_grad` does, made of values step by step."""
    units = state.shape[-1]
    of_gates = getitem(recurrent_kernel, key=(EVERY, slice(2 * units)))
    candidate = getitem(recurrent_kernel, key=(EVERY, slice(2 * units, None)))
    state_grad = shape.zeros_like(state) if state_grad is None else state_grad
    steps = []
    for t in reversed(range(gates.shape[1])):
        if outputs_grad is not None:
            state_grad = elementwise.add(state_grad, at(outputs_grad, t))
        z, r, g, q = split(at(gates, t), 4)
        previous = at(outputs, t - 1) if t else state
        through_g = elementwise.multiply(state_grad, elementwise.subtract(1.0, z))
        g_grad = activation.tanh_grad(through_g, g)
        through_z = elementwise.multiply(state_grad, elementwise.subtract(previous, g))
        z_grad = activation.sigmoid_grad(through_z, z)
        if reset_after:
            q_grad = elementwise.multiply(g_grad, r)
            r_grad = activation.sigmoid_grad(elementwise.multiply(g_grad, q), r)
            behind = matmul.matmul(q_grad, shape.swap_last(candidate))
        else:
            q_grad = matmul.matmul(g_grad, shape.swap_last(candidate))
            r_grad = activation.sigmoid_grad(elementwise.multiply(q_grad, previous), r)
            behind = elementwise.multiply(q_grad, r)
        through_gates = matmul.matmul(joined(z_grad, r_grad), shape.swap_last(of_gates))
        behind = elementwise.add(
            elementwise.add(elementwise.multiply(state_grad, z), through_gates), behind
        )
        parts = joined(z_grad, r_grad, g_grad, q_grad)
        parts = kept(mask, t, parts, shape.zeros_like(parts))
        state_grad = kept(mask, t, behind, state_grad)
        steps.append(
            (
                getitem(parts, key=(..., slice(3 * units))),
                getitem(parts, key=(..., slice(3 * units, None))),
            )
        )
    return *stacked(steps[::-1]), state_grad


def affine(x, kernel, bias):
    """Returns x · kernel + bias."""
    out = matmul.matmul(x, kernel)
    return out if bias is None else elementwise.add(out, bias)


def at(x, t):
    """Returns step t of sequences."""
    return getitem(x, key=(EVERY, t))


def split(x, count):
    """Returns the parts of the last axis, all of one size."""
    size = x.shape[-1] // count
    return [
        getitem(x, key=(..., slice(i * size, (i + 1) * size))) for i in range(count)
    ]


def joined(*parts):
    """Puts parts one after the other along the last axis."""
    return shape.concatenate(*parts, axis=-1)


def stacked(steps):
    """Makes a sequence of each part that steps consist of."""
    return tuple(
        shape.concatenate(*(shape.expand_dims(x, axis=1) for x in part), axis=1)
        for part in zip(*steps, strict=True)
    )


def kept(mask, t, new, old):
    """Returns the rows of `new` where step t counts, else those of `old`."""
    if mask is None:
        return new
    condition = getitem(mask, key=(EVERY, slice(t, t + 1)))
    return elementwise.where(condition, new, old)
