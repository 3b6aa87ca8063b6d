"""Reductions and statistics: kinks, ties, nothing at all, and what is refused."""

import numpy as np
import pytest

from minikeras import ops
from minikeras.values import Tensor

NAN = np.nan


def values(result):
    return result.numpy().tolist()


def gradient_of(function, x):
    x = Tensor(np.array(x), requires_grad=True)
    function(x).backward()
    return values(x.grad)


@pytest.mark.parametrize(
    ("function", "x", "expected"),
    [
        (ops.max, [1.0, 3.0, 3.0], [0.0, 0.5, 0.5]),
        (ops.min, [1.0, 1.0, 3.0, 1.0], [1 / 3, 1 / 3, 0.0, 1 / 3]),
        (ops.norm, [0.0, 0.0], [0.0, 0.0]),
        (ops.std, [2.0, 2.0], [0.0, 0.0]),
        (ops.var, [2.0, 2.0], [0.0, 0.0]),
        (ops.prod, [0.0, 2.0, 3.0], [6.0, 0.0, 0.0]),
        (lambda x: ops.max(x, initial=3.0), [1.0, 3.0], [0.0, 0.5]),
    ],
)
def test_derivatives_at_kinks_are_chosen(function, x, expected):
    np.testing.assert_allclose(gradient_of(function, x), expected)


def test_nothing_has_a_sum_and_a_product_but_no_extreme():
    nothing = np.zeros((0, 2), "float32")
    assert values(ops.sum(nothing, axis=0)) == [0.0, 0.0]
    assert values(ops.prod(nothing, axis=0)) == [1.0, 1.0]
    assert values(ops.all(nothing)) is True
    assert values(ops.any(nothing)) is False
    assert np.isnan(ops.mean(nothing).item())
    assert values(ops.max(nothing, axis=0, initial=-1.0)) == [-1.0, -1.0]
    for function in (ops.max, ops.min, ops.argmax, ops.median):
        with pytest.raises(ValueError, match=r"zero-size|empty|nothing"):
            function(nothing)


def test_bools_and_small_integers_are_counted_in_int32():
    assert values(ops.sum(np.full(300, 100, "uint8"))) == 30_000
    assert values(ops.prod(np.full(4, 100, "int8"))) == 10**8
    assert values(ops.cumsum([True, True, False])) == [1, 2, 2]
    assert values(ops.cumsum([1, 2], dtype="float32")) == [1.0, 3.0]


def test_axes_are_numbers_tuples_or_lists():
    x = np.ones((2, 3, 4))
    for axis in ((0, 2), [0, 2], (-3, -1)):
        assert values(ops.sum(x, axis=axis)) == [8.0] * 3
    assert ops.sum(x, axis=(), keepdims=True).shape == (2, 3, 4)
    with pytest.raises(ValueError, match="axis"):
        ops.sum(x, axis=3)


def test_weights_have_the_shape_of_x_or_of_its_axis():
    x = [[1.0, 2.0], [3.0, 5.0]]
    assert values(ops.average(x, axis=1, weights=[1, 3])) == [1.75, 4.5]
    assert values(ops.average(x, weights=[[0, 0], [1, 1]])) == 4.0
    for weights, axis in (([1, 2, 3], 1), ([1, 2], None), ([[1, 2]], 1)):
        with pytest.raises(ValueError, match="average needs weights"):
            ops.average(x, axis=axis, weights=weights)


def test_moments_are_those_of_the_population():
    mean, variance = ops.moments([1.0, 3.0], axes=[0])
    assert (mean.item(), variance.item()) == (2.0, 1.0)
    with pytest.raises(ValueError, match="synchronized"):
        ops.moments([1.0], axes=[0], synchronized=True)


def test_medians_and_quantiles():
    assert ops.median([3.0, 1.0, 2.0]).item() == 2.0
    assert ops.median([4, 1, 2, 3]).item() == 2.5
    assert values(ops.quantile([1.0, 2.0, 3.0], [0.0, 0.25, 1.0])) == [1.0, 1.5, 3.0]
    assert np.isnan(ops.median([1.0, NAN, 2.0]).item())
    x = np.arange(12.0).reshape(3, 4)
    assert values(ops.median(x, axis=0)) == [4.0, 5.0, 6.0, 7.0]
    with pytest.raises(ValueError, match="share from 0 to 1"):
        ops.quantile(x, 1.5)
    with pytest.raises(ValueError, match="method must be one of"):
        ops.quantile(x, 0.5, method="median")


@pytest.mark.parametrize("method", ["linear", "lower", "higher", "midpoint", "nearest"])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.63, 1.0])
def test_quantiles_are_those_of_numpy(share, method):
    x = np.random.default_rng(0).normal(size=(5, 6))
    result = ops.quantile(x, share, axis=0, method=method)
    np.testing.assert_allclose(values(result), np.quantile(x, share, 0, method=method))


@pytest.mark.parametrize("ord", [None, "fro", 1, -1, np.inf, -np.inf])
def test_norms_of_matrices_are_those_of_numpy(ord):
    x = np.random.default_rng(0).normal(size=(3, 4, 5))
    for axis in ((0, 1), (2, 0), (-1, -2)):
        result = ops.norm(x, ord, axis=axis, keepdims=True)
        expected = np.linalg.norm(x, ord, axis, keepdims=True)
        np.testing.assert_allclose(result.numpy(), expected)


@pytest.mark.parametrize(
    ("x", "ord", "axis"),
    [
        (np.ones((2, 2)), 2, None),
        (np.ones((2, 2)), "nuc", None),
        (np.ones((2, 2, 2)), 1, None),
        (np.ones((2, 2)), "fro", 0),
    ],
)
def test_norms_that_are_not_there_are_refused(x, ord, axis):
    with pytest.raises(ValueError, match="norm"):
        ops.norm(x, ord, axis=axis)


def test_vectors_are_made_one_long_but_zero_stays_zero():
    lengths = ops.normalize([[3.0, 4.0], [0.0, 0.0]])
    np.testing.assert_allclose(values(lengths), [[0.6, 0.8], [0.0, 0.0]], rtol=1e-6)
    np.testing.assert_allclose(values(ops.normalize([1.0, 3.0], order=1)), [0.25, 0.75])
    for order in (0, -1, 1.5, "two"):
        with pytest.raises(ValueError, match="positive integer"):
            ops.normalize([1.0], order=order)


def test_differences():
    assert values(ops.diff([1, 4, 9, 16])) == [3, 5, 7]
    assert values(ops.diff([1, 4, 9, 16], n=2)) == [2, 2]
    assert values(ops.diff([True, False, False])) == [True, False]
    with pytest.raises(ValueError, match="diff"):
        ops.diff(1.0)
