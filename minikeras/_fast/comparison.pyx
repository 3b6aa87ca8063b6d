"""Comparison, logic, selection and casts. Contract: kernels/reference/elementwise.py.

Separate from elementwise.pyx, because types differ here: most results are bools.
"""

from cpython.object cimport PyObject
from cython cimport floating
from libc.math cimport INFINITY
from numpy cimport (
    NPY_BOOL,
    NPY_CORDER,
    NPY_DOUBLE,
    NPY_FLOAT,
    NPY_INT32,
    NPY_INT64,
    NPY_UINT8,
    PyArray_CheckExact,
    PyArray_NewCopy,
    PyArray_TYPE,
    dtype as numpy_dtype,
    import_array,
    ndarray,
    npy_bool,
    npy_int32,
    npy_int64,
    npy_uint8,
)

from minikeras._fast.arrays cimport (
    LARGE,
    Elementwise,
    applied,
    binary,
    comparison,
    is_flat,
    is_native,
    logic,
    otherwise,
    selection,
    ternary,
    unary,
    with_integers,
)
from minikeras._fast.clones cimport cloned
from minikeras._fast.elementary cimport magnitude

import_array()


ctypedef fused number:
    float
    double
    npy_int32
    npy_int64


# --- Comparison -----------------------------------------------------------------------

cdef cloned equal_flat(
    const number* x, const number* y, npy_bool* out, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = x[i] == y[i]

cdef Elementwise EQUAL = with_integers(
    comparison("equal", <void*> equal_flat[float], <void*> equal_flat[double]),
    <void*> equal_flat[npy_int32],
    <void*> equal_flat[npy_int64],
)

def equal(x, y, *, out=None):
    """x_i = y_i."""
    return binary(&EQUAL, x, y, out)


cdef cloned not_equal_flat(
    const number* x, const number* y, npy_bool* out, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = x[i] != y[i]

cdef Elementwise NOT_EQUAL = with_integers(
    comparison(
        "not_equal", <void*> not_equal_flat[float], <void*> not_equal_flat[double]
    ),
    <void*> not_equal_flat[npy_int32],
    <void*> not_equal_flat[npy_int64],
)

def not_equal(x, y, *, out=None):
    """x_i ≠ y_i."""
    return binary(&NOT_EQUAL, x, y, out)


cdef cloned less_flat(
    const number* x, const number* y, npy_bool* out, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = x[i] < y[i]

cdef Elementwise LESS = with_integers(
    comparison("less", <void*> less_flat[float], <void*> less_flat[double]),
    <void*> less_flat[npy_int32],
    <void*> less_flat[npy_int64],
)

def less(x, y, *, out=None):
    """x_i < y_i; false if one is nan."""
    return binary(&LESS, x, y, out)


cdef cloned less_equal_flat(
    const number* x, const number* y, npy_bool* out, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = x[i] <= y[i]

cdef Elementwise LESS_EQUAL = with_integers(
    comparison(
        "less_equal", <void*> less_equal_flat[float], <void*> less_equal_flat[double]
    ),
    <void*> less_equal_flat[npy_int32],
    <void*> less_equal_flat[npy_int64],
)

def less_equal(x, y, *, out=None):
    """x_i ≤ y_i; false if one is nan."""
    return binary(&LESS_EQUAL, x, y, out)


cdef cloned greater_flat(
    const number* x, const number* y, npy_bool* out, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = x[i] > y[i]

cdef Elementwise GREATER = with_integers(
    comparison("greater", <void*> greater_flat[float], <void*> greater_flat[double]),
    <void*> greater_flat[npy_int32],
    <void*> greater_flat[npy_int64],
)

def greater(x, y, *, out=None):
    """x_i > y_i; false if one is nan."""
    return binary(&GREATER, x, y, out)


cdef cloned greater_equal_flat(
    const number* x, const number* y, npy_bool* out, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = x[i] >= y[i]

cdef Elementwise GREATER_EQUAL = with_integers(
    comparison(
        "greater_equal", <void*> greater_equal_flat[float], <void*> greater_equal_flat[double]
    ),
    <void*> greater_equal_flat[npy_int32],
    <void*> greater_equal_flat[npy_int64],
)

def greater_equal(x, y, *, out=None):
    """x_i ≥ y_i; false if one is nan."""
    return binary(&GREATER_EQUAL, x, y, out)


cdef cloned isnan_flat(const floating* x, npy_bool* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = x[i] != x[i]

cdef Elementwise ISNAN = comparison(
    "isnan", <void*> isnan_flat[float], <void*> isnan_flat[double]
)

def isnan(x, *, out=None):
    """Whether x_i is not a number."""
    return unary(&ISNAN, x, out)


cdef cloned isinf_flat(const floating* x, npy_bool* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = magnitude(x[i]) == <floating> INFINITY

cdef Elementwise ISINF = comparison(
    "isinf", <void*> isinf_flat[float], <void*> isinf_flat[double]
)

def isinf(x, *, out=None):
    """Whether x_i is ±inf."""
    return unary(&ISINF, x, out)


cdef cloned isfinite_flat(
    const floating* x, npy_bool* out, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = magnitude(x[i]) < <floating> INFINITY

cdef Elementwise ISFINITE = comparison(
    "isfinite", <void*> isfinite_flat[float], <void*> isfinite_flat[double]
)

def isfinite(x, *, out=None):
    """Whether x_i is neither nan nor ±inf."""
    return unary(&ISFINITE, x, out)


# --- Logic ----------------------------------------------------------------------------

cdef cloned logical_and_flat(
    const npy_bool* x, const npy_bool* y, npy_bool* out, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = (x[i] != 0) & (y[i] != 0)

cdef Elementwise LOGICAL_AND = logic("logical_and", <void*> logical_and_flat)

def logical_and(x, y, *, out=None):
    """x_i ∧ y_i, of bools."""
    return binary(&LOGICAL_AND, x, y, out)


cdef cloned logical_or_flat(
    const npy_bool* x, const npy_bool* y, npy_bool* out, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = (x[i] != 0) | (y[i] != 0)

cdef Elementwise LOGICAL_OR = logic("logical_or", <void*> logical_or_flat)

def logical_or(x, y, *, out=None):
    """x_i ∨ y_i, of bools."""
    return binary(&LOGICAL_OR, x, y, out)


cdef cloned logical_xor_flat(
    const npy_bool* x, const npy_bool* y, npy_bool* out, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = (x[i] != 0) ^ (y[i] != 0)

cdef Elementwise LOGICAL_XOR = logic("logical_xor", <void*> logical_xor_flat)

def logical_xor(x, y, *, out=None):
    """Whether one of x_i and y_i is true and the other is not."""
    return binary(&LOGICAL_XOR, x, y, out)


cdef cloned logical_not_flat(
    const npy_bool* x, npy_bool* out, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = x[i] == 0

cdef Elementwise LOGICAL_NOT = logic("logical_not", <void*> logical_not_flat)

def logical_not(x, *, out=None):
    """¬x_i, of bools."""
    return unary(&LOGICAL_NOT, x, out)


# --- Selection ------------------------------------------------------------------------

cdef cloned where_flat(
    const npy_bool* condition, const number* x, const number* y,
    number* out, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = x[i] if condition[i] else y[i]

cdef Elementwise WHERE = with_integers(
    selection("where", <void*> where_flat[float], <void*> where_flat[double]),
    <void*> where_flat[npy_int32],
    <void*> where_flat[npy_int64],
)

def where(condition, x, y, *, out=None):
    """x_i where the condition is true, else y_i."""
    return ternary(&WHERE, condition, x, y, out)


# --- Casts and copies -----------------------------------------------------------------

ctypedef fused source:  # a bool is an unsigned byte
    npy_uint8
    npy_int32
    npy_int64
    float
    double


cdef cloned cast_flat(const source* x, number* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = <number> x[i]


cdef cloned truth_flat(const source* x, npy_bool* out, Py_ssize_t n) noexcept nogil:
    """out_i = whether x_i is not 0."""
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = x[i] != 0


cdef void* cast_from(int source_type, number like) noexcept:
    """Returns the flat function of a cast to the type of `like`; NULL if none is."""
    if source_type == NPY_FLOAT:
        return <void*> cast_flat[float, number]
    if source_type == NPY_DOUBLE:
        return <void*> cast_flat[double, number]
    if source_type == NPY_INT32:
        return <void*> cast_flat[npy_int32, number]
    if source_type == NPY_INT64:
        return <void*> cast_flat[npy_int64, number]
    if source_type == NPY_BOOL or source_type == NPY_UINT8:
        return <void*> cast_flat[npy_uint8, number]
    return NULL


cdef void* cast_function(int source_type, int target_type) noexcept:
    """Returns the flat function of a cast, NULL if it is not compiled."""
    if target_type == NPY_FLOAT:
        return cast_from[float](source_type, 0)
    if target_type == NPY_DOUBLE:
        return cast_from[double](source_type, 0)
    if target_type == NPY_INT32:
        return cast_from[npy_int32](source_type, 0)
    if target_type == NPY_INT64:
        return cast_from[npy_int64](source_type, 0)
    if target_type == NPY_BOOL:
        if source_type == NPY_FLOAT:
            return <void*> truth_flat[float]
        if source_type == NPY_DOUBLE:
            return <void*> truth_flat[double]
        if source_type == NPY_INT32:
            return <void*> truth_flat[npy_int32]
        if source_type == NPY_INT64:
            return <void*> truth_flat[npy_int64]
        if source_type == NPY_BOOL or source_type == NPY_UINT8:
            return <void*> truth_flat[npy_uint8]
    return NULL


cdef bint can_cast(int source_type, int target_type) noexcept:
    """Tells if a cast is compiled."""
    return cast_function(source_type, target_type) is not NULL


def cast(x, *, dtype, out=None):
    """x_i as another dtype; x itself if it has that dtype already."""
    cdef object result = None
    cdef int type
    if PyArray_CheckExact(x):
        type = type_of_dtype(dtype)
        if out is None and is_native(x, type):
            return x
        result = cast_to_type(x, type, out)
    if result is None:
        result = otherwise("cast", (x,), {"dtype": dtype, "out": out})
    return result


def copy(x, *, out=None):
    """x_i, in memory of its own and in C order."""
    cdef object result = None
    if PyArray_CheckExact(x):
        if out is None and not is_flat(x):
            return PyArray_NewCopy(x, NPY_CORDER)
        result = cast_to_type(x, PyArray_TYPE(<ndarray> x), out)
    if result is None:
        result = otherwise("copy", (x,), {"out": out})
    return result


cdef object cast_to_type(ndarray x, int type, object out):
    """Returns x in a new array or in `out`; None if that cast is not compiled."""
    cdef PyObject* inputs[1]
    cdef int types[2]
    cdef void* flat = cast_function(PyArray_TYPE(x), type)
    if flat is NULL or not is_native(x, PyArray_TYPE(x)):
        return None
    inputs[0] = <PyObject*> x
    types[0] = PyArray_TYPE(x)
    types[1] = type
    return applied(flat, 1, inputs, types, out, LARGE)


cdef int type_of_dtype(object dtype):
    """Returns the type of what is compiled, or of NumPy's dtypes; -1 for all else."""
    if isinstance(dtype, str):
        if dtype == "float32":
            return NPY_FLOAT
        if dtype == "float64":
            return NPY_DOUBLE
        if dtype == "int32":
            return NPY_INT32
        if dtype == "int64":
            return NPY_INT64
        if dtype == "bool":
            return NPY_BOOL
    elif isinstance(dtype, numpy_dtype) and dtype.isnative:
        return (<numpy_dtype> dtype).type_num
    return -1
