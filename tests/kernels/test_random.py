"""Random numbers are functions of seed, counter and index, and have the right laws."""

import math
import tracemalloc
from statistics import NormalDist

import numpy as np
import pytest

from minikeras.kernels.loops.random import philox
from minikeras.kernels.reference import reference
from minikeras.kernels.reference.random import (
    BELOW_MINUS_TWO,
    PORTION,
    normal_quantile,
)
from tests.kernels.sets import ARRAY_SETS

every_set = pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
float_dtypes = pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])

STATE = np.array([1337, 5], "uint32")
MANY = 3000  # numbers: the plain loops draw them in some hundredths of a second

DRAWS = {
    "random_uniform": {"low": -1.0, "high": 2.0},
    "dropout_mask": {"rate": 0.3},
    "random_normal": {"mean": 1.0, "stddev": 2.0},
    "random_truncated_normal": {"mean": 0.0, "stddev": 0.05},
}
every_draw = pytest.mark.parametrize("name", DRAWS)


def draw(kernels, name, state=STATE, shape=(MANY,), dtype="float32", **parameters):
    parameters = parameters or DRAWS[name]
    return getattr(kernels, name)(state, shape=shape, dtype=dtype, **parameters)


# --- Bits -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        (
            (0, 0, 0, 0),
            (0, 0),
            "16554d9eca36314c db20fe9d672d0fdc d7e772cee186176b 7e68b68aec7ba23b",
        ),
        (
            (2**64 - 1,) * 4,
            (2**64 - 1,) * 2,
            "87b092c3013fe90b 438c3c67be8d0224 9cc7d7c69cd777b6 a09caebf594f0ba0",
        ),
    ],
)
def test_philox_gives_the_published_answers(counter, key, expected):
    """Source: kat_vectors of Random123, the authors' own library."""
    assert [f"{word:016x}" for word in philox(counter, key)] == expected.split()


@every_set
@pytest.mark.parametrize("state", [(0, 0), (1337, 5), (2**32 - 1, 2**32 - 1)])
def test_element_i_comes_from_numpys_block_i(kernels, state):
    raw = np.random.Philox(key=[state[0], 0], counter=[0, 0, state[1], 0])
    words = [int(word) for word in raw.random_raw(4 * 100)[::4]]
    state = np.array(state, "uint32")
    units = draw(kernels, "random_uniform", state, (100,), "float64", low=0, high=1)
    np.testing.assert_array_equal(units, [(word >> 11) / 2**53 for word in words])
    units = draw(kernels, "random_uniform", state, (100,), "float32", low=0, high=1)
    np.testing.assert_array_equal(units, [(word >> 40) / 2**24 for word in words])
    integers = kernels.random_integers(
        state, shape=(100,), low=-7, high=1000, dtype="int32"
    )
    np.testing.assert_array_equal(integers, [(word * 1007 >> 64) - 7 for word in words])


@pytest.mark.parametrize("kernels", ARRAY_SETS[1:], ids=str)
def test_portions_follow_one_another(kernels):
    """The plain loops have none."""
    n = 2 * PORTION + 3
    raw = np.random.Philox(key=[1337, 0], counter=[0, 0, 5, 0]).random_raw(4 * n)[::4]
    units = draw(kernels, "random_uniform", shape=(n,), dtype="float64", low=0, high=1)
    np.testing.assert_array_equal(units, (raw >> np.uint64(11)) / 2**53)


@every_draw
def test_drawing_takes_little_more_memory_than_the_numbers(name):
    tracemalloc.start()
    try:
        numbers = draw(reference, name, shape=(1000, 1000))
        assert tracemalloc.get_traced_memory()[1] < 2 * numbers.nbytes
    finally:
        tracemalloc.stop()


@every_set
@every_draw
@float_dtypes
def test_a_number_does_not_depend_on_the_shape(kernels, name, dtype):
    numbers = draw(kernels, name, shape=(60,), dtype=dtype)
    for shape in [(), (1,), (7,), (5, 11), (3, 4, 5), (0, 2)]:
        again = draw(kernels, name, shape=shape, dtype=dtype)
        assert again.shape == shape
        np.testing.assert_array_equal(again.ravel(), numbers[: math.prod(shape)])


@every_set
@every_draw
@float_dtypes
def test_out_is_filled_and_returned(kernels, name, dtype):
    out = np.full((9, 8), np.nan, dtype)[1:-1, ::2]
    assert draw(kernels, name, shape=(7, 4), dtype=dtype, out=out, **DRAWS[name]) is out
    np.testing.assert_array_equal(out, draw(kernels, name, shape=(7, 4), dtype=dtype))


@every_set
def test_seeds_and_counters_are_taken_modulo_2_to_64(kernels):
    signed, unsigned = np.array([-1, -2]), np.array([2**64 - 1, 2**64 - 2], "uint64")
    np.testing.assert_array_equal(
        draw(kernels, "random_uniform", signed),
        draw(kernels, "random_uniform", unsigned),
    )


@every_set
def test_advancing_the_seed_gives_other_numbers(kernels):
    state = STATE.copy()
    before = draw(kernels, "random_uniform", state)
    kernels.advance_seed(state)
    np.testing.assert_array_equal(state, [1337, 6])
    after = draw(kernels, "random_uniform", state)
    assert not np.any(before == after[: before.size])
    assert abs(np.corrcoef(before, after)[0, 1]) < 4 / math.sqrt(MANY)


@every_set
@pytest.mark.parametrize("dtype", ["int32", "uint32", "int64"])
def test_the_counter_starts_again_after_the_last(kernels, dtype):
    limits = np.iinfo(dtype)
    state = np.array([3, limits.max], dtype)
    kernels.advance_seed(state)
    np.testing.assert_array_equal(state, np.array([3, limits.min], dtype))


# --- Distributions --------------------------------------------------------------------


def assert_distributed(numbers, distribution):
    """Kolmogorov and Smirnov's test, on the largest gap between two distributions.

    It is below 1.63/√n in 99 of 100 samples; the seed is fixed, so the answer is, too.
    """
    numbers = np.sort(numbers.astype("float64"))
    n = len(numbers)
    expected = np.array([distribution(x) for x in numbers])
    gap = np.maximum(expected - np.arange(n) / n, np.arange(1, n + 1) / n - expected)
    assert gap.max() < 1.63 / math.sqrt(n)


@every_set
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_uniform_numbers_are_uniform(kernels, dtype):
    numbers = draw(kernels, "random_uniform", dtype=dtype)
    assert_distributed(numbers, lambda x: (x + 1) / 3)


@every_set
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_normal_numbers_are_normal(kernels, dtype):
    numbers = draw(kernels, "random_normal", dtype=dtype)
    assert_distributed(numbers, NormalDist(1, 2).cdf)


@every_set
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_truncated_normal_numbers_are_normal_within_two_deviations(kernels, dtype):
    numbers = draw(kernels, "random_truncated_normal", dtype=dtype)
    below, normal = BELOW_MINUS_TWO, NormalDist(0, 0.05)
    assert_distributed(numbers, lambda x: (normal.cdf(x) - below) / (1 - 2 * below))


@every_set
def test_integers_are_equally_frequent(kernels):
    numbers = kernels.random_integers(
        STATE, shape=(MANY,), low=-3, high=4, dtype="int32"
    )
    counts = np.bincount(numbers + 3, minlength=7)
    expected = MANY / 7
    chi_squared = np.sum((counts - expected) ** 2) / expected
    assert len(counts) == 7
    assert chi_squared < 16.8  # exceeded by 1 of 100 samples, at 6 degrees of freedom


@every_set
@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_dropout_keeps_the_mean(kernels, rate):
    mask = draw(kernels, "dropout_mask", rate=rate)
    assert set(np.unique(mask)) == {0, np.float32(1 / (1 - rate))}
    assert abs(np.mean(mask == 0) - rate) < 4 * math.sqrt(rate * (1 - rate) / MANY)


# --- Limits ---------------------------------------------------------------------------


@every_set
@float_dtypes
@pytest.mark.parametrize(("low", "high"), [(1, 2), (-0.05, 0.05), (1000.0, 1000.5)])
def test_uniform_numbers_stay_below_their_upper_limit(kernels, dtype, low, high):
    numbers = draw(kernels, "random_uniform", dtype=dtype, low=low, high=high)
    assert numbers.min() >= np.dtype(dtype).type(low)
    assert numbers.max() < np.dtype(dtype).type(high)


@every_set
@float_dtypes
@pytest.mark.parametrize(("mean", "stddev"), [(0.0, 1.0), (1.0, 0.05), (-3.0, 2.0)])
def test_truncated_normal_numbers_stay_strictly_within(kernels, dtype, mean, stddev):
    numbers = draw(
        kernels, "random_truncated_normal", dtype=dtype, mean=mean, stddev=stddev
    )
    kind = np.dtype(dtype).type
    assert numbers.min() > kind(mean - 2 * stddev)
    assert numbers.max() < kind(mean + 2 * stddev)


@every_set
@float_dtypes
@pytest.mark.parametrize("name", ["random_normal", "random_truncated_normal"])
def test_no_deviation_leaves_the_mean(kernels, name, dtype):
    numbers = draw(kernels, name, shape=(50,), dtype=dtype, mean=1.5, stddev=0.0)
    np.testing.assert_array_equal(numbers, 1.5)


@every_set
@pytest.mark.parametrize(("rate", "expected"), [(0.0, 1.0), (1.0, 0.0)])
def test_dropping_none_or_all(kernels, rate, expected):
    mask = draw(kernels, "dropout_mask", shape=(50,), rate=rate)
    np.testing.assert_array_equal(mask, expected)


@every_set
@pytest.mark.parametrize(
    ("low", "high", "dtype"),
    [(3, 3, "int32"), (5, 2, "int64"), (-1, 3, "uint8"), (0, 2**31 + 1, "int32")],
)
def test_a_range_without_integers_is_refused(kernels, low, high, dtype):
    message = rf"low < high .*{dtype}.* got low={low}, high={high}"
    with pytest.raises(ValueError, match=message):
        kernels.random_integers(STATE, shape=(2,), low=low, high=high, dtype=dtype)


def test_the_quantile_is_that_of_the_standard_library():
    probabilities = np.linspace(BELOW_MINUS_TWO, 1 - BELOW_MINUS_TWO, 1001)
    expected = [NormalDist().inv_cdf(p) for p in probabilities]
    np.testing.assert_allclose(normal_quantile(probabilities), expected, atol=4e-15)
