"""Compiled pooling: right with every instruction set, the same bits anyhow."""

import numpy as np
import pytest

from minikeras._fast import pooling, tasks
from minikeras.kernels.fast import fast
from minikeras.kernels.reference import reference
from minikeras.kernels.shapes.pooling import pooled_shape
from tests.accuracy import assert_same_bits

# Shapes of x, with all kinds of ends of a line of channels; sizes; strides.
CASES = [
    ((2, 26, 26, 32), (2, 2), (2, 2)),
    ((3, 11, 11, 64), (2, 2), (2, 2)),
    ((2, 9, 8, 40), (3, 3), (2, 2)),
    ((2, 9, 8, 17), (2, 3), (3, 3)),
    ((2, 7, 7, 3), (3, 2), (1, 2)),
    ((2, 7, 7, 1), (2, 2), (2, 2)),
    ((1, 5, 5, 100), (5, 5), (1, 1)),
    ((3, 20, 8), (3,), (2,)),
    ((3, 20, 24), (1,), (4,)),
    ((2, 4, 5, 6, 9), (2, 2, 2), (2, 2, 2)),
    ((2, 4, 5, 6, 33), (2, 3, 2), (1, 2, 1)),
]
every_case = pytest.mark.parametrize("case", CASES, ids=str)
every_padding = pytest.mark.parametrize("padding", ["valid", "same"])
every_dtype = pytest.mark.parametrize("dtype", ["float32", "float64"])


@pytest.fixture(params=pooling.instruction_sets(), autouse=True)
def instructions(request):
    """Runs a test with each instruction set that the processor has."""
    pooling.choose_instructions(request.param)
    yield
    pooling.choose_instructions(pooling.instruction_sets()[0])


@pytest.fixture
def with_threads():
    before = tasks.threads()
    yield tasks.set_threads
    tasks.set_threads(before)


def calls(case, padding, dtype):
    """Returns (name, inputs, parameters) of the kernels, with ties and nan."""
    shape, pool_size, strides = case
    windows = {"pool_size": pool_size, "strides": strides, "padding": padding}
    generator = np.random.default_rng(0)
    x = generator.integers(-3, 4, shape).astype(dtype)
    x[generator.random(shape) < 0.02] = np.nan
    _, places = reference.max_pool(x, **windows)
    grad = generator.integers(-9, 9, pooled_shape(shape, *windows.values()))
    grad = grad.astype(dtype)
    return [
        ("max_pool", (x,), windows),
        ("max_pool_grad", (grad, places, x), windows),
        ("average_pool", (x,), windows),
        ("average_pool_grad", (grad, x), windows),
    ]


def results(out):
    return out if isinstance(out, tuple) else (out,)


@every_case
@every_padding
@every_dtype
def test_every_instruction_set_is_right(case, padding, dtype):
    for name, inputs, windows in calls(case, padding, dtype):
        assert name in fast.own
        ours = results(getattr(fast, name)(*inputs, **windows))
        right = results(getattr(reference, name)(*inputs, **windows))
        for result, expected in zip(ours, right, strict=True):
            if name.startswith("max"):
                assert_same_bits(result, expected)
            else:
                np.testing.assert_allclose(result, expected, rtol=2e-7, atol=1e-7)


@every_case
@every_dtype
def test_bits_depend_on_no_instruction_set(case, dtype, instructions):
    for name, inputs, windows in calls(case, "same", dtype):
        ours = results(getattr(fast, name)(*inputs, **windows))
        pooling.choose_instructions("any")
        plain = results(getattr(fast, name)(*inputs, **windows))
        for result, expected in zip(ours, plain, strict=True):
            assert_same_bits(result, expected)


@every_dtype
def test_bits_depend_on_no_threads(dtype, with_threads):
    case = ((12, 26, 26, 32), (3, 3), (2, 2))
    for name, inputs, windows in calls(case, "same", dtype):
        with_threads(1)
        alone = results(getattr(fast, name)(*inputs, **windows))
        with_threads(3)
        together = results(getattr(fast, name)(*inputs, **windows))
        for result, expected in zip(together, alone, strict=True):
            assert_same_bits(result, expected)


@every_padding
@every_dtype
def test_calls_are_noted_as_tasks(padding, dtype):
    for name, inputs, windows in calls(CASES[2], padding, dtype):
        expected = getattr(fast, name)(*inputs, **windows)
        out = tuple(np.zeros_like(result) for result in results(expected))
        tape = tasks.Tape()
        given = out if isinstance(expected, tuple) else out[0]
        assert tape.add(getattr(fast, name), inputs, {**windows, "out": given})
        assert not any(result.any() for result in out)
        tape.run()
        for result, right in zip(out, results(expected), strict=True):
            assert_same_bits(result, right)


def test_other_instructions_are_refused():
    with pytest.raises(ValueError, match=r"Expected one of .*; got 'mmx'"):
        pooling.choose_instructions("mmx")
