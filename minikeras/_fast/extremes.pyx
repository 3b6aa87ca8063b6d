"""Maxima and minima over axes, and where. Contract: kernels/reference/reduction.py."""

from cython cimport floating
from libc.stdint cimport int32_t

from minikeras._fast.axes cimport GRAIN, TILE, Reduction, reduced
from minikeras._fast.clones cimport cloned
from minikeras._fast.extremes cimport WIDE, extreme, extreme_of


# --- Extremes -------------------------------------------------------------------------

cdef inline void extreme_runs(
    const floating* x, floating* out, Py_ssize_t count, Py_ssize_t n, bint smallest
) noexcept nogil:
    """out_o = max_i x_oi, or min; a zero is made +0 by adding one."""
    cdef Py_ssize_t o
    for o in range(count):
        out[o] = extreme_of(x + o * n, n, smallest) + 0


cdef inline void extreme_columns(
    const floating* x, floating* out, Py_ssize_t n, Py_ssize_t count, Py_ssize_t stride,
    bint smallest,
) noexcept nogil:
    """out_j = max_i x_ij, or min."""
    cdef Py_ssize_t i, j
    for j in range(count):
        out[j] = x[j] + 0
    for i in range(1, n):
        x += stride
        for j in range(count):
            out[j] = extreme(x[j], out[j], smallest) + 0


cdef cloned max_runs(
    const floating* x, floating* out, Py_ssize_t count, Py_ssize_t n
) noexcept nogil:
    extreme_runs(x, out, count, n, False)


cdef cloned max_columns(
    const floating* x, floating* out, Py_ssize_t n, Py_ssize_t count, Py_ssize_t stride
) noexcept nogil:
    extreme_columns(x, out, n, count, stride, False)

cdef Reduction MAX = Reduction(
    "max",
    <void*> max_runs[float],
    <void*> max_runs[double],
    <void*> max_columns[float],
    <void*> max_columns[double],
    NULL,
    GRAIN,
    False,
    True,
)

def max(x, *, axis, keepdims, out=None):
    """The largest x, nan if there is one; a zero comes out as +0."""
    return reduced(&MAX, x, axis, keepdims, out)


cdef cloned min_runs(
    const floating* x, floating* out, Py_ssize_t count, Py_ssize_t n
) noexcept nogil:
    extreme_runs(x, out, count, n, True)


cdef cloned min_columns(
    const floating* x, floating* out, Py_ssize_t n, Py_ssize_t count, Py_ssize_t stride
) noexcept nogil:
    extreme_columns(x, out, n, count, stride, True)

cdef Reduction MIN = Reduction(
    "min",
    <void*> min_runs[float],
    <void*> min_runs[double],
    <void*> min_columns[float],
    <void*> min_columns[double],
    NULL,
    GRAIN,
    False,
    True,
)

def min(x, *, axis, keepdims, out=None):
    """The smallest x, nan if there is one; a zero comes out as +0."""
    return reduced(&MIN, x, axis, keepdims, out)


# --- Places of extremes ---------------------------------------------------------------

cdef inline Py_ssize_t place_of(
    const floating* x, Py_ssize_t n, bint smallest
) noexcept nogil:
    """The first i at which x_i is the extreme, or nan: it is found, then looked for."""
    cdef floating wanted = extreme_of(x, n, smallest)
    cdef Py_ssize_t i = 0, j
    cdef int hits
    while i + WIDE < n:
        hits = 0
        for j in range(WIDE):
            hits += is_it(x[i + j], wanted)
        if hits:
            break
        i += WIDE
    while not is_it(x[i], wanted):
        i += 1
    return i


cdef inline bint is_it(floating x, floating wanted) noexcept nogil:
    return (x == wanted) | ((x != x) & (wanted != wanted))


cdef inline void place_runs(
    const floating* x, int32_t* out, Py_ssize_t count, Py_ssize_t n, bint smallest
) noexcept nogil:
    """out_o = the first i at which x_oi is the extreme, or nan."""
    cdef Py_ssize_t o
    for o in range(count):
        out[o] = <int32_t> place_of(x + o * n, n, smallest)


cdef inline void place_columns(
    const floating* x, int32_t* out, Py_ssize_t n, Py_ssize_t count, Py_ssize_t stride,
    bint smallest,
) noexcept nogil:
    """out_j = the first i at which x_ij is the extreme, or nan."""
    cdef floating best[TILE]
    cdef floating number
    cdef Py_ssize_t i, j
    cdef bint better
    for j in range(count):
        best[j] = x[j]
        out[j] = 0
    for i in range(1, n):
        x += stride
        for j in range(count):
            number = x[j]
            better = ((number < best[j]) if smallest else (number > best[j])) | (
                (number != number) & (best[j] == best[j])
            )
            best[j] = number if better else best[j]
            out[j] = <int32_t> i if better else out[j]


cdef cloned argmax_runs(
    const floating* x, int32_t* out, Py_ssize_t count, Py_ssize_t n
) noexcept nogil:
    place_runs(x, out, count, n, False)


cdef cloned argmax_columns(
    const floating* x, int32_t* out, Py_ssize_t n, Py_ssize_t count, Py_ssize_t stride
) noexcept nogil:
    place_columns(x, out, n, count, stride, False)

cdef Reduction ARGMAX = Reduction(
    "argmax",
    <void*> argmax_runs[float],
    <void*> argmax_runs[double],
    <void*> argmax_columns[float],
    <void*> argmax_columns[double],
    NULL,
    GRAIN,
    True,
    True,
)

def argmax(x, *, axis, keepdims, out=None):
    """The index of the first maximum, or nan, along one axis or of the flattened x."""
    return reduced(&ARGMAX, x, axis, keepdims, out)


cdef cloned argmin_runs(
    const floating* x, int32_t* out, Py_ssize_t count, Py_ssize_t n
) noexcept nogil:
    place_runs(x, out, count, n, True)


cdef cloned argmin_columns(
    const floating* x, int32_t* out, Py_ssize_t n, Py_ssize_t count, Py_ssize_t stride
) noexcept nogil:
    place_columns(x, out, n, count, stride, True)

cdef Reduction ARGMIN = Reduction(
    "argmin",
    <void*> argmin_runs[float],
    <void*> argmin_runs[double],
    <void*> argmin_columns[float],
    <void*> argmin_columns[double],
    NULL,
    GRAIN,
    True,
    True,
)

def argmin(x, *, axis, keepdims, out=None):
    """The index of the first minimum, or nan, along one axis or of the flattened x."""
    return reduced(&ARGMIN, x, axis, keepdims, out)
