"""What was picked, put back. Contract: kernels/reference/indexing.py.

Separate from indexing.pyx, because a place may get several numbers: they are added up
in float64, in the order in which they come. Each place belongs to one thread.
"""

from cython cimport floating
from libc.stdint cimport int64_t
from libc.string cimport memset
from numpy cimport (
    PyArray_CheckExact,
    PyArray_DIMS,
    PyArray_NDIM,
    PyArray_SIZE,
    PyArray_TYPE,
    PyArray_ZEROS,
    import_array,
    ndarray,
)

from minikeras._fast.arrays cimport LARGE, is_native, otherwise, same_shape
from minikeras._fast.checks cimport check
from minikeras._fast.clones cimport cloned
from minikeras._fast.comparison cimport cast_to_type
from minikeras._fast.picks cimport (
    Picking,
    Picks,
    as_read,
    copied,
    described,
    has_shape,
    in_c_order,
    is_float,
    is_picking,
    is_picking_along,
    look_up,
    must_copy_like,
    result_like,
)
from minikeras._fast.shape cimport fill, takes_copies
from minikeras._fast.tasks cimport (
    SCRATCH_OWN,
    SCRATCH_SHARED,
    in_parallel,
    perform,
    scratch,
)

import_array()

cdef enum:
    TILE = 512          # columns that are added up on the stack at a time


# --- Of slices ------------------------------------------------------------------------

def take_grad(grad, x, indices, *, axis, out=None):
    """Zeros in the shape of x, with each slice of grad added where it came from."""
    cdef Picking sizes
    cdef Picks work
    cdef ndarray source, places, result
    cdef object answer = None
    if (
        is_picking(x, indices, axis, &sizes)
        and is_float(grad)
        and is_native(grad, PyArray_TYPE(<ndarray> x))
        and has_shape(grad, sizes.ndim, sizes.shape)
        and not must_copy_like(grad, indices, out, x)
    ):
        places, source = as_read(indices), in_c_order(grad)
        result = result_like(source, places, out, x)
        work = described(&sizes, source, places, result)
        if perform(put_back, &work, sizeof(Picks), PyArray_SIZE(source)):
            answer = copied(result, out)
    if answer is None:
        answer = otherwise("take_grad", (grad, x, indices), {"axis": axis, "out": out})
    return answer


cdef bint put_back(void* arguments) noexcept nogil:
    """out_opi = Σ grad_omi over all m with indices_m = p, in order of m, in float64."""
    cdef Picks work = (<const Picks*> arguments)[0]
    cdef int64_t* room = <int64_t*> scratch(
        SCRATCH_SHARED,
        (work.count + work.places + 1 + work.count) * sizeof(int64_t),
    )
    if not look_up(&work, work.count, room):
        return False
    work.ends = <Py_ssize_t*> (room + work.count)
    work.order = work.ends + work.places + 1
    sort_by_place(&work)
    in_parallel(
        put_back_part, &work, work.outer * work.places,
        max(1, LARGE // max(1, work.inner)),
    )
    return True


cdef void sort_by_place(Picks* work) noexcept nogil:
    """Fills `order` with the numbers m, sorted by indices_m, equals in order of m.

    `ends` becomes, for each place, where its part of `order` ends. A place is sorted in
    by counting how many come before it.
    """
    cdef const int64_t* wanted = work.wanted
    cdef Py_ssize_t* ends = work.ends
    cdef Py_ssize_t m, p
    memset(ends, 0, (work.places + 1) * sizeof(Py_ssize_t))
    for m in range(work.count):
        check(0 <= wanted[m] and wanted[m] < work.places)
        ends[wanted[m] + 1] += 1
    for p in range(work.places):
        ends[p + 1] += ends[p]
    # Now ends[p] is where the part of p begins, and each number moves it on by one.
    for m in range(work.count):
        work.order[ends[wanted[m]]] = m
        ends[wanted[m]] += 1


cdef void put_back_part(
    void* arguments, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    """Fills the places from begin to end: each belongs to one thread."""
    cdef const Picks* work = <const Picks*> arguments
    cdef Py_ssize_t size = work.inner * work.itemsize
    cdef Py_ssize_t unit, p, first
    cdef const char* grad
    for unit in range(begin, end):
        p = unit % work.places
        first = work.ends[p - 1] if p > 0 else 0
        grad = work.x + unit // work.places * work.count * size
        if first == work.ends[p]:
            memset(work.out + unit * size, 0, size)
        elif work.itemsize == sizeof(float):
            add_slices(
                <const float*> grad, <float*> (work.out + unit * size),
                work.order + first, work.ends[p] - first, work.inner,
            )
        else:
            add_slices(
                <const double*> grad, <double*> (work.out + unit * size),
                work.order + first, work.ends[p] - first, work.inner,
            )


cdef cloned add_slices(
    const floating* grad, floating* out, const Py_ssize_t* order, Py_ssize_t count,
    Py_ssize_t inner,
) noexcept nogil:
    """out_i = Σ grad_{m, i} over the m in order, in float64."""
    cdef double totals[TILE]
    cdef const floating* source
    cdef Py_ssize_t m, i, first = 0, columns
    while first < inner:
        columns = inner - first if inner - first < TILE else TILE
        for i in range(columns):
            totals[i] = 0
        for m in range(count):
            source = grad + order[m] * inner + first
            for i in range(columns):
                totals[i] += source[i]
        for i in range(columns):
            out[first + i] = <floating> totals[i]
        first += columns


# --- Of numbers -----------------------------------------------------------------------

def take_along_axis_grad(grad, x, indices, *, axis, out=None):
    """Zeros in the shape of x, with each number of grad added where it came from."""
    cdef Picking sizes
    cdef Picks work
    cdef ndarray source, places, result
    cdef object answer = None
    if (
        is_picking_along(x, indices, axis, &sizes)
        and is_float(grad)
        and is_native(grad, PyArray_TYPE(<ndarray> x))
        and same_shape(grad, indices)
        and not must_copy_like(grad, indices, out, x)
    ):
        places, source = as_read(indices), in_c_order(grad)
        result = result_like(source, places, out, x)
        work = described(&sizes, source, places, result)
        if perform(put_back_along, &work, sizeof(Picks), PyArray_SIZE(result)):
            answer = copied(result, out)
    if answer is None:
        parameters = {"axis": axis, "out": out}
        answer = otherwise("take_along_axis_grad", (grad, x, indices), parameters)
    return answer


cdef bint put_back_along(void* arguments) noexcept nogil:
    """out_opi = Σ grad_omi over all m with indices_omi = p, in order of m."""
    cdef Picks work = (<const Picks*> arguments)[0]
    cdef Py_ssize_t count = work.outer * work.count * work.inner
    cdef int64_t* room = <int64_t*> scratch(SCRATCH_SHARED, count * sizeof(int64_t))
    if not look_up(&work, count, room):
        return False
    in_parallel(
        put_back_along_part, &work, work.outer,
        max(1, LARGE // 4 // max(1, work.places * work.inner)),
    )
    return True


cdef void put_back_along_part(
    void* arguments, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    """Fills what belongs to the outer numbers from begin to end, by sums in float64."""
    cdef const Picks* work = <const Picks*> arguments
    cdef Py_ssize_t size = work.places * work.inner, each = work.count * work.inner
    cdef double* totals = <double*> scratch(SCRATCH_OWN, size * sizeof(double))
    cdef Py_ssize_t o
    for o in range(begin, end):
        if work.itemsize == sizeof(float):
            add_numbers(
                <const float*> work.x + o * each, <float*> work.out + o * size,
                work.wanted + o * each, totals, size, each, work.inner,
            )
        else:
            add_numbers(
                <const double*> work.x + o * each, <double*> work.out + o * size,
                work.wanted + o * each, totals, size, each, work.inner,
            )


cdef cloned add_numbers(
    const floating* grad, floating* out, const int64_t* wanted, double* totals,
    Py_ssize_t size, Py_ssize_t count, Py_ssize_t inner,
) noexcept nogil:
    """out_pi = Σ grad_mi over all m with wanted_mi = p, both seen as runs."""
    cdef Py_ssize_t i
    for i in range(size):
        totals[i] = 0
    for i in range(count):
        totals[wanted[i] * inner + i % inner] += grad[i]
    for i in range(size):
        out[i] = <floating> totals[i]


# --- Of a part ------------------------------------------------------------------------

def getitem_grad(grad, x, *, key, out=None):
    """Zeros in the shape of x, with out[key] = grad."""
    cdef object result = None
    if PyArray_CheckExact(grad) and PyArray_CheckExact(x):
        if out is None:
            result = PyArray_ZEROS(
                PyArray_NDIM(<ndarray> x), PyArray_DIMS(<ndarray> x),
                PyArray_TYPE(<ndarray> grad), 0,
            )
        elif is_native(out, PyArray_TYPE(<ndarray> grad)) and same_shape(out, x):
            result = out
    if result is None or not takes_copies(result, (grad,)):
        return otherwise("getitem_grad", (grad, x), {"key": key, "out": out})
    key = key if isinstance(key, tuple) else (key,)
    part = result[key if Ellipsis in key else (*key, ...)]
    if not same_shape(part, grad) or (out is not None and not fill(result, 0)):
        return otherwise("getitem_grad", (grad, x), {"key": key, "out": out})
    cast_to_type(grad, PyArray_TYPE(<ndarray> grad), part)
    return result
