import pytest

from minikeras.autograd import Leaf, Output, Primitive
from tests.autograd.number import FLOATS, Number, add, multiply, power, twice


def test_a_recorded_call_keeps_inputs_parents_parameters_and_result():
    x = Number(2.0)
    out = power(x, n=3)
    assert out.data == 8.0
    assert out.node.primitive is power
    assert out.node.data == (2.0,)
    assert out.node.parents == (x.node,)
    assert out.node.parameters == {"n": 3}
    assert out.node.out == 8.0


def test_a_constant_or_a_plain_number_has_no_parent():
    x, constant = Number(2.0), Number(5.0, requires_grad=False)
    assert add(x, constant).node.parents == (x.node, None)
    assert add(3.0, x).node.parents == (None, x.node)


def test_a_call_on_constants_is_not_recorded():
    assert add(Number(1.0, requires_grad=False), 2.0).node is None


def test_a_call_without_a_value_says_what_came():
    with pytest.raises(TypeError, match=r"needs a Scalar or Tensor.*float, int"):
        multiply(1.0, 2)
    with pytest.raises(TypeError, match="none"):
        multiply()


def test_a_tuple_of_results_becomes_a_tuple_of_values():
    x = Number(4.0)
    double, triple = twice(x)
    assert (double.data, triple.data) == (8.0, 12.0)
    assert isinstance(double.node, Output)
    assert double.node.source is triple.node.source
    assert (double.node.index, triple.node.index) == (0, 1)
    assert double.node.source.out == (8.0, 12.0)


def test_a_tuple_of_constant_results_is_not_recorded():
    assert [part.node for part in twice(Number(4.0, requires_grad=False))] == [
        None,
        None,
    ]


def test_the_result_of_a_symbolic_input_is_symbolic():
    class Symbol(Number):
        __slots__ = ()
        symbolic = True

    Symbol.result = Symbol
    assert type(add(Number(1.0), Symbol(2.0))) is Symbol
    assert type(add(Symbol(2.0), Number(1.0))) is Symbol


class Sketch(Primitive):
    """What a user forgot to finish."""


def test_a_rule_without_forward_or_vjp_says_so():
    with pytest.raises(NotImplementedError, match=r"Sketch defines no forward"):
        Sketch()(Number(1.0))
    with pytest.raises(
        NotImplementedError, match=r"Sketch has no derivative.*stop_grad"
    ):
        Sketch().vjp(FLOATS, [Leaf()], 1.0, 1.0, 1.0)


def test_wanted_names_the_inputs_that_need_a_gradient():
    seen = []

    class Watch(Primitive):
        def forward(self, k, x, y, z):
            return x + y + z

        def vjp(self, k, wanted, grad, out, x, y, z):
            seen.append([bool(w) for w in wanted])
            return grad, None, grad

    watch = Watch()
    x, z = Number(1.0), Number(3.0)
    watch(x, 2.0, z).backward()
    assert seen == [[True, False, True]]
    assert (x.grad.data, z.grad.data) == (1.0, 1.0)


def test_a_user_defined_primitive_is_differentiated_like_any_other():
    class Cube(Primitive):
        def forward(self, k, x):
            return k.multiply(k.multiply(x, x), x)

        def vjp(self, k, wanted, grad, out, x):
            return (k.multiply(grad, k.multiply(3.0, k.multiply(x, x))),)

    x = Number(2.0)
    (Cube()(x) * x).backward()
    assert x.grad.data == 4 * 2.0**3
