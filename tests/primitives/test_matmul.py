"""What a product of matrices and its derivative mean, and what is refused."""

import numpy as np
import pytest

from minikeras.kernels.kernel_set import watched
from minikeras.kernels.shapes import shapes
from minikeras.kernels.shapes.shape_dtype import ShapeDtype
from minikeras.primitives.matmul import matmul, matmul_bias, matmul_bias_relu
from tests.kernels.sets import ARRAY_SETS

X = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
Y = np.array([[1.0, 0.0, -1.0], [2.0, 1.0, 0.0]])


@pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
def test_a_row_times_a_column(kernels):
    expected = [[5, 2, -1], [11, 4, -3], [17, 6, -5]]
    np.testing.assert_array_equal(matmul.forward(kernels, X, Y), expected)


@pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
def test_the_gradient_is_grad_times_the_other_transposed(kernels):
    grad = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 2.0], [0.0, 1.0, 0.0]])
    x_grad, y_grad = matmul.vjp(kernels, (True, True), grad, None, X, Y)
    np.testing.assert_array_equal(x_grad, grad @ Y.T)
    np.testing.assert_array_equal(y_grad, X.T @ grad)


@pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
@pytest.mark.parametrize("wanted", [(True, False), (False, True), (False, False)])
def test_what_is_not_wanted_is_not_computed(kernels, wanted):
    calls = []
    watching = watched(kernels, lambda name, *_: calls.append(name))
    gradients = matmul.vjp(watching, wanted, X @ Y, None, X, Y)
    assert [x is not None for x in gradients] == list(wanted)
    assert calls.count("matmul") == sum(wanted)


@pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
def test_stacks_broadcast(kernels):
    stack = np.stack([X, 2 * X])[:, None]  # (2, 1, 3, 2)
    out = matmul.forward(kernels, stack, np.stack([Y, -Y, 3 * Y]))
    assert out.shape == (2, 3, 3, 3)
    np.testing.assert_array_equal(out[1, 2], 6 * (X @ Y))


@pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
def test_a_sum_of_nothing_is_zero(kernels):
    out = matmul.forward(kernels, np.ones((3, 0)), np.ones((0, 2)))
    np.testing.assert_array_equal(out, np.zeros((3, 2)))


@pytest.mark.parametrize("dtype", ["int32", "int64", "float16"])
@pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
def test_other_dtypes_are_kept(kernels, dtype):
    out = matmul.forward(kernels, X.astype(dtype), Y.astype(dtype))
    assert out.dtype == dtype
    np.testing.assert_array_equal(out, X @ Y)


@pytest.mark.parametrize("kernels", [*ARRAY_SETS, shapes], ids=str)
@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ((3, 4), (5, 2), r"needs the last axis .* \(3, 4\) @ \(5, 2\)\. Transpose"),
        ((4,), (4, 2), r"at least two axes; got \(4,\) @ \(4, 2\)\. Add an axis"),
        ((2, 4), (4,), r"at least two axes; got \(2, 4\) @ \(4,\)\. Add an axis"),
    ],
)
def test_shapes_that_do_not_fit_are_named(kernels, x, y, message):
    if kernels is shapes:
        x, y = ShapeDtype(x, "float32"), ShapeDtype(y, "float32")
    else:
        x, y = np.ones(x), np.ones(y)
    with pytest.raises(ValueError, match=message):
        matmul.forward(kernels, x, y)


def test_unknown_sizes_are_no_error():
    x, y = ShapeDtype((None, None), "float32"), ShapeDtype((4, 2), "float32")
    assert matmul.forward(shapes, x, y) == ShapeDtype((None, 2), "float32")


@pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
def test_the_gradient_of_a_shared_matrix_is_one_product(kernels):
    """And no stack of products that someone has to sum."""
    x, grad = np.stack([X, 2 * X]), np.ones((2, 3, 3))
    _, y_grad = matmul.vjp(kernels, (True, True), grad, None, x, Y)
    np.testing.assert_array_equal(y_grad, 3 * X.T @ grad[0])


@pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
def test_relu_passes_a_gradient_only_where_the_result_is_positive(kernels):
    bias = np.array([-10.0, 0.0, 1.0])
    out = matmul_bias_relu.forward(kernels, X, Y, bias)
    np.testing.assert_array_equal(out, [[0, 2, 0], [1, 4, 0], [7, 6, 0]])
    grad = np.ones((3, 3))
    x_grad, y_grad, bias_grad = matmul_bias_relu.vjp(
        kernels, (True, True, True), grad, out, X, Y, bias
    )
    passed = (out > 0).astype("float64")
    np.testing.assert_array_equal(bias_grad, passed)
    np.testing.assert_array_equal(x_grad, passed @ Y.T)
    np.testing.assert_array_equal(y_grad, X.T @ passed)


@pytest.mark.parametrize("kernels", [*ARRAY_SETS, shapes], ids=str)
@pytest.mark.parametrize("bias", [(1,), (2,), (3, 3), ()])
@pytest.mark.parametrize("product", [matmul_bias, matmul_bias_relu], ids=str)
def test_a_bias_that_is_no_row_of_the_result_is_refused(kernels, product, bias):
    arrays = X, Y, np.ones(bias)
    if kernels is shapes:
        arrays = [ShapeDtype(x.shape, x.dtype) for x in arrays]
    with pytest.raises(ValueError, match=r"one bias per column of y, of shape \(3,\)"):
        product.forward(kernels, *arrays)
