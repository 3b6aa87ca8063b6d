"""The driver of kernels that pick by integers; picks.pxd tells what it drives."""

from cpython.long cimport PyLong_CheckExact
from libc.stdint cimport int32_t, int64_t
from numpy cimport (
    NPY_ARRAY_CARRAY_RO,
    NPY_DOUBLE,
    NPY_FLOAT,
    NPY_INT32,
    NPY_INT64,
    NPY_UINT64,
    PyArray_CheckExact,
    PyArray_CopyInto,
    PyArray_DATA,
    PyArray_DIMS,
    PyArray_EMPTY,
    PyArray_FROMANY,
    PyArray_ISINTEGER,
    PyArray_ITEMSIZE,
    PyArray_NDIM,
    PyArray_SIZE,
    PyArray_TYPE,
    import_array,
    ndarray,
    npy_intp,
)

from minikeras._fast.arrays cimport (
    is_flat,
    is_native,
    is_writeable,
    overlap,
    same_shape,
)
from minikeras._fast.tasks cimport noting

import_array()


cdef Picks described(
    const Picking* sizes, ndarray x, ndarray indices, ndarray out
) noexcept:
    cdef Picks work
    work.outer, work.places = sizes.outer, sizes.places
    work.inner, work.count = sizes.inner, sizes.count
    work.x, work.itemsize = <const char*> PyArray_DATA(x), PyArray_ITEMSIZE(x)
    work.out = <char*> PyArray_DATA(out)
    work.indices = <const char*> PyArray_DATA(indices)
    work.short_indices = PyArray_TYPE(indices) == NPY_INT32
    work.wanted, work.ends, work.order = NULL, NULL, NULL
    return work


cdef bint look_up(Picks* work, Py_ssize_t count, int64_t* room) noexcept nogil:
    """Counts all indices from 0, to `room` unless they are so; False if one is beyond.
    """
    cdef const int32_t* halves = <const int32_t*> work.indices
    cdef const int64_t* words = <const int64_t*> work.indices
    cdef int64_t lowest = 0, highest = -1, index
    cdef Py_ssize_t m
    for m in range(count):
        index = halves[m] if work.short_indices else words[m]
        lowest = index if index < lowest else lowest
        highest = index if index > highest else highest
    if lowest < -work.places or highest >= work.places:
        return False
    work.wanted = words
    if work.short_indices or lowest < 0:
        for m in range(count):
            index = halves[m] if work.short_indices else words[m]
            room[m] = index + work.places if index < 0 else index
        work.wanted = room
    return True


# --- What fits ------------------------------------------------------------------------

cdef bint is_float(object x) noexcept:
    return is_native(x, NPY_FLOAT) or is_native(x, NPY_DOUBLE)


cdef bint is_number(object x) noexcept:
    """Tells if x is an array of numbers of 4 or 8 bytes."""
    return is_float(x) or is_native(x, NPY_INT32) or is_native(x, NPY_INT64)


cdef bint is_picking(object x, object indices, object axis, Picking* sizes):
    """Fills in the sizes; returns if compiled code can pick from x."""
    cdef ndarray array, places
    cdef Py_ssize_t chosen, i
    if not (
        is_number(x)
        and is_index(indices)
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


cdef bint is_picking_along(object x, object indices, object axis, Picking* sizes):
    """Fills in the sizes; returns if compiled code can pick from x with all indices."""
    cdef int ndim, chosen, i
    if not (
        is_number(x)
        and is_index(indices)
        and PyLong_CheckExact(axis)
        and PyArray_NDIM(<ndarray> x) == PyArray_NDIM(<ndarray> indices)
    ):
        return False
    ndim = PyArray_NDIM(<ndarray> x)
    if not -ndim <= axis < ndim:
        return False
    chosen = axis if axis >= 0 else axis + ndim
    sizes.outer = sizes.inner = 1
    for i in range(ndim):
        if i == chosen:
            continue
        if PyArray_DIMS(<ndarray> x)[i] != PyArray_DIMS(<ndarray> indices)[i]:
            return False  # they broadcast, if they fit at all
        if i < chosen:
            sizes.outer *= PyArray_DIMS(<ndarray> x)[i]
        else:
            sizes.inner *= PyArray_DIMS(<ndarray> x)[i]
    sizes.places = PyArray_DIMS(<ndarray> x)[chosen]
    sizes.count = PyArray_DIMS(<ndarray> indices)[chosen]
    return True


cdef bint is_index(object indices) noexcept:
    """Tells if x is an array of integers that int64 has, too."""
    return (
        PyArray_CheckExact(indices)
        and PyArray_ISINTEGER(<ndarray> indices)
        and PyArray_TYPE(<ndarray> indices) != NPY_UINT64
    )


cdef bint is_as_read(ndarray indices) noexcept:
    """Tells if a task can read the indices: one run, of 32 or 64 bits."""
    return is_flat(indices) and (
        is_native(indices, NPY_INT32) or is_native(indices, NPY_INT64)
    )


cdef ndarray as_read(ndarray indices):
    if is_as_read(indices):
        return indices
    return PyArray_FROMANY(indices, NPY_INT64, 0, 0, NPY_ARRAY_CARRAY_RO)


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


cdef bint fits(
    object out, ndarray x, ndarray indices, int type, int ndim, const npy_intp* shape
) noexcept:
    """Tells if a result of this type and shape can be written straight to `out`."""
    return (
        is_native(out, type)
        and is_flat(out)
        and is_writeable(out)
        and has_shape(out, ndim, shape)
        and not overlap(x, out)
        and not overlap(indices, out)
    )


cdef bint must_copy(
    ndarray x, ndarray indices, object out, int type, int ndim, const npy_intp* shape
) noexcept:
    """Tells if this is noted, and an array is to be copied or made: no task does that.
    """
    return noting() and not (
        is_flat(x)
        and is_as_read(indices)
        and fits(out, x, indices, type, ndim, shape)
    )


cdef ndarray result_for(
    ndarray x, ndarray indices, object out, int type, int ndim, const npy_intp* shape
):
    """Returns `out` if the result can be written straight to it, else a new array."""
    if fits(out, x, indices, type, ndim, shape):
        return out
    return PyArray_EMPTY(ndim, <npy_intp*> shape, type, 0)


cdef bint must_copy_like(
    ndarray x, ndarray indices, object out, ndarray like
) noexcept:
    """Does what must_copy does, for a result of another array's shape."""
    return must_copy(
        x, indices, out, PyArray_TYPE(x), PyArray_NDIM(like), PyArray_DIMS(like)
    )


cdef ndarray result_like(ndarray x, ndarray indices, object out, ndarray like):
    """Does what result_for does, for a result of another array's shape."""
    return result_for(
        x, indices, out, PyArray_TYPE(x), PyArray_NDIM(like), PyArray_DIMS(like)
    )


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
