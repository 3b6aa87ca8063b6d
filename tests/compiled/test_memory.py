"""Results that are not needed at the same time may lie at the same place."""

import time
from itertools import combinations
from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras import Tensor, ops
from minikeras.compiled import capture
from minikeras.compiled.instruction import Buffer
from minikeras.compiled.memory import (
    ALIGNMENT,
    Arena,
    Span,
    aligned,
    give_back,
    laid_out,
    laid_out_backwards,
    laid_out_by_size,
    plan_memory,
    size_of,
    spans,
    take_from,
)


def program_of(function, *arrays, arena=None):
    batch = tuple(Tensor(np.asarray(x, "float32")) for x in arrays)
    return capture(lambda batch: {"y": function(*batch)}, batch, arena)[1]


def test_a_span_ends_at_the_last_use_of_an_array_or_of_a_view_of_it():
    def function(x):
        rows = ops.reshape(x * 2.0, (2, 2))
        return ops.sum(rows) + ops.max(ops.exp(x))

    program = program_of(function, [1.0, 2.0, 3.0, 4.0])
    names = [i.name for i in program.instructions]
    assert names == ["multiply", "reshape", "sum", "exp", "max", "add"]
    found = {x.name: tuple(span) for x, span in spans(program.instructions, []).items()}
    assert found == {
        "%0": (0, 2),
        "%2": (2, 5),
        "%3": (3, 4),
        "%4": (4, 5),
        "%5": (5, 5),
    }


def test_outputs_are_needed_to_the_end():
    program = program_of(lambda x: ops.reshape(x * 2.0, (2, 2)), [1.0, 2.0, 3.0, 4.0])
    [doubled, _] = program.instructions
    outputs = [program.instructions[1].out]
    assert spans(program.instructions, outputs)[doubled.out].last == 2


def test_a_chain_of_elementwise_calls_works_in_one_place():
    x = np.linspace(0, 1, 1000)
    program = program_of(lambda x: ops.exp(ops.tanh(x * 2.0) + 1.0), x)
    assert len(program.instructions) == 4
    assert set(program.plan.offsets.values()) == {0}
    assert program.plan.size == 4 * 1000
    assert program.plan.total == 4 * 4 * 1000
    np.testing.assert_allclose(program.run()["y"], np.exp(np.tanh(x * 2) + 1), 1e-6)


def test_an_input_that_is_needed_later_is_not_written_over():
    def function(x):
        doubled = x * 2.0
        return doubled - ops.exp(doubled)

    x = np.linspace(-1, 1, 100)
    program = program_of(function, x)
    np.testing.assert_allclose(
        program.run()["y"], 2 * x - np.exp(2 * x), rtol=1e-5, atol=1e-6
    )


def test_an_input_is_not_written_over_while_another_view_of_it_is_read():
    x = np.arange(16.0).reshape(4, 4)
    program = program_of(lambda x: (x * 1.0) + ops.transpose(x * 1.0), x)
    np.testing.assert_array_equal(program.run()["y"], x + x.T)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=12))
def test_no_two_results_share_memory_while_both_are_needed(steps):
    """Runs random graphs, and looks for buffers that overlap in time and place."""

    def function(x):
        values = [x, x * 2.0]
        for i, j in steps:
            y = values[i % len(values)]
            values.append(ops.sum(y, keepdims=True) * values[j % len(values)])
        return sum(values[1:])

    program = program_of(function, [1.0, 2.0, 3.0])
    needed = spans(program.instructions, [])
    plan = program.plan
    for x, begin in plan.offsets.items():
        assert begin % ALIGNMENT == 0
        assert begin + x.nbytes <= plan.size
        for y, other in plan.offsets.items():
            if x is y or begin >= other + y.nbytes or other >= begin + x.nbytes:
                continue
            first, second = sorted((needed[x], needed[y]))
            # One may begin in the very call that reads the other for the last time.
            assert first.last <= second.first


def test_programs_with_one_arena_share_its_memory():
    arena = Arena()
    first = program_of(lambda x: ops.exp(ops.sin(x)), np.zeros(100), arena=arena)
    memory = arena.memory
    second = program_of(lambda x: ops.exp(ops.tanh(x)), np.ones(50), arena=arena)
    assert arena.memory is memory
    assert [arena.memory.ctypes.data] * 2 == [
        program.instructions[0].out.array.ctypes.data for program in (first, second)
    ]


def test_a_run_of_another_program_leaves_results_alone():
    arena = Arena()
    first = program_of(lambda x: ops.exp(x * 2.0), np.zeros(100), arena=arena)
    second = program_of(lambda x: ops.exp(x * 2.0), np.ones(100), arena=arena)
    result = first.run()["y"]
    second.run()
    np.testing.assert_array_equal(result, np.ones(100))


def test_the_lowest_gap_that_is_large_enough_is_taken():
    gaps = [(0, 64), (128, 320), (384, inf)]
    assert take_from(gaps, 128) == 128
    assert take_from(gaps, 128) == 384
    assert gaps == [(0, 64), (256, 320), (512, inf)]


def test_gaps_that_touch_are_one():
    gaps = [(512, inf)]
    for begin in (0, 128, 64, 256, 448):
        give_back(gaps, begin, begin + 64)
    assert gaps == [(0, 192), (256, 320), (448, inf)]


needs = st.lists(
    st.tuples(st.integers(0, 20), st.integers(0, 10), st.integers(0, 500)), max_size=30
)


def buffers_of(drawn):
    """Returns {buffer: when it is needed} of (first call, how many more, bytes)."""
    return {
        Buffer(np.empty(size, "uint8"), f"%{i}"): Span(first, first + length)
        for i, (first, length, size) in enumerate(drawn)
    }


@pytest.mark.parametrize(
    "laid_out", [lambda needed: laid_out_backwards(needed)[0], laid_out_by_size]
)
@given(drawn=needs)
def test_nothing_is_laid_over_what_is_needed(laid_out, drawn):
    needed = buffers_of(drawn)
    offsets = laid_out(needed)
    assert offsets.keys() == needed.keys()
    for x, y in combinations(needed, 2):
        if needed[x].first > needed[y].last or needed[y].first > needed[x].last:
            continue
        x_end, y_end = offsets[x] + x.nbytes, offsets[y] + y.nbytes
        assert x_end <= offsets[y] or y_end <= offsets[x]
    assert all(offset % ALIGNMENT == 0 for offset in offsets.values())


@given(drawn=needs)
def test_what_is_needed_at_once_is_counted(drawn):
    needed = buffers_of(drawn)
    now = [
        sum(
            aligned(x.nbytes)
            for x, (first, last) in needed.items()
            if first <= i <= last
        )
        for i in range(31)
    ]
    assert laid_out_backwards(needed)[1] == max(now)


def test_lasting_results_of_other_sizes_lie_side_by_side():
    """As in a training step: activations, then gradients that are needed to the end.

    Laid out as they come, the second gradient would not fit where the activations were.
    """
    activations = [Buffer(np.empty(n, "uint8"), f"a{n}") for n in (64, 128)]
    gradients = [Buffer(np.empty(n, "uint8"), f"g{n}") for n in (128, 192)]
    first, second = activations
    needed = {first: Span(0, 3), second: Span(1, 2)}
    needed |= {gradients[0]: Span(2, 9), gradients[1]: Span(4, 9)}
    offsets, at_once = laid_out_backwards(needed)
    assert size_of(offsets) == at_once == 128 + 192


@given(drawn=needs)
def test_the_smaller_arena_is_taken(drawn):
    needed = buffers_of(drawn)
    size = aligned(size_of(laid_out(needed)))
    assert size <= aligned(size_of(laid_out_by_size(needed)))
    assert size <= aligned(size_of(laid_out_backwards(needed)[0]))


@pytest.mark.parametrize("long", [False, True])
def test_the_plan_of_a_long_program_takes_no_time_to_speak_of(long):
    """5,000 calls whose results are needed for a moment, or to the end of all."""

    def function(x):
        values = [x]
        for _ in range(2_500):
            values.append(ops.tanh(values[-1]))
        product = values[-1]
        for value in reversed(values if long else values[:1] * 2_501):
            product = product * value
        return product

    program = program_of(function, np.full(100, 0.5))
    assert len(program.instructions) == 5_001
    outputs = [program.instructions[-1].out]
    start = time.process_time()
    plan = plan_memory(program.instructions, outputs)
    assert time.process_time() - start < 0.5  # it takes some 0.05
    assert plan == program.plan
    assert plan.size <= (2_501 if long else 2) * 448  # of 400 bytes each, aligned


def test_the_plan_tells_what_is_saved():
    program = program_of(lambda x: ops.exp(x * 2.0), np.zeros(2**18))
    assert str(program.plan) == (
        "2 results: 2.0 MiB side by side, 1.0 MiB as planned, 50% of that"
    )
