"""The switch between backends: for the process, for a block, for a thread."""

import threading

import numpy as np
import pytest

from minikeras.config import backend, set_backend, use_backend
from minikeras.kernels.fast import fast
from minikeras.kernels.kernel_set import watched
from minikeras.kernels.loops import loops
from minikeras.kernels.reference import reference
from minikeras.values import Scalar, Tensor, using


@pytest.fixture(autouse=True)
def as_it_was():
    before = backend()
    yield
    set_backend(before)


def test_the_backend_of_the_process():
    set_backend("loops")
    assert backend() == "loops"
    assert Tensor.active.kernels is loops
    set_backend("numpy")
    assert backend() == "numpy"
    assert Tensor.active.kernels is reference


def test_a_block_has_another_backend_and_then_the_old_one_again():
    set_backend("numpy")
    with use_backend("loops"):
        assert Tensor.active.kernels is loops
        with use_backend("numpy"):
            assert Tensor.active.kernels is reference
        assert Tensor.active.kernels is loops
    assert Tensor.active.kernels is reference


def test_an_error_in_a_block_ends_it_too():
    set_backend("numpy")
    with pytest.raises(KeyError), use_backend("loops"):
        raise KeyError
    assert Tensor.active.kernels is reference


def test_another_thread_sees_the_process_not_the_block():
    set_backend("numpy")
    seen = []
    with use_backend("loops"):
        thread = threading.Thread(target=lambda: seen.append(Tensor.active.kernels))
        thread.start()
        thread.join()
    assert seen == [reference]


def test_any_kernel_set_can_be_used_for_a_block():
    calls = []
    loud = watched(reference, lambda name, *_: calls.append(name))
    with using(Tensor, loud):
        x = Tensor(np.ones(2), requires_grad=True)
        (x * 2).backward([1.0, 1.0])
    assert calls[:1] == ["multiply"]
    assert Scalar.active.kernels is not loud


def test_values_of_one_backend_are_used_with_another():
    with use_backend("loops"):
        x = Tensor([1.0, 2.0], requires_grad=True)
        y = x * x
    with use_backend("numpy"):
        y.backward([1.0, 1.0])
    assert x.grad.numpy().tolist() == [2.0, 4.0]


def test_what_is_no_backend_is_refused():
    with pytest.raises(ValueError, match="no backend 'torch'"):
        set_backend("torch")
    if fast is None:
        with pytest.raises(RuntimeError, match="is not there"):
            set_backend("fast")
    else:
        set_backend("fast")
        assert backend() == "fast"


def test_the_name_of_the_backend_is_that_of_this_block():
    with use_backend("loops"):
        assert backend() == "loops"
        with use_backend("numpy"):
            assert backend() == "numpy"
        assert backend() == "loops"
