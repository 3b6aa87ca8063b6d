"""A graph may be as deep as memory allows, and is freed by reference counting alone."""

import gc
import sys

import pytest

from minikeras.autograd import (
    Leaf,
    Node,
    Output,
    backward_steps,
    custom_gradient,
    grad,
    topological_order,
)
from tests.autograd.number import FLOATS, Number, exp, twice

DEPTH = 100_000


@pytest.fixture
def shallow_stack():
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(200)
    yield
    sys.setrecursionlimit(before)


@pytest.fixture
def no_collector():
    """Switches the cyclic garbage collector off, with nothing left for it to find."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def records():
    """Counts the records of graphs that are alive."""
    kinds = (Leaf, Node, Output)
    return sum(type(thing) in kinds for thing in gc.get_objects())


@pytest.mark.usefixtures("shallow_stack", "no_collector")
class TestChain:
    """Each under a stack that 200 calls would fill."""

    def test_forward_backward_and_deleted(self):
        before = records()
        x = Number(1.0)
        value = x
        for _ in range(DEPTH):
            value = value + 1.0
        assert records() == before + DEPTH + 1
        assert value.data == DEPTH + 1.0
        value.backward()
        assert x.grad.data == 1.0
        del value, x
        assert records() == before

    def test_deleted_without_a_backward(self):
        before = records()
        value = Number(1.0)
        for _ in range(DEPTH):
            value = value + 1.0
        del value
        assert records() == before

    def test_deleted_after_a_backward_that_kept_the_graph(self):
        before = records()
        value = Number(1.0)
        for _ in range(DEPTH):
            value = value + 1.0
        value.backward(retain_graph=True)
        del value
        assert records() == before

    def test_through_results_of_tuples(self):
        before = records()
        x = value = Number(1.0)
        for _ in range(DEPTH // 4):
            double, triple = twice(value)
            value = double * (1 / 5) + triple * (1 / 5)
        value.backward()
        assert x.grad.data == pytest.approx(1.0)
        del value, x, double, triple
        assert records() == before

    def test_put_in_order(self):
        value = Number(1.0)
        for _ in range(DEPTH):
            value = value + 1.0
        assert len(topological_order(value.node)) == DEPTH + 1

    def test_differentiated_by_grad_and_again(self):
        def chain(x):
            for _ in range(DEPTH // 20):
                x = x * 1.0
            return x * x

        before = records()
        assert grad(chain)(Number(3.0)).data == 6.0
        assert grad(grad(chain))(Number(3.0)).data == 2.0
        assert records() == before


@pytest.mark.usefixtures("no_collector")
class TestNoCycles:
    """With the collector off, what is dropped must be gone, all of it."""

    def check(self, work):
        before = records()
        work()
        assert records() == before
        assert gc.collect() == 0

    def test_forward_only(self):
        self.check(lambda: exp(Number(1.0) * 2.0))

    @pytest.mark.parametrize("retain_graph", [False, True])
    def test_backward(self, retain_graph):
        def work():
            x = Number(2.0)
            middle = x * x
            out = middle * middle + exp(middle)
            out.backward(retain_graph=retain_graph)
            assert x.grad is not None
            assert middle.grad is not None

        self.check(work)

    def test_what_backward_has_passed_is_gone(self):
        """So a gradient on the way, which nobody asked for, ends with its last use."""
        value = Number(1.0)
        for _ in range(100):
            value = value * 2.0
        before = records()
        steps = backward_steps(value.node, 1.0, FLOATS)
        assert [before - records() for _ in steps][-1] > 90

    def test_results_of_tuples(self):
        def work():
            double, triple = twice(Number(2.0))
            (double * triple).backward(retain_graph=True)

        self.check(work)

    def test_higher_derivatives(self):
        self.check(lambda: grad(grad(lambda x: exp(x * x)))(Number(0.5)))

    def test_custom_gradients(self):
        @custom_gradient
        def square(x):
            return x * x, lambda upstream: upstream * (x * 2.0)

        def work():
            square(Number(3.0)).backward()
            grad(grad(square))(Number(3.0))

        self.check(work)

    def test_an_abandoned_walk(self):
        def work():
            def fail(x):
                raise ArithmeticError

            with pytest.raises(ArithmeticError):
                grad(fail)(Number(1.0))

        work()
        gc.collect()  # the traceback that pytest.raises kept
        before = records()
        work()
        gc.collect()
        assert records() == before

    def test_a_hundred_steps_need_no_more_memory_than_one(self):
        weight = Number(1.0)

        def step():
            ((weight * 2.0) ** 2).backward()
            weight.zero_grad()

        step()
        before = records()
        for _ in range(100):
            step()
        assert records() == before
