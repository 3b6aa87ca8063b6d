"""Every kernel that is compiled can be timed: both sets take its arguments."""

import pytest

from benchmarks import kernel_cases
from benchmarks.kernels import arguments_of
from minikeras.kernels.fast import fast
from minikeras.kernels.reference import reference

if fast is not None:

    @pytest.mark.parametrize("name", sorted(fast.own))
    def test_arguments_are_what_the_kernel_takes(name):
        if name in kernel_cases.FAMILIES:
            _, *arguments = kernel_cases.cases(name, "float32")[-1]
        else:
            arguments = arguments_of(name, (4, 4), "float32")
        inputs, parameters = arguments
        getattr(fast, name)(*inputs, **parameters)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", kernel_cases.FAMILIES)
def test_layers_have_arguments_in_both_precisions(dtype, name):
    cases = kernel_cases.cases(name, dtype)
    labels = [label for label, _, _ in cases]
    assert len(set(labels)) == len(labels) > 0
    for _, inputs, _ in cases:
        assert str(inputs[0].dtype) == dtype
    assert hasattr(reference, name)
