"""Numbers picked by integers. Contract: kernels/reference/indexing.py."""

from cpython.long cimport PyLong_CheckExact
from libc.stdint cimport int32_t, int64_t
from libc.string cimport memcpy, memset
from numpy cimport (
    NPY_DOUBLE,
    NPY_FLOAT,
    PyArray_DIMS,
    PyArray_NDIM,
    PyArray_SIZE,
    PyArray_TYPE,
    import_array,
    ndarray,
    npy_intp,
)

import numpy as np

from minikeras._fast.arrays cimport LARGE, MOST_DIMS, otherwise
from minikeras._fast.picks cimport (
    Picking,
    Picks,
    as_read,
    copied,
    described,
    in_c_order,
    is_index,
    is_picking,
    is_picking_along,
    look_up,
    must_copy,
    must_copy_like,
    result_for,
    result_like,
)
from minikeras._fast.tasks cimport (
    SCRATCH_SHARED,
    in_parallel,
    perform,
    perform_parts,
    scratch,
)

import_array()


# --- Picking --------------------------------------------------------------------------

def take(x, indices, *, axis, out=None):
    """The slices x[…, indices, …], picked along one axis."""
    cdef Picking sizes
    cdef Picks work
    cdef ndarray source, places, result
    cdef object answer = None
    cdef int type
    if is_picking(x, indices, axis, &sizes):
        type = PyArray_TYPE(<ndarray> x)
        if must_copy(x, indices, out, type, sizes.ndim, sizes.shape):
            return otherwise("take", (x, indices), {"axis": axis, "out": out})
        places, source = as_read(indices), in_c_order(x)
        result = result_for(source, places, out, type, sizes.ndim, sizes.shape)
        work = described(&sizes, source, places, result)
        if perform(pick, &work, sizeof(Picks), PyArray_SIZE(result)):
            answer = copied(result, out)
    if answer is None:
        answer = otherwise("take", (x, indices), {"axis": axis, "out": out})
    return answer


cdef bint pick(void* arguments) noexcept nogil:
    """out_omi = x_{o, indices_m, i}."""
    cdef Picks work = (<const Picks*> arguments)[0]
    cdef int64_t* room = <int64_t*> scratch(SCRATCH_SHARED, work.count * sizeof(int64_t))
    if not look_up(&work, work.count, room):
        return False
    in_parallel(
        pick_part, &work, work.outer * work.count, max(1, LARGE // max(1, work.inner))
    )
    return True


cdef void pick_part(void* arguments, Py_ssize_t begin, Py_ssize_t end) noexcept nogil:
    """Copies the slices from begin to end."""
    cdef const Picks* work = <const Picks*> arguments
    cdef Py_ssize_t size = work.inner * work.itemsize, slice
    cdef const char* source
    for slice in range(begin, end):
        source = work.x + (
            slice // work.count * work.places + work.wanted[slice % work.count]
        ) * size
        if size == 4:
            memcpy(work.out + slice * 4, source, 4)
        else:
            memcpy(work.out + slice * size, source, size)


def take_along_axis(x, indices, *, axis, out=None):
    """out_ij = x_{i, indices_ij} for axis=1: another index for every place."""
    cdef Picking sizes
    cdef Picks work
    cdef ndarray source, places, result
    cdef object answer = None
    if is_picking_along(x, indices, axis, &sizes) and not must_copy_like(
        x, indices, out, indices
    ):
        places, source = as_read(indices), in_c_order(x)
        result = result_like(source, places, out, places)
        work = described(&sizes, source, places, result)
        if perform(pick_along, &work, sizeof(Picks), PyArray_SIZE(result)):
            answer = copied(result, out)
    if answer is None:
        answer = otherwise("take_along_axis", (x, indices), {"axis": axis, "out": out})
    return answer


cdef bint pick_along(void* arguments) noexcept nogil:
    """out_omi = x_{o, indices_omi, i}."""
    cdef Picks work = (<const Picks*> arguments)[0]
    cdef Py_ssize_t count = work.outer * work.count * work.inner
    cdef int64_t* room = <int64_t*> scratch(SCRATCH_SHARED, count * sizeof(int64_t))
    if not look_up(&work, count, room):
        return False
    in_parallel(
        pick_along_part, &work, work.outer * work.count,
        max(1, LARGE // 4 // max(1, work.inner)),
    )
    return True


cdef void pick_along_part(
    void* arguments, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    """Copies the rows of `inner` numbers from begin to end."""
    cdef const Picks* work = <const Picks*> arguments
    cdef Py_ssize_t o = begin // work.count, m = begin % work.count
    cdef Py_ssize_t row, i, target, source
    for row in range(begin, end):
        for i in range(work.inner):
            target = row * work.inner + i
            source = (o * work.places + work.wanted[target]) * work.inner + i
            if work.itemsize == 4:
                memcpy(work.out + target * 4, work.x + source * 4, 4)
            else:
                memcpy(work.out + target * 8, work.x + source * 8, 8)
        m += 1
        if m == work.count:
            m = 0
            o += 1


# --- One-hot rows ---------------------------------------------------------------------

def one_hot(indices, *, classes, dtype, out=None):
    """out_ij = 1 where j = indices_i, else 0; all 0 where an index is out of range."""
    cdef npy_intp shape[MOST_DIMS]
    cdef Picks work
    cdef Picking sizes
    cdef ndarray places, result
    cdef int i, type
    cdef object answer = None
    type = (<object> np.dtype(dtype)).num
    if (
        is_index(indices)
        and PyArray_NDIM(<ndarray> indices) < MOST_DIMS
        and (type == NPY_FLOAT or type == NPY_DOUBLE)
        and PyLong_CheckExact(classes)
        and classes >= 0
    ):
        sizes.ndim = PyArray_NDIM(<ndarray> indices) + 1
        for i in range(sizes.ndim - 1):
            shape[i] = PyArray_DIMS(<ndarray> indices)[i]
        shape[sizes.ndim - 1] = sizes.places = classes
        sizes.outer = sizes.inner = 1
        sizes.count = PyArray_SIZE(<ndarray> indices)
        if not must_copy(indices, indices, out, type, sizes.ndim, shape):
            places = as_read(indices)
            result = result_for(places, places, out, type, sizes.ndim, shape)
            work = described(&sizes, result, places, result)
            perform_parts(
                mark_part, &work, sizeof(Picks), sizes.count,
                max(1, LARGE // max(1, sizes.places)), 0,
            )
            answer = copied(result, out)
    if answer is None:
        parameters = {"classes": classes, "dtype": dtype, "out": out}
        answer = otherwise("one_hot", (indices,), parameters)
    return answer


cdef void mark_part(void* arguments, Py_ssize_t begin, Py_ssize_t end) noexcept nogil:
    """Fills the rows from begin to end."""
    cdef const Picks* work = <const Picks*> arguments
    cdef Py_ssize_t size = work.places * work.itemsize, m
    cdef int64_t index
    memset(work.out + begin * size, 0, (end - begin) * size)
    for m in range(begin, end):
        if work.short_indices:
            index = (<const int32_t*> work.indices)[m]
        else:
            index = (<const int64_t*> work.indices)[m]
        if 0 <= index < work.places:
            if work.itemsize == sizeof(float):
                (<float*> (work.out + m * size))[index] = 1
            else:
                (<double*> (work.out + m * size))[index] = 1
