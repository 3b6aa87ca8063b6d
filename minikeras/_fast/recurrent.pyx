"""LSTM and GRU over sequences. Contract: minikeras/kernels/reference/recurrent.py.

Sequences do not see each other: a thread takes some of them through all steps, and
waits for nobody. A step is the products of inputs and states with their kernels, which
are packed once and stay in the cache, and a pass over the gates.
"""

from cython cimport floating
from libc.string cimport memcpy, memset
from numpy cimport (
    NPY_BOOL,
    NPY_DOUBLE,
    NPY_FLOAT,
    PyArray_CheckExact,
    PyArray_CopyInto,
    PyArray_DATA,
    PyArray_DIMS,
    PyArray_EMPTY,
    PyArray_ISALIGNED,
    PyArray_ITEMSIZE,
    PyArray_NDIM,
    PyArray_STRIDES,
    PyArray_TYPE,
    import_array,
    ndarray,
    npy_intp,
)

from minikeras._fast.arrays cimport (
    is_flat,
    is_native,
    is_writeable,
    otherwise,
    overlap,
)
from minikeras._fast.checks cimport check
from minikeras._fast.clones cimport cloned
from minikeras._fast.elementary cimport sigmoid_one, tanh_one
from minikeras._fast.product cimport Strip, Tiles, tiles
from minikeras._fast.tasks cimport (
    SCRATCH_OWN,
    SCRATCH_SHARED,
    in_parallel,
    perform,
    refused,
    scratch,
)

import_array()

cdef enum:
    BLOCK = 16      # sequences that go through the steps together
    FEW = 8         # so few, or less, have the inputs of AHEAD steps multiplied at once
    AHEAD = 16
    CHUNK = 64      # units whose gradients are kept on the stack
    DEPTH = 256     # rows of a panel that stay in the first cache


# --- What a task is told --------------------------------------------------------------

cdef struct Rows:
    # A matrix, or matrices behind each other: distances in numbers (of a mask: bytes)
    # from row to row and from step to step; within a row it is 1. NULL: there is none.
    char* data
    Py_ssize_t row
    Py_ssize_t step

cdef struct Packed:
    # A matrix in panels, for strips of a product with it.
    const Tiles* tiles
    char* panels
    Py_ssize_t depth
    Py_ssize_t columns

cdef struct Matrix:
    char* data
    Py_ssize_t row      # distances in numbers
    Py_ssize_t column

cdef struct Sequences:
    # All that the four kernels are about; each uses a part of it.
    Py_ssize_t itemsize
    Py_ssize_t n
    Py_ssize_t steps
    Py_ssize_t inputs
    Py_ssize_t units
    bint reset_after
    Rows x
    Rows state
    Rows cell
    Rows mask
    char* bias
    char* recurrent_bias
    Matrix kernel
    Matrix recurrent_kernel
    Rows outputs_grad
    Rows state_grad
    Rows cell_grad
    Rows outputs
    Rows cells
    Rows gates
    Rows z_grad         # of `gru`: that of x
    Rows q_grad
    Rows first_state_grad
    Rows first_cell_grad
    Packed input_weights    # the kernel
    Packed weights      # the recurrent kernel, or its transpose; of `gru`: z and r
    Packed candidate    # of `gru`: the rest of it


cdef inline floating* at(
    const Rows* rows, Py_ssize_t i, Py_ssize_t t, floating* like
) noexcept nogil:
    """Returns where step t of sequence i begins."""
    return <floating*> rows.data + i * rows.row + t * rows.step


cdef inline bint counts(const Sequences* s, Py_ssize_t i, Py_ssize_t t) noexcept nogil:
    """Tells if step t of sequence i changes the state."""
    return s.mask.data is NULL or s.mask.data[i * s.mask.row + t * s.mask.step] != 0


cdef extern from *:
    """
    #if defined(__GNUC__)
    #define FETCH(address) __builtin_prefetch(address, 0, 2)
    #else
    #define FETCH(address)
    #endif
    """
    void FETCH(const void* address) noexcept nogil


cdef void fetch(
    const Rows* rows, Py_ssize_t first, Py_ssize_t count, Py_ssize_t t,
    Py_ssize_t size, floating* like,
) noexcept nogil:
    """Asks for step t of some sequences, `size` numbers each, before it is needed."""
    cdef Py_ssize_t i, j, line = 64 // <Py_ssize_t> sizeof(floating)
    cdef const floating* row
    for i in range(count):
        row = at(rows, first + i, t, like)
        for j in range((size + line - 1) // line):
            FETCH(row + j * line)


# --- Products -------------------------------------------------------------------------

cdef Py_ssize_t width_of(const Tiles* tiles, Py_ssize_t columns) noexcept nogil:
    """Returns how many columns the panels of a matrix have together."""
    cdef Py_ssize_t wide = 2 * tiles.line
    return (columns + wide - 1) // wide * wide


cdef char* pack(
    Packed* packed, char* room, const Matrix* y, Py_ssize_t depth, Py_ssize_t columns,
    bint transposed, Py_ssize_t itemsize,
) noexcept nogil:
    """Packs a matrix, or its transpose, into `room`; returns where the panels end."""
    cdef Py_ssize_t wide, first = 0
    cdef Py_ssize_t y_row = y.column if transposed else y.row
    cdef Py_ssize_t y_column = y.row if transposed else y.column
    packed.tiles = tiles(itemsize)
    packed.panels, packed.depth, packed.columns = room, depth, columns
    wide = 2 * packed.tiles.line
    while first < columns:
        packed.tiles.pack(
            y.data + first * y_column * itemsize, y_row, y_column,
            room + first * depth * itemsize, depth, min(wide, columns - first),
        )
        first += wide
    return room + width_of(packed.tiles, columns) * depth * itemsize


cdef void multiply(
    const Packed* y, const floating* x, Py_ssize_t x_row, floating* out,
    Py_ssize_t out_row, Py_ssize_t rows, bint adds, const floating* bias,
) noexcept nogil:
    """out = x y, or out + x y if it `adds`; plus the bias, unless it is NULL."""
    cdef Py_ssize_t wide = 2 * y.tiles.line, first = 0, start
    cdef Strip strip
    strip.x_row, strip.x_column, strip.x_segment = x_row, 1, 0
    strip.panel_segment, strip.segments = 0, 1
    strip.out_row, strip.rows, strip.rectifies = out_row, rows, False
    while first < y.columns:
        strip.columns = min(wide, y.columns - first)
        strip.panel_row = y.tiles.line if strip.columns <= y.tiles.line else wide
        strip.out = out + first
        start = 0
        while start < y.depth:
            strip.depth = min(<Py_ssize_t> DEPTH, y.depth - start)
            strip.adds = adds or start > 0
            strip.x = x + start
            strip.panel = (
                <floating*> y.panels + first * y.depth + start * strip.panel_row
            )
            strip.bias = NULL
            if bias is not NULL and start + strip.depth == y.depth:
                strip.bias = bias + first
            y.tiles.fill(&strip)
            start += strip.depth
        first += wide


# --- One step of one sequence ---------------------------------------------------------

cdef cloned sigmoid_row(floating* z, Py_ssize_t n) noexcept nogil:
    """z_j = σ(z_j)."""
    cdef Py_ssize_t j
    for j in range(n):
        z[j] = sigmoid_one(z[j])


cdef cloned tanh_row(floating* z, Py_ssize_t n) noexcept nogil:
    """z_j = tanh(z_j)."""
    cdef Py_ssize_t j
    for j in range(n):
        z[j] = tanh_one(z[j])


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


cdef cloned product_row(
    const floating* x, const floating* y, floating* out, Py_ssize_t n
) noexcept nogil:
    """out_j = x_j y_j."""
    cdef Py_ssize_t j
    for j in range(n):
        out[j] = x[j] * y[j]


cdef cloned add_row(const floating* x, floating* out, Py_ssize_t n) noexcept nogil:
    """out_j = out_j + x_j."""
    cdef Py_ssize_t j
    for j in range(n):
        out[j] = out[j] + x[j]


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

cdef void project(
    const Sequences* s, Py_ssize_t first, Py_ssize_t rows, Py_ssize_t t, floating* like
) noexcept nogil:
    """Writes x_t W + a to where the gates of step t will be.

    If there are few sequences, it does so for some steps at once: a product of few rows
    is slow.
    """
    cdef Py_ssize_t i
    if rows > FEW:
        multiply(
            &s.input_weights, at(&s.x, first, t, like), s.x.row,
            at(&s.gates, first, t, like), s.gates.row, rows, False, <floating*> s.bias,
        )
    elif t % AHEAD == 0:
        for i in range(first, first + rows):
            multiply(
                &s.input_weights, at(&s.x, i, t, like), s.x.step,
                at(&s.gates, i, t, like), s.gates.step,
                min(<Py_ssize_t> AHEAD, s.steps - t), False, <floating*> s.bias,
            )


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


cdef inline void copy_row(
    const floating* x, floating* out, Py_ssize_t n
) noexcept nogil:
    """out = x."""
    memcpy(out, x, n * sizeof(floating))


cdef void start_from(
    const Rows* grads, Py_ssize_t first, Py_ssize_t rows, Py_ssize_t units,
    floating* out,
) noexcept nogil:
    """Copies the gradients of the last state of some sequences; 0 if there are none."""
    cdef Py_ssize_t i
    if grads.data is NULL:
        memset(out, 0, rows * units * sizeof(floating))
        return
    for i in range(rows):
        copy_row(at(grads, first + i, 0, out), out + i * units, units)


cdef void finish_at(
    const Rows* grads, Py_ssize_t first, Py_ssize_t rows, Py_ssize_t units,
    floating* x,
) noexcept nogil:
    """Writes the gradients of the first state of some sequences."""
    cdef Py_ssize_t i
    for i in range(rows):
        copy_row(x + i * units, at(grads, first + i, 0, x), units)


cdef void keep_masked(
    const Sequences* s, Py_ssize_t first, Py_ssize_t rows, Py_ssize_t t,
    const floating* old, floating* new,
) noexcept nogil:
    """Leaves as they are the gradients of states that step t did not change."""
    cdef Py_ssize_t i
    if s.mask.data is not NULL:
        for i in range(rows):
            if not counts(s, first + i, t):
                copy_row(old + i * s.units, new + i * s.units, s.units)


# --- Tasks ----------------------------------------------------------------------------

ctypedef void (*OfRows)(
    const Sequences*, Py_ssize_t first, Py_ssize_t rows, void* like
) noexcept nogil

cdef struct Task:
    Sequences sequences
    OfRows of_rows
    bint transposed         # whether gradients are multiplied: by Uᵀ
    bint is_gru
    Py_ssize_t block        # sequences that a part takes together


cdef bint run(void* arguments) noexcept nogil:
    """Packs the recurrent kernel, and takes all sequences through all steps."""
    cdef Task task = (<Task*> arguments)[0]
    cdef Sequences* s = &task.sequences
    cdef Py_ssize_t blocks = (s.n + BLOCK - 1) // BLOCK
    cdef Py_ssize_t units = s.units, first = (2 if task.is_gru else 4) * units
    cdef Py_ssize_t wide = 4 * width_of(tiles(s.itemsize), units)
    cdef char* room = <char*> scratch(
        SCRATCH_SHARED, (s.inputs + 2 * units) * wide * s.itemsize
    )
    cdef Matrix candidate = s.recurrent_kernel
    candidate.data += first * candidate.column * s.itemsize
    task.block = (s.n + blocks - 1) // blocks
    if task.transposed:
        room = pack(
            &s.weights, room, &s.recurrent_kernel, first, units, True, s.itemsize
        )
        if task.is_gru:
            pack(&s.candidate, room, &candidate, units, units, True, s.itemsize)
    else:
        room = pack(
            &s.input_weights, room, &s.kernel, s.inputs,
            (3 if task.is_gru else 4) * units, False, s.itemsize,
        )
        room = pack(
            &s.weights, room, &s.recurrent_kernel, units, first, False, s.itemsize
        )
        if task.is_gru:
            pack(&s.candidate, room, &candidate, units, units, False, s.itemsize)
    in_parallel(blocks_of_rows, &task, blocks, 1)
    return True


cdef void blocks_of_rows(
    void* arguments, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    """Takes some blocks of sequences through all steps."""
    cdef const Task* task = <Task*> arguments
    cdef Py_ssize_t n = task.sequences.n, i
    for i in range(begin, end):
        check(i * task.block < n)
        task.of_rows(
            &task.sequences, i * task.block, min(task.block, n - i * task.block), NULL
        )


# --- Arrays ---------------------------------------------------------------------------

def lstm(x, kernel, state, cell, mask, bias, recurrent_kernel, *, out=None):
    """c_t = f c_{t-1} + i g, h_t = o tanh(c_t), with gates of x_t W + h_{t-1} U + b."""
    cdef Task task
    cdef Sequences* s = &task.sequences
    cdef tuple inputs = (x, kernel, state, cell, mask, bias, recurrent_kernel)
    cdef tuple results = None
    if (
        starts(&task, x, recurrent_kernel, 4)
        and takes_inputs(s, x, kernel, 4)
        and takes(&s.state, state, x, s.n, 0, s.units)
        and takes(&s.cell, cell, x, s.n, 0, s.units)
        and takes_mask(s, mask)
        and takes_bias(&s.bias, bias, x, 4 * s.units)
    ):
        task.of_rows = <OfRows> (
            <void*> lstm_of_rows[float] if s.itemsize == 4
            else <void*> lstm_of_rows[double]
        )
        results = results_for(
            s, inputs, x, out, ((3, s.units), (3, s.units), (3, 4 * s.units))
        )
    if results is None:
        return otherwise("lstm", inputs, {"out": out})
    s.outputs = rows_of(results[0])
    s.cells = rows_of(results[1])
    s.gates = rows_of(results[2])
    do(&task)
    return delivered(results, out)


def lstm_grad(
    outputs_grad, state_grad, cell_grad, cells, gates, cell, mask, recurrent_kernel, *,
    out=None,
):
    """δz, ∂L/∂h_0 and ∂L/∂c_0 of `lstm`, from the last step to the first."""
    cdef Task task
    cdef Sequences* s = &task.sequences
    cdef tuple inputs = (
        outputs_grad, state_grad, cell_grad, cells, gates, cell, mask, recurrent_kernel
    )
    cdef tuple results = None
    if (
        starts(&task, gates, recurrent_kernel, 4)
        and may_take(&s.outputs_grad, outputs_grad, gates, s.n, s.steps, s.units)
        and may_take(&s.state_grad, state_grad, gates, s.n, 0, s.units)
        and may_take(&s.cell_grad, cell_grad, gates, s.n, 0, s.units)
        and takes(&s.cells, cells, gates, s.n, s.steps, s.units)
        and takes(&s.gates, gates, gates, s.n, s.steps, 4 * s.units)
        and takes(&s.cell, cell, gates, s.n, 0, s.units)
        and takes_mask(s, mask)
    ):
        task.transposed = True
        task.of_rows = <OfRows> (
            <void*> lstm_grad_of_rows[float] if s.itemsize == 4
            else <void*> lstm_grad_of_rows[double]
        )
        results = results_for(
            s, inputs, gates, out, ((3, 4 * s.units), (2, s.units), (2, s.units))
        )
    if results is None:
        return otherwise("lstm_grad", inputs, {"out": out})
    s.z_grad = rows_of(results[0])
    s.first_state_grad = rows_of(results[1])
    s.first_cell_grad = rows_of(results[2])
    do(&task)
    return delivered(results, out)


def gru(
    x, kernel, state, mask, bias, recurrent_bias, recurrent_kernel, *, reset_after,
    out=None,
):
    """h_t = z h_{t-1} + (1 - z) g, with gates z and r and a candidate g."""
    cdef Task task
    cdef Sequences* s = &task.sequences
    cdef tuple inputs = (
        x, kernel, state, mask, bias, recurrent_bias, recurrent_kernel
    )
    cdef tuple results = None
    if (
        starts(&task, x, recurrent_kernel, 3)
        and takes_inputs(s, x, kernel, 3)
        and takes(&s.state, state, x, s.n, 0, s.units)
        and takes_mask(s, mask)
        and takes_bias(&s.bias, bias, x, 3 * s.units)
        and takes_bias(&s.recurrent_bias, recurrent_bias, x, 3 * s.units)
    ):
        task.is_gru, s.reset_after = True, reset_after
        task.of_rows = <OfRows> (
            <void*> gru_of_rows[float] if s.itemsize == 4
            else <void*> gru_of_rows[double]
        )
        results = results_for(s, inputs, x, out, ((3, s.units), (3, 4 * s.units)))
    if results is None:
        parameters = {"reset_after": reset_after, "out": out}
        return otherwise("gru", inputs, parameters)
    s.outputs = rows_of(results[0])
    s.gates = rows_of(results[1])
    do(&task)
    return delivered(results, out)


def gru_grad(
    outputs_grad, state_grad, outputs, gates, state, mask, recurrent_kernel, *,
    reset_after, out=None,
):
    """δz, δr, δg, then δq, then ∂L/∂h_0 of `gru`, from the last step to the first."""
    cdef Task task
    cdef Sequences* s = &task.sequences
    cdef tuple inputs = (
        outputs_grad, state_grad, outputs, gates, state, mask, recurrent_kernel
    )
    cdef tuple results = None
    if (
        starts(&task, gates, recurrent_kernel, 3)
        and may_take(&s.outputs_grad, outputs_grad, gates, s.n, s.steps, s.units)
        and may_take(&s.state_grad, state_grad, gates, s.n, 0, s.units)
        and takes(&s.outputs, outputs, gates, s.n, s.steps, s.units)
        and takes(&s.gates, gates, gates, s.n, s.steps, 4 * s.units)
        and takes(&s.state, state, gates, s.n, 0, s.units)
        and takes_mask(s, mask)
    ):
        task.is_gru, task.transposed, s.reset_after = True, True, reset_after
        task.of_rows = <OfRows> (
            <void*> gru_grad_of_rows[float] if s.itemsize == 4
            else <void*> gru_grad_of_rows[double]
        )
        results = results_for(
            s, inputs, gates, out, ((3, 3 * s.units), (3, s.units), (2, s.units))
        )
    if results is None:
        parameters = {"reset_after": reset_after, "out": out}
        return otherwise("gru_grad", inputs, parameters)
    s.z_grad = rows_of(results[0])
    s.q_grad = rows_of(results[1])
    s.first_state_grad = rows_of(results[2])
    do(&task)
    return delivered(results, out)


cdef int do(Task* task) except -1:
    """Does a task, or notes it."""
    cdef const Sequences* s = &task.sequences
    cdef Py_ssize_t products = 4 * s.units * (s.inputs + s.units)
    perform(run, task, sizeof(Task), s.n * s.steps * products)
    return 0


# --- What compiled code takes ---------------------------------------------------------

cdef bint starts(Task* task, object sequences, object kernel, int parts) except -1:
    """Takes the sizes from sequences (n, steps, ...) and the recurrent kernel (units,
    parts·units); False if they are not for compiled code.
    """
    cdef Sequences* s = &task.sequences
    cdef int type
    memset(task, 0, sizeof(Task))
    if not (PyArray_CheckExact(sequences) and PyArray_CheckExact(kernel)):
        return False
    type = PyArray_TYPE(<ndarray> sequences)
    if not (
        (type == NPY_FLOAT or type == NPY_DOUBLE)
        and is_native(sequences, type)
        and PyArray_NDIM(<ndarray> sequences) == 3
        and PyArray_NDIM(<ndarray> kernel) == 2
    ):
        return False
    s.itemsize = PyArray_ITEMSIZE(<ndarray> sequences)
    s.n = PyArray_DIMS(<ndarray> sequences)[0]
    s.steps = PyArray_DIMS(<ndarray> sequences)[1]
    s.units = PyArray_DIMS(<ndarray> kernel)[0]
    return s.n * s.steps * s.units > 0 and takes_matrix(
        &s.recurrent_kernel, kernel, sequences, s.units, parts * s.units
    )


cdef bint takes_inputs(Sequences* s, object x, object kernel, int parts):
    """Takes x (n, steps, inputs) and the kernel (inputs, parts·units)."""
    s.inputs = PyArray_DIMS(<ndarray> x)[2]
    return (
        s.inputs > 0
        and takes(&s.x, x, x, s.n, s.steps, s.inputs)
        and takes_matrix(&s.kernel, kernel, x, s.inputs, parts * s.units)
    )


cdef bint takes_matrix(
    Matrix* matrix, object x, ndarray like, Py_ssize_t rows, Py_ssize_t columns
):
    """Takes a matrix of the type of another array."""
    cdef npy_intp itemsize = PyArray_ITEMSIZE(like)
    cdef npy_intp* dims
    cdef npy_intp* strides
    if not (
        is_native(x, PyArray_TYPE(like))
        and PyArray_NDIM(<ndarray> x) == 2
        and PyArray_ISALIGNED(<ndarray> x)
    ):
        return False
    dims, strides = PyArray_DIMS(<ndarray> x), PyArray_STRIDES(<ndarray> x)
    matrix.data = <char*> PyArray_DATA(<ndarray> x)
    matrix.row, matrix.column = strides[0] // itemsize, strides[1] // itemsize
    return (
        dims[0] == rows
        and dims[1] == columns
        and strides[0] % itemsize == 0
        and strides[1] % itemsize == 0
    )


cdef bint takes(
    Rows* rows, object x, ndarray like, Py_ssize_t n, Py_ssize_t steps, Py_ssize_t size
):
    """Takes an array (n, steps, size), or (n, size) if there are no steps, of the type
    of another one, whose rows are runs of numbers.
    """
    cdef int ndim = 3 if steps else 2
    cdef npy_intp* dims
    cdef npy_intp* strides
    cdef npy_intp itemsize = PyArray_ITEMSIZE(like)
    if not (
        is_native(x, PyArray_TYPE(like))
        and PyArray_NDIM(<ndarray> x) == ndim
        and PyArray_ISALIGNED(<ndarray> x)
    ):
        return False
    dims, strides = PyArray_DIMS(<ndarray> x), PyArray_STRIDES(<ndarray> x)
    rows.data = <char*> PyArray_DATA(<ndarray> x)
    rows.row = strides[0] // itemsize
    rows.step = strides[1] // itemsize if steps else 0
    return (
        dims[0] == n
        and dims[ndim - 1] == size
        and (not steps or dims[1] == steps)
        and (strides[ndim - 1] == itemsize or size == 1)
        and strides[0] % itemsize == 0
        and strides[1] % itemsize == 0
    )


cdef bint may_take(
    Rows* rows, object x, ndarray like, Py_ssize_t n, Py_ssize_t steps, Py_ssize_t size
):
    """Takes an array, or None."""
    return x is None or takes(rows, x, like, n, steps, size)


cdef bint takes_bias(char** bias, object x, ndarray like, Py_ssize_t size):
    """Takes a bias, or None."""
    if x is None:
        return True
    if not (is_native(x, PyArray_TYPE(like)) and is_flat(x)):
        return False
    bias[0] = <char*> PyArray_DATA(<ndarray> x)
    return PyArray_NDIM(<ndarray> x) == 1 and PyArray_DIMS(<ndarray> x)[0] == size


cdef bint takes_mask(Sequences* s, object x):
    """Takes a mask, or None."""
    if x is None:
        return True
    if not (is_native(x, NPY_BOOL) and PyArray_NDIM(<ndarray> x) == 2):
        return False
    s.mask.data = <char*> PyArray_DATA(<ndarray> x)
    s.mask.row = PyArray_STRIDES(<ndarray> x)[0]
    s.mask.step = PyArray_STRIDES(<ndarray> x)[1]
    return (
        PyArray_DIMS(<ndarray> x)[0] == s.n and PyArray_DIMS(<ndarray> x)[1] == s.steps
    )


cdef tuple results_for(
    const Sequences* s, tuple inputs, ndarray like, object out, tuple sizes
):
    """Returns arrays for the results: those given, or new ones where these do not lie
    in C order; None if they are not for compiled code.

    `sizes` has (3, size) for a result (n, steps, size), and (2, size) for (n, size).
    """
    cdef list results = []
    cdef npy_intp dims[3]
    cdef int ndim
    if out is not None and not (isinstance(out, tuple) and len(out) == len(sizes)):
        return None
    for place, (ndim, size) in enumerate(sizes):
        dims[0], dims[1], dims[ndim - 1] = s.n, s.steps, size
        result = None if out is None else out[place]
        if result is not None:
            if not fits(result, like, ndim, dims):
                return None
            if not is_flat(result) or any_overlap(result, inputs):
                if refused():
                    return None
                result = None
        if result is None:
            result = PyArray_EMPTY(ndim, dims, PyArray_TYPE(like), 0)
        results.append(result)
    return tuple(results)


cdef bint fits(object x, ndarray like, int ndim, const npy_intp* dims):
    """Tells if a result can be written to x."""
    cdef int i
    if not (
        is_native(x, PyArray_TYPE(like))
        and is_writeable(x)
        and PyArray_NDIM(<ndarray> x) == ndim
    ):
        return False
    for i in range(ndim):
        if PyArray_DIMS(<ndarray> x)[i] != dims[i]:
            return False
    return True


cdef bint any_overlap(ndarray result, tuple inputs):
    """Tells if a result shares memory with an input."""
    for x in inputs:
        if x is not None and overlap(result, x):
            return True
    return False


cdef tuple delivered(tuple results, object out):
    """Copies results to where they were asked for, if they are not there yet."""
    if out is None:
        return results
    for result, wanted in zip(results, out):
        if result is not wanted:
            PyArray_CopyInto(wanted, result)
    return out


cdef Rows rows_of(ndarray x):
    """Describes a result, which is flat."""
    cdef npy_intp* strides = PyArray_STRIDES(x)
    cdef npy_intp itemsize = PyArray_ITEMSIZE(x)
    return Rows(
        <char*> PyArray_DATA(x), strides[0] // itemsize,
        strides[1] // itemsize if PyArray_NDIM(x) == 3 else 0,
    )
