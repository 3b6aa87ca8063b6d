"""Layers that read sequences step by step: a sequence, a step and a unit at a time.

A step is computed in Python floats, and rounded when it is stored.
"""

import numpy as np

from minikeras.kernels.scalar.activation import sigmoid, sigmoid_grad, tanh_grad
from minikeras.kernels.scalar.elementwise import tanh
from minikeras.kernels.shapes.recurrent import (
    check_gru,
    check_gru_grad,
    check_lstm,
    check_lstm_grad,
)


def lstm(x, kernel, state, cell, mask, bias, recurrent_kernel, *, out=None):
    """c_t = f c_{t-1} + i g and h_t = o tanh(c_t), with gates i, f, g, o of
    x_t W + h_{t-1} U + b.
    """
    n, steps, units = check_lstm(x, kernel, state, cell, mask, bias, recurrent_kernel)
    sizes = (units, units, 4 * units)
    outputs, cells, gates = out or [np.empty((n, steps, m), x.dtype) for m in sizes]
    b = numbers(bias, (4 * units,))
    input_columns, columns = kernel.T.tolist(), recurrent_kernel.T.tolist()
    for row in range(n):
        h, c = state[row].tolist(), cell[row].tolist()
        for t in range(steps):
            inputs = x[row, t].tolist()
            z = [
                (dot(inputs, of_inputs) + dot(h, column)) + b_j
                for of_inputs, column, b_j in zip(
                    input_columns, columns, b, strict=True
                )
            ]
            i = [sigmoid(z[j]) for j in range(units)]
            f = [sigmoid(z[units + j]) for j in range(units)]
            g = [tanh(z[2 * units + j]) for j in range(units)]
            o = [sigmoid(z[3 * units + j]) for j in range(units)]
            if counts(mask, row, t):
                c = [f[j] * c[j] + i[j] * g[j] for j in range(units)]
                h = [o[j] * tanh(c[j]) for j in range(units)]
            outputs[row, t] = h
            cells[row, t] = c
            gates[row, t] = i + f + g + o
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
    """δz, ∂L/∂h_0 and ∂L/∂c_0 of `lstm`, from the last step to the first."""
    n, steps, units = check_lstm_grad(
        outputs_grad, state_grad, cell_grad, cells, gates, cell, mask, recurrent_kernel
    )
    shapes = (gates.shape, cell.shape, cell.shape)
    z_grads, first_state_grad, first_cell_grad = out or [
        np.empty(shape, gates.dtype) for shape in shapes
    ]
    later = numbers(outputs_grad, (n, steps, units))
    last_h, last_c = numbers(state_grad, (n, units)), numbers(cell_grad, (n, units))
    kernel = recurrent_kernel.tolist()
    for row in range(n):
        h_grad, c_grad = last_h[row], last_c[row]
        for t in reversed(range(steps)):
            h_grad = [h_grad[j] + later[row][t][j] for j in range(units)]
            i, f, g, o = gates[row, t].reshape(4, units).tolist()
            c = cells[row, t].tolist()
            before = (cells[row, t - 1] if t else cell[row]).tolist()
            z_grad = [0.0] * (4 * units)
            if counts(mask, row, t):
                for j in range(units):
                    squashed = tanh(c[j])
                    delta = c_grad[j] + tanh_grad(h_grad[j] * o[j], squashed)
                    z_grad[j] = sigmoid_grad(delta * g[j], i[j])
                    z_grad[units + j] = sigmoid_grad(delta * before[j], f[j])
                    z_grad[2 * units + j] = tanh_grad(delta * i[j], g[j])
                    z_grad[3 * units + j] = sigmoid_grad(h_grad[j] * squashed, o[j])
                    c_grad[j] = delta * f[j]
                h_grad = [dot(z_grad, weights) for weights in kernel]
            z_grads[row, t] = z_grad
        first_state_grad[row] = h_grad
        first_cell_grad[row] = c_grad
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
    """h_t = z h_{t-1} + (1 - z) g, with gates z and r and a candidate g."""
    n, steps, units = check_gru(
        x, kernel, state, mask, bias, recurrent_bias, recurrent_kernel
    )
    sizes = (units, 4 * units)
    outputs, gates = out or [np.empty((n, steps, m), x.dtype) for m in sizes]
    b_x, b = numbers(bias, (3 * units,)), numbers(recurrent_bias, (3 * units,))
    input_columns, columns = kernel.T.tolist(), recurrent_kernel.T.tolist()
    each = range(units)
    for row in range(n):
        h = state[row].tolist()
        for t in range(steps):
            x_t = x[row, t].tolist()
            inputs = [dot(x_t, input_columns[j]) + b_x[j] for j in range(3 * units)]
            inner = [dot(h, columns[j]) + b[j] for j in range(2 * units)]
            z = [sigmoid(inputs[j] + inner[j]) for j in each]
            r = [sigmoid(inputs[units + j] + inner[units + j]) for j in each]
            if reset_after:
                q = [dot(h, columns[2 * units + j]) + b[2 * units + j] for j in each]
                s = [r[j] * q[j] for j in each]
            else:
                q = [r[j] * h[j] for j in each]
                s = [dot(q, columns[2 * units + j]) + b[2 * units + j] for j in each]
            g = [tanh(inputs[2 * units + j] + s[j]) for j in each]
            if counts(mask, row, t):
                h = [z[j] * h[j] + (1 - z[j]) * g[j] for j in each]
            outputs[row, t] = h
            gates[row, t] = z + r + g + q
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
    """δz, δr, δg, then δq, then ∂L/∂h_0 of `gru`, from the last step to the first."""
    n, steps, units = check_gru_grad(
        outputs_grad, state_grad, outputs, gates, state, mask, recurrent_kernel
    )
    shapes = ((n, steps, 3 * units), outputs.shape, state.shape)
    x_grads, q_grads, first_state_grad = out or [
        np.empty(shape, gates.dtype) for shape in shapes
    ]
    later = numbers(outputs_grad, (n, steps, units))
    last = numbers(state_grad, (n, units))
    of_gates = recurrent_kernel[:, : 2 * units].tolist()
    candidate = recurrent_kernel[:, 2 * units :].tolist()
    each = range(units)
    for row in range(n):
        h_grad = last[row]
        for t in reversed(range(steps)):
            h_grad = [h_grad[j] + later[row][t][j] for j in each]
            z, r, g, q = gates[row, t].reshape(4, units).tolist()
            before = (outputs[row, t - 1] if t else state[row]).tolist()
            parts = [0.0] * (4 * units)
            if counts(mask, row, t):
                g_grad = [tanh_grad(h_grad[j] * (1 - z[j]), g[j]) for j in each]
                z_grad = [
                    sigmoid_grad(h_grad[j] * (before[j] - g[j]), z[j]) for j in each
                ]
                if reset_after:
                    q_grad = [g_grad[j] * r[j] for j in each]
                    r_grad = [sigmoid_grad(g_grad[j] * q[j], r[j]) for j in each]
                    behind = [dot(q_grad, weights) for weights in candidate]
                else:
                    q_grad = [dot(g_grad, weights) for weights in candidate]
                    r_grad = [sigmoid_grad(q_grad[j] * before[j], r[j]) for j in each]
                    behind = [q_grad[j] * r[j] for j in each]
                parts = z_grad + r_grad + g_grad + q_grad
                h_grad = [
                    h_grad[j] * z[j] + dot(parts[: 2 * units], of_gates[j]) + behind[j]
                    for j in each
                ]
            x_grads[row, t] = parts[: 3 * units]
            q_grads[row, t] = parts[3 * units :]
        first_state_grad[row] = h_grad
    return x_grads, q_grads, first_state_grad


def dot(x, y):
    """Returns Σ_i x_i y_i."""
    total = 0.0
    for x_i, y_i in zip(x, y, strict=True):
        total += x_i * y_i
    return total


def counts(mask, row, t):
    """Whether step t of a sequence changes the state."""
    return mask is None or bool(mask[row, t])


def numbers(x, shape):
    """Returns an array as lists of Python floats; zeros if there is none."""
    return (np.zeros(shape) if x is None else x).tolist()
