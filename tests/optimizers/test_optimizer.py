"""Optimizer: what it takes as gradients, and which weights it lets decay."""

import numpy as np
import pytest

from minikeras import Tensor, Variable, optimizers


def weights():
    return Variable([1.0, 2.0], name="kernel"), Variable([1.0], name="bias")


@pytest.mark.parametrize(
    "gradient",
    [
        np.array([1.0, 2.0]),
        np.array([1, 2]),
        [1.0, 2.0],
        Tensor([1.0, 2.0], dtype="float64"),
    ],
    ids=["float64", "int64", "list", "Tensor"],
)
def test_gradients_are_cast_to_the_dtype_of_their_weight(gradient):
    kernel, _ = weights()
    optimizers.SGD(0.5).apply([gradient], [kernel])
    assert kernel.dtype == "float32"
    assert kernel.numpy().tolist() == [0.5, 1.0]


def test_a_gradient_of_another_shape_is_refused_with_the_name_of_the_weight():
    kernel, _ = weights()
    with pytest.raises(ValueError, match=r"gradient of kernel .* \(2,\); got \(3,\)"):
        optimizers.SGD(0.5).apply([np.ones(3, "float32")], [kernel])
    assert kernel.numpy().tolist() == [1.0, 2.0]


@pytest.mark.parametrize("before_build", [True, False])
@pytest.mark.parametrize("by", ["name", "variable"])
def test_weights_are_excluded_from_decay_before_or_after_build(before_build, by):
    kernel, bias = weights()
    optimizer = optimizers.SGD(0.5, weight_decay=0.5)
    excluded = {"var_names": ["bias"]} if by == "name" else {"var_list": [bias]}
    if before_build:
        optimizer.exclude_from_weight_decay(**excluded)
        optimizer.build([kernel, bias])
    else:
        optimizer.build([kernel, bias])
        optimizer.exclude_from_weight_decay(**excluded)
    optimizer.apply([np.zeros(2, "float32"), np.zeros(1, "float32")], [kernel, bias])
    assert kernel.numpy().tolist() == [0.75, 1.5]
    assert bias.numpy().tolist() == [1.0]
