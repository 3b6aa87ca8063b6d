"""Shapes and new arrays: against NumPy, and what is refused."""

import numpy as np
import pytest

from minikeras import ops
from minikeras.values import KerasTensor, Tensor

CUBE = np.arange(24).reshape(2, 3, 4)


def values(result):
    return result.numpy().tolist()


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda: ops.moveaxis(CUBE, 0, -1), np.moveaxis(CUBE, 0, -1)),
        (lambda: ops.moveaxis(CUBE, (0, 1), (2, 0)), np.moveaxis(CUBE, (0, 1), (2, 0))),
        (lambda: ops.swapaxes(CUBE, 0, -1), np.swapaxes(CUBE, 0, -1)),
        (lambda: ops.roll(CUBE, 7), np.roll(CUBE, 7)),
        (lambda: ops.roll(CUBE, (1, -5), (0, 2)), np.roll(CUBE, (1, -5), (0, 2))),
        (lambda: ops.roll(CUBE, 2, (1, 2)), np.roll(CUBE, 2, (1, 2))),
        (lambda: ops.tile(CUBE, (2, 1)), np.tile(CUBE, (2, 1))),
        (lambda: ops.tile(CUBE, (2, 1, 1, 3)), np.tile(CUBE, (2, 1, 1, 3))),
        (lambda: ops.tile(CUBE, 0), np.tile(CUBE, 0)),
        (lambda: ops.repeat(CUBE, 2), np.repeat(CUBE, 2)),
        (lambda: ops.repeat(CUBE, [2], 1), np.repeat(CUBE, 2, 1)),
        (lambda: ops.repeat(CUBE, [1, 0, 2], 1), np.repeat(CUBE, [1, 0, 2], 1)),
        (lambda: ops.pad(CUBE, 1), np.pad(CUBE, 1)),
        (lambda: ops.pad(CUBE, (1, 2)), np.pad(CUBE, (1, 2))),
        (lambda: ops.pad(CUBE, ((1, 2),)), np.pad(CUBE, ((1, 2),))),
        (
            lambda: ops.pad(CUBE, ((1, 0), (2, 2), (0, 3)), mode="reflect"),
            np.pad(CUBE, ((1, 0), (2, 2), (0, 3)), mode="reflect"),
        ),
        (
            lambda: ops.pad(CUBE, ((2, 0), (3, 1), (0, 4)), mode="symmetric"),
            np.pad(CUBE, ((2, 0), (3, 1), (0, 4)), mode="symmetric"),
        ),
        (lambda: ops.diagonal(CUBE, 1, 2, 0), np.diagonal(CUBE, 1, 2, 0)),
        (lambda: ops.diagonal(CUBE, -2, 1, 2), np.diagonal(CUBE, -2, 1, 2)),
        (lambda: ops.diagonal(CUBE, 9), np.diagonal(CUBE, 9)),
        (lambda: ops.diag([1, 2], -1), np.diag([1, 2], -1).astype("int32")),
        (lambda: ops.tril(CUBE, -1), np.tril(CUBE, -1)),
        (lambda: ops.triu(CUBE, 1), np.triu(CUBE, 1)),
        (lambda: ops.tri(3, 4, 1), np.tri(3, 4, 1, "float32")),
        (lambda: ops.eye(3, 2, -1), np.eye(3, 2, -1, "float32")),
        (lambda: ops.identity(2, "int32"), np.identity(2, "int32")),
        (lambda: ops.squeeze(CUBE[:1]), CUBE[0]),
        (lambda: ops.squeeze(CUBE[:1, :, :1], (0, -1)), CUBE[0, :, 0]),
        (lambda: ops.flip(CUBE, (0, -1)), np.flip(CUBE, (0, -1))),
        (lambda: ops.append([[1]], [2, 3]), np.array([1, 2, 3], "int32")),
        (lambda: ops.hstack([1, [2, 3]]), np.array([1, 2, 3], "int32")),
        (lambda: ops.vstack([[1, 2], [[3, 4]]]), np.array([[1, 2], [3, 4]], "int32")),
        (lambda: ops.full((2, 2), [1, 2], "int32"), np.array([[1, 2]] * 2, "int32")),
        (lambda: ops.full(2, 3), np.full(2, 3.0, "float32")),
        (lambda: ops.arange(2, 9, 3), np.arange(2, 9, 3, "int32")),
        (lambda: ops.arange(3, 0, -1), np.arange(3, 0, -1, "int32")),
        (lambda: ops.arange(Tensor(3)), np.arange(3, dtype="int32")),
        (lambda: ops.array([[1, 2]], dtype="float16"), np.array([[1, 2]], "float16")),
    ],
)
def test_results_are_those_of_numpy(call, expected):
    result = call()
    np.testing.assert_array_equal(result.numpy(), expected)
    assert result.dtype == expected.dtype.name


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float16"])
@pytest.mark.parametrize(
    "call",
    [
        ops.tril,
        ops.triu,
        ops.diag,
        lambda x: ops.diag(x[0]),
        lambda x: ops.pad(x, 1),
        lambda x: ops.pad(x, 1, mode="reflect"),
        lambda x: ops.repeat(x, 2),
        lambda x: ops.roll(x, 1),
        lambda x: ops.where([True, False], x, x),
        lambda x: ops.stack([x, x]),
    ],
)
def test_dtypes_are_kept(call, dtype):
    assert call(Tensor(np.ones((2, 2), dtype))).dtype == dtype


@pytest.mark.parametrize("indexing", ["xy", "ij"])
@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_grids_are_those_of_numpy(count, indexing):
    vectors = [np.arange(n + 2.0) for n in range(count)]
    grid = ops.meshgrid(*vectors, indexing=indexing)
    expected = np.meshgrid(*vectors, indexing=indexing)
    assert len(grid) == count
    for x, y in zip(grid, expected, strict=True):
        np.testing.assert_array_equal(x.numpy(), y)


@pytest.mark.parametrize("endpoint", [True, False])
@pytest.mark.parametrize("num", [0, 1, 2, 5])
def test_numbers_in_equal_steps_are_those_of_numpy(num, endpoint):
    result, step = ops.linspace(2.0, -1.0, num, endpoint=endpoint, retstep=True)
    expected, expected_step = np.linspace(2, -1, num, endpoint=endpoint, retstep=True)
    np.testing.assert_allclose(result.numpy(), expected, rtol=1e-6)
    np.testing.assert_allclose(step.numpy(), expected_step)


def test_both_ends_of_a_linspace_are_exact():
    for n in (3, 7, 10, 49):
        result = ops.linspace(0.1, 0.7, n).numpy()
        assert (result[0], result[-1]) == (np.float32(0.1), np.float32(0.7))


def test_linspace_puts_its_axis_where_it_is_told():
    assert ops.linspace([0.0, 1.0], 2.0, 5).shape == (5, 2)
    assert ops.linspace([0.0, 1.0], 2.0, 5, axis=-1).shape == (2, 5)
    assert ops.linspace([[0.0, 1.0]], 2.0, 5, axis=1).shape == (1, 5, 2)
    assert values(ops.linspace(0, 4, 3, dtype="int32")) == [0, 2, 4]


def test_parts_are_equal_or_begin_at_the_indices():
    parts = ops.split(CUBE, 2, axis=-1)
    assert [part.shape for part in parts] == [(2, 3, 2)] * 2
    parts = ops.split(CUBE, [1, 1], axis=1)
    assert [part.shape for part in parts] == [(2, 1, 4), (2, 0, 4), (2, 2, 4)]
    assert [values(row) for row in ops.unstack([[1, 2], [3, 4]], axis=1)] == [
        [1, 3],
        [2, 4],
    ]


def test_new_arrays_have_memory_of_their_own():
    x = np.ones((1, 2), "float32")
    for result in (ops.full((2, 2), x), *ops.meshgrid([1.0], [2.0])):
        assert not np.shares_memory(result.numpy(), x)
        assert result.numpy().flags.writeable


def test_full_like_keeps_the_sign_of_zero():
    assert np.signbit(ops.full_like([1.0, 2.0], -0.0).numpy()).all()
    assert values(ops.full_like([1, 2], 2.7)) == [2, 2]


def test_unknown_sizes_can_be_written_into_a_shape():
    x = KerasTensor((None, 4))
    assert ops.reshape(x, (None, 2, 2)).shape == (None, 2, 2)
    assert ops.reshape(x, (-1, 8)).shape == (None, 8)
    assert ops.reshape(np.zeros((3, 4)), (None, 2)).shape == (6, 2)
    assert ops.split(x, 2)[0].shape == (None, 4)
    assert [part.shape for part in ops.unstack(x, num=2)] == [(4,), (4,)]
    with pytest.raises(ValueError, match="needs num"):
        ops.unstack(x)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ops.reshape(CUBE, (5, -1)), "fill|reshape"),
        (lambda: ops.squeeze(CUBE, 0), "size"),
        (lambda: ops.moveaxis(CUBE, (0, 1), 2), "as many sources"),
        (lambda: ops.concatenate([]), "nothing to join"),
        (lambda: ops.concatenate([CUBE, CUBE[0]]), "dimension|axis"),
        (lambda: ops.split(CUBE, 2, axis=1), "equal parts"),
        (lambda: ops.split(CUBE, 0), "equal parts"),
        (lambda: ops.unstack(CUBE, num=5), "num=5"),
        (lambda: ops.repeat(CUBE, [1, 2], axis=1), "one count for each"),
        (lambda: ops.pad(CUBE, 1, mode="edge"), "mode must be"),
        (lambda: ops.pad(CUBE, 2, mode="reflect"), "reflecting 2 elements"),
        (lambda: ops.pad(CUBE, 1, "reflect", constant_values=0), "constant_values"),
        (lambda: ops.meshgrid([1], indexing="yx"), "indexing must be"),
        (lambda: ops.diag(CUBE), "one axis or two"),
        (lambda: ops.diagonal([1, 2]), "two axes"),
        (lambda: ops.tril([1, 2]), "two axes"),
        (lambda: ops.zeros((2, -1)), "at least 0"),
        (lambda: ops.linspace(0, 1, -1), "at least 0"),
        (lambda: ops.arange(0, 3, 0), "step"),
        (lambda: ops.broadcast_to(CUBE, (2, 3)), "broadcast|dimensions"),
    ],
)
def test_what_does_not_fit_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
