"""Targets and predictions that cannot be meant: refused, or warned of."""

import numpy as np
import pytest

from minikeras import Input, Sequential, layers, losses

X = np.random.default_rng(0).normal(size=(16, 3)).astype("float32")
CLASSES = np.arange(16) % 4


def model_with(loss, activation=None, outputs=4):
    model = Sequential([Input((3,)), layers.Dense(outputs, activation)])
    model.compile("sgd", loss)
    return model


def refused(model, y):
    before = model.get_weights()
    with pytest.raises(
        ValueError, match=f"The loss {model.loss} needs|compares"
    ) as error:
        model.fit(X, y, verbose=0)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    return str(error.value)


@pytest.mark.parametrize(
    ("loss", "y", "words"),
    [
        ("sparse_categorical_crossentropy", CLASSES + 1, "got 4 at position (3,)"),
        ("sparse_categorical_crossentropy", CLASSES - 0.5, "whole numbers; got -0.5"),
        ("sparse_categorical_crossentropy", np.eye(4)[CLASSES], "one-hot?"),
        ("categorical_crossentropy", CLASSES, "sparse_categorical_crossentropy"),
        ("categorical_crossentropy", np.eye(5)[CLASSES], "shape (16, 5)"),
        ("categorical_crossentropy", np.eye(4)[CLASSES] * 255, "divide by 255"),
        ("binary_crossentropy", np.full((16, 4), -1), "from 0 to 1; got -1"),
        ("mse", np.zeros((16, 1)), "(16, 1) and predictions of shape (16, 4)"),
        ("huber", np.zeros((16, 2)), "compares targets and predictions one by one"),
    ],
)
def test_wrong_targets_are_refused_before_any_weight_changes(loss, y, words):
    assert words in refused(model_with(loss, "softmax"), y)


@pytest.mark.parametrize(
    ("loss", "y", "activation"),
    [
        ("sparse_categorical_crossentropy", CLASSES, None),
        ("categorical_crossentropy", np.eye(4)[CLASSES], "tanh"),
        ("binary_crossentropy", np.eye(4)[CLASSES], None),
    ],
)
def test_logits_taken_for_probabilities_are_warned_of(loss, y, activation):
    with pytest.warns(UserWarning, match="look like logits"):
        model_with(loss, activation).fit(X, y, verbose=0)


def test_probabilities_taken_for_logits_are_warned_of():
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    with pytest.warns(UserWarning, match="look like probabilities"):
        model_with(loss, "softmax").fit(X, CLASSES, verbose=0)
    model_with(loss).fit(X, CLASSES, verbose=0)  # and these are logits


def test_an_ignored_class_may_be_no_class():
    loss = losses.SparseCategoricalCrossentropy(ignore_class=-1)
    y = np.where(CLASSES == 0, -1, CLASSES)
    history = model_with(loss, "softmax").fit(X, y, verbose=0)
    assert np.isfinite(history.history["loss"][0])
