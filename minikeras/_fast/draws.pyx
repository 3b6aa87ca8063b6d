"""The driver of random kernels. Contract: kernels/reference/random.py.

Separate from random.pyx, which has the numbers. A task reads the state when it runs, so
that a replay draws other numbers each time.
"""

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t
from libc.string cimport memcpy
from numpy cimport (
    NPY_INT32,
    NPY_INT64,
    NPY_UINT32,
    NPY_UINT64,
    PyArray_CheckExact,
    PyArray_CopyInto,
    PyArray_DATA,
    PyArray_DIMS,
    PyArray_EMPTY,
    PyArray_NDIM,
    PyArray_SIZE,
    PyArray_STRIDES,
    PyArray_TYPE,
    import_array,
    ndarray,
    npy_intp,
)

import numpy as np

from minikeras._fast.arrays cimport MOST_DIMS, is_flat, is_native, is_writeable
from minikeras._fast.philox cimport State, state_of
from minikeras._fast.tasks cimport Part, noting, perform_parts, refused

import_array()

cdef enum:
    GRAIN = 2048        # numbers that are worth a thread


cdef bint watch_state(object state, Draw* work):
    """Finds where a task is to read [seed, counter]; False if it can't."""
    cdef ndarray array
    if not PyArray_CheckExact(state):
        return False
    array = state
    work.type_of_state = PyArray_TYPE(array)
    work.seed = <const char*> PyArray_DATA(array)
    if not (
        is_integer(work.type_of_state)
        and is_native(array, work.type_of_state)
        and PyArray_NDIM(array) == 1
        and PyArray_SIZE(array) == 2
    ):
        return False
    work.counter = <char*> PyArray_DATA(array) + PyArray_STRIDES(array)[0]
    return True


cdef bint is_integer(int type) noexcept:
    """Tells if a state may be of the type."""
    return (
        type == NPY_UINT32 or type == NPY_INT32
        or type == NPY_UINT64 or type == NPY_INT64
    )


cdef State state_now(const Draw* work) noexcept nogil:
    """Returns the state as it is now."""
    return state_of(
        word_at(work.seed, work.type_of_state), word_at(work.counter, work.type_of_state)
    )


cdef uint64_t word_at(const char* place, int type) noexcept nogil:
    """Returns an integer modulo 2⁶⁴, which may be unaligned: one memcpy is one load."""
    cdef uint64_t word
    cdef uint32_t half
    if type == NPY_UINT64 or type == NPY_INT64:
        memcpy(&word, place, sizeof(word))
        return word
    memcpy(&half, place, sizeof(half))
    return half if type == NPY_UINT32 else <uint64_t> <int64_t> <int32_t> half


cdef object drawn(Part part, Draw* work, ndarray result, object out):
    """Draws the numbers into the result, and returns `out` with them, if that is given.
    """
    if noting() and result is not out:
        refused()  # a task makes no copies
        return out
    work.type = PyArray_TYPE(result)
    work.out = PyArray_DATA(result)
    perform_parts(part, work, sizeof(Draw), PyArray_SIZE(result), GRAIN, 0)
    if out is None or out is result:
        return result
    PyArray_CopyInto(out, result)
    return out


cdef ndarray result_for(object shape, object dtype, object out, int type, int other):
    """Returns an array in C order for the numbers; None if they are not for us.

    It is `out` itself, if that is one run; `given` copies to `out` if it is not.
    """
    cdef npy_intp sizes[MOST_DIMS]
    cdef ndarray result
    cdef int wanted, i, ndim = len(shape)
    dtype = np.dtype(dtype)
    wanted = dtype.num
    if not dtype.isnative or (wanted != type and wanted != other) or ndim > MOST_DIMS:
        return None
    for i in range(ndim):
        sizes[i] = shape[i]
    if out is None:
        return PyArray_EMPTY(ndim, sizes, wanted, 0)
    if not (is_native(out, wanted) and is_writeable(out) and PyArray_NDIM(out) == ndim):
        return None
    for i in range(ndim):
        if PyArray_DIMS(out)[i] != sizes[i]:
            return None
    if is_flat(out):
        return out
    return PyArray_EMPTY(ndim, sizes, wanted, 0)
