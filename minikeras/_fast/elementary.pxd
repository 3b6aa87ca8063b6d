"""Elementary functions of one number, without libm: what the compiler can vectorise.

Separate, because the flat functions of several modules inline them. Each takes a float
or a double; where the two differ, it is in the coefficients. These come from
tools/fit_polynomials.py. "Largest error" is in units in the last place (ulp) from the
exact value, as measured for every seventh float32 and for two million float64; the
tests hold it. There are no branches: both sides of a condition are computed.
"""

from cython cimport floating
from libc.math cimport INFINITY, NAN
from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memcpy

cdef extern from "<math.h>" nogil:
    float fabsf(float)
    double fabs(double)
    float copysignf(float, float)
    double fcopysign "copysign" (double, double)
    float sqrtf(float)
    double sqrt(double)
    float floorf(float)
    double floor(double)
    float ceilf(float)
    double ceil(double)
    float rintf(float)
    double rint(double)
    double erf_of_libm "erf" (double)
    double erfc_of_libm "erfc" (double)
    double power_of_libm "pow" (double, double)


# --- Single instructions --------------------------------------------------------------

cdef inline floating magnitude(floating x) noexcept nogil:
    """|x|."""
    if floating is float:
        return fabsf(x)
    else:
        return fabs(x)


cdef inline floating with_sign_of(floating sign, floating x) noexcept nogil:
    """|x| with the sign of another number."""
    if floating is float:
        return copysignf(x, sign)
    else:
        return fcopysign(x, sign)


cdef inline floating square_root(floating x) noexcept nogil:
    if floating is float:
        return sqrtf(x)
    else:
        return sqrt(x)


cdef inline floating rounded_down(floating x) noexcept nogil:
    if floating is float:
        return floorf(x)
    else:
        return floor(x)


cdef inline floating rounded_up(floating x) noexcept nogil:
    if floating is float:
        return ceilf(x)
    else:
        return ceil(x)


cdef inline floating rounded(floating x) noexcept nogil:
    """The nearest integer; of two, the even one."""
    if floating is float:
        return rintf(x)
    else:
        return rint(x)


cdef inline float bits32_as_float(uint32_t bits) noexcept nogil:
    cdef float x
    memcpy(&x, &bits, 4)
    return x


cdef inline double bits64_as_double(uint64_t bits) noexcept nogil:
    cdef double x
    memcpy(&x, &bits, 8)
    return x


# --- Exponents ------------------------------------------------------------------------
#
# An integer n is held as the float n + ROUND, where ROUND is 1.5 · 2²³ (float32) or
# 1.5 · 2⁵² (float64): there the distance of neighbours is 1. So adding ROUND rounds
# to the nearest integer, taking it away again gives n as a float, and the low bits of
# n + ROUND are n as an integer. No instruction converts between the two.

cdef inline floating ROUND(floating like) noexcept nogil:
    if floating is float:
        return 12582912.0
    else:
        return 6755399441055744.0


cdef inline floating two_to(floating n_and_round) noexcept nogil:
    """2ⁿ, which must be a normal number."""
    cdef uint32_t bits32
    cdef uint64_t bits64
    cdef floating power
    if floating is float:
        memcpy(&bits32, &n_and_round, 4)
        bits32 = (bits32 + 127) << 23
        memcpy(&power, &bits32, 4)
    else:
        memcpy(&bits64, &n_and_round, 8)
        bits64 = (bits64 + 1023) << 52
        memcpy(&power, &bits64, 8)
    return power


cdef inline floating times_two_to(floating p, floating n_and_round) noexcept nogil:
    """p · 2ⁿ, also where 2ⁿ is not a normal number, in two steps."""
    cdef floating n = n_and_round - ROUND(p)
    cdef floating half_and_round = n * <floating> 0.5 + ROUND(p)
    cdef floating half = half_and_round - ROUND(p)
    return p * two_to(half_and_round) * two_to((n - half) + ROUND(p))


# --- exp ------------------------------------------------------------------------------
#
# x = n ln 2 + r with an integer n, so |r| ≤ ½ ln 2, and eˣ = 2ⁿ eʳ. ln 2 is a sum of
# two numbers, the first so short that n times it is exact. A polynomial gives eʳ.

cdef inline floating exp_minus_1_near_0(floating r) noexcept nogil:
    """eʳ - 1 for |r| ≤ ½ ln 2, as r + r² P(r). By P it is off by 2⁻²⁸ eʳ or 2⁻⁵⁷ eʳ.

    The powers are summed in pairs, not one by one: fewer operations wait for others.
    """
    cdef floating r2 = r * r, r4 = r2 * r2, p
    if floating is float:
        p = (
            (<float> 0.499999935 + <float> 0.166665207 * r)
            + (<float> 0.0416683874 + <float> 0.00836870979 * r) * r2
            + <float> 0.00138146126 * r4
        )
    else:
        p = (
            (0.50000000000000106 + 0.16666666666666413 * r)
            + (0.041666666666530266 + 0.0083333333334943373 * r) * r2
        ) + (
            (0.0013888888943597572 + 0.00019841269506767033 * r)
            + (2.4801493136313626e-5 + 2.7557586279760858e-6 * r) * r2
            + (2.7630233873783047e-7 + 2.5000067574302333e-8 * r) * r4
        ) * r4
    return p * r2 + r


cdef inline floating in_multiples_of_log_2(floating x, floating* r) noexcept nogil:
    """Returns n + ROUND, and the rest r, of x = n ln 2 + r."""
    cdef floating n_and_round = x * <floating> 1.4426950408889634 + ROUND(x)
    cdef floating n = n_and_round - ROUND(x)
    if floating is float:
        r[0] = (x - n * <float> 0.693359375) + n * <float> 2.12194440e-4
    else:
        r[0] = (x - n * 0.6931471803691238) - n * 1.9082149292705877e-10
    return n_and_round


cdef inline floating exp_of_parts(
    floating x, floating n_and_round, floating r
) noexcept nogil:
    """2ⁿ eʳ, or 0 or inf where x, about n ln 2 + r, is out of range."""
    cdef floating low = -104 if floating is float else -746
    cdef floating high = 89 if floating is float else 710
    cdef floating p = exp_minus_1_near_0(r) + <floating> 1
    p = times_two_to(p, n_and_round)
    p = <floating> 0 if x < low else p
    return <floating> INFINITY if x > high else p


cdef inline floating exp_one(floating x) noexcept nogil:
    """eˣ. Largest error: 1 ulp."""
    cdef floating r, n_and_round = in_multiples_of_log_2(x, &r)
    return exp_of_parts(x, n_and_round, r)


cdef inline floating exp_of_sum(floating x, floating rest) noexcept nogil:
    """exp(x + rest), |rest| ≤ 1/32. Largest error: 1 ulp.

    A change of x by one ulp changes eˣ by |x| ulp. So where x is the result of some
    arithmetic, what rounding took from it matters: that is the rest.
    """
    cdef floating r, n_and_round = in_multiples_of_log_2(x, &r)
    return exp_of_parts(x, n_and_round, r + rest)


cdef inline floating exp_of_difference(floating x, floating y) noexcept nogil:
    """exp(x - y). Largest error: 1 ulp."""
    cdef floating difference = x - y
    # What rounding took, exactly (Knuth, The Art of Computer Programming 2, 4.2.2).
    cdef floating y_back = x - difference
    return exp_of_sum(difference, (x - (difference + y_back)) + (y_back - y))


cdef inline floating exp_of_double(double x, floating like) noexcept nogil:
    """eˣ in the dtype of `like`. Largest error: 1 ulp."""
    cdef double n, n_and_round
    if floating is float:
        n_and_round = x * 1.4426950408889634 + ROUND(x)
        n = n_and_round - ROUND(x)
        return exp_of_parts(
            <float> x, <float> n + ROUND(like), <float> (x - n * 0.6931471805599453)
        )
    else:
        return exp_one(x)


cdef inline floating exp_of_negative_half_square(floating x) noexcept nogil:
    """exp(-x²/2). Largest error: 1 ulp in float32; in float64 as for a rounded x²."""
    cdef uint32_t bits
    cdef float top
    if floating is float:
        # The square of the first 12 bits of x is exact.
        memcpy(&bits, &x, 4)
        top = bits32_as_float(bits & 0xfffff000U)
        return exp_of_sum(
            <float> -0.5 * (top * top), <float> -0.5 * ((x - top) * (x + top))
        )
    else:
        return exp_one(-0.5 * (x * x))


cdef inline floating expm1_one(floating x) noexcept nogil:
    """eˣ - 1, accurate near 0. Largest error: 2 ulp."""
    cdef floating high = 89 if floating is float else 710
    cdef floating r, half_power, result
    cdef floating n_and_round = in_multiples_of_log_2(x, &r)
    # 2ⁿ⁻¹, because 2ⁿ may overflow where the result does not.
    half_power = two_to(n_and_round - <floating> 1)
    result = half_power * exp_minus_1_near_0(r) + (half_power - <floating> 0.5)
    result = result + result
    result = <floating> -1 if x < -40 else result
    result = <floating> INFINITY if x > high else result
    # The sum would lose the sign of 0 and the last digit of a subnormal number.
    return x if magnitude(x) < <floating> 1e-17 else result


# --- log ------------------------------------------------------------------------------
#
# x = 2ᵏ m with ½√2 ≤ m < √2, and log x = k ln 2 + log m. With f = m - 1, s = f/(2 + f)
# and z = s², log m = 2 atanh s = 2 s + s R(z) with R(z) = z P(z). This is the method of
# fdlibm's e_log.c (Sun Microsystems, 1993), which adds f, the largest part, last and
# unrounded: log m = f - (f²/2 - s (f²/2 + R)).

cdef inline floating split(floating x, floating* k) noexcept nogil:
    """Returns m, and k as a float, of x = 2ᵏ m, a positive normal number."""
    cdef uint32_t bits32, low32 = 0x3f3504f3U               # ½√2
    cdef uint64_t bits64, low64 = 0x3fe6a09e667f3bcdULL
    cdef floating m
    if floating is float:
        memcpy(&bits32, &x, 4)
        bits32 += 0x3f800000 - low32
        m = bits32_as_float((bits32 >> 23) - 127 + 0x4b400000U)
        k[0] = m - ROUND(m)
        m = bits32_as_float((bits32 & 0x007fffff) + low32)
    else:
        memcpy(&bits64, &x, 8)
        bits64 += 0x3ff0000000000000ULL - low64
        m = bits64_as_double((bits64 >> 52) - 1023 + 0x4338000000000000ULL)
        k[0] = m - ROUND(m)
        m = bits64_as_double((bits64 & 0x000fffffffffffffULL) + low64)
    return m


cdef inline floating log_of_split(floating k, floating m, floating rest) noexcept nogil:
    """k ln 2 + log m + rest, |rest| at most an ulp of m. R's error: 2⁻²⁹ or 2⁻⁵⁸."""
    cdef floating f = m - <floating> 1
    cdef floating s = f / (f + <floating> 2)
    cdef floating z = s * s
    cdef floating half_square = f * f * <floating> 0.5
    cdef floating p
    if floating is float:
        p = <float> 0.298717276
        p = p * z + <float> 0.399775416
        p = p * z + <float> 0.666667764
        rest = rest - k * <float> 2.12194440e-4
        k = k * <float> 0.693359375
    else:
        p = 0.14795949205599962
        p = p * z + 0.15314050603577939
        p = p * z + 0.18183564324019255
        p = p * z + 0.22222198573226762
        p = p * z + 0.28571428742387195
        p = p * z + 0.3999999999941468
        p = p * z + 0.66666666666667344
        rest = rest + k * 1.9082149292705877e-10
        k = k * 0.6931471803691238
    return k - ((half_square - (s * (half_square + p * z) + rest)) - f)


cdef inline floating log_one(floating x) noexcept nogil:
    """log x; -inf at 0, nan below. Largest error: 1 ulp."""
    cdef floating k, m, result
    # A subnormal number is made normal: times 2⁵⁴, and 54 is taken from k.
    cdef floating tiny = 1.17549435e-38 if floating is float else 2.225073858507202e-308
    m = split(x * <floating> 18014398509481984.0 if x < tiny else x, &k)
    k = k - <floating> 54 if x < tiny else k
    result = log_of_split(k, m, <floating> 0)
    return log_at_the_ends(result, x)


cdef inline floating log_at_the_ends(floating result, floating x) noexcept nogil:
    """The logarithm of x if the result is right for positive, finite x."""
    result = result if x < <floating> INFINITY else x
    return result if x > 0 else (<floating> -INFINITY if x == 0 else <floating> NAN)


cdef inline floating log_of_1_plus(floating x) noexcept nogil:
    """log(1 + x) for x > -1 and finite; 0 for -0. Largest error: 1 ulp."""
    cdef floating k, u = <floating> 1 + x
    cdef floating m = split(u, &k)
    # x - (u - 1) is what rounding took from u, and log(u + c) = log u + c/u.
    return log_of_split(k, m, (x - (u - <floating> 1)) / u)


cdef inline floating log1p_one(floating x) noexcept nogil:
    """log(1 + x), accurate near 0; -inf at -1, nan below. Largest error: 1 ulp."""
    cdef floating result = log_at_the_ends(log_of_1_plus(x), <floating> 1 + x)
    return x if magnitude(x) < <floating> 1e-17 else result  # so -0 stays -0


# --- The normal distribution ----------------------------------------------------------

cdef inline float scaled_normal_tail(float a) noexcept nogil:
    """Φ(-a) exp(a²/2) for a ≥ 0. By its polynomial it is off by 2⁻²⁷ of itself.

    It is a smooth function, near 1/(a √2π) for large a. A polynomial in the fraction
    t = (a - 3.5)/(a + 3.5) gives it times a + 3.5, up to a = 14.5. Beyond, what it is
    to be multiplied by, exp(-a²/2), is 0.
    """
    cdef float bounded = a if a < <float> 100 else <float> 100
    cdef float inverse = <float> 1 / (bounded + <float> 3.5)
    cdef float t = (bounded - <float> 3.5) * inverse
    cdef float p = <float> 0.00011068821
    p = p * t + <float> 0.000421896392
    p = p * t - <float> 0.000494942761
    p = p * t - <float> 0.00317530957
    p = p * t + <float> 0.00649311565
    p = p * t + <float> 0.0174063781
    p = p * t - <float> 0.116053041
    p = p * t + <float> 0.315425049
    p = p * t - <float> 0.565561745
    p = p * t + <float> 0.744416074
    return p * inverse


cdef inline floating erf_one(floating x) noexcept nogil:
    """2/√π ∫ exp(-t²) dt from 0 to x. Largest error in float32: 3 ulp.

    In float64 it is libm's, one number at a time: no training needs it.
    """
    cdef float z, near, far, power
    if floating is float:
        z = x * x
        near = <float> 7.85386121e-5
        near = near * z - <float> 0.000801019356
        near = near * z + <float> 0.00518832768
        near = near * z - <float> 0.0268538119
        near = near * z + <float> 0.112835851
        near = near * z - <float> 0.376126258
        near = near * z + <float> 1.12837917
        # 1 - erfc(|x|), and erfc(x) = 2 Φ(-√2 x).
        power = exp_one(-z)
        far = scaled_normal_tail(magnitude(x) * <float> 1.4142135623730951)
        far = with_sign_of(x, <float> 1 - (power + power) * far)
        return near * x if magnitude(x) < 1 else far
    else:
        return erf_of_libm(x)


# --- Powers ---------------------------------------------------------------------------

cdef inline floating power_one(floating x, floating y) noexcept nogil:
    """xʸ, with the special cases of IEEE 754. Largest error in float32: 1 ulp.

    exp(y log |x|) in float64 has digits to spare for float32. For float64 it has not:
    that is libm's, one number at a time.
    """
    cdef double size, exponent, result, half
    cdef bint whole, odd
    if floating is float:
        size, exponent = fabs(x), y
        result = exp_one(exponent * log_one(size))
        result = 1 if size == 1 else result
        # A number below 0 has powers with integers only: odd ones keep its sign.
        half = 0.5 * exponent
        whole = floor(exponent) == exponent
        odd = whole & (floor(half) != half)
        result = NAN if (x < 0) & (size < INFINITY) & (not whole) else result
        result = fcopysign(result, x) if odd else result
        result = NAN if (x != x) | (y != y) else result
        return <float> (1 if (y == 0) | (x == 1) else result)
    else:
        return power_of_libm(x, y)


# --- What is made of these ------------------------------------------------------------

cdef inline floating sigmoid_one(floating x) noexcept nogil:
    """1 / (1 + e⁻ˣ), where no exp overflows. Largest error: 3 ulp."""
    cdef floating small = exp_one(-magnitude(x))
    return (small if x < 0 else <floating> 1) / (<floating> 1 + small)


cdef inline floating tanh_one(floating x) noexcept nogil:
    """|t/(t + 2)| with t = exp(-2|x|) - 1, and the sign of x. Largest error: 3 ulp."""
    cdef floating t = expm1_one(<floating> -2 * magnitude(x))
    return with_sign_of(x, t / (t + <floating> 2))


cdef inline floating softplus_one(floating x) noexcept nogil:
    """log(1 + eˣ), where no exp overflows. Largest error: 2 ulp."""
    return (<floating> 0 if x < 0 else x) + log_of_1_plus(exp_one(-magnitude(x)))
