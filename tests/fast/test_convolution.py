"""Compiled convolutions: right with every instruction set, the same bits anyhow."""

import numpy as np
import pytest

from minikeras._fast import product, tasks
from minikeras.kernels.fast import fast
from minikeras.kernels.reference import reference
from tests.accuracy import assert_same_bits
from tests.strategies import strided

both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])

# Shapes of x and of the kernel, stride, padding, dilation, groups.
CASES = [
    ((20, 10, 11, 3), (3, 3, 3, 32), 1, 1, 1, 1),
    ((5, 9, 14, 16), (3, 3, 16, 40), 1, 0, 1, 1),
    ((3, 8, 8, 33), (3, 3, 33, 65), 1, 1, 1, 1),
    ((2, 40, 9, 5), (5, 4, 5, 7), 2, 2, 1, 1),
    ((2, 17, 19, 4), (3, 3, 4, 20), 3, 2, 2, 1),
    ((18, 7, 6, 8), (3, 2, 2, 12), 1, 1, 1, 4),
    ((9, 7, 8, 35), (3, 3, 1, 35), 1, 1, 1, 35),
    ((3, 9, 10, 6), (2, 3, 1, 6), 2, 1, 1, 6),
    ((2, 6, 7, 8), (1, 1, 8, 17), 1, 0, 1, 1),
    ((1, 70, 12), (7, 12, 10), 1, 3, 2, 1),
    ((2, 5, 6, 7, 3), (3, 2, 3, 3, 18), 2, 1, 1, 1),
    ((0, 5, 5, 3), (3, 3, 3, 4), 1, 1, 1, 1),
    ((2, 5, 5, 0), (3, 3, 0, 4), 1, 1, 1, 1),
    ((2, 5, 5, 3), (3, 3, 3, 0), 1, 1, 1, 1),
    ((3, 2, 2, 3), (3, 3, 3, 4), 5, 2, 1, 1),
]
every_case = pytest.mark.parametrize("case", CASES, ids=str)


@pytest.fixture(params=product.instruction_sets(), autouse=True)
def instructions(request):
    """Runs a test with each instruction set that the processor has."""
    product.choose_instructions(request.param)
    yield
    product.choose_instructions(product.instruction_sets()[0])


@pytest.fixture
def with_threads():
    before = tasks.threads()
    yield tasks.set_threads
    tasks.set_threads(before)


def calls(case, dtype, draw):
    """Returns (name, inputs, parameters) of a convolution and of its gradients."""
    x, kernel, stride, padding, dilation, groups = case
    axes = len(x) - 2
    window = {
        "strides": (stride,) * axes,
        "padding": ((padding, padding),) * axes,
        "dilation": (dilation,) * axes,
        "groups": groups,
    }
    x, kernel, bias = draw(x, dtype), draw(kernel, dtype), draw(kernel[-1:], dtype)
    grad = draw(reference.convolution(x, kernel, **window).shape, dtype)
    return [
        ("convolution", (x, kernel), window),
        ("convolution_bias_relu", (x, kernel, bias), window),
        ("convolution_input_grad", (grad, x, kernel), window),
        ("convolution_kernel_grad", (grad, x, kernel), window),
    ]


def integers(shape, dtype):
    """Returns small integers: their products and sums are exact."""
    return np.random.default_rng(0).integers(-4, 5, shape).astype(dtype)


def numbers(shape, dtype):
    return np.random.default_rng(0).normal(size=shape).astype(dtype)


@both_dtypes
@every_case
def test_results_are_those_of_the_reference(case, dtype):
    for name, inputs, window in calls(case, dtype, integers):
        expected = getattr(reference, name)(*inputs, **window)
        out = getattr(fast, name)(*inputs, **window)
        np.testing.assert_array_equal(out, expected, name)
        assert out.dtype == dtype


@both_dtypes
@every_case
def test_bits_do_not_depend_on_threads(case, dtype, with_threads):
    for name, inputs, window in calls(case, dtype, numbers):
        with_threads(1)
        alone = getattr(fast, name)(*inputs, **window)
        for threads in (2, 3, 8):
            with_threads(threads)
            assert_same_bits(getattr(fast, name)(*inputs, **window), alone)


@both_dtypes
@every_case
def test_an_image_has_the_same_bits_in_any_batch(case, dtype):
    for name, inputs, window in calls(case, dtype, numbers)[:3]:
        kernel = getattr(fast, name)
        out = kernel(*inputs, **window)
        batched = 2 if name == "convolution_input_grad" else 1
        for i in range(len(out)):
            image = [x[i : i + 1] for x in inputs[:batched]]
            some = kernel(*image, *inputs[batched:], **window)
            assert_same_bits(some, out[i : i + 1])


@both_dtypes
@every_case
def test_they_are_tasks_that_can_be_replayed(case, dtype):
    for name, inputs, window in calls(case, dtype, numbers):
        expected = getattr(fast, name)(*inputs, **window)
        out = np.full_like(expected, np.nan)
        tape = tasks.Tape()
        assert tape.add(getattr(fast, name), inputs, {**window, "out": out})
        assert np.isnan(out).all()
        tape.run()
        assert_same_bits(out, expected)


@every_case
def test_bits_do_not_depend_on_layouts(case):
    for name, inputs, window in calls(case, "float32", numbers):
        kernel = getattr(fast, name)
        expected = kernel(*inputs, **window)
        assert_same_bits(kernel(*map(strided, inputs), **window), expected)
        spread = np.full((*expected.shape[:-1], 2 * expected.shape[-1]), np.nan, "f")
        kernel(*inputs, **window, out=spread[..., ::2])
        assert_same_bits(spread[..., ::2], expected)
        assert np.isnan(spread[..., 1::2]).all()


def test_an_out_may_overlap_an_input():
    x, kernel = numbers((3, 5, 4), "float32"), numbers((1, 4, 4), "float32")
    window = {"strides": (1,), "padding": ((0, 0),), "dilation": (1,), "groups": 1}
    expected = fast.convolution(x, kernel, **window)
    assert fast.convolution(x, kernel, **window, out=x) is x
    assert_same_bits(x, expected)


def test_a_tape_makes_calls_of_other_layouts_from_python():
    for name, inputs, window in calls(CASES[0], "float32", numbers):
        expected = getattr(fast, name)(*inputs, **window)
        out = np.full_like(expected, np.nan)
        tape = tasks.Tape()
        inputs = tuple(map(strided, inputs))
        assert not tape.add(getattr(fast, name), inputs, {**window, "out": out})
        tape.run()
        assert_same_bits(out, expected)
