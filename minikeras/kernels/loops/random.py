"""Random numbers from counters, one at a time, with Philox 4×64-10 written out.

Source: Salmon et al., Parallel random numbers: as easy as 1, 2, 3 (2011), section 3.3.
"""

import math

import numpy as np

from minikeras.kernels.reference.random import (
    BELOW_MINUS_TWO,
    BITS,
    FLANK_DENOMINATOR,
    FLANK_NUMERATOR,
    MIDDLE_DENOMINATOR,
    MIDDLE_NUMERATOR,
    WORD,
    polynomial,
    truncation,
    uniform_range,
)
from minikeras.kernels.shapes.random import check_integers

ROUNDS = 10
MULTIPLIERS = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
KEY_STEPS = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)  # 2⁶⁴ (√5 - 1)/2 and 2⁶⁴ (√3 - 1)


def random_uniform(state, *, shape, low, high, dtype, out=None):
    """out_i = low + (high - low) u_i, u_i uniform in [0, 1); rounded, below `high`."""
    bottom, top = (float(x) for x in uniform_range(low, high, dtype))
    numbers = []
    for words in blocks(state, math.prod(shape)):
        x = low + (high - low) * unit(words[0], dtype)
        numbers.append(min(max(x, bottom), top))
    return stored(numbers, shape, dtype, out)


def random_integers(state, *, shape, low, high, dtype, out=None):
    """out_i = low + ⌊w_i (high - low) / 2⁶⁴⌋, w_i the first word of block i."""
    check_integers(low, high, dtype)
    numbers = []
    for words in blocks(state, math.prod(shape)):
        numbers.append(low + words[0] * (high - low) // WORD)
    return stored(numbers, shape, dtype, out)


def dropout_mask(state, *, shape, rate, dtype, out=None):
    """out_i = 0 where u_i < rate, else 1 / (1 - rate); u_i uniform in [0, 1)."""
    scale = 1 / (1 - rate) if rate < 1 else 0.0
    numbers = []
    for words in blocks(state, math.prod(shape)):
        numbers.append(0.0 if unit(words[0], dtype) < rate else scale)
    return stored(numbers, shape, dtype, out)


def random_normal(state, *, shape, mean, stddev, dtype, out=None):
    """out_i = mean + stddev √(-2 log u) cos(2π v), u in (0, 1] and v in [0, 1)."""
    numbers = []
    for words in blocks(state, math.prod(shape)):
        numbers.append(mean + stddev * standard_normal(words))
    return stored(numbers, shape, dtype, out)


def random_truncated_normal(state, *, shape, mean, stddev, dtype, out=None):
    """out_i = mean + stddev Φ⁻¹(p), p uniform in (Φ(-2), Φ(2))."""
    bottom, top = (float(x) for x in truncation(mean, stddev, dtype))
    numbers = []
    for words in blocks(state, math.prod(shape)):
        p = BELOW_MINUS_TWO + (1 - 2 * BELOW_MINUS_TWO) * unit(words[0], "float64")
        x = mean + stddev * normal_quantile(p)
        numbers.append(min(max(x, bottom), top))
    return stored(numbers, shape, dtype, out)


def advance_seed(state):
    """counter ← counter + 1."""
    with np.errstate(over="ignore"):
        state[1] += 1


def blocks(state, count):
    """Yields the four random words of each element in turn."""
    seed, counter = (int(number) % WORD for number in state)
    for i in range(count):
        yield philox((i + 1, 0, counter, 0), (seed, 0))


def philox(counter, key):
    """Scrambles a counter of four words under a key of two.

    A round multiplies two of the words to 128 bits, and mixes the upper halves into the
    other two: each bit of the counter soon changes half the bits of the result.
    """
    x0, x1, x2, x3 = counter
    key_0, key_1 = key
    for _ in range(ROUNDS):
        high_0, low_0 = divmod(x0 * MULTIPLIERS[0], WORD)
        high_2, low_2 = divmod(x2 * MULTIPLIERS[1], WORD)
        x0, x1, x2, x3 = high_2 ^ x1 ^ key_0, low_2, high_0 ^ x3 ^ key_1, low_0
        key_0 = (key_0 + KEY_STEPS[0]) % WORD
        key_1 = (key_1 + KEY_STEPS[1]) % WORD
    return x0, x1, x2, x3


def unit(word, dtype):
    """Returns a number in [0, 1) from the top bits of a word."""
    bits = BITS[np.dtype(dtype).name]
    return (word >> 64 - bits) * 2.0**-bits


def standard_normal(words):
    """Returns a normal number of mean 0 and deviation 1, made of words 0 and 1."""
    radius = math.sqrt(-2 * math.log(1 - unit(words[0], "float64")))
    return radius * math.cos(2 * math.pi * unit(words[1], "float64"))


def normal_quantile(p):
    """Returns Φ⁻¹(p), for p in [Φ(-2), Φ(2)]; see the reference."""
    q = p - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        return q * polynomial(MIDDLE_NUMERATOR, r) / polynomial(MIDDLE_DENOMINATOR, r)
    r = math.sqrt(-math.log(min(p, 1 - p))) - 1.6
    flank = polynomial(FLANK_NUMERATOR, r) / polynomial(FLANK_DENOMINATOR, r)
    return math.copysign(flank, q)


def stored(numbers, shape, dtype, out):
    """Rounds numbers, once, to `dtype`."""
    with np.errstate(over="ignore"):
        numbers = np.array(numbers, dtype).reshape(shape)
    if out is None:
        return numbers
    np.copyto(out, numbers, casting="no")
    return out
