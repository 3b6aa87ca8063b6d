"""Scalars: numbers in, numbers out, and micrograd's way to train them."""

import pytest

from minikeras import Scalar


def test_it_holds_one_number():
    assert (float(Scalar(2)), int(Scalar(2.5)), bool(Scalar(0.0))) == (2.0, 2, False)
    assert Scalar(Scalar(2.0)).data == 2.0
    assert f"{Scalar(2.0):.2f} {Scalar(2.0)!r}" == "2.00 Scalar(2.0)"
    with pytest.raises(TypeError, match=r"one real number; got \[1.0\]"):
        Scalar([1.0])


@pytest.mark.parametrize("function", [lambda x: x * x, lambda x: x**2])
def test_data_may_be_stepped_along_the_gradient(function):
    """As micrograd writes it: the gradient is a Scalar, and so is what is assigned."""
    parameter = Scalar(4.0)
    for _ in range(100):
        loss = function(parameter - 1.0)
        parameter.zero_grad()
        loss.backward()
        parameter.data -= 0.25 * parameter.grad
    assert repr(parameter) == "Scalar(1.0)"
    assert f"{parameter:.1f} {parameter.item()}" == "1.0 1.0"
    assert type((parameter + 0.0).data) is float
    assert type(parameter.data) is float
    assert type(loss.data) is float


def test_a_number_that_was_assigned_is_no_part_of_a_graph():
    x, y = Scalar(3.0), Scalar(2.0)
    (x * y).backward()
    x.data -= y.grad  # 3 - 3
    x.zero_grad()
    y.zero_grad()
    (y * x).backward()
    assert (x.grad.data, y.grad.data) == (2.0, 0.0)
