"""The errors that `minikeras/_fast/elementary.pxd` states, measured.

float32 is compared with float64 at every 4,099th of its numbers, special ones among
them; float64 with `long double` at a million random places, where that is wider.
"""

import numpy as np
import pytest

from minikeras.kernels.fast import fast
from minikeras.kernels.reference import reference


def sigmoid(x):
    small = np.exp(-np.abs(x))
    return np.where(x < 0, small, 1) / (1 + small)


def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def rsqrt(x):
    return 1 / np.sqrt(x)


# The exact functions, and the largest errors in units in the last place.
FUNCTIONS = {
    "exp": (np.exp, 1.01),
    "expm1": (np.expm1, 2.5),
    "log": (np.log, 1.0),
    "log1p": (np.log1p, 1.0),
    "tanh": (np.tanh, 3.0),
    "erf": (reference.erf, 3.0),
    "cos": (np.cos, 2.0),
    "sin": (np.sin, 2.0),
    "rsqrt": (rsqrt, 1.5),
    "sigmoid": (sigmoid, 3.0),
    "softplus": (softplus, 2.0),
}
CASES = [(name, "float32", np.float64) for name in FUNCTIONS]
if np.finfo(np.longdouble).nmant >= 63:
    # Without erf, which is libm's in float64.
    CASES += [(name, "float64", np.longdouble) for name in FUNCTIONS if name != "erf"]


def arguments(dtype):
    """Returns numbers of all magnitudes, and many between -30 and 30."""
    if dtype == "float32":
        bits = np.arange(0, 2**32, 4099, dtype=np.uint64).astype(np.uint32)
        everywhere = bits.view(np.float32)
    else:
        bits = np.random.default_rng(0).integers(0, 2**64, 500_000, dtype=np.uint64)
        everywhere = bits.view(np.float64)
    near = np.random.default_rng(1).uniform(-30, 30, 500_000).astype(dtype)
    limits = np.finfo(dtype)
    special = [0.0, -0.0, np.inf, -np.inf, np.nan, limits.max, limits.tiny, 1, -1]
    return np.concatenate([everywhere, near, np.array(special, dtype)])


def error_in_ulps(actual, exact):
    """Returns how far each result is from the exact one; inf if only one is finite."""
    rounded = exact.astype(actual.dtype)
    ulp = np.spacing(np.minimum(np.abs(rounded), np.finfo(actual.dtype).max))
    errors = np.abs(actual.astype(exact.dtype) - exact) / ulp
    errors[~(np.isfinite(actual) & np.isfinite(rounded))] = np.inf
    errors[(actual == rounded) | (np.isnan(actual) & np.isnan(rounded))] = 0
    return errors


@pytest.mark.parametrize(("name", "dtype", "wider"), CASES)
def test_functions_are_as_accurate_as_they_say(name, dtype, wider):
    exact, largest = FUNCTIONS[name]
    x = arguments(dtype)
    with np.errstate(all="ignore"):
        errors = error_in_ulps(getattr(fast, name)(x), exact(x.astype(wider)))
    worst = np.argmax(errors)
    assert errors[worst] <= largest, f"{name}({x[worst]!r}): {errors[worst]:.2f} ulp"


def test_sine_and_cosine_are_as_accurate_where_they_are_almost_0():
    """Beside the multiples of π/2 all digits of the argument cancel but a few."""
    turns = np.arange(-600_000, 600_000, 7)
    x = (turns * (np.pi / 2)).astype("float64")
    if np.finfo(np.longdouble).nmant < 63:
        pytest.skip("needs a wider float to compare with")
    for name, exact in (("sin", np.sin), ("cos", np.cos)):
        errors = error_in_ulps(getattr(fast, name)(x), exact(x.astype(np.longdouble)))
        assert errors.max() <= 2.0


SPECIAL = (0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 0.5, -0.5, 1e30, -1e30)
SPECIAL += (np.inf, -np.inf, np.nan, 1e-40, -1e-40)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_power_knows_all_special_cases(dtype):
    x, y = (part.astype(dtype).ravel() for part in np.meshgrid(SPECIAL, SPECIAL))
    with np.errstate(all="ignore"):
        expected = np.power(x, y)
    actual = fast.power(x, y)
    special = ~np.isfinite(expected) | (expected == 0) | (np.abs(expected) == 1)
    np.testing.assert_array_equal(actual[special], expected[special])
    signs = ~np.isnan(expected)
    np.testing.assert_array_equal(
        np.signbit(actual[signs]), np.signbit(expected[signs])
    )
    np.testing.assert_allclose(actual, expected, rtol=5e-7)


def test_power_is_as_accurate_as_it_says():
    rng = np.random.default_rng(0)
    x = np.exp(rng.uniform(-80, 80, 500_000)).astype("float32")
    y = rng.uniform(-8, 8, 500_000).astype("float32")
    exact = x.astype("float64") ** y.astype("float64")
    with np.errstate(all="ignore"):
        assert error_in_ulps(fast.power(x, y), exact).max() <= 1.0
