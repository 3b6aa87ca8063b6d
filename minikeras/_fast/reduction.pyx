"""Sums and averages over axes. Contract: kernels/reference/reduction.py.

All are added up in float64. The order is fixed: a run in LANES, a column from the first
row to the last. What is longer than a block (axes.pxd) is summed block by block, and
then the sums of the blocks, from the first to the last.
"""

from cpython.float cimport PyFloat_CheckExact
from cython cimport floating
from libc.math cimport INFINITY, fabs
from numpy cimport (
    NPY_DOUBLE,
    NPY_FLOAT,
    PyArray_CheckExact,
    PyArray_DIMS,
    PyArray_NDIM,
    PyArray_TYPE,
    import_array,
    ndarray,
    npy_intp,
)

from minikeras._fast.arrays cimport MOST_DIMS, is_native, otherwise, same_shape
from minikeras._fast.axes cimport (
    BLOCK,
    GRAIN,
    ROWS,
    TILE,
    Reduce,
    Reduction,
    next_tile,
    reduced,
    reduced_axes,
)
from minikeras._fast.clones cimport cloned
from minikeras._fast.comparison cimport cast_to_type
from minikeras._fast.elementary cimport exp_one, log_one
from minikeras._fast.extremes cimport extreme_of
from minikeras._fast.tasks cimport SCRATCH_SHARED, in_parallel, scratch

import_array()

cdef enum:
    LANES = 16          # partial sums of one run: two vectors of float64
    SPAN = 512          # exponentials that are on the stack at a time


# --- Sums and averages ----------------------------------------------------------------

cdef inline double total_of(const floating* x, Py_ssize_t n) noexcept nogil:
    """Σ_i x_i of one run: in lanes, for one sum would wait for each addition."""
    cdef double lanes[LANES]
    cdef double total = 0
    cdef Py_ssize_t i, j
    if n < LANES:
        for i in range(n):
            total += x[i]
        return total
    for j in range(LANES):
        lanes[j] = 0
    for i in range(n // LANES):
        for j in range(LANES):
            lanes[j] += x[i * LANES + j]
    for i in range(n - n % LANES, n):
        lanes[i % LANES] += x[i]
    for j in range(LANES):
        total += lanes[j]
    return total


cdef inline void add_up(
    const floating* x, double* totals, Py_ssize_t rows, Py_ssize_t columns,
    Py_ssize_t stride,
) noexcept nogil:
    """totals_j = Σ_i x_ij. Eight rows at a time: the totals are loaded less often."""
    cdef const floating* y
    cdef double total
    cdef Py_ssize_t i, j
    for j in range(columns):
        totals[j] = 0
    for i in range(rows // 8):
        y = x + 4 * stride
        for j in range(columns):
            total = totals[j] + x[j]
            total = total + x[stride + j]
            total = total + x[2 * stride + j]
            total = total + x[3 * stride + j]
            total = total + y[j]
            total = total + y[stride + j]
            total = total + y[2 * stride + j]
            totals[j] = total + y[3 * stride + j]
        x += 8 * stride
    for i in range(rows % 8):
        for j in range(columns):
            totals[j] += x[j]
        x += stride


cdef inline void average_columns(
    const floating* x, floating* out, Py_ssize_t n, Py_ssize_t count, Py_ssize_t stride,
    double divisor,
) noexcept nogil:
    """out_j = Σ_i x_ij / divisor."""
    cdef double totals[TILE]
    cdef Py_ssize_t j
    add_up(x, totals, n, count, stride)
    for j in range(count):
        out[j] = <floating> (totals[j] / divisor)


cdef cloned sum_runs(
    const floating* x, floating* out, Py_ssize_t count, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t o
    for o in range(count):
        out[o] = <floating> total_of(x + o * n, n)


cdef cloned sum_columns(
    const floating* x, floating* out, Py_ssize_t n, Py_ssize_t count, Py_ssize_t stride
) noexcept nogil:
    average_columns(x, out, n, count, stride, 1)


cdef bint sum_in_blocks(void* arguments) noexcept nogil:
    return average_in_blocks(<const Reduce*> arguments, 1)


cdef Reduction SUM = Reduction(
    "sum",
    <void*> sum_runs[float],
    <void*> sum_runs[double],
    <void*> sum_columns[float],
    <void*> sum_columns[double],
    sum_in_blocks,
    GRAIN,
    False,
    False,
)

def sum(x, *, axis, keepdims, out=None):
    """Σ x."""
    return reduced(&SUM, x, axis, keepdims, out)


cdef cloned mean_runs(
    const floating* x, floating* out, Py_ssize_t count, Py_ssize_t n
) noexcept nogil:
    cdef double divisor = n
    cdef Py_ssize_t o
    for o in range(count):
        out[o] = <floating> (total_of(x + o * n, n) / divisor)


cdef cloned mean_columns(
    const floating* x, floating* out, Py_ssize_t n, Py_ssize_t count, Py_ssize_t stride
) noexcept nogil:
    average_columns(x, out, n, count, stride, n)


cdef bint mean_in_blocks(void* arguments) noexcept nogil:
    return average_in_blocks(<const Reduce*> arguments, (<Reduce*> arguments).n)


cdef Reduction MEAN = Reduction(
    "mean",
    <void*> mean_runs[float],
    <void*> mean_runs[double],
    <void*> mean_columns[float],
    <void*> mean_columns[double],
    mean_in_blocks,
    GRAIN,
    False,
    False,
)

def mean(x, *, axis, keepdims, out=None):
    """Σ x / n; nan where there is nothing to average."""
    return reduced(&MEAN, x, axis, keepdims, out)


# --- Sums in blocks -------------------------------------------------------------------

cdef struct Blocks:
    # What the parts of a sum in blocks share. `totals` is (outer, blocks, inner).
    const Reduce* work
    double* totals
    Py_ssize_t size     # numbers of a run, or rows, in a block
    Py_ssize_t count    # of blocks


cdef bint average_in_blocks(const Reduce* work, double divisor) noexcept nogil:
    """Sums all blocks, on several threads, and then what they come to."""
    cdef Blocks blocks
    cdef Py_ssize_t in_unit
    blocks.work = work
    blocks.size = BLOCK if work.inner == 1 else ROWS
    blocks.count = (work.n + blocks.size - 1) // blocks.size
    blocks.totals = <double*> scratch(
        SCRATCH_SHARED, work.outer * blocks.count * work.inner * sizeof(double)
    )
    in_unit = blocks.size * next_tile(work.inner)
    in_parallel(
        block_part, &blocks, work.outer * blocks.count * work.tiles,
        max(1, GRAIN // in_unit),
    )
    if work.is_float32:
        combine(blocks.totals, <float*> work.out, work.outer, blocks.count, work.inner,
                divisor)
    else:
        combine(blocks.totals, <double*> work.out, work.outer, blocks.count, work.inner,
                divisor)
    return True


cdef void block_part(void* arguments, Py_ssize_t begin, Py_ssize_t end) noexcept nogil:
    """Sums the tiles of blocks from begin to end."""
    cdef const Blocks* blocks = <const Blocks*> arguments
    cdef const Reduce* work = blocks.work
    cdef Py_ssize_t unit, block, outer, first, start, n, place
    cdef double* totals
    for unit in range(begin, end):
        first = unit % work.tiles * TILE
        block = unit // work.tiles % blocks.count
        outer = unit // work.tiles // blocks.count
        start = block * blocks.size
        n = min(blocks.size, work.n - start)
        place = (outer * work.n + start) * work.inner + first
        totals = blocks.totals + (outer * blocks.count + block) * work.inner + first
        if work.is_float32:
            total_block(
                <const float*> work.x + place, totals, n, next_tile(work.inner - first),
                work.inner,
            )
        else:
            total_block(
                <const double*> work.x + place, totals, n,
                next_tile(work.inner - first), work.inner,
            )


cdef cloned total_block(
    const floating* x, double* totals, Py_ssize_t n, Py_ssize_t count, Py_ssize_t stride
) noexcept nogil:
    """totals_j = Σ_i x_ij, in lanes if there is but one column."""
    if stride == 1:
        totals[0] = total_of(x, n)
    else:
        add_up(x, totals, n, count, stride)


cdef cloned combine(
    const double* totals, floating* out, Py_ssize_t outer, Py_ssize_t blocks,
    Py_ssize_t inner, double divisor,
) noexcept nogil:
    """out_oj = Σ_b totals_obj / divisor."""
    cdef double sums[TILE]
    cdef Py_ssize_t o, j, first, columns
    for o in range(outer):
        first = 0
        while first < inner:
            columns = next_tile(inner - first)
            add_up(totals + first, sums, blocks, columns, inner)
            for j in range(columns):
                out[first + j] = <floating> (sums[j] / divisor)
            first += columns
        totals += blocks * inner
        out += inner


# --- Variance -------------------------------------------------------------------------

cdef inline double squares_of(
    const floating* x, Py_ssize_t n, double mean
) noexcept nogil:
    """Σ_i (x_i - mean)² of one run."""
    cdef double lanes[LANES]
    cdef double centred, total = 0
    cdef Py_ssize_t i, j
    if n < LANES:
        for i in range(n):
            centred = x[i] - mean
            total += centred * centred
        return total
    for j in range(LANES):
        lanes[j] = 0
    for i in range(n // LANES):
        for j in range(LANES):
            centred = x[i * LANES + j] - mean
            lanes[j] += centred * centred
    for i in range(n - n % LANES, n):
        centred = x[i] - mean
        lanes[i % LANES] += centred * centred
    for j in range(LANES):
        total += lanes[j]
    return total


cdef cloned variance_runs(
    const floating* x, floating* out, Py_ssize_t count, Py_ssize_t n
) noexcept nogil:
    """out_o = Σ_i (x_oi - mean_o)² / n, in two passes, for one would cancel."""
    cdef double mean, divisor = n
    cdef Py_ssize_t o
    for o in range(count):
        mean = total_of(x, n) / divisor
        out[o] = <floating> (squares_of(x, n, mean) / divisor)
        x += n


cdef cloned variance_columns(
    const floating* x, floating* out, Py_ssize_t n, Py_ssize_t count, Py_ssize_t stride
) noexcept nogil:
    """out_j = Σ_i (x_ij - mean_j)² / n."""
    cdef double means[TILE]
    cdef double totals[TILE]
    cdef double centred, divisor = n
    cdef Py_ssize_t i, j
    add_up(x, means, n, count, stride)
    for j in range(count):
        means[j] /= divisor
        totals[j] = 0
    for i in range(n):
        for j in range(count):
            centred = x[j] - means[j]
            totals[j] += centred * centred
        x += stride
    for j in range(count):
        out[j] = <floating> (totals[j] / divisor)


cdef Reduction VARIANCE = Reduction(
    "variance",
    <void*> variance_runs[float],
    <void*> variance_runs[double],
    <void*> variance_columns[float],
    <void*> variance_columns[double],
    NULL,
    GRAIN // 2,
    False,
    False,
)

def variance(x, *, axis, keepdims, out=None):
    """Σ (x - mean)² / n."""
    return reduced(&VARIANCE, x, axis, keepdims, out)


# --- Logarithm of a sum of exponentials -----------------------------------------------

cdef inline double finite(double x) noexcept nogil:
    """x, or 0 for nan and ±inf: shifted by those, all numbers would be nan."""
    return x if fabs(x) < INFINITY else 0


cdef inline double exponentials_of(
    const floating* x, Py_ssize_t n, double shift
) noexcept nogil:
    """Σ_i exp(x_i - shift) of one run."""
    cdef double tile[SPAN]
    cdef double total = 0
    cdef Py_ssize_t i, first = 0, count
    while first < n:
        count = min(<Py_ssize_t> SPAN, n - first)
        for i in range(count):
            tile[i] = exp_one(x[first + i] - shift)
        total += total_of(tile, count)
        first += count
    return total


cdef cloned logsumexp_runs(
    const floating* x, floating* out, Py_ssize_t count, Py_ssize_t n
) noexcept nogil:
    """out_o = log Σ_i exp(x_oi - max_o) + max_o, in float64."""
    cdef double shift
    cdef Py_ssize_t o
    for o in range(count):
        shift = finite(extreme_of(x, n, False)) if n > 0 else 0
        out[o] = <floating> (log_one(exponentials_of(x, n, shift)) + shift)
        x += n


cdef cloned logsumexp_columns(
    const floating* x, floating* out, Py_ssize_t n, Py_ssize_t count, Py_ssize_t stride
) noexcept nogil:
    """out_j = log Σ_i exp(x_ij - max_j) + max_j, in float64."""
    cdef double shifts[TILE]
    cdef double totals[TILE]
    cdef const floating* row = x
    cdef Py_ssize_t i, j
    for j in range(count):
        shifts[j] = -INFINITY
        totals[j] = 0
    for i in range(n):
        for j in range(count):
            shifts[j] = row[j] if row[j] > shifts[j] else shifts[j]
        row += stride
    for j in range(count):
        shifts[j] = finite(shifts[j])
    for i in range(n):
        for j in range(count):
            totals[j] += exp_one(x[j] - shifts[j])
        x += stride
    for j in range(count):
        out[j] = <floating> (log_one(totals[j]) + shifts[j])


cdef Reduction LOGSUMEXP = Reduction(
    "logsumexp",
    <void*> logsumexp_runs[float],
    <void*> logsumexp_runs[double],
    <void*> logsumexp_columns[float],
    <void*> logsumexp_columns[double],
    NULL,
    GRAIN // 8,
    False,
    False,
)

def logsumexp(x, *, axis, keepdims, out=None):
    """log Σ eˣ, shifted by the maximum so that no exponential overflows."""
    return reduced(&LOGSUMEXP, x, axis, keepdims, out)


# --- Sums to a shape ------------------------------------------------------------------

def sum_to_shape_of(x, like, *, out=None):
    """Sums x over the axes along which `like` was broadcast to it."""
    cdef bint axes[MOST_DIMS]
    cdef npy_intp* shape = NULL  # of a number, and of an array without axes
    cdef int ndim = 0
    cdef object result = None
    if PyArray_CheckExact(like):
        if PyArray_CheckExact(x) and same_shape(x, like):
            if out is None:
                return x
            result = cast_to_type(x, PyArray_TYPE(<ndarray> x), out)
        ndim = PyArray_NDIM(<ndarray> like)
        shape = PyArray_DIMS(<ndarray> like)
    if (
        result is None
        and (is_native(x, NPY_FLOAT) or is_native(x, NPY_DOUBLE))
        and (PyArray_CheckExact(like) or PyFloat_CheckExact(like))
        and stretched(x, ndim, shape, axes)
    ):
        result = reduced_axes(&SUM, x, axes, ndim, shape, out)
    if result is None:
        result = otherwise("sum_to_shape_of", (x, like), {"out": out})
    return result


cdef bint stretched(
    ndarray x, int ndim, const npy_intp* shape, bint* axes
) noexcept:
    """Marks the axes along which a shape is repeated to fill x; returns if it can be."""
    cdef int i, missing = PyArray_NDIM(x) - ndim
    if missing < 0:
        return False
    for i in range(PyArray_NDIM(x)):
        axes[i] = i < missing or shape[i - missing] == 1
        if not axes[i] and shape[i - missing] != PyArray_DIMS(x)[i]:
            return False
    return True
