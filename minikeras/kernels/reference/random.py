"""Random numbers from counters, in NumPy: the definition of right.

A number is a function of (seed, counter, its index) and of nothing that happened
before: so every set, every order of evaluation and every replay draws the same bits.
Element i has a block of Philox 4×64-10 to itself, four random words of 64 bits (which
one, says README.md).  All is computed in float64 and rounded once to `dtype`: some at a
time, for the words and what is made of them take twenty times the memory of the result.

Source: Salmon et al., Parallel random numbers: as easy as 1, 2, 3 (2011).
"""

import numpy as np

from minikeras.kernels.shapes.random import check_integers

WORD = 2**64
BITS = {"float16": 24, "float32": 24, "float64": 53}  # of word 0, in a uniform number
PORTION = 2**14  # elements that are drawn at a time: their words fit in a cache

# Φ(-2), Φ the normal distribution function: what lies below minus two deviations.
BELOW_MINUS_TWO = 0.022750131948179207

# Wichura's rational functions for Φ⁻¹: the coefficients of 1, r, r², …
# The middle, |p - ½| ≤ 0.425, in r = 0.180625 - (p - ½)²:
MIDDLE_NUMERATOR = (
    3.3871328727963666080e0,
    1.3314166789178437745e2,
    1.9715909503065514427e3,
    1.3731693765509461125e4,
    4.5921953931549871457e4,
    6.7265770927008700853e4,
    3.3430575583588128105e4,
    2.5090809287301226727e3,
)
MIDDLE_DENOMINATOR = (
    1.0,
    4.2313330701600911252e1,
    6.8718700749205790830e2,
    5.3941960214247511077e3,
    2.1213794301586595867e4,
    3.9307895800092710610e4,
    2.8729085735721942674e4,
    5.2264952788528545610e3,
)
# The flanks, in r = √(-log of the distance to the nearer of 0 and 1) - 1.6:
FLANK_NUMERATOR = (
    1.42343711074968357734e0,
    4.63033784615654529590e0,
    5.76949722146069140550e0,
    3.64784832476320460504e0,
    1.27045825245236838258e0,
    2.41780725177450611770e-1,
    2.27238449892691845833e-2,
    7.74545014278341407640e-4,
)
FLANK_DENOMINATOR = (
    1.0,
    2.05319162663775882187e0,
    1.67638483018380384940e0,
    6.89767334985100004550e-1,
    1.48103976427480074590e-1,
    1.51986665636164571966e-2,
    5.47593808499534494600e-4,
    1.05075007164441684324e-9,
)


def random_uniform(state, *, shape, low, high, dtype, out=None):
    """out_i = low + (high - low) u_i, u_i uniform in [0, 1); rounded, below `high`.

    Shapes: state (2,) → out `shape`.
    """

    def values(words):
        return low + (high - low) * units_of(words[0], dtype)

    return _drawn(values, state, shape, dtype, out, *uniform_range(low, high, dtype))


def random_integers(state, *, shape, low, high, dtype, out=None):
    """out_i = low + ⌊w_i (high - low) / 2⁶⁴⌋, w_i the first word of block i.

    No draw is rejected, so that element i needs its own block only; the probability of
    an integer is therefore off by less than 2⁻⁶⁴.

    Shapes: state (2,) → out `shape`.
    Raises: ValueError if [low, high) is empty or does not fit in `dtype`.
    Source: Lemire, Fast random integer generation in an interval (2019), without the
    rejection.
    """
    check_integers(low, high, dtype)

    def values(words):
        drawn = words[0]
        if high - low < WORD:
            drawn = _high_word(drawn, np.uint64(high - low))
        # Modulo 2⁶⁴, as the processor adds, and so right for negative numbers too.
        return drawn + np.uint64(low % WORD)

    return _drawn(values, state, shape, dtype, out)


def dropout_mask(state, *, shape, rate, dtype, out=None):
    """out_i = 0 where u_i < rate, else 1 / (1 - rate); u_i uniform in [0, 1).

    Shapes: state (2,) → out `shape`.
    Source: Srivastava et al., Dropout (2014), section 10, with the scale in training.
    """
    scale = 1 / (1 - rate) if rate < 1 else 0.0

    def values(words):
        return np.where(units_of(words[0], dtype) >= rate, scale, 0.0)

    return _drawn(values, state, shape, dtype, out)


def random_normal(state, *, shape, mean, stddev, dtype, out=None):
    """out_i = mean + stddev √(-2 log u) cos(2π v), u in (0, 1] and v in [0, 1) uniform.

    Shapes: state (2,) → out `shape`.
    Source: Box and Muller, A note on the generation of random normal deviates (1958).
    """

    def values(words):
        return mean + stddev * standard_normal(words)

    return _drawn(values, state, shape, dtype, out)


def random_truncated_normal(state, *, shape, mean, stddev, dtype, out=None):
    """out_i = mean + stddev Φ⁻¹(p), p uniform in (Φ(-2), Φ(2)).

    A normal number, given that it is strictly within two deviations of the mean.

    Shapes: state (2,) → out `shape`.
    Source: Devroye, Non-uniform random variate generation (1986), section II.2.
    """

    def values(words):
        units = units_of(words[0], "float64")
        normal = normal_quantile(BELOW_MINUS_TWO + (1 - 2 * BELOW_MINUS_TWO) * units)
        return mean + stddev * normal

    return _drawn(values, state, shape, dtype, out, *truncation(mean, stddev, dtype))


def advance_seed(state):
    """counter ← counter + 1: the next draw is of other numbers."""
    state[1:] += 1


def standard_normal(words):
    """Returns normal numbers of mean 0 and deviation 1, made of words 0 and 1."""
    radius = np.sqrt(-2 * np.log(1 - units_of(words[0], "float64")))
    return radius * np.cos(2 * np.pi * units_of(words[1], "float64"))


def uniform_range(low, high, dtype):
    """Returns the smallest and the largest number of `dtype` in [low, high)."""
    kind = np.dtype(dtype).type
    bottom = kind(low)
    return bottom, max(np.nextafter(kind(high), kind(-np.inf)), bottom)


def normal_quantile(p):
    """Returns Φ⁻¹(p), for p in [Φ(-2), Φ(2)], to about 1e-16.

    Source: Wichura, Algorithm AS 241: The percentage points of the normal distribution
    (1988), PPND16 without its outer tails.
    """
    q = p - 0.5
    r = 0.180625 - q * q
    middle = q * polynomial(MIDDLE_NUMERATOR, r) / polynomial(MIDDLE_DENOMINATOR, r)
    r = np.sqrt(-np.log(np.minimum(p, 1 - p))) - 1.6
    flank = polynomial(FLANK_NUMERATOR, r) / polynomial(FLANK_DENOMINATOR, r)
    return np.where(np.abs(q) <= 0.425, middle, np.copysign(flank, q))


def truncation(mean, stddev, dtype):
    """Returns the smallest and the largest number of `dtype` within two deviations."""
    kind = np.dtype(dtype).type
    bottom = np.nextafter(kind(mean - 2 * stddev), kind(np.inf))
    top = np.nextafter(kind(mean + 2 * stddev), kind(-np.inf))
    # Without a deviation, or with one below the rounding of the mean, the mean is left.
    return min(bottom, kind(mean)), max(top, kind(mean))


def _drawn(values, state, shape, dtype, out, bottom=None, top=None):
    """Rounds values(words) to dtype and clips them to [bottom, top], by portions.

    Words of n elements: (4, n) of uint64, the four of an element in a column.
    """
    generator = generator_of(state)
    result = np.empty(shape, dtype)
    numbers = result.reshape(-1)
    for begin in range(0, numbers.size, PORTION):
        portion = numbers[begin : begin + PORTION]
        drawn = values(generator.random_raw(4 * portion.size).reshape(-1, 4).T)
        with np.errstate(over="ignore"):
            np.copyto(portion, drawn, casting="unsafe")
        if bottom is not None:
            np.clip(portion, bottom, top, out=portion)
    if out is None:
        return result
    np.copyto(out, result, casting="no")
    return out


def generator_of(state, block=0, lane=0):
    """Returns what draws the four words of a block of each element, one by one."""
    seed, counter = (int(number) % WORD for number in state)
    key = np.array([seed, 0], np.uint64)
    before_the_first = np.array([0, block, counter, lane], np.uint64)
    return np.random.Philox(key=key, counter=before_the_first)


def units_of(words, dtype):
    """Returns numbers in [0, 1) from the top bits of words, exactly, in float64."""
    bits = BITS[np.dtype(dtype).name]
    return (words >> np.uint64(64 - bits)) * 2.0**-bits


def _high_word(x, y):
    """Returns ⌊x y / 2⁶⁴⌋ by long multiplication in base 2³²."""
    half, low_half = np.uint64(32), np.uint64(2**32 - 1)
    x_high, x_low, y_high, y_low = x >> half, x & low_half, y >> half, y & low_half
    cross = x_high * y_low + (x_low * y_low >> half)
    other = x_low * y_high + (cross & low_half)
    return x_high * y_high + (cross >> half) + (other >> half)


def polynomial(coefficients, x):
    """Returns Σ_n coefficients_n xⁿ by Horner's rule."""
    total = coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        total = total * x + coefficient
    return total
