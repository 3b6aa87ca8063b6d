"""What the elementwise rules mean: kinks, ties, borders, plain numbers, dtypes."""

import math

import numpy as np
import pytest

from minikeras.autograd import grad
from minikeras.kernels.kernel_set import watched
from minikeras.kernels.shapes import shapes
from minikeras.kernels.shapes.shape_dtype import ShapeDtype
from minikeras.kernels.table import TABLE
from minikeras.primitives import elementary, elementwise, recorded
from minikeras.values import Scalar, Tensor, using
from tests.kernels.sets import ARRAY_SETS

on_every_set = pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)

ONES = np.ones(3)


def pull_back(kernels, primitive, *inputs, **parameters):
    """Returns the gradients of the sum of the results, for all inputs."""
    out = primitive.forward(kernels, *inputs, **parameters)
    wanted = [True] * len(inputs)
    gradient = np.ones_like(out)
    return primitive.vjp(kernels, wanted, gradient, out, *inputs, **parameters)


# --- The vocabulary -------------------------------------------------------------------


def test_every_primitive_has_the_name_of_its_kernel():
    for name, row in TABLE.items():
        if row.family == "elementwise":
            assert getattr(elementwise, name) is getattr(recorded, name)
    assert recorded.identity is elementwise.identity


def test_elementary_functions_are_there_under_the_name_of_the_family():
    assert elementwise.exp is elementary.exp


@pytest.mark.parametrize(
    "name", [n for n, row in TABLE.items() if row.family == "elementwise"]
)
def test_forward_works_on_shapes_with_unknown_sizes(name):
    x = ShapeDtype((None, 3), "float32")
    parameters = {"clip": {"minimum": 0.0, "maximum": 1.0}, "cast": {"dtype": "int32"}}
    inputs = (x,) * len(TABLE[name].inputs)
    out = getattr(recorded, name).forward(shapes, *inputs, **parameters.get(name, {}))
    assert out.shape == (None, 3)


def test_identity_is_the_same_number_elsewhere_in_the_graph():
    x = Scalar(2.0)
    y = elementwise.identity(x)
    assert y.data is x.data
    assert y.node is not x.node
    y.backward()
    assert x.grad.data == 1.0


# --- Kinks and ties -------------------------------------------------------------------


@on_every_set
def test_abs_is_flat_at_zero(kernels):
    [x_grad] = pull_back(kernels, elementwise.abs, np.array([-2.0, 0.0, 3.0]))
    assert x_grad.tolist() == [-1.0, 0.0, 1.0]


@on_every_set
@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_equal_numbers_share_the_gradient(kernels, name):
    x, y = np.array([1.0, 2.0, 3.0]), np.array([3.0, 2.0, 1.0])
    x_grad, y_grad = pull_back(kernels, getattr(elementwise, name), x, y)
    larger_first = [0.0, 0.5, 1.0] if name == "maximum" else [1.0, 0.5, 0.0]
    assert x_grad.tolist() == larger_first
    assert y_grad.tolist() == larger_first[::-1]


@on_every_set
def test_clip_passes_the_gradient_at_its_borders(kernels):
    x = np.array([-1.5, -1.0, 0.0, 1.0, 1.5, np.nan])
    [x_grad] = pull_back(kernels, elementwise.clip, x, minimum=-1.0, maximum=1.0)
    assert x_grad.tolist() == [0.0, 1.0, 1.0, 1.0, 0.0, 0.0]


@on_every_set
def test_where_keeps_the_nan_of_the_other_branch_out(kernels):
    condition = np.array([True, False])
    x, y = np.array([1.0, np.nan]), np.array([np.nan, 2.0])
    nothing, x_grad, y_grad = pull_back(kernels, elementwise.where, condition, x, y)
    assert nothing is None
    assert x_grad.tolist() == [1.0, 0.0]
    assert y_grad.tolist() == [0.0, 1.0]


@on_every_set
def test_the_remainder_moves_with_x_and_jumps_with_y(kernels):
    x, y = np.array([7.5, -7.5]), np.array([2.0, 2.0])
    x_grad, y_grad = pull_back(kernels, elementwise.remainder, x, y)
    assert x_grad.tolist() == [1.0, 1.0]
    assert y_grad.tolist() == [-3.0, 4.0]  # -⌊x / y⌋


STEPWISE = [
    name
    for name, primitive in vars(recorded).items()
    if isinstance(primitive, elementwise.Stepwise)
]


@on_every_set
@pytest.mark.parametrize("name", STEPWISE)
def test_steps_have_no_gradient(kernels, name):
    count = len(TABLE[name].inputs)
    x = ONES > 0 if name.startswith("logical") else ONES
    assert pull_back(kernels, getattr(recorded, name), *[x] * count) == (None,) * count


# --- Powers ---------------------------------------------------------------------------


@on_every_set
def test_powers_of_zero_have_finite_gradients_where_they_should(kernels):
    x, y = np.array([0.0, 0.0, 0.0]), np.array([0.0, 1.0, 2.0])
    x_grad, y_grad = pull_back(kernels, elementwise.power, x, y)
    assert x_grad.tolist() == [0.0, 1.0, 0.0]
    assert y_grad.tolist() == [-math.inf, 0.0, 0.0]


@on_every_set
@pytest.mark.parametrize("exponent", [0, 0.0, 1, 2, 3.0])
def test_a_number_as_exponent_is_like_an_array_of_it(kernels, exponent):
    x = np.array([-2.0, 0.0, 3.0])
    full = np.full(3, float(exponent))
    with np.errstate(divide="ignore", invalid="ignore"):
        out = elementwise.power.forward(kernels, x, exponent)
        args = kernels, (True, False), ONES, out, x
        np.testing.assert_array_equal(
            elementwise.power.vjp(*args, exponent)[0],
            elementwise.power.vjp(*args, full)[0],
        )


def test_negative_numbers_have_integer_powers():
    x = Scalar(-2.0)
    y = x**3
    y.backward()
    assert (y.data, x.grad.data) == (-8.0, 12.0)


def test_polynomials_can_be_differentiated_until_nothing_is_left():
    derivative = cube = lambda x: x**3
    values = []
    for _ in range(4):
        derivative = grad(derivative)
        values.append([derivative(Scalar(x)).data for x in (0.0, 2.0)])
    assert cube(Scalar(2.0)).data == 8.0
    assert values == [[0.0, 12.0], [0.0, 12.0], [6.0, 6.0], [0.0, 0.0]]


def test_a_power_has_its_mixed_derivative_at_exponent_zero():
    """∂²xʸ/∂x∂y = xʸ⁻¹ (1 + y log x), which is 1/x at y = 0."""
    slope = grad(lambda y: grad(lambda x: x**y)(Scalar(0.5)))
    assert slope(Scalar(0.0)).data == 2.0


# --- Plain numbers and dtypes ---------------------------------------------------------


@on_every_set
@pytest.mark.parametrize(
    "name", [n for n, row in TABLE.items() if row.inputs == ("x", "y")]
)
def test_gradients_beside_a_plain_number_keep_the_dtype(kernels, name):
    """Also of the second order, where the number has become a value."""
    row = TABLE[name]
    if row.family != "elementwise" or name in STEPWISE:
        return
    primitive = getattr(elementwise, name)
    x = np.array([0.5, 1.5], "float32")
    with using(Tensor, kernels):
        for inputs in ((x, 2.0), (2.0, x)):
            i = 1 if inputs[1] is x else 0

            def single(value, inputs=inputs, i=i):
                inputs = (*inputs[:i], value, *inputs[i + 1 :])
                out = primitive(*inputs)
                return recorded.sum(out * out, axis=None, keepdims=False)

            def slope(value, single=single):
                slopes = grad(single)(value)
                return recorded.sum(slopes, axis=None, keepdims=False)

            assert grad(single)(Tensor(x)).dtype == "float32"
            assert grad(slope)(Tensor(x)).dtype == "float32"


@on_every_set
def test_a_gradient_through_a_cast_returns_to_the_dtype_it_came_from(kernels):
    x = np.array([1.5, -2.5], "float32")
    [x_grad] = pull_back(kernels, elementwise.cast, x, dtype="float64")
    assert x_grad.dtype == np.float32
    assert pull_back(kernels, elementwise.cast, x, dtype="int32") == (None,)
    assert pull_back(kernels, elementwise.cast, x, dtype="bool") == (None,)


def test_a_scalar_can_be_cast():
    x = Scalar(0.1)
    y = elementwise.cast(x, dtype="float32")
    y.backward()
    assert y.data == float(np.float32(0.1))
    assert x.grad.data == 1.0


# --- Cost and errors ------------------------------------------------------------------


@on_every_set
@pytest.mark.parametrize("name", ["multiply", "maximum", "power", "arctan2", "where"])
def test_what_is_not_wanted_is_not_computed(kernels, name):
    count = len(TABLE[name].inputs)
    inputs = (np.ones(3) > 0, ONES, ONES)[-count:] if count == 3 else (ONES, ONES)
    primitive = getattr(elementwise, name)
    out = primitive.forward(kernels, *inputs)

    def calls_for(*wanted):
        calls = []
        watching = watched(kernels, lambda name, *_: calls.append(name))
        primitive.vjp(watching, (False,) * (count - 2) + wanted, ONES, out, *inputs)
        return len(calls)

    assert calls_for(True, False) < calls_for(True, True)
    assert calls_for(False, True) < calls_for(True, True)


@on_every_set
def test_shapes_that_do_not_broadcast_are_refused(kernels):
    with pytest.raises(ValueError, match="broadcast"):
        elementwise.add.forward(kernels, np.ones(2), np.ones(3))
