"""Batches from arrays: every sample once, in an order that depends on (seed, epoch)."""

import functools
import operator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras.models.data import (
    ArrayData,
    BatchData,
    class_weights_of,
    train_validation_split,
    unpack_x_y_sample_weight,
)


def rows(data, epoch=0):
    batches = [batch.tensors() for batch in data.epoch(epoch)]
    return [batch[0].numpy().ravel().tolist() for batch in batches]


@given(
    samples=st.integers(1, 40),
    batch_size=st.integers(1, 50),
    shuffle=st.sampled_from([False, True, "batch"]),
    epoch=st.integers(0, 3),
)
def test_an_epoch_has_every_sample_once_in_batches_of_the_size(
    samples, batch_size, shuffle, epoch
):
    data = ArrayData(np.arange(samples), batch_size=batch_size, shuffle=shuffle, seed=5)
    batches = rows(data, epoch)
    assert sorted(functools.reduce(operator.iadd, batches, [])) == list(range(samples))
    assert sum(len(batch) != batch_size for batch in batches) <= 1
    assert len(batches) == data.batches


def test_the_order_is_a_function_of_seed_and_epoch():
    def order(seed, epoch):
        return rows(ArrayData(np.arange(50), shuffle=True, seed=seed), epoch)

    assert order(1, 0) == order(1, 0)
    assert order(1, 0) != order(1, 1)
    assert order(1, 0) != order(2, 0)


def test_x_and_y_stay_together_when_shuffled():
    data = ArrayData(np.arange(50), np.arange(50) * 2, batch_size=7, shuffle=True)
    for batch in data.epoch(0):
        x, y = batch.tensors()
        np.testing.assert_array_equal(2 * x.numpy(), y.numpy())


def test_shuffling_batches_keeps_them_whole():
    batches = rows(ArrayData(np.arange(20), batch_size=5, shuffle="batch", seed=3))
    assert sorted(batches) == [list(range(i, i + 5)) for i in range(0, 20, 5)]


def test_structures_of_arrays_are_cut_alike():
    data = ArrayData({"a": np.arange(4), "b": [np.arange(4) + 10]}, batch_size=3)
    [x] = next(data.epoch(0)).tensors()
    assert x["a"].shape == (3,)
    assert x["b"][0].numpy().tolist() == [10, 11, 12]


def test_different_lengths_are_listed():
    with pytest.raises(ValueError, match=r"'x' sizes: 3\n'y' sizes: 4"):
        ArrayData(np.zeros(3), np.zeros(4))


@pytest.mark.parametrize("x", [[1.0, 2.0], "text", 5, object()])
def test_what_is_no_array_is_named(x):
    with pytest.raises(ValueError, match="Unrecognized data type"):
        ArrayData(x)


def test_text_is_refused():
    with pytest.raises(ValueError, match="Encode text"):
        ArrayData(np.array(["a", "b"]))


def test_no_samples_are_refused():
    with pytest.raises(ValueError, match="no samples"):
        ArrayData(np.zeros((0, 3)))


@pytest.mark.parametrize("batch_size", [-1, 1.5, "8"])
def test_batch_sizes_that_are_none(batch_size):
    with pytest.raises(ValueError, match="batch_size"):
        ArrayData(np.zeros(3), batch_size=batch_size)


@pytest.mark.parametrize(
    ("samples", "fraction", "cut"),
    [(10, 0.25, 7), (2, 0.1, 1), (3, 0.5, 1), (100, 0.33, 67)],
)
def test_validation_takes_the_last_samples(samples, fraction, cut):
    (x, _, _), (x_val, _, _) = train_validation_split(
        np.arange(samples), None, None, fraction
    )
    assert x.tolist() == list(range(cut))
    assert x_val.tolist() == list(range(cut, samples))


@pytest.mark.parametrize("fraction", [1.0, 1.5, -0.5, "a"])
def test_fractions_that_are_none(fraction):
    with pytest.raises(ValueError, match="validation_split"):
        train_validation_split(np.arange(10), None, None, fraction)


def test_a_split_that_leaves_nothing_is_refused():
    with pytest.raises(ValueError, match="not sufficient"):
        train_validation_split(np.arange(1), None, None, 0.5)


@pytest.mark.parametrize(
    "y",
    [
        np.array([0, 1, 2]),
        np.array([[0], [1], [2]]),
        np.eye(3),
        np.array([0.0, 1.0, 2.0]),
    ],
)
def test_class_weights_for_labels_and_one_hot(y):
    assert class_weights_of(y, {1: 5.0, 2: 0.5}).tolist() == [1.0, 5.0, 0.5]


def test_class_weights_must_be_a_dict():
    with pytest.raises(ValueError, match="dict"):
        class_weights_of(np.array([0, 1]), [1.0, 2.0])


def test_the_first_batch_of_an_iterable_is_not_lost():
    data = BatchData((np.array([float(i)]), np.array([0])) for i in range(3))
    first, _ = data.first().tensors()
    assert first.numpy().tolist() == [0.0]
    assert rows(data) == [[0.0], [1.0], [2.0]]


def test_an_iterable_without_batches_is_refused():
    with pytest.raises(ValueError, match="yielded no batch"):
        BatchData([]).first()


@pytest.mark.parametrize(
    ("batch", "parts"),
    [
        (1, (1, None, None)),
        ((1,), (1, None, None)),
        ([1, 2], (1, 2, None)),
        ((1, 2, 3), (1, 2, 3)),
    ],
)
def test_a_batch_has_one_to_three_parts(batch, parts):
    assert unpack_x_y_sample_weight(batch) == parts


def test_four_parts_are_too_many():
    with pytest.raises(ValueError, match="found a tuple of 4"):
        unpack_x_y_sample_weight((1, 2, 3, 4))
