from minikeras.autograd import Leaf
from tests.autograd.number import Number


class Parameter(Number):
    """Like a Variable: what is computed from it is a Number."""

    __slots__ = ()


def test_a_leaf_and_what_is_computed_from_it_require_a_gradient():
    x = Number(2.0)
    assert x.requires_grad
    assert (x * 3.0).requires_grad


def test_a_constant_and_what_is_computed_from_it_do_not():
    x = Number(2.0, requires_grad=False)
    assert not x.requires_grad
    assert not (x * 3.0).requires_grad
    assert x.grad is None


def test_a_gradient_is_a_value_of_the_class_of_results():
    x = Parameter(2.0)
    out = x * x
    assert type(out) is Number
    out.backward()
    assert type(x.grad) is Number
    assert x.grad.data == 4.0


def test_gradients_of_a_leaf_add_up_until_they_are_forgotten():
    x = Number(2.0)
    for expected in (4.0, 8.0):
        (x * x).backward()
        assert x.grad.data == expected
    x.zero_grad()
    assert x.grad is None
    (x * x).backward()
    assert x.grad.data == 4.0


def test_zero_grad_of_a_constant_does_nothing():
    x = Number(2.0, requires_grad=False)
    x.zero_grad()
    assert x.grad is None


def test_wrap_keeps_data_and_node_as_they_are():
    data, node = object(), Leaf()
    value = Number.wrap(data, node)
    assert value.data is data
    assert value.node is node
    assert Number.wrap(data).node is None
