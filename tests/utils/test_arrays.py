"""to_categorical and normalize: what they return, and what they refuse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from minikeras import Tensor
from minikeras.utils import normalize, to_categorical

labels = arrays.arrays(
    "int64", arrays.array_shapes(max_dims=3), elements=st.integers(0, 5)
)


@given(labels)
def test_the_place_of_the_1_is_the_class(numbers):
    rows = to_categorical(numbers, 6)
    dropped = (
        numbers[..., 0] if numbers.ndim > 1 and numbers.shape[-1] == 1 else numbers
    )
    assert rows.dtype == np.float64
    assert rows.shape == (*dropped.shape, 6)
    assert np.array_equal(rows.argmax(-1), dropped)
    assert np.array_equal(rows.sum(-1), np.ones(dropped.shape))


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ([0, 2, 1], np.eye(3)[[0, 2, 1]]),
        ([[0], [1]], np.eye(2)),
        (2, np.eye(3)[2]),
        (np.array([1.0, 0.0]), np.eye(2)[[1, 0]]),
        (np.array([True, False]), np.eye(2)[[1, 0]]),
        (Tensor(np.array([1, 0])), np.eye(2)[[1, 0]]),
    ],
)
def test_the_number_of_classes_is_found(x, expected):
    assert np.array_equal(to_categorical(x), expected)


@pytest.mark.parametrize(
    ("x", "num_classes", "message"),
    [
        ([-1, 0], None, "from 0 to 0; got numbers from -1 to 0"),
        ([0, 3], 3, "from 0 to 2; got numbers from 0 to 3"),
        ([0.5], None, "got 0.5. Round them"),
        ([float("nan")], 3, "whole numbers.*got nan"),
        ([float("inf")], 3, "whole numbers.*got inf"),
        (["cat"], None, "Give each class a number"),
        ([], None, "needs num_classes"),
    ],
)
def test_what_is_no_class_is_refused(x, num_classes, message):
    with pytest.raises(ValueError, match=message):
        to_categorical(x, num_classes)


def test_no_labels_make_no_rows():
    assert to_categorical([], 3).shape == (0, 3)


@given(
    x=arrays.arrays(
        "float64",
        arrays.array_shapes(min_dims=1, max_dims=3),
        elements=st.floats(-100, 100).map(lambda number: round(number, 3)),
    ),
    order=st.sampled_from([1, 2, 3, np.inf]),
)
def test_every_row_has_norm_1_or_was_0(x, order):
    norms = np.linalg.norm(normalize(x, order=order), ord=order, axis=-1)
    assert np.allclose(norms, np.any(x != 0, axis=-1))


def test_normalize_keeps_shape_and_dtype():
    x = np.array([3.0, 4.0], "float32")
    assert normalize(x).dtype == np.float32
    assert np.allclose(normalize(x), [0.6, 0.8])
    assert np.allclose(normalize(np.ones((4, 2)), axis=0), 0.5)
    assert np.array_equal(normalize([[0, 5]]), [[0.0, 1.0]])
