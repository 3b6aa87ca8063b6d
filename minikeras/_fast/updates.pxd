"""The driver of updates, and the arithmetic that several of them have.

The arithmetic of an update is a `cloned` function of an array of pointers, what changes
first, and an array of the numbers that all weights share:

    void f(T** arrays, const double* numbers, Py_ssize_t n)

Each operation is rounded to T, in the order in which the reference does them: the bits
are the same. The first numbers of a `paced` update change from step to step: they are
computed in the task, from what the learning rate and the count of steps are then.
"""

from cpython.object cimport PyObject
from cython cimport floating
from libc.math cimport fabs, fabsf, sqrt, sqrtf

cdef enum:
    MOST_ARRAYS = 5     # of an update; with more, gcc gives up on vectors
    MOST_NUMBERS = 6

# Writes the numbers that change, at the front; those that don't are behind them.
ctypedef void (*Pace)(
    double rate, double step, double product, double* numbers
) noexcept nogil

cdef struct Update:
    int changing        # how many arrays, from the first, it changes
    int count           # how many arrays it takes
    int numbers         # how many numbers it takes that stay the same
    void* of_float32
    void* of_float64
    void* of_int32      # or NULL
    void* of_int64
    Pace pace           # NULL if all numbers are the same in all steps
    int paced           # how many numbers it writes

cdef Update update(
    int changing, int count, int numbers, void* of_float32, void* of_float64
)
cdef Update paced(Update kernel, Pace pace, int numbers=*)
cdef Update counting(Update kernel, void* of_int32, void* of_int64)

cdef struct Watched:
    # A number: what an array of no axes holds when the task runs, or `value`.
    const void* data
    int type
    double value

cdef bint watch(object x, Watched* number) except -1
cdef bint updated(
    const Update* kernel, PyObject** arrays, const double* numbers, object rate=*,
    object step=*, object product=*,
) except -1

cdef void at_the_rate(
    double rate, double step, double product, double* numbers
) noexcept nogil


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
