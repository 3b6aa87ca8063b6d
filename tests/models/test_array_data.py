"""Batches from arrays: every sample once, in an order that depends on (seed, epoch)."""

import functools
import operator

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras.models.array_data import ArrayData, checked_array


def rows(data, epoch=0):
    batches = [batch.tensors() for batch in data.epoch(epoch)]  # of inputs alone
    return [x.numpy().ravel().tolist() for x in batches]


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
    x = next(data.epoch(0)).tensors()
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


@pytest.mark.parametrize("batch_size", [0, -1, 1.5, "8", True])
def test_batch_sizes_that_are_none(batch_size):
    with pytest.raises(ValueError, match="batch_size"):
        ArrayData(np.zeros(3), batch_size=batch_size)


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"a": [True, False], "b": [0.5, 2.0]}),
        pd.DataFrame({"a": [1, 0], "b": [0.5, 2.0]}).convert_dtypes(),
        pd.DataFrame({"a": [True, False], "b": [0.5, 2.0]}).convert_dtypes(),
    ],
)
def test_columns_of_several_kinds_of_numbers_are_one_array(frame):
    np.testing.assert_array_equal(checked_array(frame, "x"), [[1.0, 0.5], [0.0, 2.0]])


def test_numbers_that_are_missing_in_a_frame_are_nan():
    frame = pd.DataFrame({"a": [1, None], "b": [0.5, 2.0]}).convert_dtypes()
    np.testing.assert_array_equal(
        checked_array(frame, "x"), [[1.0, 0.5], [np.nan, 2.0]]
    )


def test_frames_and_series_of_pandas_are_arrays_and_columns():
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [3, 4]})
    [x, y] = ArrayData(frame, frame["b"]).first().tensors()
    assert x.numpy().tolist() == [[1.0, 3.0], [2.0, 4.0]]
    assert x.dtype == "float32"
    assert y.numpy().tolist() == [[3], [4]]


def test_a_list_of_samples_is_explained():
    with pytest.raises(ValueError, match=r"np.stack\(x\)"):
        ArrayData([np.zeros(3)] * 5, np.zeros(5))


@pytest.mark.parametrize("x", [None, [], {}, (None,)])
def test_no_array_at_all_is_no_data(x):
    with pytest.raises(ValueError, match="no array"):
        ArrayData(x, np.zeros(3))


@pytest.mark.parametrize("dtype", [">f4", ">f8", ">i8"])
def test_numbers_in_another_order_of_bytes_are_the_same_numbers(dtype):
    [batch] = ArrayData(np.arange(3.0).astype(dtype)).epoch(0)
    x = batch.tensors()
    assert x.data.dtype.isnative
    assert x.dtype == ("int64" if dtype == ">i8" else "float32")
    np.testing.assert_array_equal(x, [0, 1, 2])
