"""Compiled normalizations: in chunks of rows, on threads, and as tasks on a tape."""

import numpy as np
import pytest
from minikeras._fast.batch_normalization import (
    batch_normalization,
    batch_normalization_grad,
    standardize,
)
from minikeras._fast.layer_normalization import (
    layer_normalization,
    layer_normalization_grad,
)

from minikeras._fast import tasks
from minikeras.kernels.reference import reference
from minikeras.kernels.table import TABLE
from tests.accuracy import assert_accurate
from tests.examples.call import Call

KERNELS = [
    batch_normalization,
    batch_normalization_grad,
    layer_normalization,
    layer_normalization_grad,
    standardize,
]
# (rows, columns), around the sizes of chunks, blocks, tiles and vectors.
SHAPES = [(1, 1), (5, 3), (33, 8), (70, 17), (600, 40), (40, 257), (1100, 31), (2, 700)]


@pytest.fixture(autouse=True)
def as_many_threads_as_before():
    before = tasks.threads()
    yield
    tasks.set_threads(before)


def call_of(kernel, shape, dtype, seed=0):
    """Returns a call of a kernel on rows of columns, as training makes it."""
    generator = np.random.default_rng(seed)

    def numbers(shape):
        return generator.normal(1.0, 2.0, shape).astype(dtype)

    name = kernel.__name__
    rows, columns = shape
    of_rows = name.startswith("layer")
    statistic = (rows, 1) if of_rows else (1, columns)
    x, gamma, beta = numbers(shape), numbers((1, columns)), numbers((1, columns))
    mean, variance = numbers(statistic), np.abs(numbers(statistic))
    inputs = {"x": x, "gamma": gamma, "beta": beta, "mean": mean, "variance": variance}
    inputs["grad"] = numbers(shape)
    parameters = {"epsilon": 1e-3}
    if name != "standardize":
        parameters["axis"] = (1,) if of_rows else (0,)
    return Call(tuple(inputs[key] for key in TABLE[name].inputs), parameters)


def parts(out):
    return out if isinstance(out, tuple) else (out,)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kernel", KERNELS)
def test_all_sizes_are_as_accurate_as_promised(kernel, shape, dtype):
    call = call_of(kernel, shape, dtype)
    ours = parts(kernel(*call.inputs, **call.parameters))
    name = kernel.__name__
    right = parts(getattr(reference, name)(*call.inputs, **call.parameters))
    for place, (actual, expected) in enumerate(zip(ours, right, strict=True)):
        assert_accurate(name, call, actual, expected, place)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("shape", [(9000, 40), (700, 512)])
def test_threads_change_no_bit(kernel, shape):
    call = call_of(kernel, shape, "float32")
    tasks.set_threads(1)
    alone = parts(kernel(*call.inputs, **call.parameters))
    for count in (2, 3):
        tasks.set_threads(count)
        for _ in range(5):
            together = parts(kernel(*call.inputs, **call.parameters))
            for ours, right in zip(together, alone, strict=True):
                np.testing.assert_array_equal(ours, right)


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_replay_computes_from_what_is_there_then(kernel):
    call = call_of(kernel, (70, 17), "float32")
    out = kernel(*call.inputs, **call.parameters)
    other = call_of(kernel, (70, 17), "float32", seed=1)
    expected = parts(kernel(*other.inputs, **other.parameters))
    tape = tasks.Tape()
    assert tape.add(kernel, call.inputs, {**call.parameters, "out": out})
    for fixed, new in zip(call.inputs, other.inputs, strict=True):
        fixed[...] = new
    tape.run()
    for ours, right in zip(parts(out), expected, strict=True):
        np.testing.assert_array_equal(ours, right)


@pytest.mark.parametrize("kernel", [batch_normalization_grad, layer_normalization_grad])
def test_a_gradient_that_was_broadcast_is_gathered(kernel):
    """That of an average over some axes: the same row again and again."""
    shape = (6, 50, 3, 24)
    call = call_of(kernel, (900, 24), "float32")
    _, x, *rest = call.inputs
    of_rows = kernel is layer_normalization_grad
    statistic = (6, 50, 3, 1) if of_rows else (1, 1, 1, 24)
    mean, variance = (part.reshape(statistic) for part in rest[:2])
    gamma = rest[2].reshape(1, 1, 1, 24)
    grad = np.random.default_rng(2).normal(size=(6, 1, 3, 24)).astype("float32")
    broadcast = np.broadcast_to(grad, shape)
    parameters = {"axis": (3,) if of_rows else (0, 1, 2), "epsilon": 1e-3}
    results = [
        kernel(given, x.reshape(shape), mean, variance, gamma, **parameters)
        for given in (broadcast, np.ascontiguousarray(broadcast))
    ]
    for ours, right in zip(*results, strict=True):
        np.testing.assert_array_equal(ours, right)
    tape = tasks.Tape()
    inputs = (broadcast, x.reshape(shape), mean, variance, gamma)
    assert tape.add(kernel, inputs, {**parameters, "out": results[0]})


@pytest.mark.parametrize("kernel", KERNELS)
def test_what_is_not_compiled_is_refused_by_a_tape(kernel):
    call = call_of(kernel, (8, 6), "float32")
    turned = [np.asfortranarray(x) for x in call.inputs]
    out = kernel(*turned, **call.parameters)
    expected = parts(kernel(*call.inputs, **call.parameters))
    for place, (ours, right) in enumerate(zip(parts(out), expected, strict=True)):
        assert_accurate(kernel.__name__, call, ours, right, place)
    tape = tasks.Tape()
    assert not tape.add(kernel, tuple(turned), {**call.parameters, "out": out})


def test_huge_numbers_that_are_all_alike_have_no_variance():
    x = np.full((100, 3), 2.0**600)
    one = np.ones((1, 3))
    y, mean, variance = batch_normalization(x, one, one, axis=0, epsilon=1e-3)
    np.testing.assert_array_equal(variance, np.zeros((1, 3)))
    np.testing.assert_array_equal(mean, x[:1])
    assert np.isfinite(y).all()


def test_infinities_in_several_blocks_are_the_mean():
    x = np.ones((100, 2), "float32")
    x[[3, 90], 0] = -np.inf
    one = np.ones((1, 2), "float32")
    _, mean, variance = batch_normalization(x, one, one, axis=0, epsilon=1e-3)
    np.testing.assert_array_equal(mean, [[-np.inf, 1.0]])
    np.testing.assert_array_equal(variance, [[np.nan, 0.0]])
