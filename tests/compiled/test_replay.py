"""The calls of a program: in C, tile by tile where they are maps, or from Python."""

import numpy as np
import pytest

from minikeras import Tensor, Variable, ops
from minikeras.compiled import capture
from minikeras.compiled.replay import LONG, fits
from minikeras.kernels.fast import Tape
from minikeras.values.backends import use_backend

needs_kernels = pytest.mark.skipif(Tape is None, reason="nothing is compiled")

N = 3 * LONG + 5  # of no whole number of tiles


def recorded(function, *arrays):
    """Returns (the result of running, the program) of a function of arrays."""
    batch = tuple(Tensor(np.asarray(x, "float32")) for x in arrays)
    with use_backend("fast"):
        results, program = capture(lambda batch: {"y": function(*batch)}, batch)
    return results["y"].numpy(), program


def numbers(seed, n=N):
    return np.random.default_rng(seed).normal(size=n).astype("float32")


def chained(program):
    """Returns of how many numbers each call is a map, 0 where it is none."""
    tape, units = Tape(), []
    for call in program.instructions:
        tape.add(call.kernel, call.arrays(), call.keywords())
        units.append(tape.units())
    return units


@needs_kernels
def test_maps_of_as_many_numbers_run_as_a_chain():
    def function(x, y):
        z = ops.exp(x) * y
        return ops.tanh(z + y) - ops.maximum(x, 0.25) * z

    expected, program = recorded(function, numbers(0), numbers(1))
    names = [i.name for i in program.instructions]
    assert names[4] == "maximum"  # of an array and a number
    assert chained(program) == [N, N, N, N, 0, N, N]
    for _ in range(2):
        np.testing.assert_array_equal(program.run()["y"], expected)


@needs_kernels
def test_a_sum_between_maps_ends_a_chain():
    def function(x):
        y = ops.exp(x)
        return ops.exp(y / ops.sum(y))

    expected, program = recorded(function, numbers(2))
    np.testing.assert_array_equal(program.run()["y"], expected)


@needs_kernels
def test_results_of_other_widths_in_the_same_memory_do_not_take_turns():
    """Comparisons give bytes, which may lie where wider numbers were."""

    def function(x, y):
        z = ops.exp(x)
        return ops.where(ops.logical_and(z > y, y > x), z + y, z - y) * ops.sum(z)

    expected, program = recorded(function, numbers(3), numbers(4))
    np.testing.assert_array_equal(program.run()["y"], expected)


@needs_kernels
def test_a_view_turned_around_is_no_map():
    side = 300
    x = numbers(5, side * side).reshape(side, side)
    expected, program = recorded(
        lambda x: ops.exp(x) + ops.transpose(ops.exp(x)) * 2.0, x
    )
    np.testing.assert_array_equal(program.run()["y"], expected)


@needs_kernels
def test_what_fits_is_known_by_memory():
    _, program = recorded(lambda x: ops.exp(ops.tanh(x) * x), numbers(6))
    tanh, multiply, exp = program.instructions
    assert fits(tanh, multiply)
    assert fits(multiply, exp)
    shifted = exp._replace(out=type(exp.out)(exp.out, "shifted"))
    shifted.out.array = multiply.out.array[1:]
    assert not fits(multiply, shifted)


@needs_kernels
def test_an_index_out_of_range_is_an_error_in_a_replay_too():
    table = Variable(numbers(7, 20).reshape(10, 2))
    batch = (Tensor(np.array([1, 2, 3])),)
    with use_backend("fast"):
        _, program = capture(
            lambda batch: {"y": ops.take(table, *batch, axis=0)}, batch
        )
    program.inputs[0][:] = [1, 10, 3]
    with pytest.raises(IndexError, match="10"):
        program.run()
    program.inputs[0][:] = [9, 0, 3]
    np.testing.assert_array_equal(program.run()["y"], table.numpy()[[9, 0, 3]])
