"""Weights of samples from weights of classes."""

import numpy as np
import pytest

from minikeras.models.class_weights import class_weights_of


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


def test_several_outputs_have_no_class():
    with pytest.raises(ValueError, match="one output"):
        class_weights_of({"a": np.zeros(2)}, {0: 1.0})
