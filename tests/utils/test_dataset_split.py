"""A dataset in two parts, as Keras sizes them."""

import numpy as np
import pytest

from minikeras.utils import split_dataset


def sizes(total=10, **given):
    left, right = split_dataset(np.arange(total), **given)
    return len(left), len(right)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"left_size": 0.8}, (8, 2)),
        ({"left_size": 3}, (3, 7)),
        ({"right_size": 0.25}, (8, 2)),
        ({"left_size": 3, "right_size": 2}, (3, 2)),
        ({"left_size": 0.5, "right_size": 0.5}, (5, 5)),
    ],
)
def test_sizes_are_numbers_or_parts(given, expected):
    assert sizes(**given) == expected


def test_the_structure_and_the_order_stay():
    x = np.arange(4)
    left, right = split_dataset({"a": x, "b": [2 * x]}, left_size=3)
    assert left["a"].tolist() == [0, 1, 2]
    assert left["b"][0].tolist() == [0, 2, 4]
    assert right["b"][0].tolist() == [6]
    assert split_dataset([1, 2, 3], left_size=1)[1].tolist() == [2, 3]


def test_shuffled_parts_have_every_sample_once():
    x = np.arange(50)
    left, right = split_dataset((x, -x), left_size=0.5, shuffle=True, seed=3)
    assert sorted([*left[0], *right[0]]) == list(range(50))
    assert (left[0] == -left[1]).all()
    assert left[0].tolist() != sorted(left[0])
    again, _ = split_dataset((x, -x), left_size=0.5, shuffle=True, seed=3)
    np.testing.assert_array_equal(left, again)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"left_size": 0},
        {"left_size": 1.5},
        {"left_size": 11},
        {"right_size": -1},
        {"left_size": 0.9, "right_size": 0.2},
        {"left_size": 2, "preferred_backend": "torch"},
    ],
)
def test_sizes_that_there_are_not(given):
    with pytest.raises(ValueError, match=r"size|backend"):
        sizes(**given)


@pytest.mark.parametrize("dataset", [(i for i in range(3)), None, 5])
def test_what_is_no_dataset(dataset):
    with pytest.raises(TypeError, match="split_dataset needs an array"):
        split_dataset(dataset, left_size=1)
    with pytest.raises(TypeError, match="left_size"):
        split_dataset(np.arange(3), left_size="1")


def test_arrays_of_different_lengths():
    with pytest.raises(ValueError, match="same number"):
        split_dataset((np.arange(3), np.arange(4)), left_size=1)
