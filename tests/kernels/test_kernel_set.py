"""A kernel set is its functions, by name."""

import pytest

from minikeras.kernels.kernel_set import KernelSet, watched
from minikeras.kernels.reference import reference
from minikeras.kernels.scalar import scalar


def test_a_set_over_another_has_all_of_its_kernels_but_its_own():
    loud = KernelSet("loud", {"negative": lambda x: "called"}, over=reference)
    assert loud.negative(1.0) == "called"
    assert loud.own == {"negative"}
    assert loud.functions().keys() == reference.functions().keys()
    assert loud.add is reference.add


def test_a_kernel_that_a_set_lacks_says_so_when_it_is_called():
    assert "softmax" not in scalar.functions()
    for kernels in (scalar, KernelSet("small", {}), watched(scalar, print)):
        with pytest.raises(
            NotImplementedError, match=f"'{kernels.name}' has no kernel 'softmax'"
        ):
            kernels.softmax(1.0, axis=-1)


def test_a_name_that_no_table_knows_is_refused():
    with pytest.raises(ValueError, match="defines negatve, which the table"):
        KernelSet("loud", {"negatve": abs})
    with pytest.raises(AttributeError, match="negatve"):
        reference.negatve  # noqa: B018


def test_looking_a_kernel_up_takes_no_method():
    """Rules do it in every operation: Python has to find it where attributes are."""
    assert not hasattr(KernelSet, "__getattr__")
