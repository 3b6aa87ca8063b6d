"""Symbolic tensors: shapes and dtypes of what is not computed yet."""

import numpy as np
import pytest

from minikeras import ops
from minikeras.values import KerasTensor, Tensor, Variable
from minikeras.values.naming import reset_names


@pytest.fixture
def x():
    return KerasTensor((None, 3), name="x")


def test_operators_give_shapes_and_dtypes(x):
    assert (x + 1.0).shape == (None, 3)
    assert (x > 0).dtype == "bool"
    assert (x @ KerasTensor((3, 5))).shape == (None, 5)
    assert (x / KerasTensor((3,), "int32")).dtype == "float32"
    assert (1 - x).shape == (None, 3)
    assert (-abs(x)).shape == (None, 3)
    assert x.T.shape == (3, None)


def test_with_arrays_and_variables_the_result_is_symbolic(x):
    for other in (np.ones((2, 3)), Tensor(np.ones(3)), Variable(np.ones(3), name="v")):
        for out in (x * other, other * x, ops.add(x, other), ops.add(other, x)):
            assert isinstance(out, KerasTensor)
            assert out.dtype == "float64"
    assert (x * np.ones((2, 3))).shape == (2, 3)


def test_shapes_that_do_not_fit_are_refused_at_once(x):
    with pytest.raises(ValueError, match="broadcast"):
        x + KerasTensor((None, 4))
    with pytest.raises(ValueError, match="matmul"):
        x @ KerasTensor((4, 5))


def test_sizes_are_known_where_they_are(x):
    assert (x.ndim, x.size) == (2, None)
    assert KerasTensor((2, 3)).size == 6
    assert len(KerasTensor((2, 3))) == 2
    with pytest.raises(TypeError, match="length"):
        len(x)


@pytest.mark.parametrize(
    "read",
    [
        np.asarray,
        np.mean,
        bool,
        float,
        int,
        list,
        lambda x: x.item(),
        lambda x: x.numpy(),
    ],
)
def test_there_are_no_numbers_to_read(x, read):
    with pytest.raises(TypeError, match=r"KerasTensor.*name=x"):
        read(x)


def test_names_are_given_or_automatic():
    reset_names()
    assert KerasTensor((1,), name="image").name == "image"
    assert [KerasTensor((1,)).name for _ in range(2)] == [
        "keras_tensor",
        "keras_tensor_1",
    ]
    assert repr(KerasTensor((None, 2))) == (
        "<KerasTensor shape=(None, 2), dtype=float32, sparse=False, ragged=False, "
        "name=keras_tensor_2>"
    )


def test_dtypes_are_checked():
    assert KerasTensor((1,), dtype=np.float16).dtype == "float16"
    with pytest.raises(ValueError, match="dtype"):
        KerasTensor((1,), dtype="string")


@pytest.mark.parametrize("kind", [Tensor, Variable])
def test_a_symbolic_tensor_is_no_initial_value(kind):
    with pytest.raises(TypeError, match="has no numbers yet"):
        kind(KerasTensor((2,)))


@pytest.mark.parametrize("read", [bool, float, int])
def test_a_symbolic_tensor_is_no_python_number(read):
    for shape in ((), (2,), (None,)):
        with pytest.raises(TypeError, match=r"no numbers yet|is not known"):
            read(KerasTensor(shape))
