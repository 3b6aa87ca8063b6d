"""Metrics: what they refuse, and what becomes of them when they are saved."""

import numpy as np
import pytest

from minikeras import Tensor, losses, metrics


@pytest.mark.parametrize(
    "function", [metrics.binary_accuracy, losses.mean_squared_error]
)
def test_a_wrapped_function_comes_back_from_its_config(function):
    metric = metrics.MeanMetricWrapper(function, name="wrapped")
    again = metrics.MeanMetricWrapper.from_config(metric.get_config())
    y_true, y_pred = np.array([[1.0], [0.0]]), np.array([[0.75], [0.75]])
    assert float(again(y_true, y_pred)) == float(metric(y_true, y_pred))
    with pytest.raises(ValueError, match="metric function identifier: 'nonsense'"):
        metrics.MeanMetricWrapper.from_config({"fn": "nonsense"})


@pytest.mark.parametrize("threshold", [None, 0.0, 1.0])
def test_a_threshold_lies_between_0_and_1(threshold):
    with pytest.raises(ValueError, match="Invalid value for argument `threshold`"):
        metrics.BinaryAccuracy(threshold=threshold)


def test_a_label_with_a_fraction_is_no_class():
    y_pred = np.array([[0.0, 1.0], [0.0, 1.0]], "float32")
    labels = np.array([1.7, 1.0], "float32")
    assert metrics.sparse_categorical_accuracy(labels, y_pred).numpy().tolist() == [
        0.0,
        1.0,
    ]


def test_weights_of_samples_hold_for_what_their_masks_show():
    y_pred = Tensor(np.array([[[1.0], [9.0]], [[2.0], [3.0]]], "float32"))
    y_pred._keras_mask = Tensor(np.array([[True, False], [True, True]]))
    metric = metrics.MeanMetricWrapper(losses.mean_absolute_error)
    metric.update_state(np.zeros((2, 2, 1), "float32"), y_pred, np.array([2.0, 1.0]))
    assert float(metric.result()) == (2 * 1 + 1 * 2 + 1 * 3) / (2 + 1 + 1)
