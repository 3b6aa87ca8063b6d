"""What the rules of activations mean: kinks, and second derivatives by formula."""

import math

import numpy as np
import pytest

from minikeras.autograd import grad
from minikeras.kernels.shapes import shapes
from minikeras.kernels.shapes.shape_dtype import ShapeDtype
from minikeras.kernels.table import TABLE
from minikeras.primitives import activation, elementwise, recorded
from minikeras.values import Scalar
from tests.kernels.sets import ARRAY_SETS

on_every_set = pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)

PARAMETERS = {
    "leaky_relu": {"negative_slope": 0.2},
    "leaky_relu_grad": {"negative_slope": 0.2},
    "gelu": {"approximate": True},
    "gelu_grad": {"approximate": False},
    "elu": {"alpha": 0.5},
    "elu_grad": {"alpha": 0.5},
    "softmax": {"axis": -1},
    "softmax_grad": {"axis": -1},
    "log_softmax": {"axis": -1},
}
FAMILY = [name for name, row in TABLE.items() if row.family == "activation"]


def slope(kernels, primitive, x, **parameters):
    """Returns ∂Σ out/∂x."""
    out = primitive.forward(kernels, x, **parameters)
    [x_grad] = primitive.vjp(kernels, [True], np.ones_like(x), out, x, **parameters)
    return x_grad


@pytest.mark.parametrize("name", FAMILY)
def test_every_primitive_has_the_name_of_its_kernel(name):
    assert getattr(activation, name) is getattr(recorded, name)


@pytest.mark.parametrize("name", FAMILY)
def test_forward_works_on_shapes_with_unknown_sizes(name):
    x = ShapeDtype((None, 3), "float32")
    inputs = (x,) * len(TABLE[name].inputs)
    out = getattr(recorded, name).forward(shapes, *inputs, **PARAMETERS.get(name, {}))
    assert out == x


# --- Kinks ----------------------------------------------------------------------------


@on_every_set
def test_relu_is_flat_at_zero(kernels):
    x = np.array([-1.0, 0.0, -0.0, 1.0])
    assert slope(kernels, activation.relu, x).tolist() == [0.0, 0.0, 0.0, 1.0]


@on_every_set
def test_leaky_relu_has_its_negative_slope_at_zero(kernels):
    x = np.array([-1.0, 0.0, 1.0])
    slopes = slope(kernels, activation.leaky_relu, x, negative_slope=0.25)
    assert slopes.tolist() == [0.25, 0.25, 1.0]


@on_every_set
def test_elu_has_the_slope_alpha_at_zero(kernels):
    x = np.array([-math.log(2.0), 0.0, 1.0])
    slopes = slope(kernels, activation.elu, x, alpha=0.5)
    np.testing.assert_allclose(slopes, [0.25, 0.5, 1.0], rtol=1e-15)


# --- Derivatives ----------------------------------------------------------------------


def second(fn):
    """Returns the second derivative of a function of a float."""
    return lambda x: grad(grad(fn))(Scalar(x)).data


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def density(x):
    return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


@pytest.mark.parametrize("x", [-2.5, -0.5, 0.0, 0.75, 3.0])
def test_second_derivatives_are_those_of_the_textbook(x):
    s = sigmoid(x)
    t = math.tanh(x)
    close = pytest.approx
    assert second(activation.sigmoid)(x) == close(s * (1 - s) * (1 - 2 * s), abs=1e-15)
    assert second(activation.softplus)(x) == close(s * (1 - s), abs=1e-15)
    assert second(elementwise.tanh)(x) == close(-2 * t * (1 - t * t), abs=1e-15)
    bent = s * (1 - s) * (2 + x * (1 - 2 * s))
    assert second(activation.silu)(x) == close(bent, abs=1e-15)

    def gelu(value):
        return activation.gelu(value, approximate=False)

    assert second(gelu)(x) == close(density(x) * (2 - x * x), abs=1e-15)


@pytest.mark.parametrize("x", [-2.5, -0.5, 0.0, 0.75, 3.0])
def test_the_curvature_of_the_tanh_form_is_the_slope_of_its_slope(x):
    def gelu(value):
        return activation.gelu(value, approximate=True)

    step = 1e-5
    slopes = [grad(gelu)(Scalar(at)).data for at in (x - step, x + step)]
    difference = (slopes[1] - slopes[0]) / (2 * step)
    assert second(gelu)(x) == pytest.approx(difference, abs=1e-9)


@on_every_set
def test_softmax_does_not_notice_what_is_added_to_all_scores(kernels):
    x = np.array([[1.0, -2.0, 0.5], [3.0, 3.0, -50.0]])
    grads = activation.softmax.vjp(
        kernels,
        [True],
        np.array([[1.0, 2.0, -1.0], [0.5, 0.0, 4.0]]),
        activation.softmax.forward(kernels, x, axis=1),
        x,
        axis=1,
    )[0]
    np.testing.assert_allclose(grads.sum(axis=1), 0.0, atol=1e-15)


@on_every_set
def test_log_softmax_and_the_logarithm_of_softmax_have_one_gradient(kernels):
    x = np.array([[1.0, -2.0, 0.5], [3.0, 3.0, -5.0]])
    grad_out = np.array([[1.0, 2.0, -1.0], [0.5, 0.0, 4.0]])
    logs = activation.log_softmax.forward(kernels, x, axis=1)
    [direct] = activation.log_softmax.vjp(kernels, [True], grad_out, logs, x, axis=1)
    y = activation.softmax.forward(kernels, x, axis=1)
    [around] = activation.softmax.vjp(kernels, [True], grad_out / y, y, x, axis=1)
    np.testing.assert_allclose(direct, around, rtol=1e-12, atol=1e-14)


# --- Errors ---------------------------------------------------------------------------


@pytest.mark.parametrize("kernels", [*ARRAY_SETS, shapes], ids=str)
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize(("shape", "axis"), [((), -1), ((2, 3), 2), ((2, 3), -3)])
def test_softmax_needs_the_axis_that_it_sums_over(kernels, name, shape, axis):
    x = ShapeDtype(shape, "float64") if kernels is shapes else np.ones(shape)
    with pytest.raises(ValueError, match=f"{name} needs x to have the axis {axis}"):
        getattr(activation, name).forward(kernels, x, axis=axis)
