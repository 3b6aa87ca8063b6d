"""How far the kernels of recurrent layers may be from exact, step by step.

u = 2⁻²⁴ in float32, 2⁻⁵³ in float64.  Each step adds its own rounding errors, those of
class D in the product and of class B in the gates, to what it makes of earlier ones: a
sigmoid passes a quarter of an error on, a tanh all of it.  The bounds of the gradients
take the sizes of all terms, and count the roundings that a term can go through.
"""

import numpy as np

ULPS = 16  # roundings in a gate: class B, and the sums and products around it


def lstm_bound(u, out, x, kernel, state, cell, mask, bias, recurrent_kernel):
    """Bounds for all h, all c and all gates."""
    outputs, cells, gates = out
    bounds = [np.zeros_like(part) for part in out]
    inputs = np.abs(x) @ np.abs(kernel)
    kernel = np.abs(recurrent_kernel)
    count = x.shape[2] + state.shape[1] + 3
    h, c = np.abs(state), np.abs(cell)
    h_error, c_error = np.zeros_like(h), np.zeros_like(c)
    b = 0.0 if bias is None else np.abs(bias)
    for t in range(x.shape[1]):
        terms = inputs[:, t] + h @ kernel + b
        z_error = count * u * terms + h_error @ kernel
        squeezed = np.minimum(z_error / 4, 1.0) + ULPS * u
        i_error, f_error, _, o_error = np.split(squeezed, 4, axis=1)
        g_error = np.minimum(np.split(z_error, 4, axis=1)[2], 2.0) + ULPS * u
        i, f, _, o = np.split(gates[:, t], 4, axis=1)
        new_c_error = f_error * (c + c_error) + f * c_error + 3 * u * (c + 1)
        new_c_error = new_c_error + i_error * (1 + g_error) + i * g_error
        new_h_error = o_error + o * np.minimum(new_c_error, 2.0) + ULPS * u
        c_error = kept(mask, t, new_c_error, c_error)
        h_error = kept(mask, t, new_h_error, h_error)
        h, c = outputs[:, t], cells[:, t]
        bounds[0][:, t], bounds[1][:, t] = h_error, c_error
        bounds[2][:, t] = np.concatenate([i_error, f_error, g_error, o_error], axis=1)
    return tuple(bounds)


def lstm_grad_bound(
    u,
    out,
    outputs_grad,
    state_grad,
    cell_grad,
    cells,
    gates,
    cell,
    mask,
    recurrent_kernel,
):
    """Bounds for all δz and the gradients of h_0 and c_0."""
    h, c = sizes(state_grad, cell), sizes(cell_grad, cell)
    terms = np.zeros_like(gates)
    for t in reversed(range(gates.shape[1])):
        h = h if outputs_grad is None else h + np.abs(outputs_grad[:, t])
        i, f, g, o = np.split(np.abs(gates[:, t]), 4, axis=1)
        before = np.abs(cells[:, t - 1] if t else cell)
        delta = c + h * o
        parts = (delta * g * i, delta * before * f, delta * i, h * o)
        z = np.concatenate(parts, axis=1)
        z = kept(mask, t, z, np.zeros_like(z))
        h = kept(mask, t, z @ np.abs(recurrent_kernel).T, h)
        c = kept(mask, t, delta * f, c)
        terms[:, t] = z
    count = gates.shape[1] * (gates.shape[2] + 2 * ULPS)
    return count * u * terms, count * u * h, count * u * c


def gru_bound(
    u,
    out,
    x,
    kernel,
    state,
    mask,
    bias,
    recurrent_bias,
    recurrent_kernel,
    *,
    reset_after,
):
    """Bounds for all h and all gates."""
    outputs, gates = out
    bounds = [np.zeros_like(part) for part in out]
    units = state.shape[1]
    inputs = np.abs(x) @ np.abs(kernel)
    kernel = np.abs(recurrent_kernel)
    h, h_error = np.abs(state), np.zeros(state.shape)
    added = 0.0 if bias is None else np.abs(bias)
    b = np.zeros(3 * units) if recurrent_bias is None else np.abs(recurrent_bias)
    rounds = (units + 4) * u
    for t in range(x.shape[1]):
        z, r, _, q = np.split(gates[:, t], 4, axis=1)
        inner = h @ kernel + b
        inner_error = rounds * inner + h_error @ kernel
        terms = inputs[:, t] + added
        gate_error = (x.shape[2] + 3) * u * (terms + inner) + inner_error
        z_error, r_error, _ = np.split(
            np.minimum(gate_error / 4, 1.0) + ULPS * u, 3, axis=1
        )
        if reset_after:
            q_error = inner_error[:, 2 * units :]
            s, s_error = r * q, r_error * (q + q_error) + r * q_error
        else:
            q_error = r_error * (h + h_error) + r * h_error + u * h
            s = q @ kernel[:, 2 * units :] + b[2 * units :]
            s_error = rounds * s + q_error @ kernel[:, 2 * units :]
        g_error = (x.shape[2] + 4) * u * (terms[:, 2 * units :] + s) + s_error
        g_error = np.minimum(g_error, 2.0) + ULPS * u
        new_error = z_error * (h + h_error) + z * h_error + z_error * (1 + g_error)
        new_error = new_error + (1 - z) * g_error + 4 * u * (1 + h)
        h_error = kept(mask, t, new_error, h_error)
        h = outputs[:, t]
        bounds[0][:, t] = h_error
        bounds[1][:, t] = np.concatenate([z_error, r_error, g_error, q_error], axis=1)
    return tuple(bounds)


def gru_grad_bound(
    u,
    out,
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
    """Bounds for all δz, δr, δg, all δq and the gradient of h_0."""
    units = state.shape[1]
    kernel = np.abs(recurrent_kernel)
    of_gates, candidate = kernel[:, : 2 * units], kernel[:, 2 * units :]
    h = sizes(state_grad, state)
    x_terms = np.zeros((*gates.shape[:2], 3 * units))
    q_terms = np.zeros(outputs.shape)
    for t in reversed(range(gates.shape[1])):
        h = h if outputs_grad is None else h + np.abs(outputs_grad[:, t])
        z, r, g, q = np.split(np.abs(gates[:, t]), 4, axis=1)
        before = np.abs(outputs[:, t - 1] if t else state)
        z_grad, g_grad = h * (before + g) * z, h
        if reset_after:
            q_grad = g_grad * r
            r_grad = g_grad * q * r
            behind = q_grad @ candidate.T
        else:
            q_grad = g_grad @ candidate.T
            r_grad = q_grad * before * r
            behind = q_grad * r
        behind = h * z + np.concatenate([z_grad, r_grad], axis=1) @ of_gates.T + behind
        parts = np.concatenate([z_grad, r_grad, g_grad], axis=1)
        x_terms[:, t] = kept(mask, t, parts, np.zeros_like(parts))
        q_terms[:, t] = kept(mask, t, q_grad, np.zeros_like(q_grad))
        h = kept(mask, t, behind, h)
    count = gates.shape[1] * (2 * gates.shape[2] + 2 * ULPS)
    return count * u * x_terms, count * u * q_terms, count * u * h


def sizes(grad, like):
    """Returns |grad|, zeros if there is none."""
    return np.zeros(like.shape) if grad is None else np.abs(grad)


def kept(mask, t, new, old):
    """Returns the rows of `new` where step t counts, else those of `old`."""
    return new if mask is None else np.where(mask[:, t : t + 1], new, old)


BOUNDS = {
    "lstm": lstm_bound,
    "lstm_grad": lstm_grad_bound,
    "gru": gru_bound,
    "gru_grad": gru_grad_bound,
}
