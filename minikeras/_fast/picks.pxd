"""The driver of kernels that pick by integers: from indices to a task that reads them.

An array is seen here as (outer, places, inner): an index names one of the places. All
indices are looked at, in the task, before one is used; where one is out of range the
task refuses, and the reference answers, with its error.
"""

from libc.stdint cimport int64_t
from numpy cimport ndarray, npy_intp

from minikeras._fast.walk cimport MOST_DIMS


cdef struct Picking:
    # What take does to x, and take_grad undoes: its sizes, and the result's shape.
    Py_ssize_t outer
    Py_ssize_t places
    Py_ssize_t inner
    Py_ssize_t count    # indices
    int ndim
    npy_intp shape[MOST_DIMS]


cdef struct Picks:
    # The arguments of a task: the sizes, and the memory.
    Py_ssize_t outer
    Py_ssize_t places
    Py_ssize_t inner
    Py_ssize_t count
    const char* x       # what is picked from, or the gradient
    char* out
    int itemsize        # of those two
    const char* indices
    bint short_indices  # of 32 bits
    # What the task makes of the indices.
    const int64_t* wanted       # all in [0, places)
    Py_ssize_t* ends
    Py_ssize_t* order


cdef Picks described(
    const Picking* sizes, ndarray x, ndarray indices, ndarray out
) noexcept
cdef bint look_up(Picks* work, Py_ssize_t count, int64_t* room) noexcept nogil

cdef bint is_float(object x) noexcept
cdef bint is_picking(object x, object indices, object axis, Picking* sizes)
cdef bint is_picking_along(object x, object indices, object axis, Picking* sizes)
cdef bint is_index(object indices) noexcept
cdef bint has_shape(ndarray x, int ndim, const npy_intp* shape) noexcept
cdef ndarray as_read(ndarray indices)
cdef ndarray in_c_order(ndarray x)

cdef bint must_copy(
    ndarray x, ndarray indices, object out, int type, int ndim, const npy_intp* shape
) noexcept
cdef ndarray result_for(
    ndarray x, ndarray indices, object out, int type, int ndim, const npy_intp* shape
)
cdef bint must_copy_like(
    ndarray x, ndarray indices, object out, ndarray like
) noexcept
cdef ndarray result_like(ndarray x, ndarray indices, object out, ndarray like)
cdef object copied(ndarray result, object out)
