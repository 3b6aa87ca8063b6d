"""Positions: picked, put, sorted and counted; ties, ends and what is refused."""

import numpy as np
import pytest

from minikeras import ops
from minikeras.values import Tensor

MATRIX = np.arange(6.0).reshape(2, 3)
NAN = np.nan


def values(result):
    return result.numpy().tolist()


def test_slices_are_taken_from_either_end():
    assert values(ops.take(MATRIX, [0, -1], axis=1)) == [[0.0, 2.0], [3.0, 5.0]]
    assert values(ops.take(MATRIX, 4)) == 4.0
    for indices in ([3], [-4]):
        with pytest.raises(IndexError):
            ops.take(MATRIX, indices, axis=1)
    with pytest.raises(TypeError, match="Indices must be integers"):
        ops.take(MATRIX, [0.0])


def test_what_is_taken_twice_collects_its_gradients():
    x = Tensor(MATRIX, requires_grad=True)
    ops.take(x, [1, 1], axis=0).backward(np.ones((2, 3)))
    assert values(x.grad) == [[0.0] * 3, [2.0] * 3]


def test_one_hot_leaves_out_what_is_out_of_range():
    assert values(ops.one_hot([1, -1, 3], 3)) == [[0, 1, 0], [0, 0, 0], [0, 0, 0]]
    assert values(ops.one_hot([[1], [0]], 2, axis=0, dtype="int32")) == [
        [[0], [1]],
        [[1], [0]],
    ]
    with pytest.raises(ValueError, match="sparse"):
        ops.one_hot([0], 2, sparse=True)


def test_multi_hot_joins_the_places_of_a_row():
    assert values(ops.multi_hot([[1, 2], [0, 0]], 3)) == [[0, 1, 1], [1, 0, 0]]
    assert values(ops.multi_hot([1, 2], num_classes=3)) == [0, 1, 1]
    assert values(ops.multi_hot([1], num_tokens=2)) == [0, 1]
    with pytest.raises(ValueError, match="needs num_classes"):
        ops.multi_hot([1, 2])
    with pytest.raises(TypeError, match="unknown arguments: colour"):
        ops.multi_hot([1], 2, colour="red")
    with pytest.raises(ValueError, match="sparse"):
        ops.multi_hot([1], 2, sparse=True)


def test_sorting_keeps_equals_in_order_and_puts_nan_last():
    x = np.array([3.0, NAN, 1.0, 3.0, -np.inf], "float32")
    assert values(ops.argsort(x)) == [4, 2, 0, 3, 1]
    np.testing.assert_array_equal(ops.sort(x).numpy(), [-np.inf, 1.0, 3.0, 3.0, NAN])
    assert values(ops.sort([[3, 1], [2, 0]], axis=None)) == [0, 1, 2, 3]
    assert values(ops.argsort([[3, 1], [2, 5]], axis=None)) == [1, 2, 0, 3]


def test_the_first_of_equals_is_on_top():
    top, places = ops.top_k([1.0, 3.0, 3.0, 2.0], 3)
    assert values(top) == [3.0, 3.0, 2.0]
    assert values(places) == [1, 2, 3]
    top, places = ops.top_k([2, 5], 0)
    assert top.shape == places.shape == (0,)
    assert values(ops.top_k(np.array([1, 250], "uint8"), 1)[0]) == [250]
    with pytest.raises(ValueError, match="k from 0 to 2"):
        ops.top_k([1, 2], 3)


def test_a_target_that_ties_with_the_kth_is_in_the_top():
    predictions = np.array([[0.1, 0.5, 0.5, 0.2]] * 6, "float32")
    predictions[5, 1] = NAN
    in_top = ops.in_top_k([1, 2, 3, -1, 4, 1], predictions, 1)
    assert values(in_top) == [True, True, False, False, False, False]
    assert values(ops.in_top_k([3], predictions[:1], 3)) == [True]


def test_places_that_are_not_zero():
    rows, columns = ops.nonzero([[0, 3], [5, 0]])
    assert (values(rows), values(columns)) == ([0, 1], [1, 0])
    assert rows.dtype == "int32"
    picked = Tensor([[0, 3], [5, 0]])[rows, columns]
    assert values(picked) == [3, 5]


def test_values_are_inserted_before_or_after_their_equals():
    sequence = [1.0, 2.0, 2.0, 3.0]
    assert values(ops.searchsorted(sequence, [2.0, 0.0, 9.0])) == [1, 0, 4]
    assert values(ops.searchsorted(sequence, [2.0, 3.0], side="right")) == [3, 4]
    assert values(ops.searchsorted(sequence, NAN)) == 4
    assert values(ops.digitize([0.0, 1.0, 5.0], [0.0, 1.0, 2.0])) == [1, 2, 3]
    with pytest.raises(ValueError, match="side"):
        ops.searchsorted(sequence, 1.0, side="top")
    with pytest.raises(ValueError, match="vector"):
        ops.searchsorted([sequence], 1.0)


def test_occurrences_are_counted():
    assert values(ops.bincount([1, 1, 3])) == [0, 2, 0, 1]
    assert values(ops.bincount([1], minlength=3)) == [0, 1, 0]
    assert values(ops.bincount(np.zeros(0, "int32"))) == []
    assert values(ops.bincount([1, 1], weights=[0.5, 2.0])) == [0.0, 2.5]
    assert values(ops.bincount([1, 1], weights=[3, 4])) == [0, 7]
    assert values(ops.bincount([[1, 1], [0, 2]])) == [[0, 2, 0], [1, 0, 1]]
    with pytest.raises(ValueError, match="got -1"):
        ops.bincount([0, -1])
    with pytest.raises(ValueError, match="sparse"):
        ops.bincount([0], sparse=True)


def test_counts_pass_gradients_to_their_weights():
    weights = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    ops.bincount([2, 0, 2], weights=weights).backward([10.0, 20.0, 30.0])
    assert values(weights.grad) == [30.0, 10.0, 30.0]


def test_flat_places_become_coordinates():
    rows, columns = ops.unravel_index([5, 0, -1], (2, 3))
    assert (values(rows), values(columns)) == ([1, 0, 1], [2, 0, 2])


def test_parts_are_cut_out_and_replaced():
    assert values(ops.slice(MATRIX, [0, 1], [2, 2])) == [[1.0, 2.0], [4.0, 5.0]]
    assert values(ops.slice(MATRIX, Tensor([1, 0]), (1, 1))) == [[3.0]]
    replaced = ops.slice_update(MATRIX, [1, 0], [[7, 8]])
    assert values(replaced) == [[0.0, 1.0, 2.0], [7.0, 8.0, 5.0]]
    assert replaced.dtype == "float64"
    assert MATRIX[1, 0] == 3.0
    for starts, shape in (([1, 2], [1, 2]), ([-1, 0], [1, 1]), ([0], [1])):
        with pytest.raises(ValueError, match=r"not inside|zip"):
            ops.slice(MATRIX, starts, shape)


def test_scattered_values_add_up():
    assert values(ops.scatter([[0], [2], [0]], [1.0, 2.0, 3.0], (4,))) == [4, 0, 2, 0]
    assert values(ops.scatter([[1]], [[5, 6]], (2, 2))) == [[0, 0], [5, 6]]
    for indices in ([[4]], [[-5]]):
        with pytest.raises(IndexError):
            ops.scatter(indices, [1.0], (4,))
    with pytest.raises(IndexError):  # and not in the next row
        ops.scatter([[0, 3]], [1.0], (2, 3))


def test_the_last_of_several_updates_wins():
    x = np.zeros(4, "float32")
    assert values(ops.scatter_update(x, [[1], [3], [1]], [5.0, 6.0, 7.0])) == [
        0,
        7,
        0,
        6,
    ]
    assert values(ops.scatter_update(x, [[-1]], [NAN]))[:3] == [0, 0, 0]
    assert values(ops.scatter_update(x, np.zeros((0, 1), "int32"), [])) == [0] * 4


def test_only_the_update_that_won_has_a_gradient():
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    updates = Tensor([5.0, 6.0], requires_grad=True)
    out = ops.scatter_update(x, [[1], [1]], updates)
    out.backward([1.0, 10.0, 100.0])
    assert values(x.grad) == [1.0, 0.0, 100.0]
    assert values(updates.grad) == [0.0, 10.0]


@pytest.mark.parametrize(
    ("reduction", "expected"),
    [
        ("add", [8.0, 1.0, 4.0]),
        ("max", [5.0, 1.0, 3.0]),
        ("min", [1.0, 1.0, 1.0]),
        ("mul", [10.0, 1.0, 3.0]),
    ],
)
def test_updates_are_combined(reduction, expected):
    x = np.ones(3, "float32")
    result = ops.scatter_update(x, [[0], [2], [0]], [5.0, 3.0, 2.0], reduction)
    assert values(result) == expected
    with pytest.raises(IndexError):
        ops.scatter_update(x, [[3]], [1.0], reduction)
    with pytest.raises(ValueError, match="reduction must be"):
        ops.scatter_update(x, [[0]], [1.0], "mean")


@pytest.mark.parametrize("dtype", ["int8", "int64", "bool", "float16"])
def test_other_dtypes_are_scattered_too(dtype):
    x, one = np.zeros(3, dtype), np.ones(1, dtype)
    for result in (
        ops.scatter([[1]], one, (3,)),
        ops.scatter_update(x, [[1]], one),
        ops.scatter_update(x, [[1]], one, "add"),
        ops.scatter_update(x, [[1]], one, "max"),
        ops.slice_update(x, [1], one),
    ):
        assert result.dtype == dtype
        assert values(result) == [0, 1, 0]
