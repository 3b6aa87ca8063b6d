"""Variables: a buffer of their own, assignments into it, and gradients."""

import copy

import numpy as np
import pytest

from minikeras import initializers, ops
from minikeras.autograd import no_grad
from minikeras.values import Tensor, Variable


def test_the_initial_value_is_copied():
    array = np.zeros(2)
    variable = Variable(array, name="v")
    array[0] = 1
    assert variable.numpy().tolist() == [0.0, 0.0]
    assert variable.dtype == "float64"


@pytest.mark.parametrize(
    ("initializer", "dtype", "expected"),
    [
        ([1.0, 2.0], None, "float32"),
        ([1, 2], None, "int32"),
        ([1, 2], "float32", "float32"),
        (np.ones(2), None, "float64"),
        (np.ones(2), "float16", "float16"),
        (Tensor([1.0, 2.0]), None, "float32"),
    ],
)
def test_the_dtype_is_that_of_the_value_unless_another_is_asked_for(
    initializer, dtype, expected
):
    assert Variable(initializer, dtype=dtype).dtype == expected


def test_initializers_are_called_with_shape_and_dtype():
    variable = Variable(initializers.Ones(), shape=(2, 3), dtype="float16")
    assert variable.numpy().tolist() == [[1.0] * 3] * 2
    assert variable.dtype == "float16"
    assert Variable(lambda shape, dtype: np.full(shape, 7), shape=(1,)).item() == 7
    with pytest.raises(ValueError, match="needs a shape"):
        Variable(initializers.Ones())
    with pytest.raises(ValueError, match=r"\(2,\), where \(3,\)"):
        Variable([1.0, 2.0], shape=(3,))


def test_assignments_write_into_the_buffer():
    variable = Variable([1.0, 2.0])
    buffer = variable.data
    assert variable.assign([3.0, 4.0]) is variable
    variable.assign_add(np.array([1.0, 1.0]))
    variable.assign_sub(Tensor([0.5, 0.5]))
    assert variable.data is buffer
    assert buffer.tolist() == [3.5, 4.5]


@pytest.mark.parametrize(
    "read",
    [Variable.numpy, np.array, np.asarray],
    ids=["numpy", "array", "asarray"],
)
def test_numbers_that_were_read_stay_as_they_were(read):
    variable = Variable([1.0, 2.0])
    before = read(variable)
    variable.assign([3.0, 4.0])
    assert before.tolist() == [1.0, 2.0]
    before[:] = 0
    assert variable.numpy().tolist() == [3.0, 4.0]


def test_values_are_cast_but_not_broadcast():
    variable = Variable([1.0, 2.0])
    variable.assign(np.array([3, 4]))
    assert variable.dtype == "float32"
    with pytest.raises(ValueError, match=r"cannot be assigned a value of shape \(\)"):
        variable.assign(1.0)


def test_gradients_arrive_at_trainable_floats():
    variable = Variable([1.0, 2.0])
    ops.sum(variable * variable).backward()
    assert variable.value.grad.numpy().tolist() == [2.0, 4.0]
    assert not Variable([1.0], trainable=False).requires_grad
    assert not Variable([1]).requires_grad
    variable.trainable = False
    assert not variable.requires_grad
    variable.trainable = True
    assert variable.requires_grad


def test_a_gradient_of_an_assigned_variable_is_refused():
    variable = Variable([1.0, 2.0])
    loss = ops.sum(variable * variable)
    variable.assign([3.0, 4.0])
    with pytest.raises(RuntimeError, match="assigned"):
        loss.backward()
    ops.sum(variable * variable).backward()
    assert variable.value.grad.numpy().tolist() == [6.0, 8.0]


def test_what_is_computed_from_a_variable_is_a_tensor():
    variable = Variable([1.0, 2.0])
    for out in (variable + 1, variable[0], ops.exp(variable), variable.value):
        assert type(out) is Tensor
    assert ops.convert_to_tensor(variable).data is variable.data


def test_the_text_names_path_shape_dtype_and_value():
    text = "<Variable path=w, shape=(2,), dtype=float32, value=[1. 2.]>"
    assert repr(Variable([1.0, 2.0], name="w")) == text


def test_an_assigned_variable_leaves_the_gradients_of_others_alone():
    v, w = Variable([2.0], name="v"), Variable([3.0])
    product = v * w
    v.assign([5.0])
    with pytest.raises(RuntimeError, match="The Variable v was assigned"):
        product.backward()
    assert w.value.grad is None


def test_a_constant_assigned_before_backward_keeps_its_value_in_the_graph():
    x = Tensor([3.0], requires_grad=True)
    scale = Variable([2.0], trainable=False)
    product = x * scale
    scale.assign([100.0])
    scale.assign_add([1.0])
    product.backward()
    assert x.grad.numpy().tolist() == [2.0]


def test_constants_are_not_followed_where_nothing_is_recorded():
    x = Tensor([3.0], requires_grad=True)
    scale = Variable([2.0], trainable=False)
    with no_grad():
        x * scale
    Tensor([3.0]) * scale
    assert not scale.readers


def test_a_variable_assigned_while_frozen_refuses_the_gradient_of_its_old_value():
    variable = Variable([2.0], name="v")
    cube = variable**3
    variable.trainable = False
    variable.assign([5.0])
    variable.trainable = True
    with pytest.raises(RuntimeError, match="The Variable v was assigned"):
        cube.backward()


def test_a_copy_has_a_buffer_of_its_own():
    variable = Variable([1.0])
    other = copy.copy(variable)
    other.assign([2.0])
    assert variable.numpy().tolist() == [1.0]


def test_an_initializer_may_be_named():
    variable = Variable("ones", shape=(2, 3))
    np.testing.assert_array_equal(variable, np.ones((2, 3), "float32"))
    with pytest.raises(ValueError, match="no initializer 'onse'"):
        Variable("onse", shape=(2,))


@pytest.mark.parametrize("read", [bool, float, int])
def test_several_numbers_are_no_python_number(read):
    """A TypeError in each case, as of the Variables of Keras."""
    with pytest.raises(TypeError, match=r"single number|ambiguous"):
        read(Variable([1.0, 2.0]))
    assert read(Variable(1.0)) == 1
