"""What the elementwise kernels mean: signs, roundings, special values, integers."""

import math
import operator

import numpy as np
import pytest

from minikeras.kernels.reference import reference
from minikeras.kernels.reference.error_function import erf_of, erfc_of
from minikeras.kernels.scalar import scalar
from minikeras.kernels.shapes import shapes
from minikeras.kernels.shapes.shape_dtype import ShapeDtype
from minikeras.kernels.table import TABLE
from tests.accuracy import assert_same_bits, ulp_distance
from tests.kernels.sets import ARRAY_SETS

INF, NAN = math.inf, math.nan
FLOATS = ("float16", "float32", "float64")

on_every_set = pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
in_every_float = pytest.mark.parametrize("dtype", FLOATS)


def check(kernels, name, inputs, expected, dtype="float64", **parameters):
    """Compares bit by bit, and on single floats if the scalar set has the kernel."""
    arrays = [np.array(x, dtype) for x in inputs]
    actual = getattr(kernels, name)(*arrays, **parameters)
    assert_same_bits(actual, np.array(expected, dtype))
    if dtype == "float64":
        function = getattr(scalar, name)
        numbers = [function(*each, **parameters) for each in zip(*inputs, strict=True)]
        assert_same_bits(np.array(numbers, dtype), np.array(expected, dtype))


# --- Arithmetic -----------------------------------------------------------------------


@on_every_set
@in_every_float
def test_division_by_zero_is_infinite_or_nan(kernels, dtype):
    x, y = [1, -1, 1, -1, 0, NAN], [0.0, 0.0, -0.0, -0.0, 0.0, 0.0]
    check(kernels, "divide", (x, y), [INF, -INF, -INF, INF, NAN, NAN], dtype)
    check(kernels, "floor_divide", (x, y), [INF, -INF, -INF, INF, NAN, NAN], dtype)
    check(kernels, "remainder", (x, y), [NAN] * 6, dtype)
    check(kernels, "reciprocal", ([0.0, -0.0, INF],), [INF, -INF, 0.0], dtype)


@on_every_set
@in_every_float
def test_the_remainder_has_the_sign_of_the_divisor(kernels, dtype):
    x = [7.0, -7.0, 7.0, -7.0, 6.0, 6.0, -1.0, 1.0]
    y = [4.0, 4.0, -4.0, -4.0, 3.0, -3.0, INF, -INF]
    check(kernels, "remainder", (x, y), [3, 1, -1, -3, 0.0, -0.0, INF, -INF], dtype)
    check(kernels, "floor_divide", (x, y), [1, -2, -2, 1, 2, -2, -1, -1], dtype)


@on_every_set
def test_float32_quotients_are_floored_before_they_are_rounded(kernels):
    x, y = np.float32(16777215.0), np.float32(1.0)
    thirds = kernels.floor_divide(np.array(x * 3), np.array(y * 3))
    assert thirds == math.floor(float(x * 3) / 3.0)


@on_every_set
@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8"])
def test_integers_stay_integers(kernels, dtype):
    x, y = np.array([7, 6, 5], dtype), np.array([2, 0, 3], dtype)
    with np.errstate(divide="ignore"):
        quotients = kernels.floor_divide(x, y), kernels.remainder(x, y)
    assert_same_bits(quotients[0], np.array([3, 0, 1], dtype))
    assert_same_bits(quotients[1], np.array([1, 0, 2], dtype))
    for name in ("floor", "ceil", "round", "abs", "copy"):
        assert_same_bits(getattr(kernels, name)(x), x)
    assert_same_bits(kernels.sign(y), np.array([1, 0, 1], dtype))


@on_every_set
def test_integers_wrap_around(kernels):
    largest, smallest = np.iinfo("int32").max, np.iinfo("int32").min
    x = np.array([largest, smallest], "int32")
    assert kernels.add(x, np.array(1, "int32")).tolist() == [smallest, smallest + 1]
    assert kernels.negative(x).tolist() == [-largest, smallest]
    assert kernels.abs(x).tolist() == [largest, smallest]


@on_every_set
@in_every_float
def test_nan_is_the_extreme_and_of_two_zeros_the_second(kernels, dtype):
    x = [1.0, NAN, 1.0, 0.0, -0.0, INF]
    y = [2.0, 1.0, NAN, -0.0, 0.0, -INF]
    check(kernels, "maximum", (x, y), [2.0, NAN, NAN, -0.0, 0.0, INF], dtype)
    check(kernels, "minimum", (x, y), [1.0, NAN, NAN, -0.0, 0.0, -INF], dtype)


@on_every_set
@in_every_float
def test_shares_of_the_maximum_add_up_to_one(kernels, dtype):
    x, y = [2.0, 1.0, 3.0, 0.0, INF], [1.0, 2.0, 3.0, -0.0, INF]
    check(kernels, "share_of_maximum", (x, y), [1, 0, 0.5, 0.5, 0.5], dtype)
    check(kernels, "share_of_maximum", (y, x), [0, 1, 0.5, 0.5, 0.5], dtype)


@on_every_set
@in_every_float
def test_signs(kernels, dtype):
    x = [2.5, -0.5, 0.0, -0.0, NAN, -INF]
    check(kernels, "sign", (x,), [1.0, -1.0, 0.0, 0.0, NAN, -1.0], dtype)
    check(kernels, "abs", (x,), [2.5, 0.5, 0.0, 0.0, NAN, INF], dtype)
    check(kernels, "negative", (x,), [-2.5, 0.5, -0.0, 0.0, NAN, INF], dtype)


@on_every_set
@in_every_float
def test_rounding_goes_to_even_and_keeps_the_sign_of_zero(kernels, dtype):
    x = [0.5, 1.5, 2.5, -0.5, -1.5, -0.3, -0.0, INF, NAN]
    check(kernels, "round", (x,), [0, 2, 2, -0.0, -2, -0.0, -0.0, INF, NAN], dtype)
    check(kernels, "floor", (x,), [0, 1, 2, -1, -2, -1, -0.0, INF, NAN], dtype)
    check(kernels, "ceil", (x,), [1, 2, 3, -0.0, -1, -0.0, -0.0, INF, NAN], dtype)


@on_every_set
@in_every_float
def test_clip_keeps_nan_and_the_zero_it_is_given(kernels, dtype):
    x = [-2.0, 0.3, 2.0, NAN, -0.0, INF]
    bounds = {"minimum": 0.0, "maximum": 1.0}
    check(kernels, "clip", (x,), [0.0, 0.3, 1.0, NAN, -0.0, 1.0], dtype, **bounds)


@on_every_set
def test_clip_rounds_its_borders_to_the_dtype(kernels):
    x = np.array([0.0, 0.1, 1.0], "float32")
    clipped = kernels.clip(x, minimum=0.1, maximum=0.7)
    assert_same_bits(clipped, np.array([0.1, 0.1, 0.7], "float32"))


# --- Comparison and selection ---------------------------------------------------------


@on_every_set
def test_nan_is_unequal_to_everything(kernels):
    x, y = np.array([NAN, NAN, 1.0]), np.array([NAN, 1.0, NAN])
    for name in ("equal", "less", "less_equal", "greater", "greater_equal"):
        assert getattr(kernels, name)(x, y).tolist() == [False] * 3
    assert kernels.not_equal(x, y).tolist() == [True] * 3


@on_every_set
def test_where_takes_numbers_in_the_dtype_of_the_array(kernels):
    condition = np.array([True, False])
    x = np.array([0.25, NAN], "float32")
    assert_same_bits(kernels.where(condition, x, 0.1), np.array([0.25, 0.1], "float32"))
    assert_same_bits(kernels.where(condition, 0.1, x), np.array([0.1, NAN], "float32"))


@on_every_set
def test_casting_to_the_same_dtype_returns_the_array(kernels):
    x = np.arange(3.0)
    assert kernels.cast(x, dtype="float64") is x
    out = np.empty(3)
    assert kernels.cast(x, dtype="float64", out=out) is out
    assert_same_bits(out, x)


@on_every_set
def test_casting_truncates_towards_zero(kernels):
    x = np.array([1.9, -1.9, 0.0, -0.5])
    assert_same_bits(kernels.cast(x, dtype="int32"), np.array([1, -1, 0, 0], "int32"))
    assert kernels.cast(x, dtype="bool").tolist() == [True, True, False, True]


@on_every_set
def test_casting_to_a_smaller_range_overflows_to_infinity(kernels):
    x = np.array([1e39, -1e39, 65504.0])
    assert kernels.cast(x, dtype="float32").tolist() == [INF, -INF, 65504.0]
    assert kernels.cast(x, dtype="float16").tolist() == [INF, -INF, 65504.0]
    assert scalar.cast(1e39, dtype="float32") == INF
    assert scalar.cast(-1e39, dtype="float16") == -INF


def test_scalar_cast_refuses_what_is_no_dtype():
    with pytest.raises(ValueError, match="name of a dtype"):
        scalar.cast(1.0, dtype="complex64")


@on_every_set
def test_a_copy_has_memory_of_its_own(kernels):
    x = np.arange(6.0).reshape(2, 3).T
    copy = kernels.copy(x)
    assert not np.shares_memory(copy, x)
    assert_same_bits(copy, x)


# --- Numbers and 0-d arrays -----------------------------------------------------------


@on_every_set
def test_a_python_number_takes_the_dtype_of_the_array(kernels):
    x = np.array([1.0, 2.0], "float32")
    for name, row in TABLE.items():
        if row.family != "elementwise" or row.inputs != ("x", "y"):
            continue
        if name.startswith("logical"):
            continue
        for inputs in ((x, 0.1), (0.1, x)):
            result = getattr(kernels, name)(*inputs)
            assert result.dtype in (np.float32, np.bool_), name
    # 0.1 is rounded to float32 before it is added, not after.
    assert kernels.add(x, 0.1)[0] == np.float32(1) + np.float32(0.1)


@on_every_set
def test_results_are_arrays_even_without_axes(kernels):
    x = np.array(0.5, "float32")
    for name, row in TABLE.items():
        if row.family == "elementwise" and row.inputs == ("x",) and not row.parameters:
            if name.startswith("logical"):
                continue
            result = getattr(kernels, name)(x)
            assert type(result) is np.ndarray
            assert result.shape == ()


# --- Elementary functions -------------------------------------------------------------

BORDERS_OF_DOMAINS = {
    "sqrt": ([-1.0, -0.0, INF], [NAN, -0.0, INF]),
    "rsqrt": ([-1.0, 0.0, -0.0, INF], [NAN, INF, -INF, 0.0]),
    "exp": ([1000.0, -1000.0, INF, -INF], [INF, 0.0, INF, 0.0]),
    "expm1": ([1000.0, -1000.0, -0.0], [INF, -1.0, -0.0]),
    "log": ([0.0, -0.0, -1.0, INF], [-INF, -INF, NAN, INF]),
    "log2": ([0.0, 8.0, -1.0], [-INF, 3.0, NAN]),
    "log10": ([0.0, INF, -1.0], [-INF, INF, NAN]),
    "log1p": ([-1.0, -2.0, -0.0], [-INF, NAN, -0.0]),
    "sin": ([INF, -INF, -0.0], [NAN, NAN, -0.0]),
    "cos": ([INF, -INF, 0.0], [NAN, NAN, 1.0]),
    "tan": ([INF, -0.0], [NAN, -0.0]),
    "arcsin": ([2.0, -0.0], [NAN, -0.0]),
    "arccos": ([2.0, 1.0], [NAN, 0.0]),
    "sinh": ([1000.0, -1000.0], [INF, -INF]),
    "cosh": ([1000.0, -1000.0], [INF, INF]),
    "tanh": ([1000.0, -INF, -0.0], [1.0, -1.0, -0.0]),
    "arccosh": ([0.5, 1.0], [NAN, 0.0]),
    "arctanh": ([1.0, -1.0, 1.5], [INF, -INF, NAN]),
    "erf": ([INF, -INF, -0.0, 10.0], [1.0, -1.0, -0.0, 1.0]),
}


@on_every_set
@pytest.mark.parametrize("name", BORDERS_OF_DOMAINS)
def test_functions_answer_with_nan_and_inf_and_keep_silent(kernels, name):
    """Warnings are errors here."""
    inputs, expected = BORDERS_OF_DOMAINS[name]
    check(kernels, name, (inputs,), expected)
    check(kernels, name, (inputs,), expected, "float32")


@on_every_set
def test_powers(kernels):
    x = [-8.0, -2.0, 0.0, -0.0, -0.0, 0.0, 1e300, -1e300, NAN, -1.0]
    y = [1 / 3, 3.0, -1.0, -1.0, -2.0, 0.0, 2.0, 3.0, 0.0, INF]
    expected = [NAN, -8.0, INF, -INF, INF, 1.0, INF, -INF, 1.0, 1.0]
    check(kernels, "power", (x, y), expected)


@on_every_set
def test_arctan2_knows_the_quadrants(kernels):
    up, right = np.array([1.0, 1.0, -1.0, 0.0]), np.array([1.0, -1.0, -1.0, -1.0])
    expected = np.array([0.25, 0.75, -0.75, 1.0]) * np.pi
    np.testing.assert_allclose(kernels.arctan2(up, right), expected, rtol=1e-15)


def test_overflow_is_reported_as_numpy_was_told():
    x = np.array([1e308])
    for name in ("add", "subtract", "multiply", "square"):
        inputs = {"square": (x,), "subtract": (x, -x)}.get(name, (x, x))
        with (
            np.errstate(over="raise"),
            pytest.raises(FloatingPointError, match="overflow"),
        ):
            getattr(reference, name)(*inputs)


@pytest.mark.parametrize(("low", "high"), [(-1, 1), (0.8, 1.3), (1, 6), (-30, 30)])
def test_the_error_function_is_as_good_as_that_of_math(low, high):
    x = np.random.default_rng(0).uniform(low, high, 20_000)
    erf = np.array([math.erf(number) for number in x.tolist()])
    erfc = np.array([math.erfc(number) for number in x.tolist()])
    assert ulp_distance(erf_of(x), erf).max() <= 2
    assert ulp_distance(erfc_of(x), erfc).max() <= 5


# --- The scalar set -------------------------------------------------------------------


def test_what_python_does_right_has_no_frame_of_ours():
    assert scalar.add is operator.add
    assert scalar.multiply is operator.mul
    assert scalar.tanh is math.tanh


SPECIAL = (0.0, -0.0, 1.0, -1.0, 0.5, -2.5, INF, -INF, NAN, 1e308, -1e308, 5e-324)


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, row in TABLE.items()
        if row.family == "elementwise"
        and row.scalar
        and not row.parameters
        and not name.startswith("logical")
        and name != "where"
    ],
)
def test_single_floats_never_raise(name):
    function = getattr(scalar, name)
    for x in SPECIAL:
        if len(TABLE[name].inputs) == 1:
            assert type(function(x)) in (float, bool)
        else:
            for y in SPECIAL:
                assert type(function(x, y)) in (float, bool)


# --- Shapes ---------------------------------------------------------------------------


def test_shapes_that_do_not_broadcast_are_refused_by_name():
    x, y = ShapeDtype((None, 3), "float32"), ShapeDtype((4,), "float32")
    with pytest.raises(ValueError, match=r"\(None, 3\) and \(4,\) do not broadcast"):
        shapes.add(x, y)


def test_comparisons_of_shapes_are_bools():
    x = ShapeDtype((None, 3), "float32")
    assert shapes.less(x, 0.0) == ShapeDtype((None, 3), "bool")
    assert shapes.isnan(x) == ShapeDtype((None, 3), "bool")


def test_where_on_shapes_has_the_dtype_of_its_choices():
    condition, x = ShapeDtype((2, 1), "bool"), ShapeDtype((None,), "float16")
    assert shapes.where(condition, x, 0.0) == ShapeDtype((2, None), "float16")
