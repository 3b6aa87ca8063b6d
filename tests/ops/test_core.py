"""To Tensors and back, gradients stopped and made, derivatives of functions."""

import numpy as np
import pytest

from minikeras import ops
from minikeras.values import KerasTensor, Scalar, Tensor, Variable


def test_conversion_there_and_back():
    array = np.ones((2, 3))
    tensor = ops.convert_to_tensor(array)
    assert ops.convert_to_numpy(tensor) is array
    assert ops.convert_to_tensor(tensor) is tensor
    assert ops.convert_to_tensor(tensor, dtype="int32").dtype == "int32"
    assert ops.convert_to_numpy([1, 2]).tolist() == [1, 2]
    for option in ({"sparse": True}, {"ragged": True}):
        with pytest.raises(ValueError, match="neither sparse nor ragged"):
            ops.convert_to_tensor(array, **option)
    with pytest.raises(TypeError, match="no numbers yet"):
        ops.convert_to_numpy(KerasTensor((2,)))


def test_an_array_from_a_variable_does_not_change_with_it():
    variable = Variable([1.0, 2.0])
    array = ops.convert_to_numpy(variable)
    variable.assign([3.0, 4.0])
    assert array.tolist() == [1.0, 2.0]


def test_scalars_are_refused_for_their_history_would_be_lost():
    for call in (ops.exp, ops.sum, lambda x: ops.add(x, 1.0), ops.convert_to_tensor):
        with pytest.raises(TypeError, match="take no Scalar"):
            call(Scalar(2.0))


def test_what_a_tensor_is():
    assert ops.is_tensor(Tensor(1.0))
    for other in (1.0, np.ones(2), KerasTensor((2,)), Variable(1.0), [1.0]):
        assert not ops.is_tensor(other)


def test_shape_dtype_and_sizes():
    assert ops.shape(KerasTensor((None, 3))) == (None, 3)
    assert ops.shape([[1, 2]]) == (1, 2)
    assert ops.ndim(np.ones((2, 3))) == 2
    assert ops.size(np.ones((2, 3))) == 6
    assert ops.size(KerasTensor((None, 3))) is None
    assert ops.dtype(1.5) == "float32"
    assert ops.dtype(np.ones(2)) == "float64"


def test_casts_cut_off_fractions_and_cast_gradients_back():
    assert ops.cast([1.7, -1.7], "int32").numpy().tolist() == [1, -1]
    assert ops.cast([0.0, 0.5, np.nan], "bool").numpy().tolist() == [False, True, True]
    x = Tensor(np.ones(2, "float32"), requires_grad=True)
    ops.cast(x, "float64").backward([1.0, 2.0])
    assert x.grad.dtype == "float32"
    with pytest.raises(ValueError, match="dtype must be one of"):
        ops.cast(x, "string")


def test_no_gradient_passes_a_stop():
    x = Tensor([3.0], requires_grad=True)
    (x * ops.stop_gradient(x)).backward([1.0])
    assert x.grad.numpy().tolist() == [3.0]
    assert not ops.stop_gradient(x).requires_grad
    assert type(ops.stop_gradient(Variable(1.0))) is Tensor


def test_a_function_may_have_its_own_gradient():
    @ops.custom_gradient
    def log1pexp(x):
        e = ops.exp(x)

        def gradient(*args, upstream=None):
            if upstream is None:
                (upstream,) = args
            return ops.multiply(upstream, 1.0 - 1.0 / ops.add(1.0, e))

        return ops.log(1.0 + e), gradient

    x = Tensor(np.array([0.0, 2.0]), requires_grad=True)
    log1pexp(x).backward([1.0, 1.0])
    np.testing.assert_allclose(x.grad.numpy(), 1 / (1 + np.exp([-0.0, -2.0])))


def test_derivatives_of_functions():
    assert ops.grad(lambda x: x**3)(2.0).item() == 12.0
    value, (by_x, by_y) = ops.value_and_grad(lambda x, y: ops.sum(x * y), (0, 1))(
        [1.0, 2.0], np.array([3.0, 4.0])
    )
    assert value.item() == 11.0
    assert by_x.numpy().tolist() == [3.0, 4.0]
    assert by_y.dtype == "float64"
    assert ops.grad(lambda n, x: x * n, argnums=1)(3, 2.0).item() == 3.0
    assert ops.grad(lambda x, y: x * y, argnums=-1)(3.0, 2.0).item() == 3.0
    assert ops.grad(ops.grad(lambda x: x**3))(2.0).item() == 12.0
    assert isinstance(ops.grad(lambda x: x * x)(Scalar(3.0)), Scalar)
    with pytest.raises(ValueError, match="single number"):
        ops.grad(lambda x: x)([1.0, 2.0])
    with pytest.raises(ValueError, match="argnums=2"):
        ops.grad(lambda x: x, argnums=2)(1.0)
