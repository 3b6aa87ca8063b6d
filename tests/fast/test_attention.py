"""Compiled attention: right with all instruction sets, the same bits in all layouts."""

import numpy as np
import pytest
from minikeras._fast.tasks import Tape

from minikeras._fast import product, tasks
from minikeras.kernels.fast import fast
from minikeras.kernels.reference import reference
from tests.accuracy import assert_accurate, assert_same_bits
from tests.examples.call import Call

both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])

# (n, t, s, h, d, e): less than a block, blocks with and without a rest, features that
# fill no line of a register, and more keys than scores of a whole block may have.
SIZES = [
    (2, 5, 7, 3, 4, 6),
    (1, 36, 72, 2, 16, 32),
    (2, 100, 61, 1, 33, 8),
    (1, 10, 4000, 1, 5, 3),
]


@pytest.fixture(params=product.instruction_sets())
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


def calls(size, dtype, causal=True, seed=0):
    """Returns {name: call} of all four kernels; the mask hides half, one row all."""
    n, t, s, h, d, e = size
    generator = np.random.default_rng(seed)
    grad, query, key, value = (
        generator.normal(size=shape).astype(dtype)
        for shape in [(n, t, h, e), (n, t, h, d), (n, s, h, d), (n, s, h, e)]
    )
    mask = generator.random((n, 1, t, s)) < 0.5
    mask[0, 0, t // 2] = False
    how = {"causal": causal, "scale": d**-0.5}
    return {
        "attention": Call((query, key, value), how),
        "attention_grad": Call((grad, query, key, value), how),
        "masked_attention": Call((query, key, value, mask), how),
        "masked_attention_grad": Call((grad, query, key, value, mask), how),
    }


def results(kernels, name, call, **out):
    out = getattr(kernels, name)(*call.inputs, **call.parameters, **out)
    return out if isinstance(out, tuple) else (out,)


@both_dtypes
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_every_instruction_set_is_right(instructions, size, causal, dtype):
    for name, call in calls(size, dtype, causal).items():
        expected = results(reference, name, call)
        actual = results(fast, name, call)
        for place, pair in enumerate(zip(actual, expected, strict=True)):
            assert_accurate(name, call, *pair, place)


@both_dtypes
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_threads_change_no_bit(with_threads, size, dtype):
    for name, call in calls((5, *size[1:]), dtype).items():
        with_threads(1)
        alone = results(fast, name, call)
        for threads in (2, 3):
            with_threads(threads)
            for one, many in zip(alone, results(fast, name, call), strict=True):
                assert_same_bits(many, one)


@both_dtypes
def test_layouts_change_no_bit(dtype):
    """Heads that lie before times, features apart, samples in reverse."""
    for name, call in calls(SIZES[0], dtype).items():
        expected = results(fast, name, call)
        for turn in (heads_first, features_apart, reversed_samples):
            moved = Call(tuple(map(turn, call.inputs)), call.parameters)
            out = tuple(turn(np.empty_like(x)) for x in expected)
            found = results(fast, name, moved, out=out if len(out) > 1 else out[0])
            for given, ours, right in zip(out, found, expected, strict=True):
                assert ours is given
                assert_same_bits(ours, right)


def heads_first(x):
    return np.ascontiguousarray(x.swapaxes(1, 2)).swapaxes(1, 2)


def features_apart(x):
    apart = np.zeros((*x.shape, 3), x.dtype)
    apart[..., 1] = x
    return apart[..., 1]


def reversed_samples(x):
    return np.ascontiguousarray(x[::-1])[::-1]


def test_a_replay_computes_the_same_from_other_numbers():
    first, second = (calls(SIZES[2], "float32", seed=seed) for seed in (0, 1))
    for name, call in first.items():
        out = tuple(np.empty_like(x) for x in results(fast, name, call))
        tape = Tape()
        given = out if len(out) > 1 else out[0]
        assert tape.add(
            getattr(fast, name), call.inputs, {**call.parameters, "out": given}
        )
        for x, other in zip(call.inputs, second[name].inputs, strict=True):
            x[...] = other
        tape.run()
        for replayed, right in zip(out, results(fast, name, second[name]), strict=True):
            assert_same_bits(replayed, right)


def test_what_would_need_a_copy_is_not_noted():
    call = calls(SIZES[0], "float32")["attention"]
    out = features_apart(results(fast, "attention", call)[0])
    assert not Tape().add(fast.attention, call.inputs, {**call.parameters, "out": out})
