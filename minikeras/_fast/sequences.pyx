"""What every recurrent kernel does with some sequences: products, passes, copies.

Separate from lstm.pyx and gru.pyx, which say what a step is.
"""

from cython cimport floating
from libc.string cimport memset

from minikeras._fast.product cimport Strip, Tiles, tiles

cdef enum:
    FEW = 8         # so few, or less, have the inputs of AHEAD steps multiplied at once
    AHEAD = 16
    DEPTH = 256     # rows of a panel that stay in the first cache


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


# --- Gradients of states --------------------------------------------------------------

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
