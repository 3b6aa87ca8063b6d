"""Gamma, beta and binomial numbers have their distributions, in every set the same."""

import math

import numpy as np
import pytest

from minikeras.kernels.reference import reference
from tests.kernels.sets import ARRAY_SETS

every_set = pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)

STATE = np.array([1337, 5], "uint32")
MANY = 20_000  # numbers
SOME = 100  # of which the plain loops draw no more in a hundredth of a second

PARAMETERS = {
    "random_gamma": [(0.05,), (0.5,), (1.0,), (2.5,), (1e8,)],
    "random_beta": [(0.05, 0.1), (1.0, 1.0), (2.0, 30.0)],
    "random_binomial": [(1.0, 0.3), (16.0, 0.9), (17.0, 0.1), (1e6, 0.25), (1e12, 0.6)],
}
CALLS = [(name, given) for name, several in PARAMETERS.items() for given in several]
every_call = pytest.mark.parametrize(("name", "given"), CALLS)


def draw(kernels, name, given, shape=(MANY,), dtype="float64", state=STATE, out=None):
    parameters = [np.array(x, "float64") for x in given]
    return getattr(kernels, name)(state, *parameters, shape=shape, dtype=dtype, out=out)


# --- Distributions --------------------------------------------------------------------


def assert_distributed(numbers, distribution):
    """Kolmogorov and Smirnov's test, on the largest gap between two distributions.

    It is below 1.63/√n in 99 of 100 samples; the seed is fixed, so the answer is, too.
    """
    numbers = np.sort(numbers)
    n = len(numbers)
    expected = np.array([distribution(x) for x in numbers.tolist()])
    gap = np.maximum(expected - np.arange(n) / n, np.arange(1, n + 1) / n - expected)
    assert gap.max() < 1.63 / math.sqrt(n)


def whole_gamma(alpha):
    """Returns the distribution for a whole α: of α events that are waited for."""

    def distribution(x):
        terms = (math.exp(k * math.log(x) - math.lgamma(k + 1)) for k in range(alpha))
        return 1 - math.exp(-x) * sum(terms)

    return distribution


@pytest.mark.parametrize(
    ("alpha", "distribution"),
    [
        (0.5, lambda x: math.erf(math.sqrt(x))),
        (1.0, lambda x: 1 - math.exp(-x)),
        (3.0, whole_gamma(3)),
        (40.0, whole_gamma(40)),
    ],
)
def test_gamma_numbers(alpha, distribution):
    assert_distributed(draw(reference, "random_gamma", [alpha]), distribution)


def test_gamma_numbers_of_a_large_parameter_are_nearly_normal():
    alpha = 1e8
    standard = (draw(reference, "random_gamma", [alpha]) - alpha) / math.sqrt(alpha)
    assert_distributed(standard, lambda x: 0.5 * math.erfc(-x / math.sqrt(2)))


def whole_beta(a, b):
    """Returns the distribution of the a-th smallest of a + b - 1 uniform numbers."""
    n = a + b - 1

    def distribution(x):
        terms = (math.comb(n, j) * x**j * (1 - x) ** (n - j) for j in range(a, n + 1))
        return sum(terms)

    return distribution


@pytest.mark.parametrize(
    ("alpha", "beta", "distribution"),
    [
        (0.02, 1.0, lambda x: x**0.02),
        (1.0, 0.3, lambda x: 1 - (1 - x) ** 0.3),
        (0.5, 0.5, lambda x: 2 / math.pi * math.asin(math.sqrt(x))),
        (1.0, 1.0, lambda x: x),
        (2.0, 3.0, whole_beta(2, 3)),
        (30.0, 8.0, whole_beta(30, 8)),
    ],
)
def test_beta_numbers(alpha, beta, distribution):
    numbers = draw(reference, "random_beta", [alpha, beta])
    assert numbers.min() >= 0
    assert numbers.max() <= 1
    assert_distributed(numbers, distribution)


def test_beta_numbers_of_tiny_parameters_are_0_or_1():
    """Both gamma numbers are too small for a float then, but not their logarithms."""
    numbers = draw(reference, "random_beta", [1e-4, 3e-4])
    assert np.isfinite(numbers).all()
    assert np.mean(numbers > 0.5) == pytest.approx(0.25, abs=0.02)


def mass(n, p, k):
    """Returns the probability of k successes among n."""
    ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return math.exp(ways + k * math.log(p) + (n - k) * math.log1p(-p))


@pytest.mark.parametrize(
    ("n", "p"),
    [
        (1, 0.3),
        (5, 0.5),
        (16, 0.97),
        (17, 0.4),
        (40, 0.05),
        (500, 0.9),
        (3000, 0.001),
        (10**6, 0.25),
        (10**9, 2e-9),
    ],
)
def test_binomial_numbers(n, p):
    """A χ² test, on parts of the range that have a probability of some 0.1 each."""
    numbers = draw(reference, "random_binomial", [n, p])
    assert (numbers == np.round(numbers)).all()
    deviation = math.sqrt(n * p * (1 - p))
    lowest = max(0, math.floor(n * p - 10 * deviation))
    highest = min(n, math.ceil(n * p + 10 * deviation + 10))
    assert numbers.min() >= lowest
    assert numbers.max() <= highest
    parts, begin, probability, chi_squared = 0, lowest, 0.0, 0.0
    for k in range(lowest, highest + 1):
        probability += mass(n, p, k)
        if probability > 0.1 or k == highest:
            count = np.sum((numbers >= begin) & (numbers <= k))
            expected = max(MANY * probability, 1.0)
            chi_squared += (count - expected) ** 2 / expected
            parts, begin, probability = parts + 1, k + 1, 0.0
    freedom = parts - 1
    assert chi_squared < freedom + 4 * math.sqrt(2 * freedom) + 2


# --- Bits -----------------------------------------------------------------------------


@every_set
@every_call
def test_every_set_draws_the_same(kernels, name, given):
    numbers = draw(kernels, name, given, (SOME,))
    expected = draw(reference, name, given, (SOME,))
    # The numbers of α = 0.05 are made of exponentials of some hundreds.
    np.testing.assert_allclose(numbers, expected, rtol=1e-11)


@every_set
@every_call
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_numbers_are_rounded_once(kernels, name, given, dtype):
    with np.errstate(over="ignore"):
        expected = draw(reference, name, given, (SOME,)).astype(dtype)
    numbers = draw(kernels, name, given, (SOME,), dtype)
    assert numbers.dtype == dtype
    np.testing.assert_allclose(numbers, expected, rtol=np.finfo(dtype).eps)


@every_set
@every_call
def test_a_number_does_not_depend_on_the_shape(kernels, name, given):
    numbers = draw(kernels, name, given, (60,))
    for shape in [(), (1,), (7,), (5, 11), (0, 2)]:
        again = draw(kernels, name, given, shape)
        assert again.shape == shape
        np.testing.assert_array_equal(again.ravel(), numbers[: math.prod(shape)])


@every_set
@pytest.mark.parametrize(("name", "several"), PARAMETERS.items())
def test_each_number_has_its_own_parameters(kernels, name, several):
    rows = [draw(kernels, name, given, (4, len(several))) for given in several]
    expected = np.stack([row[:, i] for i, row in enumerate(rows)], axis=1)
    mixed = draw(kernels, name, np.array(several).T, (4, len(several)))
    np.testing.assert_array_equal(mixed, expected)


@every_set
@every_call
def test_another_counter_gives_other_numbers(kernels, name, given):
    other = draw(kernels, name, given, (SOME,), state=np.array([1337, 6], "uint32"))
    assert not np.array_equal(other, draw(kernels, name, given, (SOME,)))


@every_set
@every_call
def test_out_is_filled_and_returned(kernels, name, given):
    out = np.full((9, 8), np.nan)[1:-1, ::2]
    assert draw(kernels, name, given, (7, 4), out=out) is out
    np.testing.assert_array_equal(out, draw(kernels, name, given, (7, 4)))


# --- Limits ---------------------------------------------------------------------------


@every_set
@pytest.mark.parametrize(
    ("name", "given"),
    [
        *(("random_gamma", [x]) for x in (0.0, -1.0, math.inf, math.nan)),
        *(("random_beta", [1.0, x]) for x in (0.0, -1.0, math.inf, math.nan)),
        *(("random_beta", [x, 1.0]) for x in (0.0, -1.0, math.inf, math.nan)),
        *(("random_binomial", [x, 0.5]) for x in (-1.0, math.inf, math.nan)),
        *(("random_binomial", [9.0, x]) for x in (-0.1, 1.1, math.inf, math.nan)),
    ],
)
def test_parameters_that_there_are_none_of_give_nan(kernels, name, given):
    assert np.isnan(draw(kernels, name, given, (5,))).all()


@every_set
@pytest.mark.parametrize(
    ("n", "p", "expected"),
    [(0.0, 0.5, 0.0), (9.0, 0.0, 0.0), (9.0, 1.0, 9.0), (1e6, 0.0, 0.0), (1e6, 1, 1e6)],
)
def test_what_is_certain_comes(kernels, n, p, expected):
    numbers = draw(kernels, "random_binomial", [n, p], (SOME,))
    np.testing.assert_array_equal(numbers, expected)


@every_set
@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_must_broadcast_to_the_shape(kernels, name):
    given = [np.full((3,), 0.5) for _ in PARAMETERS[name][0]]
    for shape in [(2,), (3, 2), ()]:
        with pytest.raises(ValueError, match=r"\(3,\) does not broadcast to"):
            draw(kernels, name, given, shape)
