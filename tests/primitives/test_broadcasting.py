"""Inputs that do not broadcast are told with their shapes, and what was to be done."""

import numpy as np
import pytest

from minikeras import KerasTensor, Tensor, ops
from minikeras.primitives import elementwise
from minikeras.values.backends import BACKENDS, use_backend

AVAILABLE = [name for name, kernels in BACKENDS.items() if kernels is not None]
OPERATIONS = {
    "add": "Add",
    "subtract": "Subtract",
    "multiply": "Multiply",
    "divide": "Divide",
    "floor_divide": "FloorDivide",
    "mod": "Remainder",
    "power": "Power",
    "maximum": "Maximum",
    "minimum": "Minimum",
    "arctan2": "Arctan2",
    "equal": "Equal",
    "not_equal": "NotEqual",
    "less": "Less",
    "less_equal": "LessEqual",
    "greater": "Greater",
    "greater_equal": "GreaterEqual",
    "logical_and": "LogicalAnd",
    "logical_or": "LogicalOr",
    "logical_xor": "LogicalXor",
}
ADVICE = (
    "Aligned at the right, sizes must be equal or one of them 1. Reshape or transpose "
    "one of them?"
)


@pytest.mark.parametrize("backend", AVAILABLE)
@pytest.mark.parametrize(("name", "said"), OPERATIONS.items())
def test_the_operation_both_shapes_and_the_remedy_are_told(name, said, backend):
    x, y = np.ones((2, 3), "float32"), np.ones(4, "float32")
    with use_backend(backend), pytest.raises(ValueError, match="broadcast") as raised:
        getattr(ops, name)(x, y)
    assert str(raised.value) == (
        f"{said} needs shapes that broadcast; got (2, 3) and (4,). {ADVICE}"
    )
    assert raised.value.__suppress_context__  # NumPy says the same in its words


@pytest.mark.parametrize(("name", "said"), OPERATIONS.items())
def test_so_it_is_on_symbolic_tensors(name, said):
    with pytest.raises(ValueError, match="broadcast") as raised:
        getattr(ops, name)(KerasTensor((None, 3)), KerasTensor((4,)))
    assert str(raised.value) == (
        f"{said} needs shapes that broadcast; got (None, 3) and (4,). {ADVICE}"
    )


@pytest.mark.parametrize("backend", AVAILABLE)
def test_operators_and_selections_say_it_too(backend):
    x = Tensor(np.ones((2, 3)), requires_grad=True)
    with use_backend(backend):
        with pytest.raises(ValueError, match=r"Add .* got \(2, 3\) and \(2,\)\."):
            x + np.ones(2)
        with pytest.raises(ValueError, match=r"Divide .* got \(2,\) and \(2, 3\)\."):
            np.ones(2) / x
        message = r"Where .* got \(2,\) and \(2, 3\) and \(2, 1\)\."
        with pytest.raises(ValueError, match=message):
            ops.where([True, False], x, np.ones((2, 1)))


def test_another_error_keeps_its_own_words(monkeypatch):
    def out_of_order(k, x, y):
        raise ValueError("out of order")

    monkeypatch.setattr(elementwise.add, "forward", out_of_order)
    with pytest.raises(ValueError, match=r"^out of order$"):
        Tensor([1.0]) + Tensor([2.0])
