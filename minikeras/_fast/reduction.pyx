"""Sums, averages and extremes over axes. Contract: kernels/reference/reduction.py.

An array is seen here as (outer, n, inner), the n to be reduced: axes that are reduced
and lie together need no copy for that. All sums are added up in float64.
"""

from cpython.float cimport PyFloat_CheckExact
from cpython.long cimport PyLong_AsLong, PyLong_CheckExact
from cpython.tuple cimport PyTuple_CheckExact, PyTuple_GET_ITEM, PyTuple_GET_SIZE
from cython cimport floating
from libc.math cimport INFINITY, fabs
from libc.stdint cimport int32_t
from numpy cimport (
    NPY_ARRAY_CARRAY_RO,
    NPY_DOUBLE,
    NPY_FLOAT,
    NPY_INT32,
    PyArray_CheckExact,
    PyArray_CopyInto,
    PyArray_DATA,
    PyArray_DIMS,
    PyArray_Dims,
    PyArray_EMPTY,
    PyArray_FROMANY,
    PyArray_NDIM,
    PyArray_SIZE,
    PyArray_Transpose,
    PyArray_TYPE,
    import_array,
    ndarray,
    npy_intp,
)

from minikeras._fast.arrays cimport (
    LARGE,
    MOST_DIMS,
    is_flat,
    is_native,
    is_writeable,
    otherwise,
    overlap,
    same_shape,
)
from minikeras._fast.clones cimport cloned
from minikeras._fast.elementary cimport exp_one, log_one

import_array()

cdef enum:
    LANES = 16          # partial sums of one run: two vectors of float64
    WIDE = 64           # partial extremes of one run: not few enough to be unrolled
    TILE = 512          # columns whose partial results are on the stack at a time
    LONG = 128          # more numbers than this are a long run, to look for one in
    NARROW = 8          # fewer columns than this are no better than a run each


cdef struct Reduction:
    # A kernel: its name, and its function for each type T of its input,
    #     void f(const T* x, U* out, Py_ssize_t outer, Py_ssize_t n, Py_ssize_t inner)
    const char* name
    void* of_float32
    void* of_float64
    bint gives_index    # U is int32, not T, and there is one axis, or all are one
    bint needs_one      # n must not be 0

ctypedef void (*reducer)(
    const void*, void*, Py_ssize_t, Py_ssize_t, Py_ssize_t
) noexcept nogil


cdef inline Py_ssize_t next_tile(Py_ssize_t rest) noexcept nogil:
    return rest if rest < TILE else TILE


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


# --- Extremes -------------------------------------------------------------------------
# `smallest` is known where these are inlined: what is compiled asks for it no more.

cdef inline floating extreme(floating x, floating y, bint smallest) noexcept nogil:
    """The larger, or smaller, of two numbers; nan if one is."""
    if smallest:
        return x if x < y else (y if x == x else x)
    return x if x > y else (y if x == x else x)


cdef inline floating extreme_of(
    const floating* x, Py_ssize_t n, bint smallest
) noexcept nogil:
    """The largest, or smallest, number of one run; nan if there is one."""
    cdef floating lanes[WIDE]
    cdef floating result = x[0]
    cdef Py_ssize_t i, j
    if n < WIDE:
        for i in range(1, n):
            result = extreme(x[i], result, smallest)
        return result
    for j in range(WIDE):
        lanes[j] = x[j]
    for i in range(1, n // WIDE):
        for j in range(WIDE):
            lanes[j] = extreme(x[i * WIDE + j], lanes[j], smallest)
    for j in range(WIDE):  # the rest, with some that were there: it makes no difference
        lanes[j] = extreme(x[n - WIDE + j], lanes[j], smallest)
    for j in range(WIDE // 2):
        lanes[j] = extreme(lanes[j + WIDE // 2], lanes[j], smallest)
    for j in range(WIDE // 2):
        result = extreme(lanes[j], result, smallest)
    return result


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


# --- The driver -----------------------------------------------------------------------

cdef object reduced(
    const Reduction* kernel, object x, object axis, object keepdims, object out
):
    """Returns the kernel of x over an axis, several or all, in `out` if that is given."""
    cdef bint axes[MOST_DIMS]
    cdef npy_intp shape[MOST_DIMS]
    cdef int i, ndim = 0
    cdef bint keep = keepdims
    cdef object result = None
    if (is_native(x, NPY_FLOAT) or is_native(x, NPY_DOUBLE)) and understood(
        axis, PyArray_NDIM(<ndarray> x), kernel.gives_index, axes
    ):
        for i in range(PyArray_NDIM(<ndarray> x)):
            if keep or not axes[i]:
                shape[ndim] = 1 if axes[i] else PyArray_DIMS(<ndarray> x)[i]
                ndim += 1
        result = reduced_axes(kernel, x, axes, ndim, shape, out)
    if result is None:
        parameters = {"axis": axis, "keepdims": keepdims, "out": out}
        result = otherwise(kernel.name.decode(), (x,), parameters)
    return result


cdef bint understood(object axis, int ndim, bint only_one, bint* axes):
    """Marks the axes meant by None, an int or a tuple; returns if all is as it should."""
    cdef Py_ssize_t i
    for i in range(ndim):
        axes[i] = axis is None
    if axis is None:
        return True
    if PyLong_CheckExact(axis):
        return marked(axis, ndim, axes)
    if only_one or not PyTuple_CheckExact(axis):
        return False
    for i in range(PyTuple_GET_SIZE(axis)):
        if not marked(<object> PyTuple_GET_ITEM(axis, i), ndim, axes):
            return False
    return True


cdef bint marked(object axis, int ndim, bint* axes):
    """Marks an axis; returns if there is such a one, and it was not marked before."""
    cdef long i
    if not PyLong_CheckExact(axis):
        return False
    try:
        i = PyLong_AsLong(axis)
    except OverflowError:
        return False
    if i < 0:
        i += ndim
    if i < 0 or i >= ndim or axes[i]:
        return False
    axes[i] = True
    return True


cdef object reduced_axes(
    const Reduction* kernel, ndarray x, const bint* axes, int ndim,
    const npy_intp* shape, object out,
):
    """Returns the kernel of x over the axes marked, an array of the shape given.

    Returns None if this is not for compiled code.
    """
    cdef Py_ssize_t outer, n, inner
    cdef bint together
    cdef ndarray result
    cdef reducer function
    cdef int type = PyArray_TYPE(x)
    cdef int type_of_result = NPY_INT32 if kernel.gives_index else type
    if out is not None and not is_result(out, type_of_result, ndim, shape):
        return None
    together = are_together(x, axes, &outer, &n, &inner)
    if n == 0 and kernel.needs_one:
        return None
    if kernel.gives_index and n > LONG and inner < NARROW:
        return None  # NumPy's search of a long run is faster
    if not together:
        x = with_runs(x, axes)
    elif not is_flat(x):
        x = PyArray_FROMANY(x, type, 0, 0, NPY_ARRAY_CARRAY_RO)
    if out is not None and is_flat(out) and not overlap(x, out):
        result = out
    else:
        result = PyArray_EMPTY(ndim, <npy_intp*> shape, type_of_result, 0)
    function = <reducer> (
        kernel.of_float32 if type == NPY_FLOAT else kernel.of_float64
    )
    if PyArray_SIZE(x) < LARGE:
        function(PyArray_DATA(x), PyArray_DATA(result), outer, n, inner)
    else:
        with nogil:
            function(PyArray_DATA(x), PyArray_DATA(result), outer, n, inner)
    if out is None or out is result:
        return result
    PyArray_CopyInto(out, result)
    return out


cdef bint is_result(object out, int type, int ndim, const npy_intp* shape) noexcept:
    """Tells if a result of this type and shape can be written to `out`."""
    cdef int i
    if not (
        is_native(out, type)
        and is_writeable(out)
        and PyArray_NDIM(<ndarray> out) == ndim
    ):
        return False
    for i in range(ndim):
        if PyArray_DIMS(<ndarray> out)[i] != shape[i]:
            return False
    return True


cdef bint are_together(
    ndarray x, const bint* axes, Py_ssize_t* outer, Py_ssize_t* n, Py_ssize_t* inner
) noexcept:
    """Finds the sizes before, of and behind the axes marked.

    Returns if no other axis lies between them. If one does, the sizes are those after
    moving them to the end.
    """
    cdef npy_intp* shape = PyArray_DIMS(x)
    cdef bint together = True
    cdef int i
    outer[0] = n[0] = inner[0] = 1
    for i in range(PyArray_NDIM(x)):
        if shape[i] == 1:
            continue
        if not axes[i]:
            inner[0] *= shape[i]
        else:
            together = together and (inner[0] == 1 or n[0] == 1)
            if n[0] == 1:
                outer[0], inner[0] = inner[0], 1
            n[0] *= shape[i]
    if not together:
        outer[0] *= inner[0]
        inner[0] = 1
    return together


cdef ndarray with_runs(ndarray x, const bint* axes):
    """Returns a copy of x in C order, its axes moved: those marked are the last."""
    cdef npy_intp order[MOST_DIMS]
    cdef PyArray_Dims permutation
    cdef int i, count = 0
    for i in range(PyArray_NDIM(x)):
        if not axes[i]:
            order[count] = i
            count += 1
    for i in range(PyArray_NDIM(x)):
        if axes[i]:
            order[count] = i
            count += 1
    permutation.ptr, permutation.len = order, count
    x = PyArray_Transpose(x, &permutation)
    return PyArray_FROMANY(x, PyArray_TYPE(x), 0, 0, NPY_ARRAY_CARRAY_RO)
