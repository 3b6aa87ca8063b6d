"""Random numbers from counters. Contract: kernels/reference/random.py.

Words are drawn a tile at a time, with multiplications of 64 × 64 bits, and turned to
numbers in vectors. All is computed in float64 and rounded once. An element depends on
nothing but the state and its number: so threads share the elements.
"""

from cython cimport floating
from libc.math cimport INFINITY, copysign, fabs, nextafter, nextafterf, sqrt
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t
from libc.string cimport memcpy
from numpy cimport (
    NPY_DOUBLE,
    NPY_FLOAT,
    NPY_INT32,
    NPY_INT64,
    NPY_UINT32,
    PyArray_TYPE,
    ndarray,
)

from minikeras._fast.arrays cimport is_writeable, otherwise
from minikeras._fast.clones cimport cloned
from minikeras._fast.draws cimport (
    Draw,
    drawn,
    result_for,
    state_now,
    watch_state,
    word_at,
)
from minikeras._fast.elementary cimport log_one
from minikeras._fast.philox cimport State, first_two_words, first_words, product
from minikeras._fast.tasks cimport perform
from minikeras._fast.trigonometry cimport cosine

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
    const State* state, Py_ssize_t begin, double low, double width, floating bottom,
    floating top, floating* out, Py_ssize_t n,
) noexcept nogil:
    """out_i = low + width u_i, in [bottom, top]."""
    cdef uint64_t words[TILE]
    cdef Py_ssize_t tile, start, count, i
    for tile in range((n + TILE - 1) // TILE):
        start = tile * TILE
        count = min(<Py_ssize_t> TILE, n - start)
        first_words(state, begin + start, count, words)
        for i in range(count):
            if floating is float:
                out[start + i] = clipped(low + width * unit24(words[i]), bottom, top)
            else:
                out[start + i] = clipped(low + width * unit53(words[i]), bottom, top)


cdef void uniform_part(
    void* arguments, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    """Draws the numbers from begin to end."""
    cdef const Draw* work = <const Draw*> arguments
    cdef State state = state_now(work)
    cdef float bottom32 = <float> work.first
    cdef float top32 = nextafterf(<float> work.second, -<float> INFINITY)
    cdef double top = nextafter(work.second, -INFINITY)
    if work.type == NPY_FLOAT:
        uniform_run(
            &state, begin, work.first, work.second - work.first, bottom32,
            max(top32, bottom32), <float*> work.out + begin, end - begin,
        )
    else:
        uniform_run(
            &state, begin, work.first, work.second - work.first, work.first,
            max(top, work.first), <double*> work.out + begin, end - begin,
        )


def random_uniform(state, *, shape, low, high, dtype, out=None):
    """out_i = low + (high - low) u_i, u_i uniform in [0, 1); rounded, below `high`."""
    cdef Draw work
    cdef ndarray result = result_for(shape, dtype, out, NPY_FLOAT, NPY_DOUBLE)
    if result is None or not watch_state(state, &work):
        return otherwise(
            "random_uniform",
            (state,),
            {"shape": shape, "low": low, "high": high, "dtype": dtype, "out": out},
        )
    work.first, work.second = low, high
    return drawn(uniform_part, &work, result, out)


cdef cloned mask_run(
    const State* state, Py_ssize_t begin, double rate, floating scale, floating* out,
    Py_ssize_t n,
) noexcept nogil:
    """out_i = 0 where u_i < rate, else scale."""
    cdef uint64_t words[TILE]
    cdef Py_ssize_t tile, start, count, i
    for tile in range((n + TILE - 1) // TILE):
        start = tile * TILE
        count = min(<Py_ssize_t> TILE, n - start)
        first_words(state, begin + start, count, words)
        for i in range(count):
            if floating is float:
                out[start + i] = <float> 0 if unit24(words[i]) < rate else scale
            else:
                out[start + i] = 0 if unit53(words[i]) < rate else scale


cdef void mask_part(
    void* arguments, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    """Draws the numbers from begin to end."""
    cdef const Draw* work = <const Draw*> arguments
    cdef State state = state_now(work)
    cdef double scale = 1 / (1 - work.first) if work.first < 1 else 0
    if work.type == NPY_FLOAT:
        mask_run(
            &state, begin, work.first, <float> scale, <float*> work.out + begin,
            end - begin,
        )
    else:
        mask_run(
            &state, begin, work.first, scale, <double*> work.out + begin, end - begin
        )


def dropout_mask(state, *, shape, rate, dtype, out=None):
    """out_i = 0 where u_i < rate, else 1 / (1 - rate); u_i uniform in [0, 1)."""
    cdef Draw work
    cdef ndarray result = result_for(shape, dtype, out, NPY_FLOAT, NPY_DOUBLE)
    if result is None or not watch_state(state, &work):
        return otherwise(
            "dropout_mask",
            (state,),
            {"shape": shape, "rate": rate, "dtype": dtype, "out": out},
        )
    work.first = rate
    return drawn(mask_part, &work, result, out)


# --- Integers -------------------------------------------------------------------------

cdef cloned integers_run(
    const State* state, Py_ssize_t begin, uint64_t low, uint64_t width, integer* out,
    Py_ssize_t n,
) noexcept nogil:
    """out_i = low + ⌊w_i width / 2⁶⁴⌋, modulo 2⁶⁴."""
    cdef uint64_t words[TILE]
    cdef uint64_t rest = 0
    cdef Py_ssize_t tile, start, count, i
    for tile in range((n + TILE - 1) // TILE):
        start = tile * TILE
        count = min(<Py_ssize_t> TILE, n - start)
        first_words(state, begin + start, count, words)
        for i in range(count):
            out[start + i] = <integer> (low + product(words[i], width, &rest))


cdef void integers_part(
    void* arguments, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    """Draws the numbers from begin to end."""
    cdef const Draw* work = <const Draw*> arguments
    cdef State state = state_now(work)
    if work.type == NPY_INT32:
        integers_run(
            &state, begin, work.least, work.width, <int32_t*> work.out + begin,
            end - begin,
        )
    else:
        integers_run(
            &state, begin, work.least, work.width, <int64_t*> work.out + begin,
            end - begin,
        )


def random_integers(state, *, shape, low, high, dtype, out=None):
    """out_i = low + ⌊w_i (high - low) / 2⁶⁴⌋, w_i the first word of block i."""
    cdef Draw work
    cdef ndarray result = result_for(shape, dtype, out, NPY_INT32, NPY_INT64)
    limits = (-(2**63), 2**63 - 1)
    if result is not None and PyArray_TYPE(result) == NPY_INT32:
        limits = (-(2**31), 2**31 - 1)
    if (
        result is None
        or not limits[0] <= low < high <= limits[1]
        or not watch_state(state, &work)
    ):
        return otherwise(
            "random_integers",
            (state,),
            {"shape": shape, "low": low, "high": high, "dtype": dtype, "out": out},
        )
    work.least, work.width = <uint64_t> <int64_t> low, high - low
    return drawn(integers_part, &work, result, out)


# --- Normal numbers -------------------------------------------------------------------

cdef cloned normal_run(
    const State* state, Py_ssize_t begin, double mean, double stddev, floating* out,
    Py_ssize_t n,
) noexcept nogil:
    """out_i = mean + stddev √(-2 log u) cos(2π v)."""
    cdef uint64_t first[TILE]
    cdef uint64_t second[TILE]
    cdef double radius
    cdef Py_ssize_t tile, start, count, i
    for tile in range((n + TILE - 1) // TILE):
        start = tile * TILE
        count = min(<Py_ssize_t> TILE, n - start)
        first_two_words(state, begin + start, count, first, second)
        for i in range(count):
            radius = sqrt(-2 * log_one(1 - unit53(first[i])))
            out[start + i] = <floating> (
                mean + stddev * (radius * cosine(6.283185307179586 * unit53(second[i])))
            )


cdef void normal_part(
    void* arguments, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    """Draws the numbers from begin to end."""
    cdef const Draw* work = <const Draw*> arguments
    cdef State state = state_now(work)
    if work.type == NPY_FLOAT:
        normal_run(
            &state, begin, work.first, work.second, <float*> work.out + begin,
            end - begin,
        )
    else:
        normal_run(
            &state, begin, work.first, work.second, <double*> work.out + begin,
            end - begin,
        )


def random_normal(state, *, shape, mean, stddev, dtype, out=None):
    """out_i = mean + stddev √(-2 log u) cos(2π v), u in (0, 1] and v in [0, 1)."""
    cdef Draw work
    cdef ndarray result = result_for(shape, dtype, out, NPY_FLOAT, NPY_DOUBLE)
    if result is None or not watch_state(state, &work):
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
    work.first, work.second = mean, stddev
    return drawn(normal_part, &work, result, out)


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
    const State* state, Py_ssize_t begin, double mean, double stddev, floating bottom,
    floating top, floating* out, Py_ssize_t n,
) noexcept nogil:
    """out_i = mean + stddev Φ⁻¹(p_i), p_i uniform in (Φ(-2), Φ(2)), clipped."""
    cdef uint64_t words[TILE]
    cdef double below_minus_two = 0.022750131948179207
    cdef double within = 1 - 2 * below_minus_two, p
    cdef Py_ssize_t tile, start, count, i
    for tile in range((n + TILE - 1) // TILE):
        start = tile * TILE
        count = min(<Py_ssize_t> TILE, n - start)
        first_words(state, begin + start, count, words)
        for i in range(count):
            p = below_minus_two + within * unit53(words[i])
            out[start + i] = clipped(mean + stddev * normal_quantile(p), bottom, top)


cdef void truncated_part(
    void* arguments, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    """Draws the numbers from begin to end.

    They are clipped to what is strictly within two deviations, or to the mean if
    nothing is.
    """
    cdef const Draw* work = <const Draw*> arguments
    cdef State state = state_now(work)
    cdef double mean = work.first, stddev = work.second
    cdef float mean32 = <float> mean
    cdef float bottom32 = nextafterf(<float> (mean - 2 * stddev), <float> INFINITY)
    cdef float top32 = nextafterf(<float> (mean + 2 * stddev), -<float> INFINITY)
    cdef double bottom = nextafter(mean - 2 * stddev, INFINITY)
    cdef double top = nextafter(mean + 2 * stddev, -INFINITY)
    if work.type == NPY_FLOAT:
        truncated_run(
            &state, begin, mean, stddev, min(bottom32, mean32), max(top32, mean32),
            <float*> work.out + begin, end - begin,
        )
    else:
        truncated_run(
            &state, begin, mean, stddev, min(bottom, mean), max(top, mean),
            <double*> work.out + begin, end - begin,
        )


def random_truncated_normal(state, *, shape, mean, stddev, dtype, out=None):
    """out_i = mean + stddev Φ⁻¹(p), p uniform in (Φ(-2), Φ(2))."""
    cdef Draw work
    cdef ndarray result = result_for(shape, dtype, out, NPY_FLOAT, NPY_DOUBLE)
    if result is None or not watch_state(state, &work):
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
    work.first, work.second = mean, stddev
    return drawn(truncated_part, &work, result, out)


# --- Seeds ----------------------------------------------------------------------------

def advance_seed(state):
    """counter ← counter + 1, and 0 after the last."""
    cdef Draw work
    if not (watch_state(state, &work) and is_writeable(state)):
        return otherwise("advance_seed", (state,), {})
    perform(count_up, &work, sizeof(Draw), 1)


cdef bint count_up(void* arguments) noexcept nogil:
    """Adds 1 to the counter of a state."""
    cdef const Draw* work = <const Draw*> arguments
    cdef uint64_t next_word = word_at(work.counter, work.type_of_state) + 1
    cdef uint32_t half = <uint32_t> next_word
    if work.type_of_state == NPY_UINT32 or work.type_of_state == NPY_INT32:
        memcpy(work.counter, &half, sizeof(half))
    else:
        memcpy(work.counter, &next_word, sizeof(next_word))
    return True
