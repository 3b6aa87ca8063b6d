"""The engine under Scalars, Tensors and Variables, with the real primitives."""

import gc
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest

from minikeras.autograd import (
    custom_gradient,
    debug_mode,
    grad,
    hessian_vector_product,
    jacobian,
    vjp,
)
from minikeras.kernels.kernel_set import KernelSet
from minikeras.kernels.loops import loops
from minikeras.kernels.reference import reference
from minikeras.primitives import recorded as k
from minikeras.values import Scalar, Tensor, Variable, using
from tests.kernels.sets import ARRAY_SETS

DEPTH = 100_000


def tensor(*numbers, **options):
    return Tensor(np.array(numbers), **options)


def cubes_and_products(x):
    """f(x) = Σ x³ + x₀ x₁, whose Hessian is 6x on the diagonal and 1 beside it."""
    first, second = k.getitem(x, key=(0,)), k.getitem(x, key=(1,))
    return k.sum(x * x * x, axis=None, keepdims=False) + first * second


def hessian_of_cubes_and_products(x):
    hessian = np.diag(6 * x)
    hessian[0, 1] = hessian[1, 0] = 1
    return hessian


@pytest.mark.parametrize("kind", [Scalar, Tensor])
def test_a_chain_of_100000_operations_needs_no_stack(kind):
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(200)
    try:
        x = kind(1.0, requires_grad=True)
        value = x
        for _ in range(DEPTH):
            value = value * 1.0
        value.backward()
        assert x.grad.item() == 1.0
        del value
        value = x
        for _ in range(DEPTH):
            value = value + 1.0
        del value  # as a whole: nothing was released by a backward
    finally:
        sys.setrecursionlimit(limit)


def test_a_training_step_leaves_no_cycles():
    weight = Variable(np.ones((3, 2), "float32"), name="weight")
    x = np.ones((4, 3), "float32")

    def step():
        loss = k.sum(k.square(k.relu(Tensor(x) @ weight)), axis=None, keepdims=False)
        loss.backward()
        gradient = weight.grad
        weight.zero_grad()
        weight.assign_sub(gradient * 0.001)

    step()
    gc.collect()
    gc.disable()
    try:
        for _ in range(10):
            step()
        assert gc.collect() == 0
    finally:
        gc.enable()


@pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
def test_hessian_vector_products_agree_with_the_full_hessian(kernels):
    x, vector = np.array([1.0, -2.0, 0.5]), np.array([0.3, 1.0, -1.0])
    expected = hessian_of_cubes_and_products(x)
    with using(Tensor, kernels):
        full = jacobian(grad(cubes_and_products))(Tensor(x))
        product = hessian_vector_product(cubes_and_products, Tensor(x), Tensor(vector))
    np.testing.assert_allclose(full.data, expected, rtol=1e-14)
    np.testing.assert_allclose(product.data, expected @ vector, rtol=1e-14)


@pytest.mark.parametrize("of", [(), (3,), (2, 3), (0,)])
@pytest.mark.parametrize("by", [(), (2,), (2, 2)])
def test_a_jacobian_has_the_shape_of_the_result_and_then_of_the_argument(of, by):
    def f(x):
        return k.broadcast_to(k.sum(x, axis=None, keepdims=False), shape=of)

    assert jacobian(f)(Tensor(np.ones(by))).shape == of + by


def test_a_jacobian_has_a_row_per_result_and_a_column_per_argument():
    matrix = np.arange(6.0).reshape(2, 3)
    by_x, by_matrix = jacobian(lambda m, x: m @ x, (1, 0))(
        Tensor(matrix), Tensor(np.ones((3, 1)))
    )
    np.testing.assert_array_equal(by_x.data.reshape(2, 3), matrix)
    assert by_matrix.shape == (2, 1, 2, 3)
    np.testing.assert_array_equal(by_matrix.data[0, 0], [[1, 1, 1], [0, 0, 0]])


@pytest.mark.parametrize("kind", [Scalar, Tensor])
@pytest.mark.parametrize(("order", "expected"), [(1, 80), (2, 160), (3, 240), (4, 240)])
def test_powers_to_fourth_order(kind, order, expected):
    derivative = lambda x: x**5  # noqa: E731 - it is rebound below
    for _ in range(order):
        derivative = grad(derivative)
    assert derivative(kind(2.0)).item() == pytest.approx(expected, rel=1e-6)


def test_vjp_takes_a_cotangent_of_the_shape_of_the_result():
    out, pull = vjp(lambda x, y: x * y, tensor(1.0, 2.0), tensor(3.0, 4.0))
    by_x, by_y = pull(tensor(1.0, 10.0))
    np.testing.assert_array_equal(out.data, [3, 8])
    np.testing.assert_array_equal(by_x.data, [3, 40])
    np.testing.assert_array_equal(by_y.data, [1, 20])


def test_a_broadcast_value_collects_the_sum_of_its_gradients():
    x = tensor(1.0, 2.0, requires_grad=True)
    row = Tensor(np.ones((3, 2)))
    k.sum(row * x, axis=None, keepdims=False).backward()
    np.testing.assert_array_equal(x.grad.data, [3, 3])


def test_an_assigned_variable_refuses_the_gradient_of_its_old_value():
    weight = Variable(np.ones(2), name="weight")
    loss = k.sum(weight * weight, axis=None, keepdims=False)
    weight.assign([2.0, 2.0])
    with pytest.raises(RuntimeError, match=r"assigned between .* backward\(\) before"):
        loss.backward()
    assert weight.grad is None


def test_a_second_backward_is_refused_and_retain_graph_allows_it():
    x = tensor(3.0, requires_grad=True)
    loss = k.sum(x * x, axis=None, keepdims=False)
    loss.backward(retain_graph=True)
    loss.backward()
    np.testing.assert_array_equal(x.grad.data, [12])
    with pytest.raises(RuntimeError, match="retain_graph=True"):
        loss.backward()


def test_gradients_made_with_create_graph_can_be_differentiated():
    x = tensor(3.0, requires_grad=True)
    k.sum(x * x * x, axis=None, keepdims=False).backward(create_graph=True)
    first = x.grad
    np.testing.assert_array_equal(first.data, [27])
    x.zero_grad()
    k.sum(first, axis=None, keepdims=False).backward()
    np.testing.assert_array_equal(x.grad.data, [18])


def test_an_error_in_a_kernel_of_a_derivative_names_the_users_line():
    def fail(*inputs, **parameters):
        raise FloatingPointError("tanh_grad is out of order")

    broken = KernelSet("broken", {"tanh_grad": fail}, over=reference)
    with using(Tensor, broken):
        with debug_mode():
            y = k.tanh(tensor(1.0, requires_grad=True))
        with pytest.raises(FloatingPointError) as caught:
            k.sum(y, axis=None, keepdims=False).backward()
    [note] = caught.value.__notes__
    assert note.startswith("In the derivative of Tanh, recorded at ")
    assert __file__ in note


def test_custom_gradients_of_tensors_to_second_order():
    @custom_gradient
    def cube(x):
        return x * x * x, lambda upstream: upstream * x * x * 3.0

    def total(x):
        return k.sum(cube(x), axis=None, keepdims=False)

    x = tensor(1.0, 2.0)
    np.testing.assert_array_equal(grad(total)(x).data, [3, 12])
    product = hessian_vector_product(total, x, tensor(1.0, 1.0))
    np.testing.assert_array_equal(product.data, [6, 12])


def test_threads_compute_with_kernels_of_their_own():
    """Each counts its own multiplications while both are inside `using`."""
    together = Barrier(2)

    def work(over):
        count = 0

        def counted(x, y, *, out=None):
            nonlocal count
            count += 1
            return over.multiply(x, y, out=out)

        with using(Tensor, KernelSet("counting", {"multiply": counted}, over=over)):
            together.wait(10)
            x = tensor(1.5, requires_grad=True)
            k.sum(x * x * x, axis=None, keepdims=False).backward()
            together.wait(10)
        return count, x.grad.data.tolist()

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(work, [reference, loops])
    assert first == second == (6, [3 * 1.5**2])
