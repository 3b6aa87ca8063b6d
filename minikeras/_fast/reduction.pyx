"""Sums and averages over axes. Contract: kernels/reference/reduction.py.

All are added up in float64.
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
    import_array,
    ndarray,
    npy_intp,
)

from minikeras._fast.arrays cimport MOST_DIMS, is_native, otherwise, same_shape
from minikeras._fast.axes cimport TILE, Reduction, next_tile, reduced, reduced_axes
from minikeras._fast.clones cimport cloned
from minikeras._fast.elementary cimport exp_one, log_one
from minikeras._fast.extremes cimport extreme_of

import_array()

cdef enum:
    LANES = 16          # partial sums of one run: two vectors of float64


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
    """totals_j = Σ_i x_ij."""
    cdef Py_ssize_t i, j
    for j in range(columns):
        totals[j] = 0
    for i in range(rows):
        for j in range(columns):
            totals[j] += x[j]
        x += stride


cdef inline void average(
    const floating* x, floating* out, Py_ssize_t outer, Py_ssize_t n, Py_ssize_t inner,
    double divisor,
) noexcept nogil:
    """out_oj = Σ_i x_oij / divisor."""
    cdef double totals[TILE]
    cdef Py_ssize_t o, j, first, columns
    if inner == 1:
        for o in range(outer):
            out[o] = <floating> (total_of(x + o * n, n) / divisor)
        return
    for o in range(outer):
        first = 0
        while first < inner:
            columns = next_tile(inner - first)
            add_up(x + first, totals, n, columns, inner)
            for j in range(columns):
                out[first + j] = <floating> (totals[j] / divisor)
            first += columns
        x += n * inner
        out += inner


cdef cloned sum_axis(
    const floating* x, floating* out, Py_ssize_t outer, Py_ssize_t n, Py_ssize_t inner
) noexcept nogil:
    average(x, out, outer, n, inner, 1)

cdef Reduction SUM = Reduction(
    "sum", <void*> sum_axis[float], <void*> sum_axis[double], False, False
)

def sum(x, *, axis, keepdims, out=None):
    """Σ x."""
    return reduced(&SUM, x, axis, keepdims, out)


cdef cloned mean_axis(
    const floating* x, floating* out, Py_ssize_t outer, Py_ssize_t n, Py_ssize_t inner
) noexcept nogil:
    average(x, out, outer, n, inner, n)

cdef Reduction MEAN = Reduction(
    "mean", <void*> mean_axis[float], <void*> mean_axis[double], False, False
)

def mean(x, *, axis, keepdims, out=None):
    """Σ x / n; nan where there is nothing to average."""
    return reduced(&MEAN, x, axis, keepdims, out)


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


cdef cloned variance_axis(
    const floating* x, floating* out, Py_ssize_t outer, Py_ssize_t n, Py_ssize_t inner
) noexcept nogil:
    """out_oj = Σ_i (x_oij - mean_oj)² / n, in two passes, for one would cancel."""
    cdef double means[TILE]
    cdef double totals[TILE]
    cdef double centred, divisor = n
    cdef const floating* row
    cdef Py_ssize_t o, i, j, first, columns
    if inner == 1:
        for o in range(outer):
            centred = total_of(x + o * n, n) / divisor
            out[o] = <floating> (squares_of(x + o * n, n, centred) / divisor)
        return
    for o in range(outer):
        first = 0
        while first < inner:
            columns = next_tile(inner - first)
            add_up(x + first, means, n, columns, inner)
            for j in range(columns):
                means[j] /= divisor
                totals[j] = 0
            row = x + first
            for i in range(n):
                for j in range(columns):
                    centred = row[j] - means[j]
                    totals[j] += centred * centred
                row += inner
            for j in range(columns):
                out[first + j] = <floating> (totals[j] / divisor)
            first += columns
        x += n * inner
        out += inner

cdef Reduction VARIANCE = Reduction(
    "variance",
    <void*> variance_axis[float],
    <void*> variance_axis[double],
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
    cdef double tile[TILE]
    cdef double total = 0
    cdef Py_ssize_t i, first = 0, count
    while first < n:
        count = next_tile(n - first)
        for i in range(count):
            tile[i] = exp_one(x[first + i] - shift)
        total += total_of(tile, count)
        first += count
    return total


cdef cloned logsumexp_axis(
    const floating* x, floating* out, Py_ssize_t outer, Py_ssize_t n, Py_ssize_t inner
) noexcept nogil:
    """out_oj = log Σ_i exp(x_oij - max_oj) + max_oj, in float64."""
    cdef double shifts[TILE]
    cdef double totals[TILE]
    cdef double shift
    cdef const floating* row
    cdef Py_ssize_t o, i, j, first, columns
    if inner == 1:
        for o in range(outer):
            shift = finite(extreme_of(x + o * n, n, False)) if n > 0 else 0
            out[o] = <floating> (log_one(exponentials_of(x + o * n, n, shift)) + shift)
        return
    for o in range(outer):
        first = 0
        while first < inner:
            columns = next_tile(inner - first)
            for j in range(columns):
                shifts[j] = -INFINITY
                totals[j] = 0
            row = x + first
            for i in range(n):
                for j in range(columns):
                    shifts[j] = row[j] if row[j] > shifts[j] else shifts[j]
                row += inner
            row = x + first
            for j in range(columns):
                shifts[j] = finite(shifts[j])
            for i in range(n):
                for j in range(columns):
                    totals[j] += exp_one(row[j] - shifts[j])
                row += inner
            for j in range(columns):
                out[first + j] = <floating> (log_one(totals[j]) + shifts[j])
            first += columns
        x += n * inner
        out += inner

cdef Reduction LOGSUMEXP = Reduction(
    "logsumexp",
    <void*> logsumexp_axis[float],
    <void*> logsumexp_axis[double],
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
    cdef npy_intp* shape = NULL
    cdef int ndim = 0
    cdef object result = None
    if PyArray_CheckExact(like):
        if PyArray_CheckExact(x) and same_shape(x, like):
            return x if out is None else otherwise(
                "sum_to_shape_of", (x, like), {"out": out}
            )
        ndim = PyArray_NDIM(<ndarray> like)
        shape = PyArray_DIMS(<ndarray> like)
    if (
        (is_native(x, NPY_FLOAT) or is_native(x, NPY_DOUBLE))
        and (shape is not NULL or PyFloat_CheckExact(like))
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
