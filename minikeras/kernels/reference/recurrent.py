"""Layers that read sequences step by step, in NumPy: the definition of right.

Forward, what a step computed on the way is kept for the gradient, which reads the steps
from the last to the first.
"""

import numpy as np

from minikeras.kernels.reference.activation import sigmoid, sigmoid_grad, tanh_grad
from minikeras.kernels.shapes.recurrent import (
    check_gru,
    check_gru_grad,
    check_lstm,
    check_lstm_grad,
)


def lstm(x, kernel, state, cell, mask, bias, recurrent_kernel, *, out=None):
    """Long short-term memory over the steps of sequences.

        i, f, g, o = σ(z_i), σ(z_f), tanh(z_g), σ(z_o),   z = x_t W + h_{t-1} U + b
        c_t = f · c_{t-1} + i · g,   h_t = o · tanh(c_t)

    h_0 is `state`, c_0 is `cell`; the columns of W, the kernel, and U, the recurrent
    kernel, are those of i, f, g and o in turn.  Where the mask is False a step leaves h
    and c as they are.  `mask` and `bias` may be None.

    Shapes: x (n, steps, inputs), kernel (inputs, 4·units), state and cell (n, units),
    mask (n, steps) of bool, bias (4·units,), recurrent_kernel (units, 4·units) →
    outputs (n, steps, units), all h_t; cells (n, steps, units), all c_t; gates (n,
    steps, 4·units), all i, f, g, o.
    Raises: ValueError if the shapes do not fit or there is no step.
    Source: Hochreiter & Schmidhuber, Long short-term memory (1997); Gers et al.,
    Learning to forget (2000).
    """
    n, steps, units = check_lstm(x, kernel, state, cell, mask, bias, recurrent_kernel)
    sizes = (units, units, 4 * units)
    outputs, cells, gates = out or [np.empty((n, steps, m), x.dtype) for m in sizes]
    with np.errstate(all="ignore"):
        projected = np.matmul(x, kernel)
        for t in range(steps):
            z = projected[:, t] + np.matmul(state, recurrent_kernel)
            if bias is not None:
                z = z + bias
            z_i, z_f, z_g, z_o = np.split(z, 4, axis=1)
            i, f, g, o = sigmoid(z_i), sigmoid(z_f), np.tanh(z_g), sigmoid(z_o)
            new_cell = f * cell + i * g
            new_state = o * np.tanh(new_cell)
            cell = kept(mask, t, new_cell, cell)
            state = kept(mask, t, new_state, state)
            gates[:, t] = np.concatenate([i, f, g, o], axis=1)
            outputs[:, t] = state
            cells[:, t] = cell
    return outputs, cells, gates


def lstm_grad(
    outputs_grad,
    state_grad,
    cell_grad,
    cells,
    gates,
    cell,
    mask,
    recurrent_kernel,
    *,
    out=None,
):
    """The gradient of `lstm`: of z at every step, of h_0 and of c_0.

        δc = ∂L/∂c_t + ∂L/∂h_t · o (1 - tanh²c_t)
        δz_i = δc · g i (1 - i),         δz_f = δc · c_{t-1} f (1 - f)
        δz_g = δc · i (1 - g²),          δz_o = ∂L/∂h_t · tanh(c_t) o (1 - o)
        ∂L/∂c_{t-1} = δc · f,            ∂L/∂h_{t-1} = δz Uᵀ + outputs_grad_{t-1}

    What comes in from behind is `outputs_grad`, the gradient of all h_t, `state_grad`
    and `cell_grad`, those of the last h and c; each may be None.

    Shapes: outputs_grad (n, steps, units), state_grad and cell_grad (n, units); cells
    and gates as `lstm` returned them; cell, mask, recurrent_kernel as they were there →
    δz (n, steps, 4·units), ∂L/∂h_0 (n, units), ∂L/∂c_0 (n, units).
    Raises: ValueError if the shapes do not fit or there is no step.
    """
    n, steps, units = check_lstm_grad(
        outputs_grad, state_grad, cell_grad, cells, gates, cell, mask, recurrent_kernel
    )
    shapes = (gates.shape, cell.shape, cell.shape)
    z_grads, first_state_grad, first_cell_grad = out or [
        np.empty(shape, gates.dtype) for shape in shapes
    ]
    nothing = np.zeros((n, units), gates.dtype)
    state_grad = nothing if state_grad is None else state_grad
    cell_grad = nothing if cell_grad is None else cell_grad
    with np.errstate(all="ignore"):
        for t in reversed(range(steps)):
            if outputs_grad is not None:
                state_grad = state_grad + outputs_grad[:, t]
            i, f, g, o = np.split(gates[:, t], 4, axis=1)
            before = cells[:, t - 1] if t else cell
            squashed = np.tanh(cells[:, t])
            delta = cell_grad + tanh_grad(state_grad * o, squashed)
            z_grad = np.concatenate(
                [
                    sigmoid_grad(delta * g, i),
                    sigmoid_grad(delta * before, f),
                    tanh_grad(delta * i, g),
                    sigmoid_grad(state_grad * squashed, o),
                ],
                axis=1,
            )
            z_grad = kept(mask, t, z_grad, np.zeros_like(z_grad))
            behind = np.matmul(z_grad, recurrent_kernel.T)
            cell_grad = kept(mask, t, delta * f, cell_grad)
            state_grad = kept(mask, t, behind, state_grad)
            z_grads[:, t] = z_grad
    first_state_grad[...] = state_grad
    first_cell_grad[...] = cell_grad
    return z_grads, first_state_grad, first_cell_grad


def gru(
    x,
    kernel,
    state,
    mask,
    bias,
    recurrent_bias,
    recurrent_kernel,
    *,
    reset_after,
    out=None,
):
    """Gated recurrent units over the steps of sequences.

        z, r = σ(x_z + h U_z + b_z),  σ(x_r + h U_r + b_r),   h = h_{t-1}
        g = tanh(x_g + s),   x_z, x_r, x_g = x_t W + a
        s = r · (h U_g + b_g) if reset_after, else (r · h) U_g + b_g
        h_t = z · h_{t-1} + (1 - z) · g

    h_0 is `state`; the columns of W, the kernel, and U, the recurrent kernel, are those
    of z, r and g in turn; a is `bias`, b `recurrent_bias`.  Where the mask is False a
    step leaves h as it is.  `mask` and the biases may be None.

    Shapes: x (n, steps, inputs), kernel (inputs, 3·units), state (n, units), mask (n,
    steps) of bool, bias and recurrent_bias (3·units,), recurrent_kernel (units,
    3·units) → outputs (n, steps, units), all h_t; gates (n, steps, 4·units), all z, r,
    g and q, which is h U_g + b_g if reset_after, else r · h.
    Raises: ValueError if the shapes do not fit or there is no step.
    Source: Cho et al., Learning phrase representations using RNN encoder-decoder
    (2014).
    """
    n, steps, units = check_gru(
        x, kernel, state, mask, bias, recurrent_bias, recurrent_kernel
    )
    sizes = (units, 4 * units)
    outputs, gates = out or [np.empty((n, steps, m), x.dtype) for m in sizes]
    of_gates, candidate = np.split(recurrent_kernel, [2 * units], axis=1)
    b = np.zeros(3 * units, x.dtype) if recurrent_bias is None else recurrent_bias
    with np.errstate(all="ignore"):
        projected = np.matmul(x, kernel)
        if bias is not None:
            projected = projected + bias
        for t in range(steps):
            inputs = projected[:, t]
            inner = np.matmul(state, of_gates) + b[: 2 * units]
            z = sigmoid(inputs[:, :units] + inner[:, :units])
            r = sigmoid(inputs[:, units : 2 * units] + inner[:, units:])
            if reset_after:
                q = np.matmul(state, candidate) + b[2 * units :]
                s = r * q
            else:
                q = r * state
                s = np.matmul(q, candidate) + b[2 * units :]
            g = np.tanh(inputs[:, 2 * units :] + s)
            state = kept(mask, t, z * state + (1 - z) * g, state)
            gates[:, t] = np.concatenate([z, r, g, q], axis=1)
            outputs[:, t] = state
    return outputs, gates


def gru_grad(
    outputs_grad,
    state_grad,
    outputs,
    gates,
    state,
    mask,
    recurrent_kernel,
    *,
    reset_after,
    out=None,
):
    """The gradient of `gru`: of what went into z, r, g and q at every step, and of h_0.

        δh = ∂L/∂h_t,   δg = δh (1 - z) (1 - g²),   δz = δh (h - g) z (1 - z)
        reset_after:  δr = δg q r (1 - r),  δq = δg r,
                      ∂L/∂h = δh z + δz U_zᵀ + δr U_rᵀ + δq U_gᵀ
        else:         δq = δg U_gᵀ,  δr = δq h r (1 - r),
                      ∂L/∂h = δh z + δz U_zᵀ + δr U_rᵀ + δq r,   h = h_{t-1}

    What comes in from behind is `outputs_grad`, the gradient of all h_t, and
    `state_grad`, that of the last; each may be None.

    Shapes: outputs_grad (n, steps, units), state_grad (n, units); outputs and gates as
    `gru` returned them; state, mask, recurrent_kernel as they were there → δz, δr, δg
    (n, steps, 3·units), δq (n, steps, units), ∂L/∂h_0 (n, units).
    Raises: ValueError if the shapes do not fit or there is no step.
    """
    n, steps, units = check_gru_grad(
        outputs_grad, state_grad, outputs, gates, state, mask, recurrent_kernel
    )
    shapes = ((n, steps, 3 * units), outputs.shape, state.shape)
    x_grads, q_grads, first_state_grad = out or [
        np.empty(shape, gates.dtype) for shape in shapes
    ]
    of_gates, candidate = np.split(recurrent_kernel, [2 * units], axis=1)
    if state_grad is None:
        state_grad = np.zeros((n, units), gates.dtype)
    with np.errstate(all="ignore"):
        for t in reversed(range(steps)):
            if outputs_grad is not None:
                state_grad = state_grad + outputs_grad[:, t]
            z, r, g, q = np.split(gates[:, t], 4, axis=1)
            before = outputs[:, t - 1] if t else state
            g_grad = tanh_grad(state_grad * (1 - z), g)
            z_grad = sigmoid_grad(state_grad * (before - g), z)
            if reset_after:
                q_grad = g_grad * r
                r_grad = sigmoid_grad(g_grad * q, r)
                behind = np.matmul(q_grad, candidate.T)
            else:
                q_grad = np.matmul(g_grad, candidate.T)
                r_grad = sigmoid_grad(q_grad * before, r)
                behind = q_grad * r
            gates_grad = np.concatenate([z_grad, r_grad], axis=1)
            behind = state_grad * z + np.matmul(gates_grad, of_gates.T) + behind
            parts = np.concatenate([gates_grad, g_grad, q_grad], axis=1)
            parts = kept(mask, t, parts, np.zeros_like(parts))
            state_grad = kept(mask, t, behind, state_grad)
            x_grads[:, t], q_grads[:, t] = np.split(parts, [3 * units], axis=1)
    first_state_grad[...] = state_grad
    return x_grads, q_grads, first_state_grad


def kept(mask, t, new, old):
    """Returns the rows of `new` where step t counts, else those of `old`."""
    return new if mask is None else np.where(mask[:, t : t + 1], new, old)
