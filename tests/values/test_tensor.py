"""Tensors: what becomes one, what its operators give, and what it refuses."""

import copy
import operator
import pickle

import numpy as np
import pytest

from minikeras import ops
from minikeras.config import use_backend
from minikeras.kernels.fast import fast
from minikeras.values import Tensor, Variable

BACKENDS = ["loops", "numpy", *(["fast"] if fast is not None else [])]
ARITHMETIC = [
    *(operator.add, operator.sub, operator.mul, operator.truediv),
    *(operator.floordiv, operator.mod, operator.pow),
]
COMPARISONS = [
    *(operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge),
]
LEFT = np.array([[1.5, 2.0, 3.5]], "float32")
RIGHT = np.array([[2.0], [2.5]], "float32")


def test_rounding_keeps_the_dtype():
    x = Tensor(np.array([1.25, 2.5, -3.5, 17.0]))
    for digits in (None, 0, 1, -1):
        expected = ops.round(x, decimals=digits or 0)
        np.testing.assert_array_equal(round(x, digits), expected)
        assert round(x, digits).dtype == "float64"
    assert round(x).numpy().tolist() == [1.0, 2.0, -4.0, 17.0]
    assert round(Variable(np.array([14, 15]), dtype="int32"), -1).dtype == "int32"


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("operation", ARITHMETIC + COMPARISONS)
def test_operators_are_those_of_numpy(operation, backend):
    with use_backend(backend):
        out = operation(Tensor(LEFT), Tensor(RIGHT))
        again = operation(Tensor(LEFT), RIGHT)
        reflected = operation(LEFT, Tensor(RIGHT))
    expected = operation(LEFT, RIGHT)
    for x in (out, again, reflected):
        assert type(x) is Tensor
        assert x.dtype == expected.dtype.name
        np.testing.assert_allclose(x.numpy(), expected, rtol=1e-6)


@pytest.mark.parametrize("operation", ARITHMETIC + COMPARISONS)
@pytest.mark.parametrize("number", [2, 2.5, np.float32(2.5), np.float64(2.5)])
def test_numbers_stand_on_either_side(operation, number):
    x = Tensor(LEFT)
    for out, expected in (
        (operation(x, number), operation(LEFT, number)),
        (operation(number, x), operation(np.float32(number), LEFT)),
    ):
        assert type(out) is Tensor
        assert out.dtype in ("float32", "bool")
        np.testing.assert_allclose(out.numpy(), expected, rtol=1e-6)


@pytest.mark.parametrize("backend", BACKENDS)
def test_integers_stay_integers_but_for_division(backend):
    x = Tensor(np.array([7, -7], "int32"))
    with use_backend(backend):
        assert (x + 1).numpy().tolist() == [8, -6]
        assert (x // 2).numpy().tolist() == [3, -4]
        assert (x % 4).numpy().tolist() == [3, 1]
        assert (x**2).numpy().tolist() == [49, 49]
        assert (x + 1).dtype == (x**2).dtype == (x // 2).dtype == "int32"
        assert (x / 2).numpy().tolist() == [3.5, -3.5]
        assert (x / 2).dtype == (x + 0.5).dtype == (0.5 * x).dtype == "float32"


def test_signs_and_absolute_values():
    x = Tensor([-1.0, 2.0])
    assert (-x).numpy().tolist() == [1.0, -2.0]
    assert (+x) is x
    assert abs(x).numpy().tolist() == [1.0, 2.0]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((2, 3), (3, 4)),
        ((3,), (3,)),
        ((3,), (3, 4)),
        ((5, 2, 3), (3,)),
        ((3,), (2, 3, 1)),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_matrices_and_vectors_are_multiplied_as_numpy_does(backend, left, right, dtype):
    x = np.arange(np.prod(left)).reshape(left).astype(dtype)
    y = np.arange(np.prod(right)).reshape(right).astype(dtype)
    with use_backend(backend):
        for out in (Tensor(x) @ Tensor(y), x @ Tensor(y), Tensor(x) @ y):
            assert out.dtype == dtype
            np.testing.assert_array_equal(out.numpy(), x @ y)


def test_numbers_are_no_matrices():
    with pytest.raises(ValueError, match="at least one axis"):
        Tensor([1.0]) @ 2.0


def test_bools_are_combined():
    x, y = Tensor([True, True, False]), Tensor([True, False, False])
    assert (x & y).numpy().tolist() == [True, False, False]
    assert (x | y).numpy().tolist() == [True, True, False]
    assert (x ^ y).numpy().tolist() == [False, True, False]
    assert (~x).numpy().tolist() == [False, False, True]
    assert (x & True).numpy().tolist() == [True, True, False]
    assert (np.array([False] * 3) | x).numpy().tolist() == [True, True, False]
    with pytest.raises(TypeError, match="for bool; got int32"):
        Tensor([1]) & Tensor([2])


@pytest.mark.parametrize("operation", [*ARITHMETIC, operator.matmul, operator.and_])
def test_nothing_is_computed_with_what_is_no_number(operation):
    with pytest.raises(TypeError):
        operation(Tensor([1.0]), None)
    with pytest.raises(TypeError):
        operation(None, Tensor([1.0]))


def test_a_tensor_is_not_equal_to_none():
    assert (Tensor([1.0]) == None) is False  # noqa: E711
    assert Tensor([1.0]) is not None


def test_an_array_is_not_copied_and_keeps_its_dtype():
    array = np.zeros((2, 3))
    tensor = Tensor(array)
    assert tensor.numpy() is array
    assert (tensor.shape, tensor.ndim, tensor.size) == ((2, 3), 2, 6)
    assert tensor.dtype == "float64"


def test_a_tensor_of_a_tensor_has_its_numbers_but_not_its_history():
    x = Tensor([1.0], requires_grad=True) * 2
    assert not Tensor(x).requires_grad
    assert Tensor(x, dtype="int32").numpy().tolist() == [2]
    assert Tensor([x, x]).shape == (2, 1)


@pytest.mark.parametrize(
    "value", ["a", ["a"], [None], object(), np.array(["x"]), 1j, [1j]]
)
def test_what_is_no_number_is_refused(value):
    with pytest.raises(TypeError, match="holds numbers"):
        Tensor(value)


def test_ragged_lists_are_refused():
    with pytest.raises(ValueError, match="inhomogeneous"):
        Tensor([[1, 2], [3]])


def test_integers_that_int32_cannot_hold_are_refused():
    for value in ([2**40], 2**40, [[1], [-(2**31) - 1]]):
        with pytest.raises(OverflowError, match="int32"):
            Tensor(value)
    assert Tensor([2**40], dtype="int64").item() == 2**40
    assert Tensor([2**31 - 1, -(2**31)]).dtype == "int32"


def test_only_floats_require_a_gradient():
    assert Tensor([1.0], requires_grad=True).requires_grad
    with pytest.raises(TypeError, match="floating-point"):
        Tensor([1], requires_grad=True)


# What several numbers are refused with: NumPy raises the same.
READERS = {
    float: TypeError,
    int: TypeError,
    operator.index: TypeError,
    bool: ValueError,
    Tensor.item: ValueError,
}


def test_single_elements_are_python_numbers():
    x = Tensor([[2.5]])
    assert x.item() == float(x) == 2.5
    assert int(x) == 2
    assert f"{x:.2f}" == "2.50"
    assert bool(x)
    assert not Tensor(0.0)
    assert [10, 20, 30][Tensor(1)] == 20
    for read, error in READERS.items():
        with pytest.raises(error, match=r"single|ambiguous|index"):
            read(Tensor([1.0, 2.0]))
    with pytest.raises(TypeError, match="unsupported format"):
        f"{Tensor([1.0, 2.0]):.2f}"


def test_rows_can_be_counted_and_walked_through():
    x = Tensor([[1, 2], [3, 4], [5, 6]])
    assert len(x) == 3
    assert [row.numpy().tolist() for row in x] == [[1, 2], [3, 4], [5, 6]]
    with pytest.raises(TypeError, match="no length"):
        len(Tensor(1.0))


def test_numpy_functions_see_an_array():
    x = Tensor([1.0, 4.0])
    np.testing.assert_array_equal(np.sqrt(x), [1.0, 2.0])
    np.testing.assert_array_equal(np.mean(x), 2.5)
    assert type(np.asarray(x)) is np.ndarray
    assert np.asarray(x, dtype="int32").dtype == np.int32


def test_a_tensor_cannot_be_changed_in_place():
    x = Tensor([1.0, 2.0])
    with pytest.raises(TypeError, match="changed in place"):
        x[0] = 3.0


def test_gradients_flow_through_operators_and_casts():
    x = Tensor(np.array([1.0, 2.0], "float32"), requires_grad=True)
    y = Variable(np.array([3.0, 4.0]), name="y")
    ((2.0 * x) @ (y / x) + (1 - x) ** 2 @ Tensor([1.0, 1.0])).backward()
    assert x.grad.dtype == "float32"
    assert y.value.grad.dtype == "float64"
    np.testing.assert_allclose(x.grad.numpy(), 2 * (x.numpy() - 1))
    np.testing.assert_allclose(y.value.grad.numpy(), [2.0, 2.0])


def test_the_transpose_and_the_text():
    x = Tensor([[1.0, 2.0], [3.0, 4.0]])
    assert x.T.numpy().tolist() == [[1.0, 3.0], [2.0, 4.0]]
    assert repr(Tensor([1.0, 2.5])) == "Tensor([1.  2.5], dtype=float32)"


def test_a_cotangent_looks_like_its_result():
    x = Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(ValueError, match="must look like the result"):
        (x * 2).backward(Tensor([1.0]))
    (x * 2).backward([1.0, 1.0])
    assert x.grad.numpy().tolist() == [2.0, 2.0]


@pytest.mark.parametrize("number", [5.0, 5, np.float32(5.0)])
def test_a_list_of_tensors_passes_gradients_back(number):
    x = Tensor([1.0, 2.0], requires_grad=True)
    stacked = ops.convert_to_tensor([x * 2.0, [x[0], number]])
    assert stacked.numpy().tolist() == [[2.0, 4.0], [1.0, 5.0]]
    assert stacked.dtype == "float32"
    pair = [x[0], x[1]]
    (ops.sum(stacked) + ops.sum(x + pair)).backward()
    assert x.grad.numpy().tolist() == [5.0, 4.0]


def test_a_list_of_tensors_may_be_cast_and_must_have_one_shape():
    x = Tensor([1.0, 2.0], requires_grad=True)
    stacked = ops.convert_to_tensor((x[0], x[1]), dtype="float64")
    assert stacked.dtype == "float64"
    assert stacked.requires_grad
    with pytest.raises(ValueError, match=r"all have one shape; got \(2,\), \(\)"):
        ops.convert_to_tensor([x, x[0]])


@pytest.mark.parametrize(
    "ufunc", [np.add, np.subtract, np.multiply, np.divide, np.power, np.matmul]
)
def test_functions_of_numpy_keep_the_history_of_either_argument(ufunc):
    array = np.array([[3.0, 1.0], [2.0, 2.0]], "float32")
    x = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    for operands in ((x, array), (array, x), (x, x)):
        out = ufunc(*operands)
        assert type(out) is Tensor
        assert out.requires_grad
        np.testing.assert_allclose(
            out.numpy(), ufunc(*map(np.asarray, operands)), rtol=1e-6
        )


@pytest.mark.parametrize("ufunc", [np.less, np.less_equal, np.greater, np.equal])
def test_comparisons_of_numpy_keep_their_direction(ufunc):
    x, array = Tensor([1.0, 2.0, 3.0]), np.array([2.0, 2.0, 2.0], "float32")
    assert ufunc(x, array).numpy().tolist() == ufunc(x.numpy(), array).tolist()
    assert ufunc(array, x).numpy().tolist() == ufunc(array, x.numpy()).tolist()


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_a_duplicate_leaves_the_history_behind(duplicate):
    x = Tensor([1.0], requires_grad=True)
    y = x
    for _ in range(2000):
        y = y + 1.0
    other = duplicate(y)
    assert other.numpy().tolist() == [2001.0]
    assert not other.requires_grad
    assert duplicate(x).requires_grad


def test_a_shallow_copy_is_the_tensor_itself():
    x = Tensor([1.0], requires_grad=True) * 2.0
    assert copy.copy(x) is x
