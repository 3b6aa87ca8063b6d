"""The calls of a program: in C, tile by tile where they can be, or from Python."""

import numpy as np
import pytest

from minikeras import Tensor, Variable, config, ops
from minikeras.autograd import grad
from minikeras.compiled import capture
from minikeras.compiled.replay import LONG, TILE, fits, goes_on
from minikeras.kernels.fast import Tape
from minikeras.values.backends import use_backend

needs_kernels = pytest.mark.skipif(Tape is None, reason="nothing is compiled")

N = LONG + 5  # of no whole number of tiles


def recorded(function, *arrays):
    """Returns (the result of running, the program) of a function of arrays."""
    batch = tuple(Tensor(np.asarray(x, "float32")) for x in arrays)
    with use_backend("fast"):
        results, program = capture(lambda batch: {"y": function(*batch)}, batch)
    return results["y"].numpy(), program


def numbers(seed, n=N):
    return np.random.default_rng(seed).normal(size=n).astype("float32")


def pieces_of(program):
    """Returns into how many pieces each call can be cut."""
    tape, pieces = Tape(), []
    for call in program.instructions:
        tape.add(call.kernel, call.arrays(), call.keywords())
        pieces.append(tape.pieces())
    return pieces


@pytest.fixture(params=[1, 2, 3])
def threads(request):
    before = config.threads()
    config.set_threads(request.param)
    yield
    config.set_threads(before)


@needs_kernels
def test_maps_of_as_many_numbers_run_as_a_chain():
    def function(x, y):
        z = ops.exp(x) * y
        return ops.tanh(z + y) - ops.maximum(x, 0.25) * z

    expected, program = recorded(function, numbers(0), numbers(1))
    names = [i.name for i in program.instructions]
    assert names[4] == "maximum"  # of an array and a number
    assert pieces_of(program) == [N, N, N, N, 0, N, N]
    tile = TILE // 4
    assert program.replay.chains() == [(4, N, tile), (2, N, tile)]
    for _ in range(2):
        np.testing.assert_array_equal(program.run()["y"], expected)


@needs_kernels
def test_a_sum_between_maps_ends_a_chain():
    def function(x):
        y = ops.exp(x)
        return ops.exp(y / ops.sum(y))

    expected, program = recorded(function, numbers(2))
    np.testing.assert_array_equal(program.run()["y"], expected)


def convolved_and_pooled(images, padding="valid"):
    """Returns a program that convolves and pools images, and what it should give."""
    rng = np.random.default_rng(8)
    x = rng.normal(size=(images, 16, 15, 3)).astype("float32")
    kernel = Variable(rng.normal(size=(3, 3, 3, 16)), dtype="float32")
    bias = Variable(rng.normal(size=16), dtype="float32")

    def function(x):
        y = ops.relu(ops.conv(x, kernel, 1, padding) + bias)
        return ops.max_pool(y, 2, padding=padding)

    return recorded(function, x)


@needs_kernels
@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_images_are_convolved_and_pooled_one_after_the_other(padding):
    images = 37
    expected, program = convolved_and_pooled(images, padding)
    [(links, cuts, tile)] = program.replay.chains()
    assert (links, cuts) == (2, images)
    assert 1 < tile < 10
    for _ in range(2):
        np.testing.assert_array_equal(program.run()["y"], expected)


@needs_kernels
def test_of_few_images_a_convolution_is_cut_in_another_way():
    expected, program = convolved_and_pooled(15)
    assert program.replay.chains() == []
    np.testing.assert_array_equal(program.run()["y"], expected)


@needs_kernels
@pytest.mark.usefixtures("threads")
def test_gradients_of_pooled_images_take_turns_with_maps():
    def function(x):
        pool = grad(lambda x: ops.sum(ops.exp(ops.max_pool(x, 2))))
        return ops.tanh(pool(x)) * x

    x = numbers(9, 40 * 30 * 30 * 8).reshape(40, 30, 30, 8)
    expected, program = recorded(function, x)
    assert (3, 40, 2) in program.replay.chains()  # the pool's, tanh and a product
    for _ in range(2):
        np.testing.assert_array_equal(program.run()["y"], expected)


@needs_kernels
def test_a_convolution_with_a_kernel_just_made_is_no_link():
    """What packs the kernel needs all of it, before the first image."""
    rng = np.random.default_rng(10)
    kernel = Variable(rng.normal(size=(1, 1, 512, 512)), dtype="float32")
    x = rng.normal(size=(16, 2, 2, 512))

    def function(x):
        return ops.relu(ops.conv(x, ops.tanh(kernel), 1))

    expected, program = recorded(function, x)
    names = [i.name for i in program.instructions if i.kind != "view"]
    assert names[-2:] == ["convolution", "relu"]
    assert program.replay.chains() == [(2, 16, 8)]  # without tanh
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
    assert goes_on([tanh, multiply], N, exp, N)
    assert not goes_on([tanh, multiply], N, shifted, N)


@needs_kernels
def test_calls_that_are_cut_at_other_places_do_not_take_turns():
    _, program = recorded(lambda x: ops.exp(ops.tanh(x)), numbers(11))
    tanh, exp = program.instructions
    assert goes_on([tanh], 64, exp, 128)
    assert not goes_on([tanh], 64, exp, 96)
    assert not goes_on([tanh], 8, exp, 16)  # of few pieces


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
