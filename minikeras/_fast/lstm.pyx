"""What an LSTM does with some sequences, and with their gradients.

The equations are in minikeras/kernels/reference/recurrent.py.
"""

from cython cimport floating
from libc.string cimport memcpy, memset

from minikeras._fast.clones cimport cloned
from minikeras._fast.elementary cimport tanh_one
from minikeras._fast.sequences cimport (
    CHUNK,
    Sequences,
    add_row,
    at,
    copy_row,
    counts,
    fetch,
    finish_at,
    keep_masked,
    multiply,
    project,
    sigmoid_row,
    start_from,
    tanh_row,
)
from minikeras._fast.tasks cimport SCRATCH_OWN, scratch


# --- One step of one sequence ---------------------------------------------------------

cdef cloned lstm_row(
    const floating* gates, const floating* before, floating* c, floating* h,
    Py_ssize_t units,
) noexcept nogil:
    """c = f · before + i · g and h = o · tanh(c)."""
    cdef floating new[CHUNK]
    cdef const floating* i = gates
    cdef const floating* f = gates + units
    cdef const floating* g = gates + 2 * units
    cdef const floating* o = gates + 3 * units
    cdef Py_ssize_t start = 0, count, j
    while start < units:
        count = min(<Py_ssize_t> CHUNK, units - start)
        for j in range(count):
            new[j] = f[start + j] * before[start + j] + i[start + j] * g[start + j]
        for j in range(count):
            c[start + j] = new[j]
            h[start + j] = o[start + j] * tanh_one(new[j])
        start += count


cdef cloned lstm_grad_row(
    const floating* gates, const floating* c, const floating* before,
    const floating* h_grad, floating* c_grad, floating* z_grad, Py_ssize_t units,
) noexcept nogil:
    """δz of one step; c_grad, ∂L/∂c_t, becomes ∂L/∂c_{t-1}."""
    cdef floating parts[5][CHUNK]
    cdef const floating* i = gates
    cdef const floating* f = gates + units
    cdef const floating* g = gates + 2 * units
    cdef const floating* o = gates + 3 * units
    cdef floating squashed, delta
    cdef Py_ssize_t start = 0, count, j, k, part
    while start < units:
        count = min(<Py_ssize_t> CHUNK, units - start)
        # Into the stack: the compiler knows that it overlaps nothing.
        for j in range(count):
            k = start + j
            squashed = tanh_one(c[k])
            delta = c_grad[k] + h_grad[k] * o[k] * ((1 - squashed) * (1 + squashed))
            parts[0][j] = delta * g[k] * (i[k] * (1 - i[k]))
            parts[1][j] = delta * before[k] * (f[k] * (1 - f[k]))
            parts[2][j] = delta * i[k] * ((1 - g[k]) * (1 + g[k]))
            parts[3][j] = h_grad[k] * squashed * (o[k] * (1 - o[k]))
            parts[4][j] = delta * f[k]
        for part in range(4):
            memcpy(
                z_grad + part * units + start, parts[part], count * sizeof(floating)
            )
        memcpy(c_grad + start, parts[4], count * sizeof(floating))
        start += count


# --- All steps of some sequences ------------------------------------------------------

cdef void lstm_of_rows(
    const Sequences* s, Py_ssize_t first, Py_ssize_t rows, floating* like
) noexcept nogil:
    """Takes some sequences through an LSTM."""
    cdef Py_ssize_t units = s.units, t, i, row, c_row
    cdef floating* h = at(&s.state, first, 0, like)
    cdef floating* c = at(&s.cell, first, 0, like)
    cdef floating* gates
    row, c_row = s.state.row, s.cell.row
    for t in range(s.steps):
        fetch(&s.cells, first, rows, t, units, like)
        fetch(&s.outputs, first, rows, t, units, like)
        project(s, first, rows, t, like)
        if t + 1 < s.steps:
            fetch(&s.x, first, rows, t + 1, s.inputs, like)
            fetch(&s.gates, first, rows, t + 1, 4 * units, like)
        multiply(
            &s.weights, h, row, at(&s.gates, first, t, like), s.gates.row, rows, True,
            <floating*> NULL,
        )
        for i in range(rows):
            gates = at(&s.gates, first + i, t, like)
            sigmoid_row(gates, 2 * units)
            tanh_row(gates + 2 * units, units)
            sigmoid_row(gates + 3 * units, units)
            if counts(s, first + i, t):
                lstm_row(
                    gates, c + i * c_row, at(&s.cells, first + i, t, like),
                    at(&s.outputs, first + i, t, like), units,
                )
            else:
                copy_row(c + i * c_row, at(&s.cells, first + i, t, like), units)
                copy_row(h + i * row, at(&s.outputs, first + i, t, like), units)
        h, row = at(&s.outputs, first, t, like), s.outputs.row
        c, c_row = at(&s.cells, first, t, like), s.cells.row


cdef void lstm_grad_of_rows(
    const Sequences* s, Py_ssize_t first, Py_ssize_t rows, floating* like
) noexcept nogil:
    """Takes the gradients of some sequences back through an LSTM."""
    cdef Py_ssize_t units = s.units, t, i
    cdef Py_ssize_t size = rows * units
    cdef floating* h_grad = <floating*> scratch(
        SCRATCH_OWN, 3 * size * sizeof(floating)
    )
    cdef floating* behind = h_grad + size
    cdef floating* c_grad = h_grad + 2 * size
    cdef floating* z_grad
    cdef const floating* before
    start_from(&s.state_grad, first, rows, units, h_grad)
    start_from(&s.cell_grad, first, rows, units, c_grad)
    for t in range(s.steps - 1, -1, -1):
        for i in range(rows):
            if s.outputs_grad.data is not NULL:
                add_row(
                    at(&s.outputs_grad, first + i, t, like), h_grad + i * units, units
                )
            z_grad = at(&s.z_grad, first + i, t, like)
            if t > 0:
                before = at(&s.cells, first + i, t - 1, like)
            else:
                before = at(&s.cell, first + i, 0, like)
            if counts(s, first + i, t):
                lstm_grad_row(
                    at(&s.gates, first + i, t, like), at(&s.cells, first + i, t, like),
                    before, h_grad + i * units, c_grad + i * units, z_grad, units,
                )
            else:
                memset(z_grad, 0, 4 * units * sizeof(floating))
        if t > 0:
            fetch(&s.gates, first, rows, t - 1, 4 * units, like)
            fetch(&s.z_grad, first, rows, t - 1, 4 * units, like)
            fetch(&s.cells, first, rows, t - 1, units, like)
            if t > 1:
                fetch(&s.cells, first, rows, t - 2, units, like)
        multiply(
            &s.weights, at(&s.z_grad, first, t, like), s.z_grad.row, behind, units,
            rows, False, <floating*> NULL,
        )
        h_grad, behind = behind, h_grad
        keep_masked(s, first, rows, t, behind, h_grad)
    finish_at(&s.first_state_grad, first, rows, units, h_grad)
    finish_at(&s.first_cell_grad, first, rows, units, c_grad)
