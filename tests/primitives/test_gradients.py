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
from tests.strategies import SEEDS, arrays

# Without inputs (`full`, `arange`) there is nothing to differentiate.
RULES = [
    name
    for name, row in TABLE.items()
    if row.kind in ("compute", "view") and row.inputs
]


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


@pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
@pytest.mark.parametrize("name", ["maximum", "minimum", "max", "min"])
@given(data=st.data(), seed=SEEDS)
def test_ties_share_the_gradient(kernels, name, data, seed):
    call = data.draw(gradients.calls_with_ties(name))
    gradients.ties_share_equally(
        getattr(recorded, name), kernels, call, np.random.default_rng(seed)
    )


@pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
@given(x=arrays(values=(0.0, 1.0, -1.0, 2.0)), uses=st.integers(1, 5))
def test_a_value_used_k_times_collects_k_gradients(kernels, x, uses):
    gradients.uses_add_up(kernels, x, uses)
