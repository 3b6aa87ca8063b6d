"""The driver of normalizations: from arrays to rows of columns.

A batch normalization has a mean for each column, a layer normalization one for each
row. normalization.pyx explains each function.
"""

from numpy cimport ndarray, npy_intp

from minikeras._fast.arrays cimport MOST_DIMS
from minikeras._fast.tasks cimport Run


cdef struct Rows:
    # An array as rows that are one run each, wherever they lie.
    const char* data
    int ndim
    npy_intp shape[MOST_DIMS]
    npy_intp strides[MOST_DIMS]
    bint in_order       # one after the other


cdef struct Normalization:
    # The arguments of a task. What a kernel does not have is NULL.
    bint is_float32
    Py_ssize_t itemsize
    Py_ssize_t rows
    Py_ssize_t columns
    double epsilon
    const char* x
    Rows grad
    const char* gamma
    const char* beta
    char* mean          # results of a normalization, inputs of its gradient
    char* variance
    char* out
    char* gamma_grad
    char* beta_grad
    # Rows are taken in chunks of a fixed size, which is a part of what the sums are.
    Py_ssize_t chunk_rows
    Py_ssize_t chunks
    Py_ssize_t grain    # chunks that are worth a thread
    double* partial     # two sums for each chunk and column


cdef struct Kernel:
    # A normalization or its gradient: its name, its task, and what its means are of.
    const char* name
    Run run
    bint of_columns     # means of columns; else of rows


cdef object normalized(
    const Kernel* kernel, object x, object gamma, object beta, object axis,
    object epsilon, object out,
)
cdef object differentiated(
    const Kernel* kernel, object grad, object x, object mean, object variance,
    object gamma, object axis, object epsilon, object out,
)
cdef object standardized(
    Run run, object x, object mean, object variance, object gamma, object beta,
    object epsilon, object out,
)
cdef const char* grad_of_chunk(
    const Normalization* work, Py_ssize_t first, Py_ssize_t rows, int slot
) noexcept nogil
cdef double* partial_of(Normalization* work) noexcept nogil


cdef inline Py_ssize_t rows_in_chunk(
    const Normalization* work, Py_ssize_t chunk
) noexcept nogil:
    """Returns how many rows a chunk has: the last one may have fewer."""
    return min(work.chunk_rows, work.rows - chunk * work.chunk_rows)
