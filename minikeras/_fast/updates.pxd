"""The driver of updates, and the arithmetic that several of them have.

The arithmetic of an update is a `cloned` function of an array of pointers, what changes
first, and an array of the numbers that all weights share:

    void f(T** arrays, const double* numbers, Py_ssize_t n)

Each operation is rounded to T, in the order in which the reference does them: the bits
are the same.
"""

from cpython.object cimport PyObject
from cython cimport floating
from libc.math cimport fabs, fabsf, sqrt, sqrtf

cdef enum:
    MOST_ARRAYS = 5     # of an update; with more, gcc gives up on vectors

ctypedef void (*flat32)(float**, const double*, Py_ssize_t) noexcept nogil
ctypedef void (*flat64)(double**, const double*, Py_ssize_t) noexcept nogil

cdef struct Update:
    int changing        # how many arrays, from the first, it changes
    int count           # how many arrays it takes
    flat32 of_float32
    flat64 of_float64

cdef bint updated(
    const Update* kernel, PyObject** arrays, const double* numbers
) except -1
cdef double number(object x) except? -1


cdef inline floating flushed(floating slot) noexcept nogil:
    """0 for what is smaller than the smallest normal number."""
    if floating is float:
        return <float> 0 if fabsf(slot) < <float> 1.17549435e-38 else slot
    else:
        return 0 if fabs(slot) < 2.2250738585072014e-308 else slot


cdef inline floating root(floating x) noexcept nogil:
    return sqrtf(x) if floating is float else sqrt(x)


cdef inline floating moved(
    floating average, floating x, floating keep, floating take
) noexcept nogil:
    """A moving average, moved on by one number; keep + take = 1."""
    return flushed(keep * average + take * x)
