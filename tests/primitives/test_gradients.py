"""Every rule is the derivative of its forward, on every kernel set."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras.kernels.table import TABLE
from minikeras.primitives import recorded
from tests import gradients
from tests.examples import EXAMPLES
from tests.kernels.sets import ARRAY_SETS

# Without inputs (`full`, `arange`) there is nothing to differentiate.
RULES = [
    name
    for name, row in TABLE.items()
    if row.kind in ("compute", "view") and row.inputs
]
SEEDS = st.integers(0, 2**16)


@pytest.mark.parametrize("name", RULES)
def test_every_kernel_that_computes_is_a_primitive_too(name):
    assert hasattr(recorded, name)


@pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
@pytest.mark.parametrize("name", RULES)
@given(data=st.data(), seed=SEEDS)
def test_rules_are_derivatives(kernels, name, data, seed):
    primitive = getattr(recorded, name)
    call = data.draw(EXAMPLES[name]("float64", "gradient"))
    if not gradients.is_differentiable(primitive, kernels, call):
        gradients.nothing_flows(primitive, kernels, call)
        return
    for law in gradients.ALL:
        law(primitive, kernels, call, np.random.default_rng(seed))
