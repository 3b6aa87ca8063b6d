"""AutocastVariable: read in another dtype in a block, itself outside of it."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras import ops
from minikeras.autograd import no_grad
from minikeras.values import Variable, use_backend
from minikeras.values.autocast import AutocastVariable, autocast

VALUES = np.array([1.0, 2.0], "float32")


@pytest.mark.parametrize("backend", ["loops", "numpy"])
def test_it_computes_in_the_dtype_of_the_block_and_gets_gradients_in_its_own(backend):
    weight = AutocastVariable(VALUES)
    with use_backend(backend):
        with autocast("float16"):
            loss = ops.sum(weight * np.array([3.0, 4.0], "float16"))
        loss.backward()
    assert loss.dtype == "float16"
    assert weight.dtype == "float32"
    assert weight.grad.dtype == "float32"
    np.testing.assert_array_equal(weight.grad, [3.0, 4.0])


@given(st.lists(st.floats(-1e4, 1e4, width=32), min_size=1, max_size=5))
def test_it_is_read_as_its_values_are_cast(values):
    weight = AutocastVariable(np.array(values, "float32"))
    with autocast("float16"):
        np.testing.assert_array_equal(weight * 1.0, weight.numpy())
        assert weight.numpy().dtype == np.float16
    np.testing.assert_array_equal(weight, np.array(values, "float32"))


def test_it_is_assigned_in_its_own_dtype_inside_of_the_block_too():
    weight = AutocastVariable(VALUES)
    fine = np.array([1.0001, 2.0001], "float32")  # float16 has no such numbers
    with autocast("float16"):
        before = weight + 0.0
        weight.assign(fine)
        after = weight + 0.0
        weight.assign_add([1.0, 1.0])
        np.testing.assert_array_equal(weight * 1.0, [2.0, 3.0])
    np.testing.assert_array_equal(before, VALUES)
    np.testing.assert_array_equal(after, fine.astype("float16"))
    np.testing.assert_array_equal(weight, fine + np.float32(1))


def test_what_an_inner_block_assigns_is_read_in_the_outer_one():
    weight = AutocastVariable(VALUES)
    with autocast("float16"):
        _ = weight + 0.0
        with autocast(None):
            weight.assign([5.0, 6.0])
        loss = ops.sum(weight * weight)
    loss.backward()
    np.testing.assert_array_equal(weight.grad, [10.0, 12.0])


def test_what_is_read_without_recording_gives_no_gradient_and_takes_none_away():
    weight = AutocastVariable(VALUES)
    with autocast("float16"):
        with no_grad():
            assert not (weight * 1.0).requires_grad
        assert (weight * 1.0).requires_grad


def test_a_frozen_one_has_no_gradient_and_can_be_thawed_in_the_block():
    weight = AutocastVariable(VALUES, trainable=False)
    with autocast("float16"):
        assert not (weight * 1.0).requires_grad
        weight.trainable = True
    assert (weight * 1.0).requires_grad


def test_blocks_nest_and_none_means_as_it_is():
    weight = AutocastVariable(VALUES)
    with autocast("float16"):
        with autocast(None):
            assert (weight * 1.0).dtype == "float32"
        assert (weight * 1.0).dtype == "float16"
    assert (weight * 1.0).dtype == "float32"


def test_other_variables_are_what_they_are():
    with autocast("float16"):
        assert (Variable(VALUES) * 1.0).dtype == "float32"


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_copies_have_buffers_and_leaves_of_their_own(copied):
    weight = AutocastVariable(VALUES, name="weight")
    other = copied(weight)
    other.assign_add([1.0, 1.0])
    np.testing.assert_array_equal(weight, VALUES)
    with autocast("float16"):
        ops.sum(other * 2.0).backward()
    assert weight.grad is None
    np.testing.assert_array_equal(other.grad, [2.0, 2.0])
