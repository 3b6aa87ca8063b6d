"""What the derivatives of reductions are: meaning, ties, zeros, infinities."""

import math

import numpy as np
import pytest

from minikeras.autograd import grad
from minikeras.kernels.kernel_set import watched
from minikeras.primitives import reduction
from minikeras.values import Scalar, Tensor
from tests.kernels.sets import ARRAY_SETS

every_set = pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
WHOLE = {"axis": None, "keepdims": False}
ROWS = {"axis": 1, "keepdims": False}


def gradient(primitive, kernels, x, upstream, **parameters):
    """Returns the gradient for x, with its shape."""
    out = primitive.forward(kernels, x, **parameters)
    [result] = primitive.vjp(kernels, (True,), upstream, out, x, **parameters)
    return kernels.sum_to_shape_of(result, x)


# --- Sums and averages ----------------------------------------------------------------


@every_set
@pytest.mark.parametrize("keepdims", [False, True])
def test_a_sum_hands_its_gradient_to_all_its_terms(kernels, keepdims):
    x = np.zeros((2, 3, 2))
    upstream = np.array([10.0, 20.0, 30.0]).reshape((1, 3, 1) if keepdims else 3)
    result = gradient(
        reduction.sum, kernels, x, upstream, axis=(0, -1), keepdims=keepdims
    )
    np.testing.assert_array_equal(result[1, :, 0], [10.0, 20.0, 30.0])
    result = gradient(
        reduction.mean, kernels, x, upstream, axis=(0, -1), keepdims=keepdims
    )
    np.testing.assert_array_equal(result[0, :, 1], [2.5, 5.0, 7.5])


@every_set
def test_the_gradient_of_a_sum_is_no_copy(kernels):
    """A million equal numbers need no memory: the sum of a large array is common."""
    upstream = np.array(1.0)
    result = gradient(reduction.sum, kernels, np.zeros((1000, 1000)), upstream, **WHOLE)
    assert np.shares_memory(result, upstream)


@every_set
def test_variance_grows_away_from_the_mean(kernels):
    x = np.array([[1.0, 2.0, 6.0]])
    result = gradient(reduction.variance, kernels, x, np.array([3.0]), **ROWS)
    np.testing.assert_allclose(result, [[-4.0, -2.0, 6.0]])


@every_set
def test_equal_numbers_have_variance_0_and_gradient_0(kernels):
    x = np.full((2, 3), 0.1)
    result = gradient(reduction.variance, kernels, x, np.ones(2), **ROWS)
    np.testing.assert_allclose(result, np.zeros((2, 3)), atol=1e-16)


def test_running_sums_are_undone_from_the_other_end():
    kernels = ARRAY_SETS[0]
    x, upstream = np.zeros(3), np.array([1.0, 10.0, 100.0])
    result = gradient(reduction.cumsum, kernels, x, upstream, axis=0, reverse=False)
    np.testing.assert_array_equal(result, [111.0, 110.0, 100.0])


# --- Products -------------------------------------------------------------------------


@every_set
@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ([2.0, 3.0, 5.0], [15.0, 10.0, 6.0]),
        ([2.0, 0.0, 5.0], [0.0, 10.0, 0.0]),
        ([0.0, 3.0, 0.0], [0.0, 0.0, 0.0]),
        ([7.0], [1.0]),
        ([], []),
    ],
)
def test_a_product_without_one_factor(kernels, x, expected):
    result = gradient(reduction.prod, kernels, np.array(x), np.array(1.0), **WHOLE)
    np.testing.assert_array_equal(result, expected)


@every_set
def test_a_product_over_several_axes(kernels):
    x = np.array([[2.0, 0.0], [3.0, 5.0]])
    result = gradient(reduction.prod, kernels, x, np.array(1.0), **WHOLE)
    np.testing.assert_array_equal(result, [[0.0, 30.0], [0.0, 0.0]])


@every_set
@pytest.mark.parametrize(
    ("x", "reverse", "expected"),
    [
        ([2.0, 3.0, 5.0], False, [1 + 3 + 15, 2 + 10, 6]),
        ([2.0, 0.0, 5.0], False, [1, 2 + 10, 0]),
        ([2.0, 3.0, 5.0], True, [15, 5 + 10, 1 + 3 + 6]),
        ([0.0, 0.0, 5.0], True, [0, 5, 1]),
        ([7.0], False, [1]),
    ],
)
def test_running_products_without_one_factor(kernels, x, reverse, expected):
    x = np.array(x)
    result = gradient(
        reduction.cumprod, kernels, x, np.ones_like(x), axis=0, reverse=reverse
    )
    np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("length", [2, 3, 4, 5, 8, 9])
def test_running_products_of_any_length(length):
    """The recurrence doubles its reach in every step: lengths around powers of two."""
    kernels = ARRAY_SETS[0]
    x = np.arange(1.0, length + 1)
    upstream = np.arange(length, 0.0, -1.0)
    result = gradient(reduction.cumprod, kernels, x, upstream, axis=0, reverse=False)
    factors = np.cumprod(x)
    expected = [(upstream[j:] * factors[j:]).sum() / x[j] for j in range(length)]
    np.testing.assert_allclose(result, expected, rtol=1e-14)


def test_a_product_with_zeros_can_be_differentiated_twice():
    x = Tensor(np.array([2.0, 0.0, 5.0]))

    def product(x):
        return reduction.prod(x, **WHOLE)

    def first_of_gradient(x):
        return grad(product)(x)[0]

    np.testing.assert_array_equal(grad(first_of_gradient)(x).numpy(), [0.0, 5.0, 0.0])


# --- Logarithm of a sum of exponentials -----------------------------------------------


@every_set
def test_the_gradient_of_logsumexp_is_softmax(kernels):
    x = np.array([[1e4, 1e4 + math.log(3)], [-1e4, 1e4]])
    result = gradient(reduction.logsumexp, kernels, x, np.array([8.0, 1.0]), **ROWS)
    np.testing.assert_allclose(result, [[2.0, 6.0], [0.0, 1.0]], rtol=1e-9)


@every_set
def test_what_is_masked_everywhere_gets_no_gradient(kernels):
    x = np.array([[-np.inf, -np.inf], [-np.inf, 0.0]])
    result = gradient(reduction.logsumexp, kernels, x, np.ones(2), **ROWS)
    np.testing.assert_array_equal(result, [[0.0, 0.0], [0.0, 1.0]])


# --- Extremes -------------------------------------------------------------------------


@every_set
@pytest.mark.parametrize("primitive", [reduction.max, reduction.min], ids=str)
def test_ties_share_equally(kernels, primitive):
    x = np.array([[1.0, 1.0, 1.0, 1.0], [-0.0, 0.0, -0.0, 0.0]])
    result = gradient(primitive, kernels, x, np.array([2.0, 4.0]), **ROWS)
    np.testing.assert_array_equal(result, [[0.5] * 4, [1.0] * 4])


@every_set
def test_only_the_extreme_gets_a_gradient(kernels):
    x = np.array([[1.0, 3.0, 3.0], [5.0, 4.0, -np.inf]])
    result = gradient(reduction.max, kernels, x, np.array([2.0, 7.0]), **ROWS)
    np.testing.assert_array_equal(result, [[0.0, 1.0, 1.0], [7.0, 0.0, 0.0]])
    result = gradient(reduction.min, kernels, x, np.array([2.0, 7.0]), **ROWS)
    np.testing.assert_array_equal(result, [[2.0, 0.0, 0.0], [0.0, 0.0, 7.0]])


@every_set
def test_a_nan_among_others_spoils_its_own_row_only(kernels):
    x = np.array([[1.0, np.nan], [2.0, 3.0]])
    result = gradient(reduction.max, kernels, x, np.ones(2), **ROWS)
    np.testing.assert_array_equal(result, [[np.nan, np.nan], [0.0, 1.0]])


@pytest.mark.parametrize(
    "primitive",
    [reduction.argmax, reduction.argmin, reduction.all, reduction.any],
    ids=str,
)
def test_positions_and_truths_have_no_gradient(primitive):
    upstream, x = np.ones(2), np.ones((2, 3))
    assert primitive.vjp(None, (True,), upstream, None, x, **ROWS) == (None,)


# --- What was broadcast ---------------------------------------------------------------


@every_set
def test_what_is_summed_to_a_shape_is_repeated_backwards(kernels):
    x, like = np.zeros((2, 3)), np.zeros((3,))
    upstream = np.array([1.0, 2.0, 3.0])
    result, nothing = reduction.sum_to_shape_of.vjp(
        kernels, (True, False), upstream, upstream, x, like
    )
    np.testing.assert_array_equal(result, [[1.0, 2.0, 3.0]] * 2)
    assert nothing is None


# --- Numbers --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("primitive", "slope"),
    [
        (reduction.sum, 1.0),
        (reduction.mean, 1.0),
        (reduction.prod, 1.0),
        (reduction.logsumexp, 1.0),
        (reduction.variance, 0.0),
    ],
    ids=str,
)
def test_reductions_of_one_number(primitive, slope):
    x = Scalar(3.0)
    out = primitive(x, **WHOLE)
    out.backward()
    assert x.grad.item() == slope


@pytest.mark.parametrize("primitive", [reduction.cumsum, reduction.cumprod], ids=str)
@pytest.mark.parametrize("reverse", [False, True])
def test_running_sums_of_one_number(primitive, reverse):
    x = Scalar(3.0)
    out = primitive(x, axis=0, reverse=reverse)
    out.backward()
    assert out.item() == 3.0
    assert x.grad.item() == 1.0


def test_rules_use_nothing_but_kernels():
    """What a watched set does not see, a compiled step would miss."""
    calls = []
    watching = watched(ARRAY_SETS[0], lambda name, *_: calls.append(name))
    x = np.array([[1.0, 2.0]])
    gradient(reduction.variance, watching, x, np.ones(1), **ROWS)
    assert calls == [
        *("variance", "expand_dims", "mean", "subtract", "multiply", "divide"),
        *("multiply", "sum_to_shape_of"),
    ]
