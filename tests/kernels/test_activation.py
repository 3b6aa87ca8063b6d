"""What the activation kernels mean: stable values, borders, special numbers."""

import math

import numpy as np
import pytest

from minikeras.kernels.reference import reference
from minikeras.kernels.scalar import scalar
from minikeras.kernels.shapes import shapes
from minikeras.kernels.shapes.shape_dtype import ShapeDtype
from tests.accuracy import assert_same_bits
from tests.kernels.sets import ARRAY_SETS

INF, NAN = math.inf, math.nan

on_every_set = pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
in_float32_and_64 = pytest.mark.parametrize("dtype", ["float32", "float64"])


def on_floats(name):
    """Returns a scalar kernel as a function of an array, for comparison."""
    function = getattr(scalar, name)

    def of_array(x, **parameters):
        return np.array([function(number, **parameters) for number in x.tolist()])

    return of_array


# --- Stable values --------------------------------------------------------------------


@on_every_set
def test_sigmoid_is_positive_far_below_zero(kernels):
    """exp(-100) is 3.720075976020836e-44: subnormal in float32."""
    x = np.array([-100.0, 100.0, -1000.0])
    assert 0 < kernels.sigmoid(x.astype("float32"))[0] < 1e-43
    np.testing.assert_allclose(
        kernels.sigmoid(x), [3.720075976020836e-44, 1.0, 0.0], rtol=1e-15
    )


@on_every_set
@in_float32_and_64
def test_softplus_is_linear_above_and_vanishes_below(kernels, dtype):
    x = np.array([1e4, -1e4, 0.0, INF, -INF, NAN], dtype)
    expected = np.array([1e4, 0.0, math.log(2.0), INF, 0.0, NAN], dtype)
    np.testing.assert_allclose(kernels.softplus(x), expected, rtol=1e-7)
    np.testing.assert_allclose(on_floats("softplus")(x), expected, rtol=1e-7)


@on_every_set
def test_softplus_keeps_its_digits_where_it_is_tiny(kernels):
    [out] = kernels.softplus(np.array([-40.0]))
    assert out == pytest.approx(4.248354255291589e-18, rel=1e-14)


@on_every_set
@in_float32_and_64
def test_log_softmax_does_not_overflow(kernels, dtype):
    x = np.array([[1e4, -1e4, 0.0], [-1e4, -1e4, -1e4]], dtype)
    thirds = [-math.log(3.0)] * 3
    np.testing.assert_allclose(
        kernels.log_softmax(x, axis=-1), [[0.0, -2e4, -1e4], thirds], rtol=1e-6
    )


@on_every_set
@in_float32_and_64
def test_masked_scores_have_probability_zero(kernels, dtype):
    x = np.array([1.0, -INF, 1.0], dtype)
    assert kernels.softmax(x, axis=0).tolist() == [0.5, 0.0, 0.5]
    assert kernels.log_softmax(x, axis=0)[1] == -INF
    np.testing.assert_allclose(
        kernels.log_softmax(x, axis=0)[[0, 2]], [-math.log(2.0)] * 2, rtol=1e-6
    )


@on_every_set
def test_a_row_in_which_all_is_masked_is_nan(kernels):
    x = np.full((2, 3), -INF)
    x[1] = 0.0
    for name in ("softmax", "log_softmax"):
        masked, open_row = getattr(kernels, name)(x, axis=1)
        assert np.isnan(masked).all()
        assert np.isfinite(open_row).all()


@on_every_set
def test_softmax_of_many_float32_scores_adds_up_to_one(kernels):
    """Adding 30,001 probabilities in float32 would lose four digits."""
    count = 30_001
    out = kernels.softmax(np.zeros(count, "float32"), axis=0)
    assert_same_bits(out, np.full(count, 1.0 / count, "float32"))


@on_every_set
def test_gelu_keeps_its_digits_where_it_is_tiny(kernels):
    """x Φ(x), where Φ(-6) = 9.865876450376946e-10: 1 + erf would cancel."""
    x = np.array([-6.0])
    expected = -6 * 9.865876450376946e-10
    [out] = kernels.gelu(x, approximate=False)
    assert out == pytest.approx(expected, rel=1e-10)
    assert scalar.gelu(-6.0, approximate=False) == pytest.approx(expected, rel=1e-13)


@on_every_set
def test_elu_saturates(kernels):
    x = np.array([-1e4, -INF, 1e4, 0.0, -0.0])
    assert_same_bits(kernels.elu(x, alpha=0.5), np.array([-0.5, -0.5, 1e4, 0.0, -0.0]))


@on_every_set
def test_silu_vanishes_below(kernels):
    [deep, shallow] = kernels.silu(np.array([-100.0, -1.0], "float32"))
    assert -1e-41 < deep < 0
    assert shallow == pytest.approx(-0.26894142, rel=1e-6)


# --- Borders and special numbers ------------------------------------------------------


@on_every_set
@in_float32_and_64
def test_relu_lets_nan_through_and_its_zero_is_positive(kernels, dtype):
    x = np.array([-1.0, -0.0, 0.0, 2.0, NAN, INF, -INF], dtype)
    expected = np.array([0.0, 0.0, 0.0, 2.0, NAN, INF, 0.0], dtype)
    assert_same_bits(kernels.relu(x), expected)
    assert_same_bits(on_floats("relu")(x), expected.astype("float64"))


def test_relu_in_float16_has_the_same_zero():
    assert_same_bits(reference.relu(np.float16([-0.0, -1])), np.float16([0.0, 0.0]))


@on_every_set
def test_relu_grad_stops_at_zero_whatever_comes(kernels):
    grad = np.array([INF, NAN, -3.0, 3.0, 5.0])
    x = np.array([-1.0, 0.0, 0.0, 2.0, NAN])
    assert_same_bits(kernels.relu_grad(grad, x), np.array([0.0, 0.0, 0.0, 3.0, 0.0]))


@on_every_set
def test_leaky_relu_has_its_slope_at_zero_and_below(kernels):
    x = np.array([-2.0, 0.0, 3.0])
    assert kernels.leaky_relu(x, negative_slope=0.5).tolist() == [-1.0, 0.0, 3.0]
    slopes = kernels.leaky_relu_grad(np.ones(3), x, negative_slope=0.5)
    assert slopes.tolist() == [0.5, 0.5, 1.0]


@on_every_set
def test_derivatives_take_numbers_in_the_dtype_of_the_array(kernels):
    x = np.array([0.25, 0.75], "float32")
    for name, parameters in {
        "relu_grad": {},
        "leaky_relu_grad": {"negative_slope": 0.1},
        "sigmoid_grad": {},
        "tanh_grad": {},
        "gelu_grad": {"approximate": True},
        "elu_grad": {"alpha": 1.0},
        "softmax_grad": {"axis": 0},
    }.items():
        for inputs in ((x, 0.1), (0.1, x)):
            out = getattr(kernels, name)(*inputs, **parameters)
            assert out.dtype == np.float32, name
            assert out.shape == x.shape, name


# --- Meaning --------------------------------------------------------------------------


@on_every_set
def test_softmax_turns_scores_into_probabilities(kernels):
    x = np.log([[1.0, 2.0, 5.0], [3.0, 3.0, 2.0]])
    probabilities = [[0.125, 0.25, 0.625], [0.375, 0.375, 0.25]]
    np.testing.assert_allclose(
        kernels.softmax(x, axis=1), probabilities, rtol=1e-14, strict=True
    )
    np.testing.assert_allclose(
        kernels.softmax(x.T, axis=0), np.transpose(probabilities), rtol=1e-14
    )


@on_every_set
def test_softmax_grad_is_the_product_with_the_jacobian(kernels):
    y = np.array([0.2, 0.3, 0.5])
    grad = np.array([1.0, -2.0, 3.0])
    jacobian = np.diag(y) - np.outer(y, y)
    np.testing.assert_allclose(
        kernels.softmax_grad(grad, y, axis=0), jacobian @ grad, rtol=1e-14
    )


@on_every_set
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_an_empty_axis_stays_empty(kernels, name):
    out = getattr(kernels, name)(np.ones((2, 0), "float32"), axis=1)
    assert out.shape == (2, 0)
    assert out.dtype == np.float32


@pytest.mark.parametrize("kernels", [*ARRAY_SETS, shapes], ids=str)
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_an_axis_that_is_not_there_is_refused(kernels, name):
    x = ShapeDtype((2, 3), "float64") if kernels is shapes else np.ones((2, 3))
    with pytest.raises(ValueError, match="axis 2"):
        getattr(kernels, name)(x, axis=2)


@on_every_set
def test_the_two_forms_of_gelu_differ_by_little(kernels):
    """-0.158655… and -0.158808…, as Keras has them."""
    x = np.array([-1.0])
    assert kernels.gelu(x, approximate=False)[0] == pytest.approx(
        -0.158655254, abs=1e-9
    )
    assert kernels.gelu(x, approximate=True)[0] == pytest.approx(-0.158808010, abs=1e-9)
