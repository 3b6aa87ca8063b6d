"""Branches and loops as functions, with Keras's results."""

import numpy as np
import pytest

from minikeras import ops
from minikeras.values import Tensor


def values(result):
    return result.numpy().tolist()


def test_the_branch_taken_is_the_only_one_run():
    def refuse():
        raise AssertionError

    assert ops.cond(Tensor(True), lambda: 1, refuse) == 1
    assert ops.cond(Tensor(1.0) > 2, refuse, lambda: 2) == 2


def test_while_loops():
    i, total = ops.while_loop(
        lambda i, s: i < 3, lambda i, s: (i + 1, s + i), (0, Tensor(0.0))
    )
    assert (i.item(), total.item()) == (3, 3.0)
    assert ops.while_loop(lambda i: i < 3, lambda i: i + 1, 0).item() == 3
    (i,) = ops.while_loop(
        lambda i: i < 9, lambda i: (i + 1,), [0], maximum_iterations=2
    )
    assert i.item() == 2
    assert ops.while_loop(lambda i: i < 0, lambda i: i + 1, 5).dtype == "int32"


def test_for_loops():
    assert ops.fori_loop(0, 4, lambda i, s: s + i, 0) == 6
    assert ops.fori_loop(Tensor(1), Tensor(1), lambda i, s: s + i, 7) == 7


def test_scans_carry_and_collect():
    xs = Tensor([1.0, 2.0, 3.0])
    carry, ys = ops.scan(lambda c, x: (c + x, c * x), Tensor(0.0), xs)
    assert (carry.item(), values(ys)) == (6.0, [0.0, 2.0, 9.0])
    carry, ys = ops.scan(lambda c, x: (c + x, c * x), Tensor(0.0), xs, reverse=True)
    assert (carry.item(), values(ys)) == (6.0, [5.0, 6.0, 0.0])
    carry, ys = ops.scan(lambda c, _: (c + 1, c), Tensor(0.0), length=3)
    assert (carry.item(), values(ys)) == (3.0, [0.0, 1.0, 2.0])
    carry, ys = ops.scan(
        lambda c, x: (c + x["a"], (x["b"], None)), 0.0, {"a": xs, "b": -xs}
    )
    assert (carry.item(), values(ys[0]), ys[1]) == (6.0, [-1.0, -2.0, -3.0], None)


def test_scans_know_how_often_to_run():
    with pytest.raises(ValueError, match="needs xs or length"):
        ops.scan(lambda c, x: (c, x), 0.0)
    with pytest.raises(ValueError, match="length=2, but xs have 3"):
        ops.scan(lambda c, x: (c, x), 0.0, np.ones(3), length=2)
    with pytest.raises(ValueError, match="one length"):
        ops.scan(lambda c, x: (c, x), 0.0, [np.ones(3), np.ones(2)])


def test_gradients_flow_through_loops():
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    total, _ = ops.scan(lambda c, x: (c + x * x, c), Tensor(0.0), x)
    total.backward()
    assert values(x.grad) == [2.0, 4.0, 6.0]


@pytest.mark.parametrize("apply", [ops.map, ops.vectorized_map])
def test_maps_apply_to_slices(apply):
    x = Tensor([[1.0, 2.0], [3.0, 4.0]])
    assert values(apply(ops.sum, x)) == [3.0, 7.0]
    doubled, same = apply(lambda row: (row * 2, row), x)
    assert values(doubled) == [[2.0, 4.0], [6.0, 8.0]]
    assert values(same) == values(x)
    assert values(apply(lambda pair: pair[0] @ pair[1], (x, x))) == [5.0, 25.0]
    with pytest.raises(ValueError, match="nothing to stack"):
        apply(ops.sum, np.ones((0, 2)))
