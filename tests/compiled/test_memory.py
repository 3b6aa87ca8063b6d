"""Results that are not needed at the same time may lie at the same place."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from minikeras import Tensor, ops
from minikeras.compiled import capture
from minikeras.compiled.memory import ALIGNMENT, Arena, first_gap, spans


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


def test_a_gap_is_used_if_it_is_large_enough():
    assert first_gap([], 10) == 0
    assert first_gap([(0, 64), (128, 192)], 64) == 64
    assert first_gap([(0, 64), (128, 192)], 65) == 192


def test_the_plan_tells_what_is_saved():
    program = program_of(lambda x: ops.exp(x * 2.0), np.zeros(2**18))
    assert str(program.plan) == (
        "2 results: 2.0 MiB side by side, 1.0 MiB as planned, 50% of that"
    )
