"""Constants, copies, and views that NumPy makes in Python.

Contract: kernels/reference/shape.py. None has arithmetic; what is saved is the time that
a call takes, and that a replay need not call Python for them.
"""

from cpython.float cimport PyFloat_CheckExact
from cpython.long cimport PyLong_AsLong, PyLong_CheckExact
from cpython.object cimport PyTypeObject
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_CheckExact, PyTuple_GET_ITEM, PyTuple_GET_SIZE
from numpy cimport (
    NPY_ARRAY_C_CONTIGUOUS,
    NPY_ARRAY_WRITEABLE,
    NPY_CORDER,
    NPY_OBJECT,
    PyArray_CheckExact,
    PyArray_DATA,
    PyArray_DIMS,
    PyArray_EMPTY,
    PyArray_FLAGS,
    PyArray_ISNOTSWAPPED,
    PyArray_ITEMSIZE,
    PyArray_NDIM,
    PyArray_NewCopy,
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
from minikeras._fast.comparison cimport can_cast, cast_to_type
from minikeras._fast.copies cimport copying
from minikeras._fast.tasks cimport perform_parts
from minikeras._fast.walk cimport (
    Walk,
    place_number,
    place_run,
    plan_blocks,
    walk_through,
)

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

def full(*, shape, value, dtype, out=None):
    """`value` everywhere."""
    cdef npy_intp sides[MOST_DIMS]
    cdef int ndim = sides_of(shape, sides)
    cdef int type = (<object> np.dtype(dtype)).num
    cdef object result = None
    if ndim >= 0 and is_exact(value):
        result = new_or_out(ndim, sides, type, out)
    if result is None or not fill(result, value):
        parameters = {"shape": shape, "value": value, "dtype": dtype, "out": out}
        return otherwise("full", (), parameters)
    return result


def ones_like(x, *, out=None):
    """1 everywhere."""
    cdef object result = None
    if is_plain(x):
        result = new_or_out(
            PyArray_NDIM(<ndarray> x), PyArray_DIMS(<ndarray> x),
            PyArray_TYPE(<ndarray> x), out,
        )
    if result is None or not fill(result, 1):
        return otherwise("ones_like", (x,), {"out": out})
    return result


def zeros_like(x, *, out=None):
    """0 everywhere."""
    cdef ndarray array
    if is_plain(x):
        array = x
        if out is None:
            return PyArray_ZEROS(
                PyArray_NDIM(array), PyArray_DIMS(array), PyArray_TYPE(array), 0
            )
        if is_native(out, PyArray_TYPE(array)) and same_shape(out, array):
            if fill(out, 0):
                return out
    return otherwise("zeros_like", (x,), {"out": out})


cdef bint is_exact(object value):
    """Tells if a number is a float, or an int that a float64 holds exactly."""
    return PyFloat_CheckExact(value) or (
        PyLong_CheckExact(value) and -(2**53) <= value <= 2**53
    )


cdef bint fill(ndarray out, object value) except -1:
    """Writes a number everywhere; returns if compiled code can do that."""
    cdef Walk walk
    cdef npy_intp blocks
    if not (is_flat(out) and is_writeable(out)):
        return False
    walk.arrays, walk.ndim = 2, 1
    walk.shape[0] = PyArray_SIZE(out)
    if not place_number(&walk, 0, value, PyArray_TYPE(out)):
        return False
    place_run(&walk, 1, out)
    blocks = plan_blocks(&walk)
    walk.flat = copying(PyArray_ITEMSIZE(out))
    perform_parts(
        walk_through, &walk, sizeof(Walk), blocks,
        max(1, LARGE // walk.block_columns), 0,
    )
    return True


cdef object new_or_out(int ndim, npy_intp* shape, int type, object out):
    """Returns `out`, or a new array if that is None, or None if it does not fit."""
    cdef int i
    if out is None:
        if type >= NPY_OBJECT:
            return None
        return PyArray_EMPTY(ndim, shape, type, 0)
    if not is_native(out, type) or PyArray_NDIM(<ndarray> out) != ndim:
        return None
    for i in range(ndim):
        if PyArray_DIMS(<ndarray> out)[i] != shape[i]:
            return None
    return out


# --- Copies ---------------------------------------------------------------------------
#
# A copy to a part of an array is a cast to a view of that part, without a change of
# type.

def contiguous(x, *, out=None):
    """x in C order; x itself if it is so already."""
    cdef object result = None
    if is_plain(x):
        if out is None and PyArray_FLAGS(<ndarray> x) & NPY_ARRAY_C_CONTIGUOUS:
            return x
        if out is None:
            return PyArray_NewCopy(x, NPY_CORDER)
        result = cast_to_type(x, PyArray_TYPE(<ndarray> x), out)
    if result is None:
        result = otherwise("contiguous", (x,), {"out": out})
    return result


def concatenate(*arrays, axis, out=None):
    """The arrays one after the other along an axis they already have."""
    cdef npy_intp shape[MOST_DIMS]
    cdef object result = None
    cdef Py_ssize_t start = 0, length
    cdef int place = place_to_join(arrays, axis, shape)
    if place >= 0:
        result = new_or_out(
            PyArray_NDIM(<ndarray> arrays[0]), shape, PyArray_TYPE(<ndarray> arrays[0]),
            out,
        )
    if result is None or not takes_copies(result, arrays):
        return otherwise("concatenate", arrays, {"axis": axis, "out": out})
    before = (slice(None),) * place
    for array in arrays:
        length = PyArray_DIMS(<ndarray> array)[place]
        part = result[(*before, slice(start, start + length), ...)]
        cast_to_type(array, PyArray_TYPE(<ndarray> array), part)
        start += length
    return result


cdef int place_to_join(tuple arrays, object axis, npy_intp* shape) except -2:
    """Returns the axis counted from 0, and the shape of all arrays joined along it.

    Returns -1 if compiled code can't join them.
    """
    cdef ndarray first, array
    cdef int place, i
    if not arrays or not is_plain(arrays[0]):
        return -1
    first = arrays[0]
    place = place_of(axis, PyArray_NDIM(first))
    if place < 0:
        return -1
    for i in range(PyArray_NDIM(first)):
        shape[i] = 0 if i == place else PyArray_DIMS(first)[i]
    for each in arrays:
        if not is_native(each, PyArray_TYPE(first)):
            return -1
        array = each
        if PyArray_NDIM(array) != PyArray_NDIM(first):
            return -1
        for i in range(PyArray_NDIM(first)):
            if i == place:
                shape[i] += PyArray_DIMS(array)[i]
            elif PyArray_DIMS(array)[i] != shape[i]:
                return -1
    return place


def pad(x, *, pad_width, value, out=None):
    """x surrounded by `value`, pad_width[i] = (before, after) times on axis i."""
    cdef npy_intp shape[MOST_DIMS]
    cdef object result = None
    cdef object inside = place_inside(x, pad_width, shape)
    if inside is not None and is_exact(value):
        result = new_or_out(
            PyArray_NDIM(<ndarray> x), shape, PyArray_TYPE(<ndarray> x), out
        )
    if (
        result is None
        or not takes_copies(result, (x,))
        or not fill(result, value)
    ):
        parameters = {"pad_width": pad_width, "value": value, "out": out}
        return otherwise("pad", (x,), parameters)
    cast_to_type(x, PyArray_TYPE(<ndarray> x), result[inside])
    return result


cdef object place_inside(object x, object pad_width, npy_intp* shape):
    """Returns the key of x in the padded array, and that one's shape.

    Returns None if compiled code can't pad x so.
    """
    cdef int i
    if not is_plain(x) or len(pad_width) != PyArray_NDIM(<ndarray> x):
        return None
    key = []
    for i, (before, after) in enumerate(pad_width):
        if not (0 <= before and 0 <= after):
            return None
        size = PyArray_DIMS(<ndarray> x)[i]
        shape[i] = before + size + after
        key.append(slice(before, before + size))
    return (*key, ...)


cdef bint takes_copies(ndarray out, tuple arrays) except -1:
    """Tells if numbers of this type can be copied to `out`, which overlaps no array."""
    if not is_writeable(out) or not can_cast(PyArray_TYPE(out), PyArray_TYPE(out)):
        return False
    for array in arrays:
        if overlap(array, out):
            return False
    return True


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
