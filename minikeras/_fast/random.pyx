"""Random numbers from counters. Contract: kernels/reference/random.py.

Words are drawn a tile at a time, with multiplications of 64 × 64 bits, and turned to
numbers in vectors. All is computed in float64 and rounded once.
"""

from cython cimport floating
from libc.math cimport INFINITY, copysign, fabs, nextafter, nextafterf, sqrt
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t
from numpy cimport (
    NPY_DOUBLE,
    NPY_FLOAT,
    NPY_INT32,
    NPY_INT64,
    NPY_UINT32,
    NPY_UINT64,
    PyArray_CopyInto,
    PyArray_DATA,
    PyArray_DIMS,
    PyArray_EMPTY,
    PyArray_NDIM,
    PyArray_SIZE,
    PyArray_TYPE,
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
)
from minikeras._fast.clones cimport cloned
from minikeras._fast.elementary cimport log_one
from minikeras._fast.philox cimport (
    State,
    first_two_words,
    first_words,
    philox,
    product,
    state_of,
)

import_array()

cdef enum:
    TILE = 512          # words on the stack at a time

ctypedef fused integer:
    int32_t
    int64_t


# --- Numbers from words ---------------------------------------------------------------

cdef inline double unit24(uint64_t word) noexcept nogil:
    """A number in [0, 1) from the 24 top bits."""
    return <double> <int32_t> (word >> 40) * (1. / (1 << 24))


cdef inline double unit53(uint64_t word) noexcept nogil:
    """A number in [0, 1) from the 53 top bits."""
    return <double> <int64_t> (word >> 11) * (1. / (1ULL << 53))


cdef inline floating clipped(double x, floating bottom, floating top) noexcept nogil:
    """x, rounded, and not beyond bottom and top; nan stays nan."""
    cdef floating number = <floating> x
    number = bottom if number < bottom else number
    return top if number > top else number


# --- Uniform numbers ------------------------------------------------------------------

cdef cloned uniform_run(
    const State* state, double low, double width, floating bottom, floating top,
    floating* out, Py_ssize_t n,
) noexcept nogil:
    """out_i = low + width u_i, in [bottom, top]."""
    cdef uint64_t words[TILE]
    cdef Py_ssize_t tile, start, count, i
    for tile in range((n + TILE - 1) // TILE):
        start = tile * TILE
        count = min(<Py_ssize_t> TILE, n - start)
        first_words(state, start, count, words)
        for i in range(count):
            if floating is float:
                out[start + i] = clipped(low + width * unit24(words[i]), bottom, top)
            else:
                out[start + i] = clipped(low + width * unit53(words[i]), bottom, top)


cdef void uniform(
    const State* state, double low, double high, ndarray out
) noexcept nogil:
    cdef float bottom32 = <float> low
    cdef float top32 = nextafterf(<float> high, -<float> INFINITY)
    cdef double top = nextafter(high, -INFINITY)
    if PyArray_TYPE(out) == NPY_FLOAT:
        uniform_run(
            state, low, high - low, bottom32, max(top32, bottom32),
            <float*> PyArray_DATA(out), PyArray_SIZE(out),
        )
    else:
        uniform_run(
            state, low, high - low, low, max(top, low),
            <double*> PyArray_DATA(out), PyArray_SIZE(out),
        )


def random_uniform(state, *, shape, low, high, dtype, out=None):
    """out_i = low + (high - low) u_i, u_i uniform in [0, 1); rounded, below `high`."""
    cdef ndarray result = result_for(shape, dtype, out, NPY_FLOAT, NPY_DOUBLE)
    cdef State start = state_of(state)
    cdef double least = low, limit = high
    if result is None:
        return otherwise(
            "random_uniform",
            (state,),
            {"shape": shape, "low": low, "high": high, "dtype": dtype, "out": out},
        )
    if PyArray_SIZE(result) < LARGE:
        uniform(&start, least, limit, result)
    else:
        with nogil:
            uniform(&start, least, limit, result)
    return given(result, out)


cdef cloned mask_run(
    const State* state, double rate, floating scale, floating* out, Py_ssize_t n
) noexcept nogil:
    """out_i = 0 where u_i < rate, else scale."""
    cdef uint64_t words[TILE]
    cdef Py_ssize_t tile, start, count, i
    for tile in range((n + TILE - 1) // TILE):
        start = tile * TILE
        count = min(<Py_ssize_t> TILE, n - start)
        first_words(state, start, count, words)
        for i in range(count):
            if floating is float:
                out[start + i] = <float> 0 if unit24(words[i]) < rate else scale
            else:
                out[start + i] = 0 if unit53(words[i]) < rate else scale


cdef void mask(const State* state, double rate, ndarray out) noexcept nogil:
    cdef double scale = 1 / (1 - rate) if rate < 1 else 0
    if PyArray_TYPE(out) == NPY_FLOAT:
        mask_run(
            state, rate, <float> scale, <float*> PyArray_DATA(out), PyArray_SIZE(out)
        )
    else:
        mask_run(state, rate, scale, <double*> PyArray_DATA(out), PyArray_SIZE(out))


def dropout_mask(state, *, shape, rate, dtype, out=None):
    """out_i = 0 where u_i < rate, else 1 / (1 - rate); u_i uniform in [0, 1)."""
    cdef ndarray result = result_for(shape, dtype, out, NPY_FLOAT, NPY_DOUBLE)
    cdef State start = state_of(state)
    cdef double dropped = rate
    if result is None:
        return otherwise(
            "dropout_mask",
            (state,),
            {"shape": shape, "rate": rate, "dtype": dtype, "out": out},
        )
    if PyArray_SIZE(result) < LARGE:
        mask(&start, dropped, result)
    else:
        with nogil:
            mask(&start, dropped, result)
    return given(result, out)


# --- Integers -------------------------------------------------------------------------

cdef cloned integers_run(
    const State* state, uint64_t low, uint64_t width, integer* out, Py_ssize_t n
) noexcept nogil:
    """out_i = low + ⌊w_i width / 2⁶⁴⌋, modulo 2⁶⁴."""
    cdef uint64_t words[4]
    cdef uint64_t rest = 0
    cdef Py_ssize_t i
    for i in range(n):
        philox(state, <uint64_t> (i + 1), words)
        out[i] = <integer> (low + product(words[0], width, &rest))


cdef void integers(
    const State* state, uint64_t low, uint64_t width, ndarray out
) noexcept nogil:
    if PyArray_TYPE(out) == NPY_INT32:
        integers_run(state, low, width, <int32_t*> PyArray_DATA(out), PyArray_SIZE(out))
    else:
        integers_run(state, low, width, <int64_t*> PyArray_DATA(out), PyArray_SIZE(out))


def random_integers(state, *, shape, low, high, dtype, out=None):
    """out_i = low + ⌊w_i (high - low) / 2⁶⁴⌋, w_i the first word of block i."""
    cdef ndarray result = result_for(shape, dtype, out, NPY_INT32, NPY_INT64)
    cdef State start = state_of(state)
    cdef uint64_t least, width
    limits = (-(2**63), 2**63 - 1)
    if result is not None and PyArray_TYPE(result) == NPY_INT32:
        limits = (-(2**31), 2**31 - 1)
    if result is None or not limits[0] <= low < high <= limits[1]:
        return otherwise(
            "random_integers",
            (state,),
            {"shape": shape, "low": low, "high": high, "dtype": dtype, "out": out},
        )
    least, width = <uint64_t> <int64_t> low, high - low
    if PyArray_SIZE(result) < LARGE:
        integers(&start, least, width, result)
    else:
        with nogil:
            integers(&start, least, width, result)
    return given(result, out)


# --- Normal numbers -------------------------------------------------------------------

cdef inline double cosine(double x) noexcept nogil:
    """cos x for x in [0, 2π]; its largest error is 1 ulp.

    x = n π/2 + r with |r| ≤ π/4. π/2 is a sum of three numbers, the first two with so
    few digits that n times them is exact. Source of its parts and of the polynomials:
    fdlibm, e_rem_pio2.c, k_cos.c and k_sin.c (Sun Microsystems, 1993).
    """
    cdef double n = (x * 0.63661977236758138 + 6755399441055744.0) - 6755399441055744.0
    cdef double r = (
        (x - n * 1.57079632673412561417) - n * 6.07710050630396597660e-11
    ) - n * 2.02226624879595063154e-21
    cdef double z = r * r, half = 0.5 * z, near_1 = 1 - half, sine, result
    result = near_1 + (
        ((1 - near_1) - half) + z * z * (
            4.16666666666666019037e-02 + z * (
                -1.38888888888741095749e-03 + z * (
                    2.48015872894767294178e-05 + z * (
                        -2.75573143513906633035e-07 + z * (
                            2.08757232129817482790e-09 + z * -1.13596475577881948265e-11
                        )
                    )
                )
            )
        )
    )
    sine = r + r * z * (
        -1.66666666666666324348e-01 + z * (
            8.33333333332248946124e-03 + z * (
                -1.98412698298579493134e-04 + z * (
                    2.75573137070700676789e-06 + z * (
                        -2.50507602534068634195e-08 + z * 1.58969099521155010221e-10
                    )
                )
            )
        )
    )
    # cos(n π/2 + r) for n = 0 to 4 is cos r, -sin r, -cos r, sin r, cos r.
    result = sine if (n == 1) | (n == 3) else result
    return -result if (n == 1) | (n == 2) else result


cdef cloned normal_run(
    const State* state, double mean, double stddev, floating* out, Py_ssize_t n
) noexcept nogil:
    """out_i = mean + stddev √(-2 log u) cos(2π v)."""
    cdef uint64_t first[TILE]
    cdef uint64_t second[TILE]
    cdef double radius
    cdef Py_ssize_t tile, start, count, i
    for tile in range((n + TILE - 1) // TILE):
        start = tile * TILE
        count = min(<Py_ssize_t> TILE, n - start)
        first_two_words(state, start, count, first, second)
        for i in range(count):
            radius = sqrt(-2 * log_one(1 - unit53(first[i])))
            out[start + i] = <floating> (
                mean + stddev * (radius * cosine(6.283185307179586 * unit53(second[i])))
            )


cdef void normal(
    const State* state, double mean, double stddev, ndarray out
) noexcept nogil:
    if PyArray_TYPE(out) == NPY_FLOAT:
        normal_run(state, mean, stddev, <float*> PyArray_DATA(out), PyArray_SIZE(out))
    else:
        normal_run(state, mean, stddev, <double*> PyArray_DATA(out), PyArray_SIZE(out))


def random_normal(state, *, shape, mean, stddev, dtype, out=None):
    """out_i = mean + stddev √(-2 log u) cos(2π v), u in (0, 1] and v in [0, 1)."""
    cdef ndarray result = result_for(shape, dtype, out, NPY_FLOAT, NPY_DOUBLE)
    cdef State start = state_of(state)
    cdef double centre = mean, spread = stddev
    if result is None:
        return otherwise(
            "random_normal",
            (state,),
            {
                "shape": shape,
                "mean": mean,
                "stddev": stddev,
                "dtype": dtype,
                "out": out,
            },
        )
    if PyArray_SIZE(result) < LARGE:
        normal(&start, centre, spread, result)
    else:
        with nogil:
            normal(&start, centre, spread, result)
    return given(result, out)


cdef inline double normal_quantile(double p) noexcept nogil:
    """Φ⁻¹(p) for p in [Φ(-2), Φ(2)].

    Source: Wichura, Algorithm AS 241 (1988), PPND16; see the reference.
    """
    cdef double q = p - 0.5, r = 0.180625 - q * q, middle, flank
    cdef double nearer = p if p < 1 - p else 1 - p
    middle = q * (((((((
        2509.0809287301226727 * r + 33430.575583588128105) * r
        + 67265.770927008700853) * r + 45921.953931549871457) * r
        + 13731.693765509461125) * r + 1971.5909503065514427) * r
        + 133.14166789178437745) * r + 3.387132872796366608
    ) / (((((((
        5226.495278852854561 * r + 28729.085735721942674) * r
        + 39307.89580009271061) * r + 21213.794301586595867) * r
        + 5394.1960214247511077) * r + 687.1870074920579083) * r
        + 42.313330701600911252) * r + 1)
    r = sqrt(-log_one(nearer)) - 1.6
    flank = (((((((
        7.7454501427834140764e-4 * r + 0.0227238449892691845833) * r
        + 0.24178072517745061177) * r + 1.27045825245236838258) * r
        + 3.64784832476320460504) * r + 5.7694972214606914055) * r
        + 4.6303378461565452959) * r + 1.42343711074968357734
    ) / (((((((
        1.05075007164441684324e-9 * r + 5.475938084995344946e-4) * r
        + 0.0151986665636164571966) * r + 0.14810397642748007459) * r
        + 0.68976733498510000455) * r + 1.6763848301838038494) * r
        + 2.05319162663775882187) * r + 1)
    return middle if fabs(q) <= 0.425 else copysign(flank, q)


cdef cloned truncated_run(
    const State* state, double mean, double stddev, floating bottom, floating top,
    floating* out, Py_ssize_t n,
) noexcept nogil:
    """out_i = mean + stddev Φ⁻¹(p_i), p_i uniform in (Φ(-2), Φ(2)), clipped."""
    cdef uint64_t words[TILE]
    cdef double below_minus_two = 0.022750131948179207
    cdef double within = 1 - 2 * below_minus_two, p
    cdef Py_ssize_t tile, start, count, i
    for tile in range((n + TILE - 1) // TILE):
        start = tile * TILE
        count = min(<Py_ssize_t> TILE, n - start)
        first_words(state, start, count, words)
        for i in range(count):
            p = below_minus_two + within * unit53(words[i])
            out[start + i] = clipped(mean + stddev * normal_quantile(p), bottom, top)


cdef void truncated(
    const State* state, double mean, double stddev, ndarray out
) noexcept nogil:
    """Clips to what is strictly within two deviations, or to the mean if nothing is."""
    cdef float mean32 = <float> mean
    cdef float bottom32 = nextafterf(<float> (mean - 2 * stddev), <float> INFINITY)
    cdef float top32 = nextafterf(<float> (mean + 2 * stddev), -<float> INFINITY)
    cdef double bottom = nextafter(mean - 2 * stddev, INFINITY)
    cdef double top = nextafter(mean + 2 * stddev, -INFINITY)
    if PyArray_TYPE(out) == NPY_FLOAT:
        truncated_run(
            state, mean, stddev, min(bottom32, mean32), max(top32, mean32),
            <float*> PyArray_DATA(out), PyArray_SIZE(out),
        )
    else:
        truncated_run(
            state, mean, stddev, min(bottom, mean), max(top, mean),
            <double*> PyArray_DATA(out), PyArray_SIZE(out),
        )


def random_truncated_normal(state, *, shape, mean, stddev, dtype, out=None):
    """out_i = mean + stddev Φ⁻¹(p), p uniform in (Φ(-2), Φ(2))."""
    cdef ndarray result = result_for(shape, dtype, out, NPY_FLOAT, NPY_DOUBLE)
    cdef State start = state_of(state)
    cdef double centre = mean, spread = stddev
    if result is None:
        return otherwise(
            "random_truncated_normal",
            (state,),
            {
                "shape": shape,
                "mean": mean,
                "stddev": stddev,
                "dtype": dtype,
                "out": out,
            },
        )
    if PyArray_SIZE(result) < LARGE:
        truncated(&start, centre, spread, result)
    else:
        with nogil:
            truncated(&start, centre, spread, result)
    return given(result, out)


# --- Seeds and results ----------------------------------------------------------------

def advance_seed(state):
    """counter ← counter + 1, and 0 after the last."""
    cdef char* data
    cdef int type
    if not (
        is_native(state, NPY_UINT32) or is_native(state, NPY_INT32)
        or is_native(state, NPY_UINT64) or is_native(state, NPY_INT64)
    ) or not (is_flat(state) and is_writeable(state) and PyArray_SIZE(state) == 2):
        return otherwise("advance_seed", (state,), {})
    data, type = <char*> PyArray_DATA(state), PyArray_TYPE(state)
    if type == NPY_UINT32 or type == NPY_INT32:
        (<uint32_t*> data)[1] += 1
    else:
        (<uint64_t*> data)[1] += 1


cdef ndarray result_for(object shape, object dtype, object out, int type, int other):
    """Returns an array in C order for the numbers; None if they are not for us.

    It is `out` itself, if that is one run; `given` copies to `out` if it is not.
    """
    cdef npy_intp sizes[MOST_DIMS]
    cdef ndarray result
    cdef int wanted, i, ndim = len(shape)
    dtype = np.dtype(dtype)
    wanted = dtype.num
    if not dtype.isnative or (wanted != type and wanted != other) or ndim > MOST_DIMS:
        return None
    for i in range(ndim):
        sizes[i] = shape[i]
    if out is None:
        return PyArray_EMPTY(ndim, sizes, wanted, 0)
    if not (is_native(out, wanted) and is_writeable(out) and PyArray_NDIM(out) == ndim):
        return None
    for i in range(ndim):
        if PyArray_DIMS(out)[i] != sizes[i]:
            return None
    if is_flat(out):
        return out
    return PyArray_EMPTY(ndim, sizes, wanted, 0)


cdef ndarray given(ndarray result, object out):
    """Returns `out` with the result in it, or the result if it is None."""
    if out is None or out is result:
        return result
    PyArray_CopyInto(out, result)
    return out
