"""Rewrites leave the results as they are, in every bit, and less to do."""

import numpy as np
import pytest

from minikeras import Tensor, Variable, ops
from minikeras.compiled import capture
from minikeras.compiled.capture import Recorder
from minikeras.compiled.simplify import simplified
from minikeras.values.backends import BACKENDS, use_backend, using

AVAILABLE = [name for name, kernels in BACKENDS.items() if kernels is not None]


def recorded(function, *arrays):
    """Returns (the result of running, the program) of a function of arrays."""
    batch = tuple(Tensor(np.asarray(x, "float32")) for x in arrays)
    results, program = capture(lambda batch: {"y": function(*batch)}, batch)
    return results["y"].numpy(), program


def names(program):
    return [i.name for i in program.instructions if i.kind != "view"]


def test_what_nobody_reads_is_not_computed():
    def function(x):
        ops.exp(x)
        return x * 2.0

    assert names(recorded(function, [1.0])[1]) == ["multiply"]


def test_updates_are_kept_though_nobody_reads_them():
    count = Variable(0.0, trainable=False)

    def function(x):
        count.assign_add(ops.sum(x))
        return x * 2.0

    _, program = recorded(function, [1.0, 2.0])
    program.run()
    assert float(count) == 3 + 3


def test_a_repeated_call_is_made_once():
    expected, program = recorded(lambda x: ops.exp(x) + ops.exp(x), [1.0, 2.0])
    assert names(program) == ["exp", "add"]
    np.testing.assert_array_equal(program.run()["y"], expected)


def test_a_repeated_view_is_made_once():
    def function(x):
        y = x * 2.0
        return ops.reshape(y, (2, 1)) + ops.reshape(y * 1.0, (2, 1)) + ops.exp(y)

    expected, program = recorded(function, [1.0, 2.0])
    np.testing.assert_array_equal(program.run()["y"], expected)


def test_calls_with_other_parameters_are_other_calls():
    _, program = recorded(
        lambda x: ops.sum(x, axis=0) + ops.sum(x, axis=1), np.ones((2, 2))
    )
    assert names(program) == ["sum", "sum", "add"]


def test_a_call_on_a_variable_is_made_again_after_it_has_changed():
    v = Variable([1.0, 2.0], trainable=False)

    def function(x):
        before = ops.exp(v)
        v.assign_add(x)
        return ops.exp(v) - before

    _, program = recorded(function, [1.0, 1.0])
    v.assign([0.0, 0.0])
    np.testing.assert_allclose(program.run()["y"], [np.e - 1] * 2, rtol=1e-6)


def test_draws_are_never_the_same_call():
    from minikeras import random

    generator = random.SeedGenerator(3)

    def function(x):
        draws = [random.uniform((4,), seed=generator) for _ in range(2)]
        return ops.stack(draws) * x

    _, program = recorded(function, [1.0])
    first, second = program.run()["y"].numpy()
    assert (first != second).all()


def test_what_depends_on_shapes_only_is_computed_once():
    _, program = recorded(lambda x: x * ops.exp(ops.ones_like(x)), [1.0, 2.0])
    assert [i.name for i in program.constants] == ["ones_like", "exp"]
    assert names(program) == ["multiply"]
    assert "once" in program.listing()


@pytest.mark.parametrize("backend", AVAILABLE)
def test_bias_and_relu_become_a_part_of_the_product(backend):
    rng = np.random.default_rng(1)
    kernel = Variable(rng.normal(size=(3, 5)).astype("float32"))
    bias = Variable(rng.normal(size=5).astype("float32"))
    with use_backend(backend):
        expected, program = recorded(
            lambda x: ops.relu(ops.matmul(x, kernel) + bias), rng.normal(size=(4, 3))
        )
        assert names(program) == ["matmul_bias_relu"]
        np.testing.assert_array_equal(program.run()["y"], expected)


@pytest.mark.parametrize(
    "bias", [np.ones((4, 1)), np.ones((4, 5)), np.ones(1)], ids=str
)
def test_what_is_added_along_another_axis_is_no_bias(bias):
    kernel = Variable(np.ones((3, 5), "float32"))
    bias = Variable(bias.astype("float32"))
    expected, program = recorded(
        lambda x: ops.matmul(x, kernel) + bias, np.ones((4, 3))
    )
    assert names(program) == ["matmul", "add"]
    np.testing.assert_array_equal(program.run()["y"], expected)


def test_a_product_that_is_read_elsewhere_stays():
    kernel = Variable(np.ones((3, 5), "float32"))
    bias = Variable(np.ones(5, "float32"))

    def function(x):
        product = ops.matmul(x, kernel)
        return ops.relu(product + bias) + ops.sum(product)

    expected, program = recorded(function, np.ones((4, 3)))
    assert names(program) == ["matmul", "add", "relu", "sum", "add"]
    np.testing.assert_array_equal(program.run()["y"], expected)


def test_a_product_is_not_moved_past_a_change_of_its_kernel():
    kernel = Variable(np.ones((3, 5), "float32"), trainable=False)
    bias = Variable(np.ones(5, "float32"), trainable=False)

    def function(x):
        product = ops.matmul(x, kernel)
        kernel.assign(kernel * 2.0)
        return product + bias

    _, program = recorded(function, np.ones((4, 3)))
    assert "matmul_bias" not in names(program)
    before = kernel.numpy().copy()
    np.testing.assert_allclose(
        program.run()["y"], np.ones((4, 3)) @ before + 1.0, rtol=1e-6
    )


def test_a_product_is_not_moved_past_a_change_of_what_it_sees_turned_around():
    kernel = Variable(np.ones((5, 3), "float32"), trainable=False)
    bias = Variable(np.ones(5, "float32"), trainable=False)

    def function(x):
        product = ops.matmul(x, ops.transpose(kernel))
        kernel.assign(kernel * 2.0)
        return product + bias

    _, program = recorded(function, np.ones((4, 3)))
    before = kernel.numpy().copy()
    np.testing.assert_array_equal(program.run()["y"], np.ones((4, 3)) @ before.T + 1.0)


def test_the_gradient_of_relu_does_not_look_at_a_relu_after_an_update():
    scale = Variable([-1.0, 0.5, 2.0])

    def function(x):
        scale.zero_grad()
        ops.sum(x * ops.relu(scale)).backward()
        grad = scale.grad
        scale.assign(-scale)
        return grad + 0.0 * ops.relu(scale)

    _, program = recorded(function, [1.0, 2.0, 3.0])
    for expected in ([1.0, 0.0, 0.0], [0.0, 2.0, 3.0]):
        np.testing.assert_array_equal(program.run()["y"], expected)


def test_a_constant_may_have_the_shape_of_a_view_of_a_result():
    def function(x):
        rows = ops.reshape(x * 2.0, (2, 2))
        return rows + ops.ones_like(rows)

    expected, program = recorded(function, [1.0, 2.0, 3.0, 4.0])
    np.testing.assert_array_equal(program.run()["y"], expected)


def test_the_gradient_of_relu_is_taken_before_that_of_pooling():
    """With ties, zeros and negative numbers, and windows that overlap."""
    x = np.round(np.random.default_rng(2).normal(size=(2, 5, 5, 3)))
    kernel = Variable(np.eye(3, dtype="float32"))

    def function(x):
        y = ops.relu(ops.matmul(x, kernel))
        pooled = ops.max_pool(y, 3, strides=2)
        kernel.zero_grad()
        ops.sum(pooled * pooled * pooled).backward()
        return kernel.grad

    expected, program = recorded(function, x)
    called = names(program)
    assert called.index("relu_grad") < called.index("max_pool_grad")
    np.testing.assert_array_equal(program.run()["y"], expected)


def recording_of(function, *arrays):
    """Returns what one run of a function of arrays is recorded as."""
    recorder = Recorder(tuple(map(Tensor, arrays)), Tensor.active.kernels)
    with using(Tensor, recorder.kernels()):
        results = function(*recorder.batch)
    return recorder.finish(results)


def test_a_recording_stays_as_it_is():
    """What is rewritten are copies: it can be rewritten twice, to the same."""

    def function(x):
        doubled = ops.exp(x) * 2.0
        return {"view": ops.reshape(ops.exp(x), (2, 1)), "doubled": doubled}

    recording = recording_of(function, np.ones(2, "float32"))
    before = [
        (str(i), [(id(x), id(x.base)) for x in i.results])
        for i in recording.instructions
    ]
    first, second = simplified(recording), simplified(recording)
    after = [
        (str(i), [(id(x), id(x.base)) for x in i.results])
        for i in recording.instructions
    ]
    assert before == after
    assert list(map(str, first.instructions)) == list(map(str, second.instructions))


def test_a_result_may_be_a_view_of_what_was_computed_before():
    def function(x):
        doubled = ops.exp(x) * 2.0
        return {"view": ops.reshape(ops.exp(x), (2, 1)), "doubled": doubled}

    batch = Tensor(np.array([0.0, 1.0], "float32"))
    results, program = capture(function, batch)
    assert names(program) == ["exp", "multiply"]
    program.inputs[0][...] = [1.0, 2.0]
    again = program.run()
    np.testing.assert_array_equal(again["view"], ops.exp([[1.0], [2.0]]))
    np.testing.assert_array_equal(again["doubled"], 2.0 * ops.exp([1.0, 2.0]))
    assert results["view"].shape == again["view"].shape
