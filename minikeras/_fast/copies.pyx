"""Copies from any layout to one run, as a walk.

Separate from walk.pyx, which has no arithmetic and takes any: here it is memcpy.
"""

from libc.string cimport memcpy
from numpy cimport (
    PyArray_DATA,
    PyArray_DIMS,
    PyArray_ITEMSIZE,
    PyArray_NDIM,
    PyArray_STRIDES,
    import_array,
    ndarray,
    npy_intp,
    npy_uint8,
    npy_uint32,
    npy_uint64,
)

from minikeras._fast.tasks cimport LARGE_WORK, in_parallel
from minikeras._fast.walk cimport Walk, merge_axes, plan_blocks, walk_through

import_array()

ctypedef fused item:
    npy_uint8
    npy_uint32
    npy_uint64


cdef void copy_flat(const item* x, item* out, Py_ssize_t n) noexcept nogil:
    memcpy(out, x, n * sizeof(item))


cdef void* copying(int itemsize) noexcept:
    """Returns the flat function that copies numbers of a size; NULL if there is none."""
    if itemsize == 8:
        return <void*> copy_flat[npy_uint64]
    if itemsize == 4:
        return <void*> copy_flat[npy_uint32]
    return <void*> copy_flat[npy_uint8] if itemsize == 1 else NULL


cdef npy_intp plan_copy(Walk* walk, ndarray x, const int* order) noexcept:
    """Plans a copy of x in C order, its axes in this order; returns how many blocks.

    Where to, is said when it is made.
    """
    cdef int i, axis
    cdef npy_intp stride = PyArray_ITEMSIZE(x)
    walk.arrays, walk.ndim = 2, PyArray_NDIM(x)
    walk.data[0], walk.data[1] = <char*> PyArray_DATA(x), NULL
    walk.is_number[0] = False
    walk.flat = copying(PyArray_ITEMSIZE(x))
    for i in range(2):
        walk.itemsize[i] = PyArray_ITEMSIZE(x)
        walk.aligned[i] = True  # copies do not mind
    for i in range(walk.ndim - 1, -1, -1):
        axis = order[i]
        walk.shape[i] = PyArray_DIMS(x)[axis]
        walk.strides[0][i] = PyArray_STRIDES(x)[axis]
        walk.strides[1][i] = stride
        stride *= walk.shape[i]
    merge_axes(walk)
    return plan_blocks(walk)


cdef void copy_in_order(const Walk* walk, npy_intp blocks, char* copy) noexcept nogil:
    """Makes a planned copy; for inside a task."""
    cdef Walk to_copy = walk[0]
    to_copy.data[1] = copy
    in_parallel(
        walk_through, &to_copy, blocks,
        max(1, LARGE_WORK // (walk.block_rows * walk.block_columns)),
    )
