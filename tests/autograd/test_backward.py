import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras.autograd import (
    Leaf,
    Output,
    Primitive,
    backward_steps,
    debug_mode,
    topological_order,
)
from tests.autograd.number import FLOATS, Number, add, multiply, twice


@st.composite
def programs(draw, max_calls=30):
    """Draws the inputs of each call: the numbers of the two values that it works on."""
    calls = draw(st.integers(1, max_calls))
    return [
        (draw(st.sampled_from("+*")), draw(st.integers(0, i)), draw(st.integers(0, i)))
        for i in range(calls)
    ]


def run(program, x):
    values = [x]
    for operation, i, j in program:
        rule = add if operation == "+" else multiply
        values.append(rule(values[i], values[j]))
    return values


def forward_derivative(program, x):
    """Returns the derivative of the last value by x, carried forward by hand."""
    values, derivatives = [x], [1]
    for operation, i, j in program:
        a, b, da, db = values[i], values[j], derivatives[i], derivatives[j]
        values.append(a + b if operation == "+" else a * b)
        derivatives.append(da + db if operation == "+" else da * b + a * db)
    return derivatives[-1]


@given(programs(max_calls=12), st.sampled_from([-1, 1, 2]))
def test_shared_values_collect_the_gradient_of_every_use(program, x):
    leaf = Number(x)
    out = run(program, leaf)[-1]
    out.backward(1)
    assert leaf.grad.data == forward_derivative(program, x)  # in integers: exact


@given(programs())
def test_the_order_has_every_node_once_and_before_what_it_was_made_from(program):
    root = run(program, Number(1.0))[-1].node
    order = topological_order(root)
    assert order[0] is root
    place = {node: position for position, node in enumerate(order)}
    assert len(place) == len(order)
    for node in order:
        if not isinstance(node, Leaf):
            assert all(place[parent] > place[node] for parent in node.parents)


@given(programs())
def test_a_walk_visits_each_call_once(program):
    root = run(program, Number(1))[-1].node
    calls = [node for node in topological_order(root) if not isinstance(node, Leaf)]
    visited = [node for node, _, _ in backward_steps(root, 1, FLOATS)]
    assert len(visited) == len(calls)
    assert set(visited) == set(calls)


@pytest.mark.parametrize("uses", [1, 2, 3, 10])
def test_a_value_used_k_times_collects_k_gradients(uses):
    x = Number(3.0)
    total = Number(0.0, requires_grad=False)
    for _ in range(uses):
        total = total + x
    total.backward()
    assert x.grad.data == uses


def test_a_diamond_waits_for_both_sides():
    x = Number(2.0)
    middle = x * x
    (middle * 3.0 + middle * middle).backward()
    assert middle.grad.data == 3.0 + 2 * 4.0
    assert x.grad.data == (3.0 + 2 * 4.0) * 2 * 2.0


class Buffer(list):
    """A gradient that would show it if somebody added into it."""


BUFFERS = type(
    "Buffers",
    (),
    {
        "add": staticmethod(lambda x, y: Buffer([x[0] + y[0]])),
        "sum_to_shape_of": staticmethod(lambda x, like: x),
    },
)


def test_accumulating_never_writes_into_a_gradient_that_somebody_else_holds():
    x, y = Number(1.0), Number(1.0)
    out = (x + y) + x  # one and the same gradient arrives at x twice and at y
    cotangent = Buffer([1.0])
    for _ in backward_steps(out.node, cotangent, BUFFERS):
        pass
    assert cotangent == [1.0]
    assert x.node.grad == [2.0]
    assert y.node.grad == [1.0]


def test_a_second_backward_does_not_write_into_the_first_gradient():
    x = Number(1.0)
    for _ in backward_steps((x + 1.0).node, Buffer([1.0]), BUFFERS):
        pass
    first = x.node.grad
    for _ in backward_steps((x + 1.0).node, Buffer([1.0]), BUFFERS):
        pass
    assert first == [1.0]
    assert x.node.grad == [2.0]


def test_values_in_between_keep_the_gradient_of_the_last_call():
    x = Number(2.0)
    middle = x * x
    out = middle * 3.0
    out.backward(retain_graph=True)
    out.backward(retain_graph=True)
    assert middle.grad.data == 3.0
    assert x.grad.data == 2 * 12.0


def test_each_step_says_what_came_and_what_went():
    x = Number(2.0)
    out = x * x
    [(node, grad, input_grads)] = backward_steps(out.node, 1.0, FLOATS)
    assert node is out.node
    assert grad == 1.0
    assert input_grads == (2.0, 2.0)


def test_the_cotangent_of_a_leaf_is_its_gradient():
    x = Number(2.0)
    x.backward(5.0)
    assert x.grad.data == 5.0


# --- Several results ------------------------------------------------------------------


class SeenGrads(Primitive):
    """Returns three results and notes which gradients came back."""

    def __init__(self):
        self.seen = []

    def forward(self, k, x):
        return x, 2 * x, 3 * x

    def vjp(self, k, wanted, grad, out, x):
        self.seen.append(grad)
        return (sum(g * f for g, f in zip(grad, (1, 2, 3), strict=True) if g),)


def test_a_result_where_nothing_flowed_has_the_gradient_none():
    seen = SeenGrads()
    x = Number(1.0)
    first, _, third = seen(x)
    (first + third * 5.0).backward()
    assert seen.seen == [(1.0, None, 5.0)]
    assert x.grad.data == 1.0 + 3 * 5.0


def test_one_result_alone_is_enough():
    seen = SeenGrads()
    x = Number(1.0)
    seen(x)[1].backward()
    assert seen.seen == [(None, 1.0, None)]
    assert x.grad.data == 2.0


def test_all_results_are_waited_for():
    x = Number(1.0)
    double, triple = twice(x * 1.0)
    (double * triple).backward()
    assert x.grad.data == 2 * 6.0
    assert double.grad.data == 3.0
    assert triple.grad.data == 2.0


def test_the_order_goes_through_a_result_to_its_call():
    double, triple = twice(Number(1.0))
    order = topological_order((double * triple).node)
    kinds = [type(node) for node in order]
    assert kinds.count(Output) == 2
    assert all(
        order.index(node.source) > order.index(node)
        for node in order
        if type(node) is Output
    )


# --- None, errors and notes -----------------------------------------------------------


class Blocked(Primitive):
    """Its derivative is zero everywhere."""

    def forward(self, k, x):
        return x

    def vjp(self, k, wanted, grad, out, x):
        return (None,)


def test_none_flows_on_as_nothing():
    x, y = Number(2.0), Number(3.0)
    (Blocked()(x * x) + y).backward()
    assert x.grad is None
    assert y.grad.data == 1.0


def test_none_on_one_way_leaves_the_other_way_alone():
    x = Number(2.0)
    middle = x * x
    (Blocked()(middle) + middle).backward()
    assert x.grad.data == 4.0


def test_a_second_backward_through_a_freed_graph_says_what_to_do():
    x = Number(2.0)
    middle = x * x
    (middle * 3.0).backward()
    with pytest.raises(RuntimeError, match=r"freed by an earlier.*retain_graph=True"):
        (middle * 5.0).backward()
    assert x.grad.data == 12.0


def test_a_leaf_that_was_assigned_refuses_the_gradient_of_its_old_value():
    x = Number(2.0)
    out = x * x
    x.node.stale = "x"
    with pytest.raises(
        RuntimeError, match=r"assigned between.*Call backward\(\) before"
    ):
        out.backward()


class Forgetful(Primitive):
    """Has two inputs and returns one gradient."""

    def forward(self, k, x, y):
        return x + y

    def vjp(self, k, wanted, grad, out, x, y):
        return (grad,)


def test_a_rule_that_forgets_an_input_is_refused():
    with pytest.raises(ValueError, match="1 gradients for 2 inputs") as caught:
        Forgetful()(Number(1.0), Number(2.0)).backward()
    assert "In the derivative of Forgetful" in caught.value.__notes__[0]


class Broken(Primitive):
    def forward(self, k, x):
        return x

    def vjp(self, k, wanted, grad, out, x):
        raise ZeroDivisionError("no derivative today")


def test_an_error_in_a_rule_arrives_unchanged_and_names_the_primitive():
    with pytest.raises(ZeroDivisionError, match="no derivative today") as caught:
        (Broken()(Number(1.0)) * 2.0).backward()
    assert caught.value.__notes__ == [
        "In the derivative of Broken, run it under debug_mode() to see on which line."
    ]


def test_in_debug_mode_it_names_the_users_line():
    with debug_mode():
        broken = Broken()(Number(1.0))
        line = test_in_debug_mode_it_names_the_users_line.__code__.co_firstlineno + 2
    with pytest.raises(ZeroDivisionError) as caught:
        (broken * 2.0).backward()
    assert caught.value.__notes__ == [
        f"In the derivative of Broken, recorded at {__file__}:{line}."
    ]


def test_only_the_innermost_rule_is_named():
    with pytest.raises(ZeroDivisionError) as caught:
        (Broken()(Number(1.0)) * 2.0 * 3.0).backward()
    assert len(caught.value.__notes__) == 1


def test_steps_can_be_looked_at_one_by_one():
    x = Number(2.0)
    out = (x * 3.0) * 5.0
    steps = backward_steps(out.node, 1.0, FLOATS)
    next(steps)
    assert x.grad is None
    assert [node.primitive for node, _, _ in steps] == [multiply]
    assert x.grad.data == 15.0


def test_a_target_stops_the_walk_and_leaves_stay_untouched():
    x = Number(2.0)
    first = x * 3.0
    second = first * 5.0
    targets = {first.node: None}
    visited = [
        node.primitive
        for node, _, _ in backward_steps(second.node, 1.0, FLOATS, targets=targets)
    ]
    assert targets == {first.node: 5.0}
    assert visited == [multiply]
    assert x.grad is None


def test_a_target_keeps_its_gradient_where_nothing_flowed_on_another_way():
    x = Number(2.0)
    middle = x * x
    out = (Blocked()(middle) + middle) + Blocked()(middle)
    targets = {middle.node: None}
    for _ in backward_steps(out.node, 1.0, FLOATS, targets=targets):
        pass
    assert targets == {middle.node: 1.0}


def test_an_error_on_the_way_leaves_no_gradient_behind():
    x, y = Number(2.0), Number(3.0)
    out = Broken()(x * 1.0) + y
    with pytest.raises(ZeroDivisionError):
        out.backward(retain_graph=True)
    assert x.grad is None
    assert y.grad is None


def test_a_stale_leaf_stops_the_walk_before_any_gradient_arrives():
    x, y = Number(2.0), Number(3.0)
    out = x * y
    x.node.stale = "tower/kernel"
    with pytest.raises(RuntimeError, match="Variable tower/kernel was assigned"):
        out.backward()
    assert y.grad is None


class NotATuple(Primitive):
    """Returns its gradient bare."""

    def forward(self, k, x):
        return x

    def vjp(self, k, wanted, grad, out, x):
        return grad


def test_a_rule_that_returns_no_tuple_is_refused():
    with pytest.raises(TypeError, match=r"vjp returned a float.*tuple") as caught:
        NotATuple()(Number(1.0)).backward()
    assert "In the derivative of NotATuple" in caught.value.__notes__[0]
