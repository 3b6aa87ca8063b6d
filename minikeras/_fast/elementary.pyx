"""Elementary functions. Contract: kernels/reference/elementwise.py.

Separate from elementwise.pyx, because these are approximations: elementary.pxd has the
arithmetic. What is not here (tan, arctan, log2 …) NumPy computes as fast, and no usual
training step has it.
"""

from cython cimport floating
from libc.math cimport cos as cos_of_libm, sin as sin_of_libm

from minikeras._fast.arrays cimport Elementwise, arithmetic, binary, costly, unary
from minikeras._fast.clones cimport cloned
from minikeras._fast.trigonometry cimport MOST_TURNED, cosine, sine


cdef cloned exp_flat(const floating* x, floating* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = exp_one(x[i])

cdef Elementwise EXP = costly(
    arithmetic("exp", <void*> exp_flat[float], <void*> exp_flat[double])
)

def exp(x, *, out=None):
    """e to the power x_i."""
    return unary(&EXP, x, out)


cdef cloned expm1_flat(const floating* x, floating* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = expm1_one(x[i])

cdef Elementwise EXPM1 = costly(
    arithmetic("expm1", <void*> expm1_flat[float], <void*> expm1_flat[double])
)

def expm1(x, *, out=None):
    """exp(x_i) - 1, accurate near 0."""
    return unary(&EXPM1, x, out)


cdef cloned log_flat(const floating* x, floating* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = log_one(x[i])

cdef Elementwise LOG = costly(
    arithmetic("log", <void*> log_flat[float], <void*> log_flat[double])
)

def log(x, *, out=None):
    """The natural logarithm of x_i; -inf at 0, nan below."""
    return unary(&LOG, x, out)


cdef cloned log1p_flat(const floating* x, floating* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = log1p_one(x[i])

cdef Elementwise LOG1P = costly(
    arithmetic("log1p", <void*> log1p_flat[float], <void*> log1p_flat[double])
)

def log1p(x, *, out=None):
    """log(1 + x_i), accurate near 0."""
    return unary(&LOG1P, x, out)


cdef cloned tanh_flat(const floating* x, floating* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = tanh_one(x[i])

cdef Elementwise TANH = costly(
    arithmetic("tanh", <void*> tanh_flat[float], <void*> tanh_flat[double])
)

def tanh(x, *, out=None):
    """sinh(x_i) / cosh(x_i)."""
    return unary(&TANH, x, out)


cdef cloned erf_flat(const floating* x, floating* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = erf_one(x[i])

cdef Elementwise ERF = costly(
    arithmetic("erf", <void*> erf_flat[float], <void*> erf_flat[double])
)

def erf(x, *, out=None):
    """2/√π ∫ exp(-t²) dt from 0 to x_i, the error function."""
    return unary(&ERF, x, out)


cdef cloned rsqrt_flat(const floating* x, floating* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = <floating> 1 / square_root(x[i])

cdef Elementwise RSQRT = arithmetic(
    "rsqrt", <void*> rsqrt_flat[float], <void*> rsqrt_flat[double]
)

def rsqrt(x, *, out=None):
    """1 / √x_i."""
    return unary(&RSQRT, x, out)


# --- What has wide arguments ----------------------------------------------------------
#
# cos and sin of |x| > MOST_TURNED, and of ±inf and nan, are libm's. First all others are
# computed, in vectors, while these stay what they are: no result is as large.

cdef cloned cos_flat(const floating* x, floating* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i, wide = 0
    cdef floating number
    for i in range(n):
        number = x[i]
        wide += not (magnitude(number) <= MOST_TURNED)
        out[i] = <floating> cosine(number) if magnitude(number) <= MOST_TURNED else number
    if wide > 0:
        for i in range(n):
            if not (magnitude(out[i]) <= MOST_TURNED):
                out[i] = <floating> cos_of_libm(out[i])

cdef Elementwise COS = costly(
    arithmetic("cos", <void*> cos_flat[float], <void*> cos_flat[double])
)

def cos(x, *, out=None):
    """The cosine of x_i."""
    return unary(&COS, x, out)


cdef cloned sin_flat(const floating* x, floating* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i, wide = 0
    cdef floating number
    for i in range(n):
        number = x[i]
        wide += not (magnitude(number) <= MOST_TURNED)
        out[i] = <floating> sine(number) if magnitude(number) <= MOST_TURNED else number
    if wide > 0:
        for i in range(n):
            if not (magnitude(out[i]) <= MOST_TURNED):
                out[i] = <floating> sin_of_libm(out[i])

cdef Elementwise SIN = costly(
    arithmetic("sin", <void*> sin_flat[float], <void*> sin_flat[double])
)

def sin(x, *, out=None):
    """The sine of x_i."""
    return unary(&SIN, x, out)


cdef cloned power_flat(
    const floating* x, const floating* y, floating* out, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = power_one(x[i], y[i])

cdef Elementwise POWER = costly(
    arithmetic("power", <void*> power_flat[float], <void*> power_flat[double])
)

def power(x, y, *, out=None):
    """x_i to the power y_i."""
    return binary(&POWER, x, y, out)
