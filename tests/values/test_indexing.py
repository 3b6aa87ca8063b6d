"""Indexing is NumPy's, and its gradients go back to where each element came from."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras.values import KerasTensor, Tensor

CUBE = np.arange(24.0).reshape(2, 3, 4)
KEYS = [
    0,
    -1,
    ...,
    None,
    (),
    (1, 2, 3),
    (slice(None), 1),
    (..., -1),
    (0, ..., 2),
    (slice(None, None, -1), slice(1, 3)),
    (slice(None), None, slice(0, 2), 1),
    [1, 0, 1],
    ([1, -1], [0, 2]),
    (slice(None), [2, 0]),
    (slice(None), [[2, 0], [1, 1]], slice(1, 3)),
    (slice(None), [2, 0], [1, -1]),
    (0, [1, 2]),
    (0, slice(None), [1, 2]),
    ([0, 1], slice(None), [1, 2]),
    ([0, 1], slice(None), 0),
    ([[0], [1]], [0, 1, 2]),
    (..., [0, 1]),
    (None, [0, 1]),
    ([0, 1], None, [1, 2]),
    (slice(0, 0), [1]),
    ([], slice(None)),
    np.array([True, False]),
    CUBE > 7,
    (slice(None), np.array([True, False, True])),
    (np.array([[True, False, True], [False, True, True]]), slice(1, None)),
    (slice(None), np.array([True, False, True]), [0, 3]),
    np.int64(1),
    np.array(1),
]


@pytest.mark.parametrize("key", KEYS, ids=repr)
def test_elements_are_those_that_numpy_picks(key):
    out = Tensor(CUBE)[key]
    np.testing.assert_array_equal(out.numpy(), CUBE[key])
    assert out.shape == CUBE[key].shape


@pytest.mark.parametrize("key", KEYS, ids=repr)
def test_gradients_go_back_to_where_elements_came_from(key):
    x = Tensor(CUBE, requires_grad=True)
    out = x[key]
    cotangent = np.arange(1.0, out.size + 1).reshape(out.shape)
    out.backward(cotangent)
    expected = np.zeros_like(CUBE)
    np.add.at(expected, key, cotangent)
    np.testing.assert_array_equal(x.grad.numpy(), expected)


@st.composite
def keys(draw, sides):
    """Draws a key for an array with these sides."""
    parts = []
    for side in draw(st.sampled_from([sides, sides[:-1], sides[:1]])):
        index = st.integers(-side, side - 1)
        end = st.none() | st.integers(-side - 1, side + 1)
        parts.append(
            draw(
                index
                | st.builds(slice, end, end, st.sampled_from([None, 1, 2, -1]))
                | st.lists(index, min_size=2, max_size=2)
                | st.none().map(lambda _: slice(None))
            )
        )
    if draw(st.booleans()):
        parts.insert(draw(st.integers(0, len(parts))), None)
    return tuple(parts)


@given(key=keys(CUBE.shape))
def test_any_key_picks_what_numpy_picks(key):
    out = Tensor(CUBE)[key]
    np.testing.assert_array_equal(out.numpy(), CUBE[key])


def test_tensors_are_indices_too():
    x = Tensor(CUBE)
    np.testing.assert_array_equal(x[Tensor([1, 0])].numpy(), CUBE[[1, 0]])
    np.testing.assert_array_equal(x[x > 7].numpy(), CUBE[CUBE > 7])
    np.testing.assert_array_equal(x[Tensor(1)].numpy(), CUBE[1])
    np.testing.assert_array_equal(x[:, : Tensor(2)].numpy(), CUBE[:, :2])


@pytest.mark.parametrize(
    "key",
    [
        2,
        -3,
        (0, 0, 0, 0),
        [2],
        ([0, 5], [0, 0]),
        ([0], [-4]),
        1.0,
        [1.0],
        "a",
        True,
        np.array(True),
        (..., ...),
        (..., [0], ...),
        np.array([True]),
        np.array([True, False, False]),
        np.ones((2, 3, 5), bool),
        (0, 0, 0, [0]),
    ],
    ids=repr,
)
def test_what_is_no_index_is_refused(key):
    with pytest.raises(IndexError):
        Tensor(CUBE)[key]


def test_symbolic_tensors_are_sliced_with_unknown_sizes():
    x = KerasTensor((None, 3, 4))
    assert x[0].shape == (3, 4)
    assert x[:, 1].shape == (None, 4)
    assert x[..., -1].shape == (None, 3)
    assert x[:, None].shape == (None, 1, 3, 4)
    assert x[:, [0, 2]].shape == (None, 2, 4)
    assert x[:, :, 1:3].shape == (None, 3, 2)
