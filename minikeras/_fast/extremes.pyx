"""Maxima and minima over axes, and where. Contract: kernels/reference/reduction.py."""

from cython cimport floating
from libc.stdint cimport int32_t

from minikeras._fast.axes cimport TILE, Reduction, next_tile, reduced
from minikeras._fast.clones cimport cloned
from minikeras._fast.extremes cimport WIDE, extreme, extreme_of


# --- Extremes -------------------------------------------------------------------------

cdef inline void extreme_axis(
    const floating* x, floating* out, Py_ssize_t outer, Py_ssize_t n, Py_ssize_t inner,
    bint smallest,
) noexcept nogil:
    """out_oj = max_i x_oij, or min; a zero is made +0 by adding one."""
    cdef Py_ssize_t o, i, j
    if inner == 1:
        for o in range(outer):
            out[o] = extreme_of(x + o * n, n, smallest) + 0
        return
    for o in range(outer):
        for j in range(inner):
            out[j] = x[j] + 0
        for i in range(1, n):
            for j in range(inner):
                out[j] = extreme(x[i * inner + j], out[j], smallest) + 0
        x += n * inner
        out += inner


cdef cloned max_axis(
    const floating* x, floating* out, Py_ssize_t outer, Py_ssize_t n, Py_ssize_t inner
) noexcept nogil:
    extreme_axis(x, out, outer, n, inner, False)

cdef Reduction MAX = Reduction(
    "max", <void*> max_axis[float], <void*> max_axis[double], False, True
)

def max(x, *, axis, keepdims, out=None):
    """The largest x, nan if there is one; a zero comes out as +0."""
    return reduced(&MAX, x, axis, keepdims, out)


cdef cloned min_axis(
    const floating* x, floating* out, Py_ssize_t outer, Py_ssize_t n, Py_ssize_t inner
) noexcept nogil:
    extreme_axis(x, out, outer, n, inner, True)

cdef Reduction MIN = Reduction(
    "min", <void*> min_axis[float], <void*> min_axis[double], False, True
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


cdef inline void place_axis(
    const floating* x, int32_t* out, Py_ssize_t outer, Py_ssize_t n, Py_ssize_t inner,
    bint smallest,
) noexcept nogil:
    """out_oj = the first i at which x_oij is the extreme, or nan."""
    cdef floating best[TILE]
    cdef floating number
    cdef const floating* row
    cdef Py_ssize_t o, i, j, first, columns
    cdef bint better
    if inner == 1:
        for o in range(outer):
            out[o] = <int32_t> place_of(x + o * n, n, smallest)
        return
    for o in range(outer):
        first = 0
        while first < inner:
            columns = next_tile(inner - first)
            row = x + first
            for j in range(columns):
                best[j] = row[j]
                out[first + j] = 0
            for i in range(1, n):
                row += inner
                for j in range(columns):
                    number = row[j]
                    better = (
                        (number < best[j]) if smallest else (number > best[j])
                    ) | ((number != number) & (best[j] == best[j]))
                    best[j] = number if better else best[j]
                    out[first + j] = <int32_t> i if better else out[first + j]
            first += columns
        x += n * inner
        out += inner


cdef cloned argmax_axis(
    const floating* x, int32_t* out, Py_ssize_t outer, Py_ssize_t n, Py_ssize_t inner
) noexcept nogil:
    place_axis(x, out, outer, n, inner, False)

cdef Reduction ARGMAX = Reduction(
    "argmax", <void*> argmax_axis[float], <void*> argmax_axis[double], True, True
)

def argmax(x, *, axis, keepdims, out=None):
    """The index of the first maximum, or nan, along one axis or of the flattened x."""
    return reduced(&ARGMAX, x, axis, keepdims, out)


cdef cloned argmin_axis(
    const floating* x, int32_t* out, Py_ssize_t outer, Py_ssize_t n, Py_ssize_t inner
) noexcept nogil:
    place_axis(x, out, outer, n, inner, True)

cdef Reduction ARGMIN = Reduction(
    "argmin", <void*> argmin_axis[float], <void*> argmin_axis[double], True, True
)

def argmin(x, *, axis, keepdims, out=None):
    """The index of the first minimum, or nan, along one axis or of the flattened x."""
    return reduced(&ARGMIN, x, axis, keepdims, out)
