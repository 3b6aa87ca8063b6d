"""Gradients of a block of code: the same as those of the engine's own functions."""

import gc
import weakref

import numpy as np
import pytest

from minikeras import GradientTape, Scalar, Tensor, Variable, ops
from minikeras.autograd import grad, no_grad


def close(actual, expected):
    np.testing.assert_allclose(np.asarray(actual), expected, rtol=1e-6)


def test_variables_are_watched_by_themselves():
    w, b = Variable([2.0, 3.0]), Variable(1.0)
    with GradientTape() as tape:
        loss = ops.sum(w * w) + b
    gradients = tape.gradient(loss, [w, b])
    close(gradients[0], [4.0, 6.0])
    close(gradients[1], 1.0)
    assert w.value.grad is None


def test_sources_keep_their_structure():
    w, b = Variable(2.0), Variable(1.0)
    with GradientTape() as tape:
        loss = w * b
    gradients = tape.gradient(loss, {"w": w, "rest": (b,)})
    close(gradients["w"], 1.0)
    close(gradients["rest"][0], 2.0)


def test_other_values_are_watched_on_request():
    x, z = Tensor([1.0, 2.0]), Tensor([1.0, 2.0])
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = ops.sum(x * x * z)
    close(tape.gradient(y, x), [2.0, 8.0])
    assert tape.gradient(y, z) is None
    close(tape.gradient(y, z, unconnected_gradients="zero"), [0.0, 0.0])
    assert not x.requires_grad  # again


def test_scalars_have_gradients_too():
    x = Scalar(3.0)
    with GradientTape() as tape:
        y = x * x
    assert tape.gradient(y, x).data == 6.0


def test_many_elements_and_several_targets_are_summed():
    w = Variable([1.0, 2.0])
    with GradientTape(persistent=True) as tape:
        y, z = w * 2.0, w * w
    close(tape.gradient(y, w), [2.0, 2.0])
    close(tape.gradient([y, z], w), [4.0, 6.0])
    cotangents = [Tensor([1.0, 0.0]), Tensor([0.0, 10.0])]
    close(tape.gradient([y, z], w, output_gradients=cotangents), [2.0, 40.0])


def test_a_value_in_between_is_a_source_beside_those_it_came_from():
    w = Variable([1.0, 2.0])
    with GradientTape(persistent=True) as tape:
        h = w * w
        y = ops.sum(h * 3.0)
    of_h, of_w = tape.gradient(y, [h, w])
    close(of_h, [3.0, 3.0])
    close(of_w, [6.0, 12.0])
    close(tape.gradient(h, h), [1.0, 1.0])


def test_second_derivatives_agree_with_grad_of_grad():
    x = Tensor([0.5, -1.0])

    def cubes(x):
        return ops.sum(x * x * x)

    with GradientTape() as outer:
        outer.watch(x)
        with GradientTape() as inner:
            inner.watch(x)
            y = cubes(x)
        slope = inner.gradient(y, x)
        total = ops.sum(slope)
    expected = grad(lambda x: ops.sum(grad(cubes)(x)))(x)
    np.testing.assert_array_equal(outer.gradient(total, x), expected)


def test_two_tapes_may_share_a_part_of_the_graph():
    w = Variable(2.0)
    with GradientTape() as first, GradientTape() as second:
        shared = w * w
        a, b = shared * 3.0, shared * 5.0
    close(first.gradient(a, w), 12.0)
    close(second.gradient(b, w), 20.0)


def test_a_tape_gives_gradients_once_unless_it_is_persistent():
    w = Variable(2.0)
    with GradientTape() as tape:
        y = w * w
    tape.gradient(y, w)
    with pytest.raises(RuntimeError, match="persistent=True"):
        tape.gradient(y, w)
    tape.reset()
    close(tape.gradient(y, w), 4.0)


def test_only_what_is_watched_if_so_wished():
    w, b = Variable(2.0), Variable(1.0)
    with GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(b)
        y = w * b
    of_w, of_b = tape.gradient(y, [w, b])
    assert of_w is None
    close(of_b, 2.0)
    assert tape.watched_variables() == (b,)


def test_frozen_variables_have_gradients_if_watched():
    w = Variable(2.0, trainable=False)
    with GradientTape() as tape:
        tape.watch(w)
        y = w * w
    close(tape.gradient(y, w), 4.0)
    assert w.node is None


def test_what_is_not_recorded_has_no_gradient():
    w = Variable(2.0)
    with no_grad(), GradientTape() as tape:
        y = w * w
        with tape.stop_recording():
            z = w * w
        with pytest.raises(ValueError, match="recording already"):
            tape.__enter__()
    both = y + z
    close(tape.gradient(both, w), 4.0)


def test_a_weight_assigned_since_is_an_error_and_no_wrong_gradient():
    w = Variable(2.0)
    with GradientTape() as tape:
        y = w * w
    w.assign(5.0)
    with pytest.raises(RuntimeError, match="assigned between"):
        tape.gradient(y, w)


@pytest.mark.parametrize("bad", [3.0, "x", Tensor([1, 2])])
def test_what_cannot_be_watched(bad):
    with GradientTape() as tape, pytest.raises(TypeError, match="floating-point"):
        tape.watch(bad)
    with pytest.raises(RuntimeError, match="inside"):
        tape.watch(Tensor(1.0))


def test_what_is_no_source_or_target():
    w = Variable(1.0)
    with GradientTape(persistent=True) as tape:
        y = w * 2.0
    with pytest.raises(TypeError, match="sources"):
        tape.gradient(y, [3.0])
    with pytest.raises(ValueError, match="target"):
        tape.gradient(5, w)
    with pytest.raises(ValueError, match="unconnected_gradients"):
        tape.gradient(y, w, unconnected_gradients="ones")


def test_a_tape_leaves_no_cycle_behind():
    class Watched:
        """Goes when the graph goes."""

    w = Variable([1.0, 2.0])
    gc.collect()
    gc.disable()
    try:
        with GradientTape() as tape:
            y = ops.sum(w * w)
        tape.gradient(y, w)
        w.watched = Watched()
        gone = weakref.ref(w.watched)
        del tape, y, w
        assert gone() is None
    finally:
        gc.enable()
