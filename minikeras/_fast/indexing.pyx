"""Slices picked by integers, and put back. Contract: kernels/reference/indexing.py.

An array is seen here as (outer, places, inner): an index names one of the places. No
index is used before all are known to be in range; where one is not, the reference
answers, with its error.
"""

from cpython.long cimport PyLong_CheckExact
from cython cimport floating
from libc.stdint cimport int64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy
from numpy cimport (
    NPY_ARRAY_CARRAY_RO,
    NPY_ARRAY_FORCECAST,
    NPY_DOUBLE,
    NPY_FLOAT,
    NPY_INT64,
    PyArray_CheckExact,
    PyArray_CopyInto,
    PyArray_DATA,
    PyArray_DIMS,
    PyArray_FROMANY,
    PyArray_ISINTEGER,
    PyArray_NDIM,
    PyArray_SIZE,
    PyArray_TYPE,
    PyArray_ZEROS,
    import_array,
    ndarray,
    npy_intp,
    npy_uint32,
    npy_uint64,
)

import numpy as np

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
from minikeras._fast.checks cimport check
from minikeras._fast.clones cimport cloned

cdef extern from "numpy/arrayobject.h":
    ctypedef struct PyArray_Descr:
        pass
    ndarray PyArray_EMPTY(int ndim, const npy_intp* shape, int type, int fortran)

import_array()

cdef enum:
    TILE = 512          # columns that are added up on the stack at a time


cdef struct Picking:
    # What take does to x, and take_grad undoes: its sizes, and the result's shape.
    Py_ssize_t outer
    Py_ssize_t places
    Py_ssize_t inner
    Py_ssize_t count    # indices
    int ndim
    npy_intp shape[MOST_DIMS]


# --- Picking --------------------------------------------------------------------------

ctypedef fused item:
    npy_uint32
    npy_uint64


cdef void pick(
    const item* x, const int64_t* indices, item* out, const Picking* sizes
) noexcept nogil:
    """out_omi = x_{o, indices_m, i}."""
    cdef Py_ssize_t o, m
    for o in range(sizes.outer):
        for m in range(sizes.count):
            check(0 <= indices[m] and indices[m] < sizes.places)
            if sizes.inner == 1:
                out[0] = x[indices[m]]
            else:
                memcpy(out, x + indices[m] * sizes.inner, sizes.inner * sizeof(item))
            out += sizes.inner
        x += sizes.places * sizes.inner


def take(x, indices, *, axis, out=None):
    """The slices x[…, indices, …], picked along one axis."""
    cdef Picking sizes
    cdef ndarray source, places, result
    cdef object answer = None
    if is_picking(x, indices, axis, &sizes):
        places = in_range(indices, sizes.places)
        if places is not None:
            source = in_c_order(x)
            result = result_for(&sizes, PyArray_TYPE(source), source, out)
            if PyArray_SIZE(result) < LARGE:
                pick_items(source, places, result, &sizes)
            else:
                with nogil:
                    pick_items(source, places, result, &sizes)
            answer = copied(result, out)
    if answer is None:
        answer = otherwise("take", (x, indices), {"axis": axis, "out": out})
    return answer


cdef void pick_items(
    ndarray x, ndarray indices, ndarray result, const Picking* sizes
) noexcept nogil:
    if PyArray_TYPE(x) == NPY_FLOAT:
        pick(
            <npy_uint32*> PyArray_DATA(x), <int64_t*> PyArray_DATA(indices),
            <npy_uint32*> PyArray_DATA(result), sizes,
        )
    else:
        pick(
            <npy_uint64*> PyArray_DATA(x), <int64_t*> PyArray_DATA(indices),
            <npy_uint64*> PyArray_DATA(result), sizes,
        )


# --- Putting back ---------------------------------------------------------------------

cdef void sort_by_place(
    const int64_t* indices, const Picking* sizes, Py_ssize_t* ends, Py_ssize_t* order
) noexcept nogil:
    """Fills `order` with the numbers m, sorted by indices_m, equals in order of m.

    `ends` are places + 1 zeros; they become, for each place, where its part of `order`
    ends. A place is sorted in by counting how many come before it.
    """
    cdef Py_ssize_t m, p
    for m in range(sizes.count):
        check(0 <= indices[m] and indices[m] < sizes.places)
        ends[indices[m] + 1] += 1
    for p in range(sizes.places):
        ends[p + 1] += ends[p]
    # Now ends[p] is where the part of p begins, and each number moves it on by one.
    for m in range(sizes.count):
        order[ends[indices[m]]] = m
        ends[indices[m]] += 1


cdef cloned add_back(
    const floating* grad, floating* out, const int64_t* indices, const Py_ssize_t* ends,
    const Py_ssize_t* order, const Picking* sizes,
) noexcept nogil:
    """out_opi = Σ grad_omi over all m with indices_m = p, in order of m, in float64.

    `out` is full of zeros, and stays so where no index points to.
    """
    cdef double totals[TILE]
    cdef const floating* source
    cdef Py_ssize_t inner = sizes.inner
    cdef Py_ssize_t o, p, m, i, at, first, columns
    for o in range(sizes.outer):
        at = 0
        while at < sizes.count:
            p = indices[order[at]]
            first = 0
            while first < inner:
                columns = inner - first if inner - first < TILE else TILE
                for i in range(columns):
                    totals[i] = 0
                for m in range(at, ends[p]):
                    source = grad + order[m] * inner + first
                    for i in range(columns):
                        totals[i] += source[i]
                for i in range(columns):
                    out[p * inner + first + i] = <floating> totals[i]
                first += columns
            at = ends[p]
        grad += sizes.count * inner
        out += sizes.places * inner


def take_grad(grad, x, indices, *, axis, out=None):
    """Zeros in the shape of x, with each slice of grad added where it came from."""
    cdef Picking sizes
    cdef ndarray source, places, result
    cdef int status
    cdef object answer = None
    if (
        is_picking(x, indices, axis, &sizes)
        and is_native(grad, PyArray_TYPE(<ndarray> x))
        and has_shape(grad, sizes.ndim, sizes.shape)
    ):
        places = in_range(indices, sizes.places)
        if places is not None:
            source = in_c_order(grad)
            result = PyArray_ZEROS(
                PyArray_NDIM(<ndarray> x), PyArray_DIMS(<ndarray> x),
                PyArray_TYPE(source), 0,
            )
            if PyArray_SIZE(source) < LARGE:
                status = add_back_slices(source, places, result, &sizes)
            else:
                with nogil:
                    status = add_back_slices(source, places, result, &sizes)
            if status < 0:
                raise MemoryError("take_grad has no memory to sort its indices.")
            answer = copied(result, out)
    if answer is None:
        answer = otherwise("take_grad", (grad, x, indices), {"axis": axis, "out": out})
    return answer


cdef int add_back_slices(
    ndarray grad, ndarray indices, ndarray result, const Picking* sizes
) noexcept nogil:
    """Adds grad to a result of zeros; returns -1 if there is no memory for the order."""
    cdef int64_t* places = <int64_t*> PyArray_DATA(indices)
    cdef Py_ssize_t* ends = <Py_ssize_t*> calloc(sizes.places + 1, sizeof(Py_ssize_t))
    cdef Py_ssize_t* order = <Py_ssize_t*> calloc(sizes.count + 1, sizeof(Py_ssize_t))
    cdef int status = 0
    if ends is NULL or order is NULL:
        status = -1
    else:
        sort_by_place(places, sizes, ends, order)
        if PyArray_TYPE(grad) == NPY_FLOAT:
            add_back(
                <float*> PyArray_DATA(grad), <float*> PyArray_DATA(result), places, ends,
                order, sizes,
            )
        else:
            add_back(
                <double*> PyArray_DATA(grad), <double*> PyArray_DATA(result), places,
                ends, order, sizes,
            )
    free(ends)
    free(order)
    return status


# --- One-hot rows ---------------------------------------------------------------------

cdef void mark(
    const int64_t* indices, floating* out, Py_ssize_t count, Py_ssize_t classes
) noexcept nogil:
    """out_mj = 1 where j = indices_m, in an array of zeros."""
    cdef Py_ssize_t m
    for m in range(count):
        if 0 <= indices[m] < classes:
            out[m * classes + indices[m]] = 1


def one_hot(indices, *, classes, dtype, out=None):
    """out_ij = 1 where j = indices_i, else 0; all 0 where an index is out of range."""
    cdef npy_intp shape[MOST_DIMS]
    cdef ndarray places, result
    cdef Py_ssize_t count, width
    cdef int i, ndim, type
    cdef object answer = None
    type = (<object> np.dtype(dtype)).num
    if (
        PyArray_CheckExact(indices)
        and PyArray_ISINTEGER(<ndarray> indices)
        and PyArray_NDIM(<ndarray> indices) < MOST_DIMS
        and (type == NPY_FLOAT or type == NPY_DOUBLE)
        and PyLong_CheckExact(classes)
        and classes >= 0
    ):
        ndim = PyArray_NDIM(<ndarray> indices)
        for i in range(ndim):
            shape[i] = PyArray_DIMS(<ndarray> indices)[i]
        width = shape[ndim] = classes
        places = as_int64(indices)
        count = PyArray_SIZE(places)
        result = PyArray_ZEROS(ndim + 1, shape, type, 0)
        if type == NPY_FLOAT:
            mark(
                <int64_t*> PyArray_DATA(places), <float*> PyArray_DATA(result), count,
                width,
            )
        else:
            mark(
                <int64_t*> PyArray_DATA(places), <double*> PyArray_DATA(result), count,
                width,
            )
        answer = copied(result, out)
    if answer is None:
        parameters = {"classes": classes, "dtype": dtype, "out": out}
        answer = otherwise("one_hot", (indices,), parameters)
    return answer


# --- What fits ------------------------------------------------------------------------

cdef bint is_picking(object x, object indices, object axis, Picking* sizes):
    """Fills in the sizes; returns if compiled code can pick from x."""
    cdef ndarray array, places
    cdef Py_ssize_t chosen, i
    if not (
        (is_native(x, NPY_FLOAT) or is_native(x, NPY_DOUBLE))
        and PyArray_CheckExact(indices)
        and PyArray_ISINTEGER(<ndarray> indices)
        and PyLong_CheckExact(axis)
    ):
        return False
    array, places = x, indices
    chosen = axis
    if chosen < 0:
        chosen += PyArray_NDIM(array)
    if not (
        0 <= chosen < PyArray_NDIM(array)
        and PyArray_NDIM(array) + PyArray_NDIM(places) <= MOST_DIMS
    ):
        return False
    sizes.outer = sizes.inner = 1
    sizes.ndim = 0
    for i in range(chosen):
        sizes.outer *= PyArray_DIMS(array)[i]
        append(sizes, PyArray_DIMS(array)[i])
    sizes.places = PyArray_DIMS(array)[chosen]
    sizes.count = PyArray_SIZE(places)
    for i in range(PyArray_NDIM(places)):
        append(sizes, PyArray_DIMS(places)[i])
    for i in range(chosen + 1, PyArray_NDIM(array)):
        sizes.inner *= PyArray_DIMS(array)[i]
        append(sizes, PyArray_DIMS(array)[i])
    return True


cdef inline void append(Picking* sizes, npy_intp side) noexcept:
    sizes.shape[sizes.ndim] = side
    sizes.ndim += 1


cdef ndarray in_range(ndarray indices, Py_ssize_t places):
    """Returns the indices counted from 0, or None if one is out of range."""
    cdef ndarray result = as_int64(indices)
    cdef int64_t* numbers = <int64_t*> PyArray_DATA(result)
    cdef int64_t lowest = 0, highest = -1
    cdef Py_ssize_t m
    for m in range(PyArray_SIZE(result)):
        lowest = numbers[m] if numbers[m] < lowest else lowest
        highest = numbers[m] if numbers[m] > highest else highest
    if lowest < -places or highest >= places:
        return None
    if lowest < 0:
        if result is indices or not is_writeable(result):
            result = result.copy()
            numbers = <int64_t*> PyArray_DATA(result)
        for m in range(PyArray_SIZE(result)):
            numbers[m] += places if numbers[m] < 0 else 0
    return result


cdef ndarray as_int64(ndarray indices):
    """Returns the indices in C order; a uint64 too large for int64 turns negative."""
    return PyArray_FROMANY(
        indices, NPY_INT64, 0, 0, NPY_ARRAY_CARRAY_RO | NPY_ARRAY_FORCECAST
    )


cdef ndarray in_c_order(ndarray x):
    if is_flat(x):
        return x
    return PyArray_FROMANY(x, PyArray_TYPE(x), 0, 0, NPY_ARRAY_CARRAY_RO)


cdef bint has_shape(ndarray x, int ndim, const npy_intp* shape) noexcept:
    cdef int i
    if PyArray_NDIM(x) != ndim:
        return False
    for i in range(ndim):
        if PyArray_DIMS(x)[i] != shape[i]:
            return False
    return True


cdef ndarray result_for(const Picking* sizes, int type, ndarray source, object out):
    """Returns `out` if the result can be written straight to it, else a new array."""
    if (
        is_native(out, type)
        and is_flat(out)
        and is_writeable(out)
        and has_shape(out, sizes.ndim, sizes.shape)
        and not overlap(source, out)
    ):
        return out
    return PyArray_EMPTY(sizes.ndim, sizes.shape, type, 0)


cdef object copied(ndarray result, object out):
    """Returns `out` with the result in it; None if it does not fit."""
    if out is None or out is result:
        return result
    if not (
        is_native(out, PyArray_TYPE(result))
        and is_writeable(out)
        and same_shape(out, result)
    ):
        return None
    PyArray_CopyInto(out, result)
    return out
