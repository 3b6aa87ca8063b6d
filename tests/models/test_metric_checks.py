"""Metrics that do not fit the data are named, before any weight changes."""

import numpy as np
import pytest

from minikeras import Input, Model, Sequential, layers, metrics, ops, utils

X = np.random.default_rng(0).normal(size=(12, 4)).astype("float32")
LABELS = np.arange(12) % 3


def model_with(metric):
    model = Sequential([Input((4,)), layers.Dense(3, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=[metric])
    return model


@pytest.mark.parametrize(
    ("metric", "name"),
    [
        (metrics.Precision(name="precision"), "precision"),
        (metrics.AUC(name="auc"), "auc"),
        (metrics.F1Score(name="f1_score"), "f1_score"),
        ("mae", "mae"),
        ("RootMeanSquaredError", "RootMeanSquaredError"),
        ("categorical_accuracy", "categorical_accuracy"),
        (metrics.CategoricalAccuracy(name="found"), "found"),
        (metrics.BinaryAccuracy(name="answered"), "answered"),
        (metrics.TopKCategoricalAccuracy(2, name="near"), "near"),
        ("kl_divergence", "kl_divergence"),
    ],
)
@pytest.mark.parametrize("y", [LABELS, LABELS[:, None]], ids=["flat", "column"])
def test_class_numbers_are_refused_where_one_hot_rows_are_wanted(metric, name, y):
    model = model_with(metric)
    before = model.get_weights()
    with pytest.raises(ValueError, match=f"The metric {name} compares") as error:
        model.fit(X, y, verbose=0)
    assert f"targets of shape {y.shape} and predictions of shape (12, 3)" in str(
        error.value
    )
    assert "one-hot" in str(error.value)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_metric_for_labels_is_recommended_where_there_is_one():
    with pytest.raises(ValueError, match="or take SparseCategoricalAccuracy"):
        model_with("categorical_accuracy").evaluate(X, LABELS, verbose=0)


@pytest.mark.parametrize(
    "metric", ["accuracy", "sparse_top_k_categorical_accuracy", metrics.MeanIoU(3)]
)
def test_metrics_for_labels_take_them(metric):
    if isinstance(metric, metrics.MeanIoU):
        metric = metrics.MeanIoU(3, sparse_y_pred=False)
    assert np.isfinite(model_with(metric).evaluate(X, LABELS, verbose=0)).all()


def test_one_hot_rows_are_taken():
    model = Sequential([Input((4,)), layers.Dense(3, activation="softmax")])
    chosen = [metrics.Precision(), metrics.AUC(), metrics.F1Score(), "mae"]
    model.compile("sgd", "categorical_crossentropy", metrics=chosen)
    model.fit(X, utils.to_categorical(LABELS), verbose=0)


def wrong(y_true, y_pred):
    return ops.reshape(y_true, (7,))


def test_an_error_in_a_metric_says_which_and_for_which_output():
    x = Input((4,))
    outputs = [layers.Dense(2, name=name)(x) for name in "ab"]
    model = Model(x, outputs)
    model.compile("sgd", ["mse", "mse"], metrics=[["mae"], [wrong]])
    with pytest.raises(ValueError, match="7") as error:
        model.evaluate(X, [np.zeros((12, 2))] * 2, verbose=0)
    assert error.value.__notes__[-1] == (
        "In metric 'wrong' (MeanMetricWrapper) for output 'b', on targets of shape "
        "(12, 2) and predictions of shape (12, 2)."
    )
