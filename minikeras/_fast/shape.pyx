"""Constants, and views that NumPy makes in Python. Contract: kernels/reference/shape.py.

Neither has arithmetic; what is saved is the time that a call takes.
"""

from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact
from cpython.long cimport PyLong_AsLong, PyLong_CheckExact
from cpython.object cimport PyTypeObject
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_CheckExact, PyTuple_GET_ITEM, PyTuple_GET_SIZE
from cython cimport floating
from numpy cimport (
    NPY_ARRAY_WRITEABLE,
    NPY_DOUBLE,
    NPY_FLOAT,
    NPY_OBJECT,
    PyArray_CheckExact,
    PyArray_DATA,
    PyArray_DIMS,
    PyArray_EMPTY,
    PyArray_FLAGS,
    PyArray_ISNOTSWAPPED,
    PyArray_NDIM,
    PyArray_SetBaseObject,
    PyArray_SIZE,
    PyArray_STRIDES,
    PyArray_TYPE,
    PyArray_ZEROS,
    import_array,
    ndarray,
    npy_intp,
)

import numpy as np

from minikeras._fast.arrays cimport MOST_DIMS, otherwise
from minikeras._fast.clones cimport cloned

cdef extern from "numpy/arrayobject.h":
    ctypedef struct PyArray_Descr:
        pass
    PyTypeObject PyArray_Type
    PyArray_Descr* PyArray_DESCR(ndarray x)
    ndarray PyArray_NewFromDescr(
        PyTypeObject* subtype, PyArray_Descr* descr, int ndim, const npy_intp* shape,
        const npy_intp* strides, void* data, int flags, object prototype
    )
    ndarray PyArray_SwapAxes(ndarray x, int axis, int other)

import_array()


# --- Constants ------------------------------------------------------------------------

cdef cloned fill_flat(floating* out, double value, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = <floating> value


cdef ndarray filled(int ndim, npy_intp* shape, double value, int type):
    """Returns a new array of one number everywhere."""
    cdef ndarray result = PyArray_EMPTY(ndim, shape, type, 0)
    if type == NPY_FLOAT:
        fill_flat(<float*> PyArray_DATA(result), value, PyArray_SIZE(result))
    else:
        fill_flat(<double*> PyArray_DATA(result), value, PyArray_SIZE(result))
    return result


def full(*, shape, value, dtype, out=None):
    """`value` everywhere."""
    cdef npy_intp sides[MOST_DIMS]
    cdef int ndim = sides_of(shape, sides)
    cdef int type = (<object> np.dtype(dtype)).num
    if (
        out is None
        and ndim >= 0
        and (type == NPY_FLOAT or type == NPY_DOUBLE)
        and PyFloat_CheckExact(value)
    ):
        return filled(ndim, sides, PyFloat_AS_DOUBLE(value), type)
    parameters = {"shape": shape, "value": value, "dtype": dtype, "out": out}
    return otherwise("full", (), parameters)


def ones_like(x, *, out=None):
    """1 everywhere."""
    cdef ndarray array
    if out is None and is_plain(x):
        array = x
        if PyArray_TYPE(array) == NPY_FLOAT or PyArray_TYPE(array) == NPY_DOUBLE:
            return filled(
                PyArray_NDIM(array), PyArray_DIMS(array), 1, PyArray_TYPE(array)
            )
    return otherwise("ones_like", (x,), {"out": out})


def zeros_like(x, *, out=None):
    """0 everywhere."""
    cdef ndarray array
    if out is None and is_plain(x):
        array = x
        return PyArray_ZEROS(
            PyArray_NDIM(array), PyArray_DIMS(array), PyArray_TYPE(array), 0
        )
    return otherwise("zeros_like", (x,), {"out": out})


# --- Views ----------------------------------------------------------------------------

def broadcast_to(x, *, shape):
    """x repeated to fill `shape`, without a copy; read-only."""
    cdef npy_intp sides[MOST_DIMS]
    cdef npy_intp strides[MOST_DIMS]
    cdef ndarray array
    cdef int i, missing
    cdef int ndim = sides_of(shape, sides)
    cdef bint fits = is_plain(x) and ndim >= PyArray_NDIM(<ndarray> x)
    if fits:
        array = x
        missing = ndim - PyArray_NDIM(array)
        for i in range(ndim):
            strides[i] = 0
            if i < missing or PyArray_DIMS(array)[i - missing] == 1:
                continue
            strides[i] = PyArray_STRIDES(array)[i - missing]
            fits = fits and PyArray_DIMS(array)[i - missing] == sides[i]
    if not fits:
        return otherwise("broadcast_to", (x,), {"shape": shape})
    return view_of(array, ndim, sides, strides, 0)


def expand_dims(x, *, axis):
    """New axes of size 1, at the places `axis` of the result."""
    cdef npy_intp sides[MOST_DIMS]
    cdef npy_intp strides[MOST_DIMS]
    cdef ndarray array
    cdef int ndim, place, i, next_axis = 0
    cdef Py_ssize_t j, count = 1
    cdef object axes = axis if PyTuple_CheckExact(axis) else (axis,)
    cdef bint fits
    count = PyTuple_GET_SIZE(axes)
    fits = is_plain(x) and PyArray_NDIM(<ndarray> x) + count <= MOST_DIMS
    if fits:
        array = x
        ndim = PyArray_NDIM(array) + <int> count
        for i in range(ndim):
            sides[i] = 0
        for j in range(count):
            place = place_of(<object> PyTuple_GET_ITEM(axes, j), ndim)
            if place < 0 or sides[place] == 1:
                fits = False
                break
            sides[place] = 1
    if not fits:
        return otherwise("expand_dims", (x,), {"axis": axis})
    for i in range(ndim):
        strides[i] = 0
        if sides[i] == 0:
            sides[i] = PyArray_DIMS(array)[next_axis]
            strides[i] = PyArray_STRIDES(array)[next_axis]
            next_axis += 1
    return view_of(
        array, ndim, sides, strides, PyArray_FLAGS(array) & NPY_ARRAY_WRITEABLE
    )


def swap_last(x):
    """The last two axes swapped: a stack of transposed matrices."""
    if not PyArray_CheckExact(x):
        return otherwise("swap_last", (x,), {})
    return PyArray_SwapAxes(x, -1, -2)


cdef ndarray view_of(
    ndarray x, int ndim, const npy_intp* shape, const npy_intp* strides, int flags
):
    """Returns an array that sees the memory of x in another shape."""
    cdef ndarray view
    Py_INCREF(<object> PyArray_DESCR(x))  # NewFromDescr takes it over
    view = PyArray_NewFromDescr(
        &PyArray_Type, PyArray_DESCR(x), ndim, shape, strides, PyArray_DATA(x), flags,
        None,
    )
    Py_INCREF(x)  # and so does SetBaseObject
    PyArray_SetBaseObject(view, x)
    return view


# --- What fits ------------------------------------------------------------------------

cdef bint is_plain(object x) noexcept:
    """Tells if x is an ndarray itself, of numbers or bools in this byte order."""
    return (
        PyArray_CheckExact(x)
        and PyArray_TYPE(<ndarray> x) < NPY_OBJECT
        and PyArray_ISNOTSWAPPED(<ndarray> x)
    )


cdef int sides_of(object shape, npy_intp* sides):
    """Fills in the sides of a shape; returns how many, or -1 for what is no shape."""
    cdef Py_ssize_t i
    if not PyTuple_CheckExact(shape) or PyTuple_GET_SIZE(shape) > MOST_DIMS:
        return -1
    for i in range(PyTuple_GET_SIZE(shape)):
        if not PyLong_CheckExact(<object> PyTuple_GET_ITEM(shape, i)):
            return -1
        sides[i] = <object> PyTuple_GET_ITEM(shape, i)
        if sides[i] < 0:
            return -1
    return <int> PyTuple_GET_SIZE(shape)


cdef int place_of(object axis, int ndim):
    """Returns an axis counted from 0, or -1 if there is none such."""
    cdef long place
    if not PyLong_CheckExact(axis):
        return -1
    try:
        place = PyLong_AsLong(axis)
    except OverflowError:
        return -1
    if place < 0:
        place += ndim
    return <int> place if 0 <= place < ndim else -1
