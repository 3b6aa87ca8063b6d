import gc
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from minikeras.autograd import (
    collector_paused,
    debug_mode,
    enable_grad,
    grad,
    no_grad,
)
from tests.autograd.number import Number, exp, multiply


def test_nothing_is_recorded_in_no_grad_and_all_is_again_after_it():
    x = Number(2.0)
    with no_grad():
        assert not (x * x).requires_grad
    assert (x * x).requires_grad


def test_an_error_ends_no_grad_too():
    def fail():
        with no_grad():
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        fail()
    assert (Number(1.0) * 2.0).requires_grad


def test_enable_grad_records_inside_no_grad():
    x = Number(2.0)
    with no_grad():
        with enable_grad():
            assert (x * x).requires_grad
        assert not (x * x).requires_grad


def test_a_value_made_in_no_grad_is_a_constant():
    x = Number(3.0)
    with no_grad():
        factor = x * x
    (factor * x).backward()
    assert x.grad.data == 9.0


def test_no_grad_may_decorate_a_function():
    @no_grad()
    def predict(x):
        return x * x

    assert not predict(Number(1.0)).requires_grad
    assert (Number(1.0) * 2.0).requires_grad


def test_lines_are_noted_in_debug_mode_only():
    x = Number(1.0)
    with debug_mode():
        noted = multiply(x, x)
    assert noted.node.where.startswith(f"{__file__}:")
    assert not hasattr(multiply(x, x).node, "where")


def test_modes_are_each_threads_own():
    inside, checked = threading.Event(), threading.Event()

    def record():
        inside.wait(10)
        try:
            return (Number(1.0) * 2.0).requires_grad
        finally:
            checked.set()

    with ThreadPoolExecutor(1) as pool:
        recorded = pool.submit(record)
        with no_grad(), debug_mode():
            inside.set()
            checked.wait(10)
        assert recorded.result()


def test_two_threads_get_the_bits_of_one():
    def curve(start):
        x = Number(start)
        for _ in range(200):
            x = Number(x.data - 0.01 * grad(lambda y: exp(y * y))(x).data)
        return x.data

    starts = [0.1 * i for i in range(8)]
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(curve, starts)) == list(map(curve, starts))


def test_threads_may_build_on_one_leaf():
    x = Number(3.0)
    with ThreadPoolExecutor(2) as pool:
        squares = list(pool.map(lambda n: x * float(n), range(100)))
    for square in squares:
        square.backward()
    assert x.grad.data == sum(range(100))


def test_the_collector_pauses_for_a_block_and_for_one_that_fails():
    def fail():
        with collector_paused():
            assert not gc.isenabled()
            raise ArithmeticError

    assert gc.isenabled()
    with pytest.raises(ArithmeticError):
        fail()
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off():
    gc.disable()
    try:
        with collector_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
