"""Softmax and its like over rows. Contract: kernels/reference/activation.py.

Separate from activation.pyx, because these are no maps: each number of a result depends
on a whole row. x - max is rounded in float32, but what rounding took goes into its exp;
sums are taken in float64.
"""

from cython cimport floating
from cpython.long cimport PyLong_CheckExact
from libc.math cimport INFINITY
from numpy cimport (
    NPY_CORDER,
    NPY_DOUBLE,
    NPY_FLOAT,
    PyArray_CheckExact,
    PyArray_CopyInto,
    PyArray_DATA,
    PyArray_DIMS,
    PyArray_EMPTY,
    PyArray_ITEMSIZE,
    PyArray_NDIM,
    PyArray_NewCopy,
    PyArray_SIZE,
    PyArray_TYPE,
    import_array,
    ndarray,
)

from minikeras._fast.arrays cimport (
    LARGE,
    TILE,
    is_flat,
    is_native,
    is_writeable,
    otherwise,
    overlap,
    same_shape,
)
from minikeras._fast.clones cimport cloned
from minikeras._fast.elementary cimport exp_of_difference, log_one
from minikeras._fast.tasks cimport SCRATCH_OWN, noting, perform_parts, scratch

import_array()

cdef enum:
    LANES = 16
    COLUMNS = 16        # that are made rows at a time, where the axis is not the last
    GRAIN = LARGE // 4  # numbers that are worth a thread


# --- One row --------------------------------------------------------------------------

cdef inline floating largest_of(const floating* x, Py_ssize_t n) noexcept nogil:
    """max_i x_i of what is not nan; -inf if there is nothing else."""
    cdef floating lanes[LANES]
    cdef Py_ssize_t i, j
    for j in range(LANES):
        lanes[j] = <floating> -INFINITY
    for i in range(n // LANES):
        for j in range(LANES):
            lanes[j] = x[j] if x[j] > lanes[j] else lanes[j]
        x += LANES
    for j in range(n % LANES):
        lanes[j] = x[j] if x[j] > lanes[j] else lanes[j]
    for j in range(8):
        lanes[j] = lanes[j + 8] if lanes[j + 8] > lanes[j] else lanes[j]
    for j in range(4):
        lanes[j] = lanes[j + 4] if lanes[j + 4] > lanes[j] else lanes[j]
    for j in range(1, 4):
        lanes[0] = lanes[j] if lanes[j] > lanes[0] else lanes[0]
    return lanes[0]


cdef inline double sum_of(const floating* x, Py_ssize_t n) noexcept nogil:
    """Σ_i x_i, in lanes of a fixed order."""
    cdef double lanes[LANES]
    cdef Py_ssize_t i, j
    for j in range(LANES):
        lanes[j] = 0
    for i in range(n // LANES):
        for j in range(LANES):
            lanes[j] += x[j]
        x += LANES
    for j in range(n % LANES):
        lanes[j] += x[j]
    for j in range(1, LANES):
        lanes[0] += lanes[j]
    return lanes[0]


cdef inline double product_of(
    const floating* x, const floating* y, Py_ssize_t n
) noexcept nogil:
    """Σ_i x_i y_i, in lanes of a fixed order."""
    cdef double lanes[LANES]
    cdef Py_ssize_t i, j
    for j in range(LANES):
        lanes[j] = 0
    for i in range(n // LANES):
        for j in range(LANES):
            lanes[j] += <double> x[j] * <double> y[j]
        x += LANES
        y += LANES
    for j in range(n % LANES):
        lanes[j] += <double> x[j] * <double> y[j]
    for j in range(1, LANES):
        lanes[0] += lanes[j]
    return lanes[0]


# --- Rows -----------------------------------------------------------------------------
#
# Each takes (const T* x, const T* y, T* out, Py_ssize_t rows, Py_ssize_t columns); one
# of a single input ignores y. `out` is no input.

cdef inline Py_ssize_t rows_together(Py_ssize_t columns) noexcept nogil:
    """Returns how many rows to exponentiate as one run: vectors stay full."""
    return max(1, TILE // max(1, columns))


cdef inline void exp_of_rows(
    const floating* x, floating* largest, floating* out, Py_ssize_t rows,
    Py_ssize_t columns
) noexcept nogil:
    """largest_i = max_j x_ij and out_ij = exp(x_ij - largest_i), of rows_together."""
    cdef floating shifts[TILE]
    cdef Py_ssize_t i, j, n = rows * columns, start = 0
    for i in range(rows):
        largest[i] = largest_of(x + i * columns, columns)
        for j in range(min(columns, TILE)):
            shifts[i * columns + j] = largest[i]
    while start < n:
        for i in range(min(n - start, TILE)):
            out[start + i] = exp_of_difference(x[start + i], shifts[i])
        start += TILE


cdef cloned softmax_rows(
    const floating* x, const floating* y, floating* out, Py_ssize_t rows,
    Py_ssize_t columns
) noexcept nogil:
    """out_ij = exp(x_ij - max_i) / Σ_j exp(x_ij - max_i)."""
    cdef floating largest[TILE]
    cdef floating inverse
    cdef Py_ssize_t i, j, count, row = 0
    while row < rows:
        count = min(rows_together(columns), rows - row)
        exp_of_rows(x, largest, out, count, columns)
        for i in range(count):
            inverse = <floating> (1 / sum_of(out, columns))
            for j in range(columns):
                out[j] = out[j] * inverse
            out += columns
        x += count * columns
        row += count


cdef cloned log_softmax_rows(
    const floating* x, const floating* y, floating* out, Py_ssize_t rows,
    Py_ssize_t columns
) noexcept nogil:
    """out_ij = x_ij - max_i - log Σ_j exp(x_ij - max_i)."""
    cdef floating largest[TILE]
    cdef double log_of_sum
    cdef Py_ssize_t i, j, count, row = 0
    while row < rows:
        count = min(rows_together(columns), rows - row)
        exp_of_rows(x, largest, out, count, columns)
        for i in range(count):
            log_of_sum = log_one(sum_of(out, columns))
            for j in range(columns):
                out[j] = <floating> ((<double> x[j] - largest[i]) - log_of_sum)
            x += columns
            out += columns
        row += count


cdef cloned softmax_grad_rows(
    const floating* grad, const floating* y, floating* out, Py_ssize_t rows,
    Py_ssize_t columns
) noexcept nogil:
    """out_ij = y_ij (grad_ij - Σ_j grad_ij y_ij)."""
    cdef double mean
    cdef Py_ssize_t row, j
    for row in range(rows):
        mean = product_of(grad, y, columns)
        for j in range(columns):
            out[j] = <floating> (y[j] * (grad[j] - mean))
        grad += columns
        y += columns
        out += columns


# --- Along an axis --------------------------------------------------------------------

ctypedef void (*of_rows)(
    const void*, const void*, void*, Py_ssize_t, Py_ssize_t
) noexcept nogil

cdef struct Rows:
    # The arguments of a task: arrays of (outer, n, inner), and a function of runs of n.
    of_rows function
    const char* x
    const char* y       # x, if there is only one input
    char* out
    int itemsize
    Py_ssize_t n
    Py_ssize_t inner
    Py_ssize_t tiles    # of columns


def softmax(x, *, axis, out=None):
    """exp(x_i - m) / Σ_j exp(x_j - m) along axis; m = max_j x_j."""
    cdef object result = along_axis(
        <void*> softmax_rows[float], <void*> softmax_rows[double], x, x, axis, out
    )
    if result is None:
        result = otherwise("softmax", (x,), {"axis": axis, "out": out})
    return result


def log_softmax(x, *, axis, out=None):
    """x_i - m - log Σ_j exp(x_j - m) along axis, m = max_j x_j."""
    cdef object result = along_axis(
        <void*> log_softmax_rows[float], <void*> log_softmax_rows[double],
        x, x, axis, out,
    )
    if result is None:
        result = otherwise("log_softmax", (x,), {"axis": axis, "out": out})
    return result


def softmax_grad(grad, y, *, axis, out=None):
    """y_i (grad_i - Σ_j grad_j y_j) along axis, y = softmax(x)."""
    cdef object result = along_axis(
        <void*> softmax_grad_rows[float], <void*> softmax_grad_rows[double],
        grad, y, axis, out,
    )
    if result is None:
        result = otherwise("softmax_grad", (grad, y), {"axis": axis, "out": out})
    return result


cdef object along_axis(
    void* of_float32, void* of_float64, object x, object y, object axis, object out
):
    """Applies a function of rows; returns None if this is not for compiled code."""
    cdef int type, ndim, place
    cdef ndarray result
    if not (PyArray_CheckExact(x) and PyLong_CheckExact(axis)):
        return None
    type = PyArray_TYPE(<ndarray> x)
    ndim = PyArray_NDIM(<ndarray> x)
    if not (
        (type == NPY_FLOAT or type == NPY_DOUBLE)
        and is_native(x, type)
        and is_native(y, type)
        and same_shape(x, y)
        and -ndim <= axis < ndim
    ):
        return None
    place = axis if axis >= 0 else axis + ndim
    if out is None:
        result = PyArray_EMPTY(ndim, PyArray_DIMS(x), type, 0)
    elif is_native(out, type) and is_writeable(out) and same_shape(out, x):
        result = out
    else:
        return None
    return rows_of_arrays(
        of_float32 if type == NPY_FLOAT else of_float64, x, y, place, result
    )


cdef object rows_of_arrays(
    void* function, ndarray x, ndarray y, int axis, ndarray out
):
    """Applies a function of rows along an axis of arrays of any layout.

    Returns None if a replay could not do that: it makes no copies.
    """
    cdef Rows work
    cdef Py_ssize_t columns, i
    cdef ndarray target = out
    cdef bint one_input = x is y
    cdef bint to_copy = not is_flat(out) or overlap(out, x) or overlap(out, y)
    if noting() and (to_copy or not (is_flat(x) and is_flat(y))):
        return None
    if PyArray_SIZE(x) == 0 and not noting():
        return out
    if not is_flat(x):
        x = PyArray_NewCopy(x, NPY_CORDER)
    if one_input:
        y = x
    elif not is_flat(y):
        y = PyArray_NewCopy(y, NPY_CORDER)
    if to_copy:
        target = PyArray_EMPTY(PyArray_NDIM(x), PyArray_DIMS(x), PyArray_TYPE(x), 0)
    work.function = <of_rows> function
    work.x, work.y = <char*> PyArray_DATA(x), <char*> PyArray_DATA(y)
    work.out, work.itemsize = <char*> PyArray_DATA(target), PyArray_ITEMSIZE(x)
    work.n, work.inner = PyArray_DIMS(x)[axis], 1
    for i in range(axis + 1, PyArray_NDIM(x)):
        work.inner *= PyArray_DIMS(x)[i]
    work.tiles = (work.inner + COLUMNS - 1) // COLUMNS
    columns = 1 if work.inner == 1 else COLUMNS
    perform_parts(
        rows_part if work.inner == 1 else columns_part, &work, sizeof(Rows),
        PyArray_SIZE(x) // max(1, work.n * work.inner) * work.tiles,
        max(1, GRAIN // max(1, work.n * columns)), 0,
    )
    if target is not out:
        PyArray_CopyInto(out, target)
    return out


cdef void rows_part(void* arguments, Py_ssize_t begin, Py_ssize_t end) noexcept nogil:
    """Does the rows from begin to end."""
    cdef const Rows* work = <const Rows*> arguments
    cdef Py_ssize_t first = begin * work.n * work.itemsize
    work.function(
        work.x + first, work.y + first, work.out + first, end - begin, work.n
    )


cdef void columns_part(
    void* arguments, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    """Does the tiles of columns from begin to end: they are made rows, and back."""
    cdef const Rows* work = <const Rows*> arguments
    cdef Py_ssize_t size = work.n * COLUMNS * work.itemsize
    cdef char* room = <char*> scratch(SCRATCH_OWN, 3 * size)
    cdef Py_ssize_t unit, first, columns, place
    cdef char* y
    for unit in range(begin, end):
        first = unit % work.tiles * COLUMNS
        columns = min(<Py_ssize_t> COLUMNS, work.inner - first)
        place = (unit // work.tiles * work.n * work.inner + first) * work.itemsize
        swap(work.x + place, work.inner, room, work.n, columns, work.itemsize, True)
        y = room
        if work.y is not work.x:
            y = room + size
            swap(work.y + place, work.inner, y, work.n, columns, work.itemsize, True)
        work.function(room, y, room + 2 * size, columns, work.n)
        swap(
            room + 2 * size, work.inner, work.out + place, work.n, columns,
            work.itemsize, False,
        )


cdef inline void swap(
    const char* source, Py_ssize_t inner, char* target, Py_ssize_t n,
    Py_ssize_t columns, int itemsize, bint to_rows,
) noexcept nogil:
    """Makes rows of the columns of an array with rows of `inner`, or the reverse."""
    if itemsize == sizeof(float):
        swap_items(<const float*> source, inner, <float*> target, n, columns, to_rows)
    else:
        swap_items(<const double*> source, inner, <double*> target, n, columns, to_rows)


cdef inline void swap_items(
    const floating* source, Py_ssize_t inner, floating* target, Py_ssize_t n,
    Py_ssize_t columns, bint to_rows,
) noexcept nogil:
    cdef Py_ssize_t i, j
    for i in range(n):
        for j in range(columns):
            if to_rows:
                target[j * n + i] = source[i * inner + j]
            else:
                target[i * inner + j] = source[j * n + i]
