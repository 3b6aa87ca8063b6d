import math

import pytest

from minikeras.autograd import (
    Primitive,
    grad,
    hessian_vector_product,
    jacobian,
    no_grad,
    value_and_grad,
    vjp,
)
from minikeras.values import Scalar, Tensor
from tests.autograd.number import Number, exp


def test_grad_is_the_derivative_by_the_first_argument():
    assert grad(lambda x, y: x * x * y)(Number(3.0), Number(5.0)).data == 30.0


@pytest.mark.parametrize(
    ("argnums", "expected"),
    [(1, 9.0), (-1, 9.0), ((0, 1), (30.0, 9.0)), ((1,), (9.0,))],
)
def test_argnums_choose_the_arguments(argnums, expected):
    result = grad(lambda x, y: x * x * y, argnums)(Number(3.0), Number(5.0))
    if isinstance(argnums, tuple):
        assert tuple(part.data for part in result) == expected
    else:
        assert result.data == expected


def test_value_and_grad_gives_both():
    value, derivative = value_and_grad(lambda x: x**3)(Number(2.0))
    assert (value.data, derivative.data) == (8.0, 12.0)


def test_other_arguments_are_passed_on():
    def scaled(x, factor, *, n):
        return (x**n) * factor

    assert grad(scaled)(Number(2.0), 10.0, n=3).data == 120.0


def test_the_gradient_by_an_argument_that_is_not_used_is_zero():
    x, y = grad(lambda x, y: x * 2.0, (0, 1))(Number(1.0), Number(1.0))
    assert (x.data, y.data) == (2.0, 0.0)


def test_the_gradient_of_a_constant_is_zero():
    assert grad(lambda x: Number(1.0))(Number(2.0)).data == 0.0
    assert grad(lambda x: Number(1.0, requires_grad=False))(Number(2.0)).data == 0.0


def test_the_gradient_of_the_identity_is_one():
    assert grad(lambda x: x)(Number(2.0)).data == 1.0


def test_nothing_outside_is_touched():
    weight, x = Number(2.0), Number(3.0)
    assert grad(lambda x: weight * x * x)(x).data == 12.0
    assert weight.grad is None
    assert x.grad is None


def test_constants_can_be_differentiated_by_too():
    assert grad(lambda x: x * x)(Number(3.0, requires_grad=False)).data == 6.0


def test_vjp_maps_a_cotangent_to_all_gradients_as_often_as_asked():
    out, pull = vjp(lambda x, y: x * y, Number(3.0), Number(5.0))
    assert out.data == 15.0
    for factor in (1.0, 2.0):
        gradients = pull(Number(factor))
        assert [g.data for g in gradients] == [5.0 * factor, 3.0 * factor]


def test_a_jacobian_of_one_number_by_one_number():
    assert jacobian(exp)(Number(0.5)).data == math.exp(0.5)
    both = jacobian(lambda x, y: x * y, (0, 1))(Number(3.0), Number(5.0))
    assert [part.data for part in both] == [5.0, 3.0]


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 7])
@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_powers_can_be_differentiated_to_fourth_order(n, order):
    derivative = lambda x: x**n  # noqa: E731 - it is rebound below
    for _ in range(order):
        derivative = grad(derivative)
    expected = math.perm(n, order) * 2.0 ** (n - order) if order <= n else 0.0
    assert derivative(Number(2.0)).data == expected


def test_all_derivatives_of_exp_are_exp():
    derivative = exp
    for _ in range(4):
        derivative = grad(derivative)
        assert derivative(Number(0.7)).data == math.exp(0.7)


def test_mixed_derivatives_do_not_depend_on_the_order():
    def f(x, y):
        return x * x * exp(x * y)

    xy = grad(grad(f, 0), 1)(Number(0.5), Number(0.3)).data
    yx = grad(grad(f, 1), 0)(Number(0.5), Number(0.3)).data
    assert xy == pytest.approx(yx, rel=1e-14)
    # ∂²/∂x∂y x² exp(xy) = (3x² + x³y) exp(xy)
    assert xy == pytest.approx((3 * 0.25 + 0.125 * 0.3) * math.exp(0.15), rel=1e-14)


def test_an_inner_gradient_sees_the_variables_of_the_outer_function():
    """∂/∂x [ x · ∂/∂y (x y²) ] = ∂/∂x [ 2 x² y ] = 4 x y."""

    def outer(x):
        return x * grad(lambda y: x * y * y)(Number(3.0))

    assert grad(outer)(Number(5.0)).data == 4 * 5.0 * 3.0


def test_an_inner_gradient_at_the_outer_variable():
    """The classic perturbation confusion: d/dx [ x · d/dy (x + y) at y = x ] = 1."""

    def outer(x):
        return x * grad(lambda y: x + y)(x)

    assert grad(outer)(Number(1.0)).data == 1.0


def test_an_inner_gradient_by_a_variable_of_the_same_value_is_not_confused():
    """d/dx [ x · d/dy (x · y) at y = x ] = d/dx [ x · x ] = 2x."""
    assert grad(lambda x: x * grad(lambda y: x * y)(x))(Number(4.0)).data == 8.0


def test_the_gradient_of_a_gradient_reaches_leaves_by_backward():
    x = Number(2.0)
    slope = grad(lambda y: y**3)(x)  # x requires a gradient: the slope does too
    assert slope.requires_grad
    slope.backward()
    assert x.grad.data == 12.0


def test_the_gradient_at_a_constant_is_a_constant():
    slope = grad(lambda y: y**3)(Number(2.0, requires_grad=False))
    assert not slope.requires_grad


def test_grad_works_inside_no_grad_and_leaves_it_on():
    with no_grad():
        assert grad(lambda x: x**3)(Number(2.0)).data == 12.0
        assert not (Number(1.0) * 2.0).requires_grad


def test_a_function_that_fails_leaves_nothing_behind():
    def fail(x):
        raise ArithmeticError("stop")

    with pytest.raises(ArithmeticError, match="stop"):
        grad(fail)(Number(1.0))
    # Had `fail` left us "inside a differentiation", this gradient would be recorded.
    slope = grad(lambda x: x * x)(Number(2.0, requires_grad=False))
    assert not slope.requires_grad


def test_hessian_vector_product_of_one_number_is_the_second_derivative_times_it():
    vector = Number(5.0, requires_grad=False)
    product = hessian_vector_product(lambda x: x**4, Number(2.0), vector)
    assert product.data == 12 * 2.0**2 * 5.0


class Pair(Primitive):
    """Two numbers in one value, for what must be a single number."""

    def forward(self, k, x):
        return x

    def vjp(self, k, wanted, grad, out, x):
        return (grad,)


class Numbers(Number):
    """A value that is more than one number."""

    __slots__ = ()
    shape = (2,)

    def is_single(self):
        return False


Numbers.result = Numbers


def test_what_cannot_be_differentiated_is_refused_with_its_name():
    def many(x):
        return Pair()(x)

    def nothing(x):
        return 3.0

    with pytest.raises(ValueError, match=r"many returned shape \(2,\).*jacobian"):
        grad(many)(Numbers(1.0))
    with pytest.raises(TypeError, match=r"nothing must return.*returned float"):
        grad(nothing)(Number(1.0))
    with pytest.raises(TypeError, match=r"Argument 0 must be.*got float.*Wrap it"):
        grad(exp)(1.0)
    with pytest.raises(ValueError, match="names argument 1; 1 were given"):
        grad(exp, 1)(Number(1.0))


class Two(Primitive):
    """Returns x² and eˣ; its vjp uses its own second result."""

    def forward(self, k, x):
        return k.multiply(x, x), k.exp(x)

    def vjp(self, k, wanted, grad, out, x):
        parts = []
        if grad[0] is not None:
            parts.append(k.multiply(grad[0], k.multiply(x, 2.0)))
        if grad[1] is not None:
            parts.append(k.multiply(grad[1], out[1]))
        return (parts[0] if len(parts) == 1 else k.add(*parts),)


@pytest.mark.parametrize("kind", [Number, Scalar, Tensor])
def test_two_results_of_one_call_can_be_differentiated_again(kind):
    def product(x):
        square, exponential = Two()(x)
        return square * exponential

    x = kind(1.0)
    found = []
    derivative = product
    for _ in range(3):
        derivative = grad(derivative)
        found.append(float(derivative(x).data))
    expected = [math.e * factor for factor in (3, 7, 13)]  # of x²eˣ at 1
    assert found == pytest.approx(expected, rel=1e-6)


def test_pull_can_be_differentiated_by_its_cotangent():
    def forward_mode(cotangent):
        _, pull = vjp(lambda x: x**3, Number(2.0))
        return pull(cotangent)[0]

    assert grad(forward_mode)(Number(1.0)).data == 12.0


def test_pull_keeps_the_history_of_a_cotangent_that_has_one():
    _, pull = vjp(lambda x: x**3, Tensor([1.0, 2.0]))
    cotangent = Tensor([1.0, 1.0], requires_grad=True)
    sum(pull(cotangent)[0]).backward()
    assert cotangent.grad.numpy().tolist() == [3.0, 12.0]
    with pytest.raises(ValueError, match="cotangent must look like the result"):
        pull(Tensor(1.0))


@pytest.mark.parametrize("vector", [1.0, [1.0, 2.0], [[1.0, 1.0, 1.0]]])
def test_a_hessian_vector_product_needs_a_vector_of_the_shape_of_x(vector):
    with pytest.raises(ValueError, match=r"must look like the result, \(3,\)"):
        hessian_vector_product(
            lambda x: sum(x**3), Tensor([1.0, 2.0, 3.0]), Tensor(vector)
        )
