"""Windows over a series: the batches of Keras, in another order when shuffled."""

import numpy as np
import pytest

from minikeras import Input, Sequential, layers
from minikeras.preprocessing import timeseries_dataset_from_array
from tests.golden.golden_files import read

CASES = [c for c in read("arrays") if c["name"].startswith("windows")]
SERIES = np.arange(20)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_batches_are_those_of_keras(case):
    targets = 10 * SERIES if case["targets"] else None
    windows = timeseries_dataset_from_array(SERIES, targets, **case["settings"])
    batches = [windows[i] for i in range(len(windows))]
    assert len(batches) == len(case["batches"])
    for batch, expected in zip(batches, case["batches"], strict=True):
        parts = batch if isinstance(batch, tuple) else (batch,)
        for part, array in zip(parts, expected, strict=True):
            np.testing.assert_array_equal(part, array)


def test_shuffled_windows_are_the_same_ones_in_another_order_each_epoch():
    windows = timeseries_dataset_from_array(
        SERIES, 10 * SERIES, 3, batch_size=5, shuffle=True, seed=1
    )
    orders = []
    for _ in range(2):
        batches = [windows[i] for i in range(len(windows))]
        order = np.concatenate([targets for _, targets in batches]) // 10
        for rows, targets in batches:
            np.testing.assert_array_equal(rows[:, 0], targets // 10)
        orders.append(order.tolist())
        windows.on_epoch_end()
    assert orders[0] != orders[1]
    assert [sorted(order) for order in orders] == [list(range(18))] * 2
    again = timeseries_dataset_from_array(
        SERIES, 10 * SERIES, 3, batch_size=5, shuffle=True, seed=1
    )
    np.testing.assert_array_equal(again[0][1] // 10, orders[0][:5])


def test_a_model_trains_on_them():
    series = np.sin(0.3 * np.arange(200)).astype("float32")[:, np.newaxis]
    windows = timeseries_dataset_from_array(
        series[:-8], series[8:], 8, batch_size=16, shuffle=True, seed=0
    )
    model = Sequential([Input((8, 1)), layers.Flatten(), layers.Dense(1)])
    model.compile("adam", "mse")
    losses = model.fit(windows, epochs=20, verbose=0).history["loss"]
    assert losses[-1] < 0.5 * losses[0]


def test_windows_one_by_one_and_of_several_columns():
    windows = timeseries_dataset_from_array(np.ones((9, 2)), None, 4, batch_size=None)
    assert len(windows) == 6
    assert windows[5].shape == (4, 2)
    with pytest.raises(IndexError, match="There are 6 batches; got index 6"):
        windows[6]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"sequence_length": 0},
            "sequence_length must be an integer of at least 1; got 0",
        ),
        ({"sampling_rate": 0}, "sampling_rate must be an integer of at least 1"),
        ({"sequence_length": "a"}, "sequence_length must be an integer.*got 'a'"),
        (
            {"sequence_length": 11, "sampling_rate": 2},
            "over 21, and there are 20",
        ),
        ({"start_index": 7, "end_index": 7}, "got 7 and 7"),
        ({"end_index": 21}, "got None and 21"),
        ({"format": "torch"}, "got 'torch'"),
    ],
)
def test_mistakes(settings, message):
    with pytest.raises(ValueError, match=message):
        timeseries_dataset_from_array(SERIES, None, **{"sequence_length": 3} | settings)
