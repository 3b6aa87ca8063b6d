"""Sequences that go through the steps of a recurrent layer: where everything lies.

lstm.pyx and gru.pyx take them through; sequences.pyx has what both need for that.
"""

from cython cimport floating
from libc.string cimport memcpy

from minikeras._fast.clones cimport cloned
from minikeras._fast.elementary cimport sigmoid_one, tanh_one
from minikeras._fast.product cimport Tiles

cdef enum:
    CHUNK = 64      # units whose gradients are kept on the stack

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


cdef inline void copy_row(
    const floating* x, floating* out, Py_ssize_t n
) noexcept nogil:
    """out = x."""
    memcpy(out, x, n * sizeof(floating))


cdef inline cloned sigmoid_row(floating* z, Py_ssize_t n) noexcept nogil:
    """z_j = σ(z_j)."""
    cdef Py_ssize_t j
    for j in range(n):
        z[j] = sigmoid_one(z[j])


cdef inline cloned tanh_row(floating* z, Py_ssize_t n) noexcept nogil:
    """z_j = tanh(z_j)."""
    cdef Py_ssize_t j
    for j in range(n):
        z[j] = tanh_one(z[j])


cdef inline cloned add_row(const floating* x, floating* out, Py_ssize_t n) noexcept nogil:
    """out_j = out_j + x_j."""
    cdef Py_ssize_t j
    for j in range(n):
        out[j] = out[j] + x[j]


cdef void fetch(
    const Rows* rows, Py_ssize_t first, Py_ssize_t count, Py_ssize_t t,
    Py_ssize_t size, floating* like,
) noexcept nogil
cdef Py_ssize_t width_of(const Tiles* tiles, Py_ssize_t columns) noexcept nogil
cdef char* pack(
    Packed* packed, char* room, const Matrix* y, Py_ssize_t depth, Py_ssize_t columns,
    bint transposed, Py_ssize_t itemsize,
) noexcept nogil
cdef void multiply(
    const Packed* y, const floating* x, Py_ssize_t x_row, floating* out,
    Py_ssize_t out_row, Py_ssize_t rows, bint adds, const floating* bias,
) noexcept nogil
cdef void project(
    const Sequences* s, Py_ssize_t first, Py_ssize_t rows, Py_ssize_t t, floating* like
) noexcept nogil
cdef void start_from(
    const Rows* grads, Py_ssize_t first, Py_ssize_t rows, Py_ssize_t units,
    floating* out,
) noexcept nogil
cdef void finish_at(
    const Rows* grads, Py_ssize_t first, Py_ssize_t rows, Py_ssize_t units,
    floating* x,
) noexcept nogil
cdef void keep_masked(
    const Sequences* s, Py_ssize_t first, Py_ssize_t rows, Py_ssize_t t,
    const floating* old, floating* new,
) noexcept nogil
