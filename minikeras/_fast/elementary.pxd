"""Elementary functions of one number, without libm: what the compiler can vectorise.

They are inlined into the flat functions of several modules. Each takes a float or a
double, and tells how it reduces its argument and how wrong it can be.
"""

from cython cimport floating
from libc.stdint cimport int32_t, int64_t
from libc.string cimport memcpy


cdef inline floating two_to(floating n) noexcept nogil:
    """Returns 2ⁿ for an integer n that a normal number can have as its exponent."""
    cdef int32_t bits32
    cdef int64_t bits64
    cdef floating power
    if floating is float:
        bits32 = (<int32_t> n + 127) << 23
        memcpy(&power, &bits32, 4)
    else:
        bits64 = (<int64_t> n + 1023) << 52
        memcpy(&power, &bits64, 8)
    return power


cdef inline floating exp_one(floating x) noexcept nogil:
    """Returns eˣ = 2ⁿ eʳ with n = round(x / ln 2) and so |r| ≤ ½ ln 2."""
    cdef floating magic, n, r, p, half
    if floating is float:
        magic = 12582912.0                     # 1.5 · 2²³: adding it rounds
        x = -104.0 if x < -104 else (89.0 if x > 89 else x)
        n = (x * <float> 1.44269504 + magic) - magic
        r = (x - n * <float> 0.693359375) + n * <float> 2.12194440e-4
        p = <float> 1.9875691500e-4
        p = p * r + <float> 1.3981999507e-3
        p = p * r + <float> 8.3334519073e-3
        p = p * r + <float> 4.1665795894e-2
        p = p * r + <float> 1.6666665459e-1
        p = p * r + <float> 5.0000001201e-1
        p = p * (r * r) + r + 1
    else:
        magic = 6755399441055744.0             # 1.5 · 2⁵²
        x = -746.0 if x < -746 else (710.0 if x > 710 else x)
        n = (x * 1.4426950408889634 + magic) - magic
        r = (x - n * 0.6931471803691238) - n * 1.9082149292705877e-10
        p = 1 / 6227020800.
        p = p * r + 1 / 479001600.
        p = p * r + 1 / 39916800.
        p = p * r + 1 / 3628800.
        p = p * r + 1 / 362880.
        p = p * r + 1 / 40320.
        p = p * r + 1 / 5040.
        p = p * r + 1 / 720.
        p = p * r + 1 / 120.
        p = p * r + 1 / 24.
        p = p * r + 1 / 6.
        p = p * r + 1 / 2.
        p = p * (r * r) + r + 1
    # Where the result is subnormal, 2ⁿ is not a normal number: multiply in two steps.
    half = (n * <floating> 0.5 + magic) - magic
    return p * two_to(half) * two_to(n - half)
