"""What reductions promise beyond the contract: stable sums, ties, nan, errors."""

import math

import numpy as np
import pytest

from minikeras.kernels.scalar import scalar
from minikeras.kernels.shapes import shapes
from minikeras.kernels.shapes.shape_dtype import ShapeDtype
from tests.kernels.sets import ARRAY_SETS

every_set = pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
compiled_or_numpy = pytest.mark.parametrize(
    "kernels", [kernels for kernels in ARRAY_SETS if kernels.name != "loops"], ids=str
)
WHOLE = {"axis": None, "keepdims": False}
ROWS = {"axis": 1, "keepdims": False}


# --- Sums -----------------------------------------------------------------------------


@every_set
def test_axes_go_or_stay_with_size_one(kernels):
    x = np.arange(24.0).reshape(2, 3, 4)
    np.testing.assert_array_equal(kernels.sum(x, **WHOLE), np.array(276.0))
    total = kernels.sum(x, axis=(0, -1), keepdims=False)
    np.testing.assert_array_equal(total, [60.0, 92.0, 124.0])
    assert kernels.sum(x, axis=(2, 0), keepdims=True).shape == (1, 3, 1)
    np.testing.assert_array_equal(kernels.sum(x, axis=(), keepdims=False), x)


@every_set
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_a_sum_too_large_for_its_dtype_is_inf_without_a_warning(kernels, dtype):
    x = np.full((2, 3), np.finfo(dtype).max, dtype)
    np.testing.assert_array_equal(kernels.sum(x, **ROWS), [np.inf, np.inf])
    like = np.zeros(3, dtype)
    np.testing.assert_array_equal(kernels.sum_to_shape_of(x, like), [np.inf] * 3)


@every_set
def test_sums_are_rounded_once(kernels):
    """In float32 arithmetic 2²⁴ + 1 + 1 + … would stay 2²⁴ for ever."""
    x = np.array([2.0**24] + [1.0] * 6, "float32")
    assert kernels.sum(x, **WHOLE) == np.float32(2.0**24 + 6)
    assert kernels.cumsum(x, axis=0, reverse=False)[-1] == np.float32(2.0**24 + 6)


@compiled_or_numpy
def test_the_mean_of_ten_million_ones_is_one(kernels):
    x = np.ones(10**7, "float32")
    assert kernels.mean(x, **WHOLE) == 1
    assert kernels.variance(x, **WHOLE) == 0


@compiled_or_numpy
def test_a_column_of_a_million_numbers_is_accurate(kernels):
    x = np.full((10**6, 3), 0.1, "float32")
    expected = np.float32(10**6 * float(np.float32(0.1)))
    np.testing.assert_array_equal(
        kernels.sum(x, axis=0, keepdims=False), [expected] * 3
    )


@every_set
def test_the_variance_of_large_numbers_does_not_cancel(kernels):
    x = 1e6 + np.array([-1e-2, 1e-2, -1e-2, 1e-2])
    assert kernels.variance(x, **WHOLE) == pytest.approx(1e-4, rel=1e-7)


@every_set
def test_nothing_has_a_sum_but_no_mean(kernels):
    x = np.zeros((3, 0), "float32")
    np.testing.assert_array_equal(kernels.sum(x, **ROWS), np.zeros(3, "float32"))
    np.testing.assert_array_equal(kernels.prod(x, **ROWS), np.ones(3, "float32"))
    np.testing.assert_array_equal(
        kernels.mean(x, **ROWS), np.full(3, np.nan, "float32")
    )
    np.testing.assert_array_equal(kernels.variance(x, **ROWS), [math.nan] * 3)
    np.testing.assert_array_equal(kernels.logsumexp(x, **ROWS), [-math.inf] * 3)


@every_set
@pytest.mark.parametrize("dtype", ["int8", "int32", "int64", "uint8", "float16"])
def test_other_dtypes_are_kept(kernels, dtype):
    x = np.array([[3, 1, 2], [2, 2, 2]], dtype)
    for name, expected in [("sum", [6, 6]), ("prod", [6, 8]), ("max", [3, 2])]:
        result = getattr(kernels, name)(x, **ROWS)
        assert result.dtype == dtype
        np.testing.assert_array_equal(result, expected)
    np.testing.assert_array_equal(
        kernels.cumsum(x, axis=1, reverse=True), [[6, 3, 2], [6, 4, 2]]
    )


@every_set
def test_integers_wrap_around(kernels):
    x = np.array([100, 100], "int8")
    assert kernels.sum(x, **WHOLE) == -56
    assert kernels.prod(x, **WHOLE) == 16


# --- Logarithm of a sum of exponentials -----------------------------------------------


@every_set
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_logsumexp_neither_overflows_nor_vanishes(kernels, dtype):
    rows = [[1e4, 1e4], [-1e4, -1e4], [0.0, -1e4]]
    expected = [1e4 + math.log(2), -1e4 + math.log(2), 0.0]
    result = kernels.logsumexp(np.array(rows, dtype), **ROWS)
    np.testing.assert_allclose(result, expected, rtol=np.finfo(dtype).eps)


@every_set
def test_logsumexp_of_infinities(kernels):
    inf, nan = math.inf, math.nan
    rows = [[-inf, -inf], [-inf, 2.0], [inf, 1e308], [inf, -inf], [nan, inf]]
    result = kernels.logsumexp(np.array(rows), **ROWS)
    np.testing.assert_array_equal(result, [-inf, 2.0, inf, inf, nan])


# --- Running sums ---------------------------------------------------------------------


@every_set
def test_running_sums_and_products_from_either_end(kernels):
    x = np.array([[1.0, 2.0, 3.0], [4.0, 0.0, 6.0]])
    cases = [
        (kernels.cumsum, 1, False, [[1, 3, 6], [4, 4, 10]]),
        (kernels.cumsum, -1, True, [[6, 5, 3], [10, 6, 6]]),
        (kernels.cumsum, 0, False, [[1, 2, 3], [5, 2, 9]]),
        (kernels.cumprod, 1, False, [[1, 2, 6], [4, 0, 0]]),
        (kernels.cumprod, 0, True, [[4, 0, 18], [4, 0, 6]]),
    ]
    for kernel, axis, reverse, expected in cases:
        result = kernel(x, axis=axis, reverse=reverse)
        np.testing.assert_array_equal(result, expected)


# --- Sums to a shape ------------------------------------------------------------------


@every_set
def test_nothing_to_sum_is_no_copy(kernels):
    x = np.ones((2, 3))
    assert kernels.sum_to_shape_of(x, np.zeros((2, 3))) is x
    out = np.empty((2, 3))
    assert kernels.sum_to_shape_of(x, np.zeros((2, 3)), out=out) is out
    np.testing.assert_array_equal(out, x)


@every_set
@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 1), (1, 3), (1, 1), (2, 3)])
def test_what_was_broadcast_is_summed(kernels, shape):
    x = np.arange(12.0).reshape(2, 2, 3)
    total = kernels.sum_to_shape_of(x, np.zeros(shape))
    assert total.shape == shape
    expected = np.zeros(shape)
    for i, number in np.ndenumerate(x):
        aligned = i[3 - len(shape) :]
        place = tuple(min(j, n - 1) for j, n in zip(aligned, shape, strict=True))
        expected[place] += number
    np.testing.assert_array_equal(total, expected)


@every_set
def test_a_number_was_broadcast_from_no_axes(kernels):
    total = kernels.sum_to_shape_of(np.ones((2, 3), "float32"), 0.5)
    assert total.shape == ()
    assert total.dtype == "float32"
    assert total == 6


@pytest.mark.parametrize("kernels", [*ARRAY_SETS, shapes], ids=str)
@pytest.mark.parametrize("shape", [(2,), (4, 3), (1, 1, 1), (0, 3)])
def test_only_what_broadcasts_is_summed_to(kernels, shape):
    x, like = np.ones((2, 3)), np.ones(shape)
    if kernels is shapes:
        x, like = ShapeDtype(x.shape, x.dtype), ShapeDtype(shape, x.dtype)
    with pytest.raises(ValueError, match=r"does not broadcast to \(2, 3\)"):
        kernels.sum_to_shape_of(x, like)


# --- Extremes -------------------------------------------------------------------------


@every_set
def test_nan_is_both_maximum_and_minimum(kernels):
    x = np.array([[1.0, math.nan, 3.0], [math.nan, 5.0, math.nan], [1.0, 2.0, 0.0]])
    np.testing.assert_array_equal(kernels.max(x, **ROWS), [math.nan, math.nan, 2.0])
    np.testing.assert_array_equal(kernels.min(x, **ROWS), [math.nan, math.nan, 0.0])
    np.testing.assert_array_equal(kernels.argmax(x, **ROWS), [1, 0, 1])
    np.testing.assert_array_equal(kernels.argmin(x, **ROWS), [1, 0, 2])


@every_set
def test_the_first_of_equals_is_found(kernels):
    x = np.array([[0.0, 2.0, 2.0], [-0.0, 0.0, -1.0], [-math.inf] * 3])
    np.testing.assert_array_equal(kernels.argmax(x, **ROWS), [1, 0, 0])
    np.testing.assert_array_equal(kernels.argmin(x, **ROWS), [0, 2, 0])
    assert kernels.argmax(x, axis=None, keepdims=False) == 1
    assert kernels.argmax(x, axis=None, keepdims=True).shape == (1, 1)
    assert kernels.argmin(x, axis=0, keepdims=True).dtype == "int32"


@every_set
@pytest.mark.parametrize("count", [1, 2, 7, 33])
def test_a_zero_extreme_is_positive(kernels, count):
    """Which zero wins would otherwise depend on how many are compared at a time."""
    x = np.tile(np.array([-0.0, 0.0]), count)[:count]
    for kernel in (kernels.max, kernels.min):
        assert not np.signbit(kernel(x, **WHOLE))


@pytest.mark.parametrize("kernels", [*ARRAY_SETS, shapes], ids=str)
@pytest.mark.parametrize("name", ["max", "min", "argmax", "argmin"])
def test_nothing_has_no_extreme(kernels, name):
    x = np.zeros((0, 3))
    if kernels is shapes:
        x = ShapeDtype(x.shape, x.dtype)
    with pytest.raises(ValueError, match=r"of nothing: shape \(0, 3\)"):
        getattr(kernels, name)(x, axis=0, keepdims=False)
    assert getattr(kernels, name)(x, axis=1, keepdims=False).shape == (0,)


@every_set
def test_all_of_nothing_and_any_of_nothing(kernels):
    x = np.array([[True, False], [True, True]])
    np.testing.assert_array_equal(kernels.all(x, **ROWS), [False, True])
    np.testing.assert_array_equal(kernels.any(~x, **ROWS), [True, False])
    assert kernels.all(np.zeros(0, bool), **WHOLE)
    assert not kernels.any(np.zeros(0, bool), **WHOLE)


# --- Axes that are not there ----------------------------------------------------------


@pytest.mark.parametrize("kernels", [*ARRAY_SETS, shapes], ids=str)
@pytest.mark.parametrize(
    "name",
    ["sum", "mean", "variance", "prod", "logsumexp", "max", "argmax", "all", "any"],
)
@pytest.mark.parametrize(("shape", "axis"), [((2, 3), 2), ((2, 3), -3), ((), 0)])
def test_only_axes_that_exist_are_reduced(kernels, name, shape, axis):
    x = np.ones(shape, bool if name in ("all", "any") else float)
    if kernels is shapes:
        x = ShapeDtype(x.shape, x.dtype)
    with pytest.raises(np.exceptions.AxisError):
        getattr(kernels, name)(x, axis=axis, keepdims=False)


@pytest.mark.parametrize("kernels", [*ARRAY_SETS, shapes], ids=str)
@pytest.mark.parametrize("name", ["sum", "mean", "max", "any"])
def test_no_axis_is_reduced_twice(kernels, name):
    x = np.ones((2, 3), bool if name == "any" else float)
    if kernels is shapes:
        x = ShapeDtype(x.shape, x.dtype)
    with pytest.raises(ValueError, match="twice"):
        getattr(kernels, name)(x, axis=(0, -2), keepdims=False)


# --- Numbers --------------------------------------------------------------------------


def test_a_number_is_its_own_sum():
    for name in ("sum", "mean", "prod", "logsumexp"):
        assert getattr(scalar, name)(2.5, **WHOLE) == 2.5
    assert scalar.variance(2.5, **WHOLE) == 0
    assert math.isnan(scalar.variance(math.inf, **WHOLE))
    assert scalar.sum_to_shape_of(2.5, 1.0) == 2.5
