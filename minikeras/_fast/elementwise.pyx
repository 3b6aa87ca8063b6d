"""Arithmetic of one and two arrays. Contract: kernels/reference/elementwise.py.

The results are the reference's bit for bit, with the sign of zero and the place of nan.
"""

from cython cimport floating
from numpy cimport npy_uint32, npy_uint64

from minikeras._fast.arrays cimport (
    Elementwise,
    arithmetic,
    binary,
    mapped,
    otherwise,
    unary,
    with_integers,
)
from minikeras._fast.clones cimport cloned
from minikeras._fast.elementary cimport (
    magnitude,
    rounded,
    rounded_down,
    rounded_up,
    square_root,
)


# --- Of two arrays --------------------------------------------------------------------

ctypedef fused number:
    float
    double
    npy_uint32          # for signed integers, too: the bits of a result are the same,
    npy_uint64          # and overflow is defined


cdef cloned add_flat(
    const number* x, const number* y, number* out, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = x[i] + y[i]

cdef Elementwise ADD = with_integers(
    arithmetic("add", <void*> add_flat[float], <void*> add_flat[double]),
    <void*> add_flat[npy_uint32],
    <void*> add_flat[npy_uint64],
)

def add(x, y, *, out=None):
    """x_i + y_i."""
    return binary(&ADD, x, y, out)


cdef cloned subtract_flat(
    const number* x, const number* y, number* out, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = x[i] - y[i]

cdef Elementwise SUBTRACT = with_integers(
    arithmetic("subtract", <void*> subtract_flat[float], <void*> subtract_flat[double]),
    <void*> subtract_flat[npy_uint32],
    <void*> subtract_flat[npy_uint64],
)

def subtract(x, y, *, out=None):
    """x_i - y_i."""
    return binary(&SUBTRACT, x, y, out)


cdef cloned multiply_flat(
    const number* x, const number* y, number* out, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = x[i] * y[i]

cdef Elementwise MULTIPLY = with_integers(
    arithmetic("multiply", <void*> multiply_flat[float], <void*> multiply_flat[double]),
    <void*> multiply_flat[npy_uint32],
    <void*> multiply_flat[npy_uint64],
)

def multiply(x, y, *, out=None):
    """x_i · y_i."""
    return binary(&MULTIPLY, x, y, out)


cdef cloned divide_flat(
    const floating* x, const floating* y, floating* out, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = x[i] / y[i]

cdef Elementwise DIVIDE = arithmetic(
    "divide", <void*> divide_flat[float], <void*> divide_flat[double]
)

def divide(x, y, *, out=None):
    """x_i / y_i; x/0 is ±inf, 0/0 is nan."""
    return binary(&DIVIDE, x, y, out)


cdef cloned maximum_flat(
    const floating* x, const floating* y, floating* out, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = x[i] if (x[i] > y[i]) | (x[i] != x[i]) else y[i]

cdef Elementwise MAXIMUM = arithmetic(
    "maximum", <void*> maximum_flat[float], <void*> maximum_flat[double]
)

def maximum(x, y, *, out=None):
    """x_i if x_i > y_i or x_i is nan, else y_i."""
    return binary(&MAXIMUM, x, y, out)


cdef cloned minimum_flat(
    const floating* x, const floating* y, floating* out, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = x[i] if (x[i] < y[i]) | (x[i] != x[i]) else y[i]

cdef Elementwise MINIMUM = arithmetic(
    "minimum", <void*> minimum_flat[float], <void*> minimum_flat[double]
)

def minimum(x, y, *, out=None):
    """x_i if x_i < y_i or x_i is nan, else y_i."""
    return binary(&MINIMUM, x, y, out)


cdef cloned share_of_maximum_flat(
    const floating* x, const floating* y, floating* out, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = <floating> 0.5 if x[i] == y[i] else <floating> (x[i] > y[i])

cdef Elementwise SHARE_OF_MAXIMUM = arithmetic(
    "share_of_maximum",
    <void*> share_of_maximum_flat[float],
    <void*> share_of_maximum_flat[double],
)

def share_of_maximum(x, y, *, out=None):
    """1 if x_i > y_i, ½ if they are equal, else 0: the part of x in ∂max(x, y)."""
    return binary(&SHARE_OF_MAXIMUM, x, y, out)


# --- Of one array ---------------------------------------------------------------------

cdef cloned negative_flat(
    const floating* x, floating* out, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = -x[i]

cdef Elementwise NEGATIVE = arithmetic(
    "negative", <void*> negative_flat[float], <void*> negative_flat[double]
)

def negative(x, *, out=None):
    """-x_i."""
    return unary(&NEGATIVE, x, out)


cdef cloned abs_flat(const floating* x, floating* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = magnitude(x[i])

cdef Elementwise ABS = arithmetic(
    "abs", <void*> abs_flat[float], <void*> abs_flat[double]
)

def abs(x, *, out=None):
    """|x_i|."""
    return unary(&ABS, x, out)


cdef cloned sign_flat(const floating* x, floating* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = x[i] if x[i] != x[i] else <floating> (x[i] > 0) - <floating> (x[i] < 0)

cdef Elementwise SIGN = arithmetic(
    "sign", <void*> sign_flat[float], <void*> sign_flat[double]
)

def sign(x, *, out=None):
    """1, 0 or -1, as x_i is above, at or below 0; nan stays nan."""
    return unary(&SIGN, x, out)


cdef cloned square_flat(const floating* x, floating* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = x[i] * x[i]

cdef Elementwise SQUARE = arithmetic(
    "square", <void*> square_flat[float], <void*> square_flat[double]
)

def square(x, *, out=None):
    """x_i²."""
    return unary(&SQUARE, x, out)


cdef cloned sqrt_flat(const floating* x, floating* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = square_root(x[i])

cdef Elementwise SQRT = arithmetic(
    "sqrt", <void*> sqrt_flat[float], <void*> sqrt_flat[double]
)

def sqrt(x, *, out=None):
    """√x_i; nan below 0."""
    return unary(&SQRT, x, out)


cdef cloned reciprocal_flat(
    const floating* x, floating* out, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = <floating> 1 / x[i]

cdef Elementwise RECIPROCAL = arithmetic(
    "reciprocal", <void*> reciprocal_flat[float], <void*> reciprocal_flat[double]
)

def reciprocal(x, *, out=None):
    """1 / x_i."""
    return unary(&RECIPROCAL, x, out)


cdef cloned floor_flat(const floating* x, floating* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = rounded_down(x[i])

cdef Elementwise FLOOR = arithmetic(
    "floor", <void*> floor_flat[float], <void*> floor_flat[double]
)

def floor(x, *, out=None):
    """⌊x_i⌋, the next integer at or below."""
    return unary(&FLOOR, x, out)


cdef cloned ceil_flat(const floating* x, floating* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = rounded_up(x[i])

cdef Elementwise CEIL = arithmetic(
    "ceil", <void*> ceil_flat[float], <void*> ceil_flat[double]
)

def ceil(x, *, out=None):
    """⌈x_i⌉, the next integer at or above."""
    return unary(&CEIL, x, out)


cdef cloned round_flat(const floating* x, floating* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = rounded(x[i])

cdef Elementwise ROUND = arithmetic(
    "round", <void*> round_flat[float], <void*> round_flat[double]
)

def round(x, *, out=None):
    """The integer next to x_i; of two equally near, the even one."""
    return unary(&ROUND, x, out)


cdef cloned clip_flat(
    const floating* x, const floating* minimum, const floating* maximum,
    floating* out, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    cdef floating raised
    for i in range(n):
        raised = minimum[i] if x[i] < minimum[i] else x[i]
        out[i] = maximum[i] if raised > maximum[i] else raised

cdef Elementwise CLIP = arithmetic(
    "clip", <void*> clip_flat[float], <void*> clip_flat[double]
)

def clip(x, *, minimum, maximum, out=None):
    """x_i, or the border that it is beyond; nan stays nan."""
    cdef object result = mapped(&CLIP, 3, x, minimum, maximum, out)
    if result is None:
        parameters = {"minimum": minimum, "maximum": maximum, "out": out}
        result = otherwise("clip", (x,), parameters)
    return result
