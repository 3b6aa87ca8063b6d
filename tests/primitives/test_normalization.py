"""Normalizations are what plain operations make of the same numbers."""

import numpy as np
import pytest
from hypothesis import given

from minikeras import Tensor, ops
from minikeras.primitives import normalization
from minikeras.values import using
from tests.examples import EXAMPLES
from tests.kernels.sets import ARRAY_SETS

CLOSE = {"rtol": 1e-9, "atol": 1e-10}


def composed(x, gamma, beta, *, axis, epsilon):
    """Does the same in plain operations, whose gradients are the engine's."""
    mean, variance = ops.moments(x, axis, keepdims=True)
    scale = ops.rsqrt(variance + epsilon)
    return (x - mean) * scale * gamma + beta, mean, variance


@pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
@pytest.mark.parametrize("name", ["batch_normalization", "layer_normalization"])
def test_it_is_what_plain_operations_compute(name, kernels):
    primitive = getattr(normalization, name)

    @given(call=EXAMPLES[name]("float64", "gradient"))
    def check(call):
        results = [
            results_and_gradients(function, kernels, call)
            for function in (primitive, composed)
        ]
        for ours, plain in zip(*results, strict=True):
            np.testing.assert_allclose(ours, plain, **CLOSE)

    check()


def results_and_gradients(function, kernels, call):
    """Returns what a function gives, and the gradients of a sum over all of it."""
    with using(Tensor, kernels):
        inputs = [Tensor(np.array(x), requires_grad=True) for x in call.inputs]
        results = function(*inputs, **call.parameters)
        y, mean, variance = results
        ops.sum(ops.sin(y)).backward(retain_graph=True)
        ops.sum(mean * mean * variance).backward()
    return [x.numpy() for x in results] + [x.grad.numpy() for x in inputs]


@pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_its_result_is_that_of_the_moments_it_returns(kernels, dtype):
    """So a layer may do both in one step or in two."""
    generator = np.random.default_rng(0)
    x = generator.normal(3.0, 2.0, (40, 37)).astype(dtype)
    for axis, shape in ((0, (1, 37)), (1, (1, 37))):
        gamma, beta = (generator.normal(size=shape).astype(dtype) for _ in range(2))
        name = "batch_normalization" if axis == 0 else "layer_normalization"
        y, mean, variance = getattr(kernels, name)(
            x, gamma, beta, axis=axis, epsilon=1e-3
        )
        again = kernels.standardize(x, mean, variance, gamma, beta, epsilon=1e-3)
        np.testing.assert_array_equal(y, again)


@pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
@pytest.mark.parametrize(("shape", "axis"), [((600, 3), 0), ((3, 600), 1)])
def test_a_large_mean_does_not_drown_the_variance(kernels, shape, axis):
    """1e6 ± 1e-2: the mean of the squares would be right to 1e-4 only, of 1e12."""
    x = 1e6 + 1e-2 * np.random.default_rng(0).normal(size=shape)
    ones = np.ones((1, shape[1]) if axis == 1 else (1, 3))
    name = "batch_normalization" if axis == 0 else "layer_normalization"
    kernel = getattr(kernels, name)
    _, mean, variance = kernel(x, ones, ones, axis=axis, epsilon=1e-3)
    np.testing.assert_allclose(variance, x.var(axis, keepdims=True), rtol=1e-7)
    np.testing.assert_allclose(mean, x.mean(axis, keepdims=True), rtol=1e-14)


def test_layer_normalization_of_three_numbers():
    x, one = np.array([[1.0, 2.0, 3.0]]), np.ones((1, 3))
    y, mean, variance = normalization.layer_normalization(
        Tensor(x), one, 0 * one, axis=-1, epsilon=1e-3
    )
    np.testing.assert_allclose(y.numpy(), [[-1.2238274, 0.0, 1.2238274]], rtol=1e-7)
    np.testing.assert_allclose(mean.numpy(), [[2.0]])
    np.testing.assert_allclose(variance.numpy(), [[2 / 3]])


@pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
def test_scales_that_do_not_fit_are_refused(kernels):
    x, row, column = np.ones((2, 3)), np.ones((1, 3)), np.ones((2, 1))
    batch, layer = kernels.batch_normalization, kernels.layer_normalization
    with pytest.raises(ValueError, match=r"shape \(1, 3\) of its statistics.*\(2, 1\)"):
        batch(x, column, column, axis=0, epsilon=1e-3)
    with pytest.raises(ValueError, match=r"of one shape; got \(1, 3\) and \(2, 1\)"):
        layer(x, row, column, axis=1, epsilon=1e-3)
    with pytest.raises(ValueError, match=r"got shape \(3,\)"):
        layer(x, row[0], row[0], axis=1, epsilon=1e-3)
