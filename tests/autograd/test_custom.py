import math

import pytest

from minikeras.autograd import custom_gradient, debug_mode, grad, no_grad
from tests.autograd.number import Number, exp


@custom_gradient
def tenfold(x):
    """x², with a gradient that nobody could mistake for its own: 10x."""
    return x * x, lambda upstream: upstream * (x * 10.0)


@custom_gradient
def scaled(x, y):
    """x·y, with the gradients 2y and 3x."""
    return x * y, lambda upstream: (upstream * y * 2.0, upstream * x * 3.0)


def test_the_functions_own_gradient_is_used():
    x = Number(3.0)
    out = tenfold(x)
    assert out.data == 9.0
    out.backward()
    assert x.grad.data == 30.0


def test_it_takes_part_in_the_chain_rule():
    x = Number(3.0)
    (tenfold(x * 2.0) * 5.0).backward()
    assert x.grad.data == 5.0 * 60.0 * 2.0


def test_each_argument_has_a_gradient():
    x, y = Number(3.0), Number(5.0)
    scaled(x, y).backward()
    assert (x.grad.data, y.grad.data) == (10.0, 9.0)


def test_a_constant_argument_gets_none():
    x, y = Number(3.0), Number(5.0, requires_grad=False)
    scaled(x, y).backward()
    assert x.grad.data == 10.0
    assert y.grad is None


def test_a_plain_number_may_be_an_argument():
    x = Number(3.0)
    scaled(x, 5.0).backward()
    assert x.grad.data == 10.0


def test_keyword_arguments_are_passed_on():
    @custom_gradient
    def power(x, *, n):
        return x**n, lambda upstream: upstream * float(n)

    x = Number(2.0)
    out = power(x, n=3)
    out.backward()
    assert (out.data, x.grad.data) == (8.0, 3.0)


def test_grad_uses_it():
    assert grad(tenfold)(Number(3.0)).data == 30.0


def test_its_gradient_can_be_differentiated():
    """d/dx 10x, and d/dx of 10x again."""
    assert grad(grad(tenfold))(Number(3.0)).data == 10.0
    assert grad(grad(grad(tenfold)))(Number(3.0)).data == 0.0


def test_its_gradient_depends_on_what_came_in_by_the_upstream_too():
    """f = exp(tenfold(x)): f' = f·10x, f'' = f·(10x)² + f·10."""
    x = 0.3
    f = math.exp(x * x)
    second = grad(grad(lambda y: exp(tenfold(y))))(Number(x)).data
    assert second == pytest.approx(f * (10 * x) ** 2 + f * 10, rel=1e-14)


def test_numerically_safe_gradients_can_be_written():
    """log(1 + eˣ) at 100, whose own derivative would be ∞/∞."""

    @custom_gradient
    def softplus(x):
        e = math.exp(x.data)
        out = Number.wrap(math.log1p(e) if e < 1e300 else x.data)
        return out, lambda upstream: upstream * (1 - 1 / (1 + e))

    x = Number(100.0)
    softplus(x).backward()
    assert x.grad.data == 1.0


def test_without_recording_or_with_constants_nothing_is_recorded():
    with no_grad():
        assert not tenfold(Number(3.0)).requires_grad
    assert not tenfold(Number(3.0, requires_grad=False)).requires_grad


def test_the_function_keeps_its_name_and_its_error_names_it():
    assert tenfold.__name__ == "tenfold"
    assert repr(tenfold(Number(1.0)).node.primitive) == "custom_gradient(tenfold)"

    @custom_gradient
    def forgot(x):
        return x * x

    with pytest.raises(TypeError, match=r"must return .* forgot returned"):
        forgot(Number(1.0))


def test_a_wrong_number_of_gradients_is_refused_with_the_functions_name():
    @custom_gradient
    def miscounted(x, y):
        return x * y, lambda upstream: upstream

    with pytest.raises(ValueError, match="1 gradients for 2 inputs") as caught:
        miscounted(Number(1.0), Number(2.0)).backward()
    assert "custom_gradient(miscounted)" in caught.value.__notes__[0]


def test_a_value_by_keyword_is_refused_instead_of_getting_no_gradient():
    with pytest.raises(TypeError, match=r"y came by keyword.*by position"):
        scaled(Number(2.0), y=Number(3.0))
    assert scaled(Number(2.0), y=Number(3.0, requires_grad=False)).data == 6.0


def test_several_outputs_are_refused_by_name():
    @custom_gradient
    def both(x):
        return (x, x), lambda upstream: upstream

    with pytest.raises(TypeError, match="both returned a tuple"):
        both(Number(1.0))


def test_its_line_is_noted_in_debug_mode():
    @custom_gradient
    def square(x):
        return x * x, lambda upstream: None

    with debug_mode():
        out = square(Number(3.0))
        line = test_its_line_is_noted_in_debug_mode.__code__.co_firstlineno + 6
    assert out.node.where == f"{__file__}:{line}"
