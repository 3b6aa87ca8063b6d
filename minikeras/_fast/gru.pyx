"""What a GRU does with some sequences, and with their gradients.

The equations are in minikeras/kernels/reference/recurrent.py.
"""

from cython cimport floating
from libc.string cimport memcpy, memset

from minikeras._fast.clones cimport cloned
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

cdef cloned product_row(
    const floating* x, const floating* y, floating* out, Py_ssize_t n
) noexcept nogil:
    """out_j = x_j y_j."""
    cdef Py_ssize_t j
    for j in range(n):
        out[j] = x[j] * y[j]


cdef cloned gru_row(
    const floating* gates, const floating* before, floating* h, Py_ssize_t units
) noexcept nogil:
    """h = z · before + (1 - z) · g."""
    cdef const floating* g = gates + 2 * units
    cdef Py_ssize_t j
    for j in range(units):
        h[j] = gates[j] * before[j] + (1 - gates[j]) * g[j]


cdef cloned gru_grad_row(
    const floating* gates, const floating* before, const floating* h_grad,
    floating* x_grad, floating* behind, Py_ssize_t units,
) noexcept nogil:
    """δz and δg of one step, and what goes behind past the gates: δh z."""
    cdef floating parts[3][CHUNK]
    cdef const floating* z = gates
    cdef const floating* g = gates + 2 * units
    cdef Py_ssize_t start = 0, count, j, k
    while start < units:
        count = min(<Py_ssize_t> CHUNK, units - start)
        for j in range(count):
            k = start + j
            parts[0][j] = h_grad[k] * (before[k] - g[k]) * (z[k] * (1 - z[k]))
            parts[1][j] = h_grad[k] * (1 - z[k]) * ((1 - g[k]) * (1 + g[k]))
            parts[2][j] = h_grad[k] * z[k]
        memcpy(x_grad + start, parts[0], count * sizeof(floating))
        memcpy(x_grad + 2 * units + start, parts[1], count * sizeof(floating))
        memcpy(behind + start, parts[2], count * sizeof(floating))
        start += count


cdef cloned reset_grad_row(
    const floating* grad, const floating* factor, const floating* r, floating* r_grad,
    Py_ssize_t units,
) noexcept nogil:
    """r_grad = grad · factor · r (1 - r)."""
    cdef Py_ssize_t j
    for j in range(units):
        r_grad[j] = grad[j] * factor[j] * (r[j] * (1 - r[j]))


cdef cloned add_product_row(
    const floating* x, const floating* y, floating* out, Py_ssize_t n
) noexcept nogil:
    """out_j = out_j + x_j y_j."""
    cdef Py_ssize_t j
    for j in range(n):
        out[j] = out[j] + x[j] * y[j]


# --- All steps of some sequences ------------------------------------------------------

cdef void gru_of_rows(
    const Sequences* s, Py_ssize_t first, Py_ssize_t rows, floating* like
) noexcept nogil:
    """Takes some sequences through a GRU."""
    cdef Py_ssize_t units = s.units, t, i, row = s.state.row
    cdef floating* h = at(&s.state, first, 0, like)
    cdef floating* gates
    cdef const floating* b = <floating*> s.recurrent_bias
    cdef const floating* b_g = b + 2 * units if b is not NULL else b
    for t in range(s.steps):
        fetch(&s.outputs, first, rows, t, units, like)
        project(s, first, rows, t, like)
        if t + 1 < s.steps:
            fetch(&s.x, first, rows, t + 1, s.inputs, like)
            fetch(&s.gates, first, rows, t + 1, 4 * units, like)
        gates = at(&s.gates, first, t, like)
        multiply(&s.weights, h, row, gates, s.gates.row, rows, True, b)
        if s.reset_after:
            multiply(
                &s.candidate, h, row, gates + 3 * units, s.gates.row, rows, False, b_g
            )
        for i in range(rows):
            gates = at(&s.gates, first + i, t, like)
            sigmoid_row(gates, 2 * units)
            if s.reset_after:
                add_product_row(
                    gates + units, gates + 3 * units, gates + 2 * units, units
                )
            else:
                product_row(gates + units, h + i * row, gates + 3 * units, units)
        if not s.reset_after:
            gates = at(&s.gates, first, t, like)
            multiply(
                &s.candidate, gates + 3 * units, s.gates.row, gates + 2 * units,
                s.gates.row, rows, True, b_g,
            )
        for i in range(rows):
            gates = at(&s.gates, first + i, t, like)
            tanh_row(gates + 2 * units, units)
            if counts(s, first + i, t):
                gru_row(gates, h + i * row, at(&s.outputs, first + i, t, like), units)
            else:
                copy_row(h + i * row, at(&s.outputs, first + i, t, like), units)
        h, row = at(&s.outputs, first, t, like), s.outputs.row


cdef void gru_grad_of_rows(
    const Sequences* s, Py_ssize_t first, Py_ssize_t rows, floating* like
) noexcept nogil:
    """Takes the gradients of some sequences back through a GRU."""
    cdef Py_ssize_t units = s.units, t, i, row
    cdef Py_ssize_t size = rows * units
    cdef floating* h_grad = <floating*> scratch(
        SCRATCH_OWN, 2 * size * sizeof(floating)
    )
    cdef floating* behind = h_grad + size
    cdef floating* x_grad
    cdef floating* q_grad
    cdef const floating* gates
    cdef const floating* before
    start_from(&s.state_grad, first, rows, units, h_grad)
    for t in range(s.steps - 1, -1, -1):
        before, row = at(&s.outputs, first, t - 1, like), s.outputs.row
        if t == 0:
            before, row = at(&s.state, first, 0, like), s.state.row
        for i in range(rows):
            x_grad = at(&s.z_grad, first + i, t, like)
            gates = at(&s.gates, first + i, t, like)
            if s.outputs_grad.data is not NULL:
                add_row(
                    at(&s.outputs_grad, first + i, t, like), h_grad + i * units, units
                )
            if not counts(s, first + i, t):
                memset(x_grad, 0, 3 * units * sizeof(floating))
                memset(behind + i * units, 0, units * sizeof(floating))
                continue
            gru_grad_row(
                gates, before + i * row, h_grad + i * units, x_grad,
                behind + i * units, units,
            )
        if not s.reset_after:
            multiply(
                &s.candidate, at(&s.z_grad, first, t, like) + 2 * units, s.z_grad.row,
                at(&s.q_grad, first, t, like), s.q_grad.row, rows, False,
                <floating*> NULL,
            )
        for i in range(rows):
            x_grad = at(&s.z_grad, first + i, t, like)
            q_grad = at(&s.q_grad, first + i, t, like)
            gates = at(&s.gates, first + i, t, like)
            if not counts(s, first + i, t):
                memset(q_grad, 0, units * sizeof(floating))
            elif s.reset_after:
                product_row(x_grad + 2 * units, gates + units, q_grad, units)
                reset_grad_row(
                    x_grad + 2 * units, gates + 3 * units, gates + units,
                    x_grad + units, units,
                )
            else:
                reset_grad_row(
                    q_grad, before + i * row, gates + units, x_grad + units, units
                )
                add_product_row(q_grad, gates + units, behind + i * units, units)
        multiply(
            &s.weights, at(&s.z_grad, first, t, like), s.z_grad.row, behind, units,
            rows, True, <floating*> NULL,
        )
        if s.reset_after:
            multiply(
                &s.candidate, at(&s.q_grad, first, t, like), s.q_grad.row, behind,
                units, rows, True, <floating*> NULL,
            )
        h_grad, behind = behind, h_grad
        keep_masked(s, first, rows, t, behind, h_grad)
    finish_at(&s.first_state_grad, first, rows, units, h_grad)
