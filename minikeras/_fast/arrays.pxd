"""The driver of elementwise kernels, and what every compiled kernel needs of NumPy.

The arithmetic of a kernel is a `cloned` function of contiguous runs. README.md tells
how it gets from there to `k.add`; arrays.pyx explains each function.
"""

from cpython.object cimport PyObject
from numpy cimport (
    NPY_ARRAY_ALIGNED,
    NPY_ARRAY_C_CONTIGUOUS,
    NPY_ARRAY_WRITEABLE,
    PyArray_CheckExact,
    PyArray_FLAGS,
    PyArray_ISNOTSWAPPED,
    PyArray_TYPE,
    ndarray,
)

from minikeras._fast.walk cimport MOST_DIMS, MOST_INPUTS

cdef enum:
    TILE = 512          # numbers in a buffer on the stack; 4 KB of float64
    # A kernel of more numbers lets other Python threads run: taking the GIL back then
    # costs less than a hundredth of the work.
    LARGE = 1 << 15


# --- Any array ------------------------------------------------------------------------

cdef inline bint is_native(object x, int type) noexcept:
    """Tells if x is an ndarray itself, no subclass, of this type in this byte order."""
    return (
        PyArray_CheckExact(x)
        and PyArray_TYPE(<ndarray> x) == type
        and PyArray_ISNOTSWAPPED(<ndarray> x)
    )


cdef inline bint is_flat(ndarray x) noexcept:
    """Tells if x may be read as one run of numbers, in C order."""
    cdef int wanted = NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_ALIGNED
    return PyArray_FLAGS(x) & wanted == wanted


cdef inline bint is_writeable(ndarray x) noexcept:
    return PyArray_FLAGS(x) & NPY_ARRAY_WRITEABLE != 0


cdef bint same_shape(ndarray x, ndarray y) noexcept
cdef bint is_same_view(ndarray x, ndarray y) noexcept
cdef bint overlap(ndarray x, ndarray y) noexcept
cdef ndarray empty_like(ndarray x, int type)
cdef object otherwise(str name, tuple inputs, dict parameters)


# --- Elementwise kernels --------------------------------------------------------------

cdef struct Elementwise:
    # A kernel: its name, and its flat function for each type T of its inputs, or NULL,
    #     void f(const T* x, [const T* y, [const T* z,]] U* out, Py_ssize_t n)
    const char* name
    void* of_float32
    void* of_float64
    void* of_bool
    void* of_int32
    void* of_int64
    bint gives_bool     # U is bool, not T
    bint selects        # x is bool, whatever T is
    Py_ssize_t grain    # numbers that are worth a thread

cdef Elementwise arithmetic(const char* name, void* of_float32, void* of_float64)
cdef Elementwise comparison(const char* name, void* of_float32, void* of_float64)
cdef Elementwise selection(const char* name, void* of_float32, void* of_float64)
cdef Elementwise logic(const char* name, void* of_bool)
cdef Elementwise with_integers(Elementwise kernel, void* of_int32, void* of_int64)
cdef Elementwise costly(Elementwise kernel)

cdef object unary(const Elementwise* kernel, object x, object out)
cdef object binary(const Elementwise* kernel, object x, object y, object out)
cdef object ternary(const Elementwise* kernel, object x, object y, object z, object out)
cdef object mapped(
    const Elementwise* kernel, int count, object x, object y, object z, object out
)
cdef object applied(
    void* flat, int count, PyObject** inputs, const int* types, object out,
    Py_ssize_t grain,
)
