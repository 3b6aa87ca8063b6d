"""Every kernel of every set keeps the contract of `kernels/README.md`."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras.kernels.loops import loops
from minikeras.kernels.reference import reference
from minikeras.kernels.scalar import scalar
from minikeras.kernels.shapes import shapes
from minikeras.kernels.table import SHAPE_ONLY, TABLE
from tests.examples import EXAMPLES
from tests.examples.call import Call
from tests.kernels import laws
from tests.kernels.sets import ARRAY_SETS, own_kernels

FLOATS = ("float32", "float64")

# Elementwise in all their inputs: an element of the result has no neighbours.
ELEMENTWISE = {
    name
    for name, row in TABLE.items()
    if row.family in ("elementwise", "activation") and row.accuracy in "AB"
} | {"sigmoid_cross_entropy"}

SCALAR_KERNELS = [name for name, row in TABLE.items() if row.scalar]
SHAPE_KERNELS = [name for name, row in TABLE.items() if row.kind != "update"]


def calls(name, dtypes=FLOATS):
    """Draws a call of a kernel, in one of the dtypes."""
    return st.sampled_from(dtypes).flatmap(
        lambda dtype: EXAMPLES[name](dtype, "values")
    )


@pytest.mark.parametrize("name", sorted(SHAPE_ONLY))
@given(data=st.data())
def test_of_some_inputs_only_the_shape_is_read(name, data):
    call = data.draw(calls(name))
    expected = laws.run(reference, name, call)
    inputs = [
        np.full_like(x, np.nan) if position in SHAPE_ONLY[name] else x
        for position, x in enumerate(call.inputs)
    ]
    actual = laws.run(reference, name, Call(tuple(inputs), call.parameters))
    np.testing.assert_array_equal(actual, expected)


# --- Everything is there --------------------------------------------------------------


def test_every_kernel_has_examples():
    assert sorted(set(TABLE) - set(EXAMPLES)) == []
    assert sorted(set(EXAMPLES) - set(TABLE)) == []


@pytest.mark.parametrize("kernels", [*ARRAY_SETS, shapes], ids=str)
def test_every_set_has_every_kernel(kernels):
    needed = SHAPE_KERNELS if kernels is shapes else TABLE
    assert sorted(set(needed) - set(kernels.functions())) == []


def test_reference_computes_everything_itself():
    assert sorted(set(TABLE) - reference.own) == []


def test_loops_computes_everything_but_views_itself():
    computed = {name for name, row in TABLE.items() if row.kind != "view"}
    assert sorted(computed - loops.own) == []


def test_the_scalar_set_has_what_the_table_says():
    assert sorted(scalar.functions()) == sorted(SCALAR_KERNELS)


def test_the_views_of_loops_are_numpys():
    for name, row in TABLE.items():
        if row.kind == "view":
            assert getattr(loops, name) is getattr(reference, name)


@pytest.mark.parametrize(
    ("kernels", "name"),
    [
        (kernels, name)
        for kernels in (*ARRAY_SETS, shapes, scalar)
        for name in TABLE
        if name in kernels.own
    ],
    ids=str,
)
def test_signatures_are_those_of_the_table(kernels, name):
    laws.has_the_signature_of_the_table(kernels, name)


# --- Kernels that compute -------------------------------------------------------------


@pytest.mark.parametrize(("kernels", "name"), own_kernels("compute", "random"), ids=str)
@given(data=st.data())
def test_kernels_keep_the_contract(kernels, name, data):
    call = data.draw(calls(name))
    laws.agrees_with_reference(kernels, name, call)
    laws.owns_its_result(kernels, name, call)
    laws.writes_all_of_out(kernels, name, call)
    laws.leaves_its_inputs_alone(kernels, name, call)
    if TABLE[name].aliases:
        laws.may_write_into_an_input(kernels, name, call)
    if TABLE[name].accuracy in "AB":
        laws.depends_on_values_not_layout(kernels, name, call)
    if name in ELEMENTWISE:
        laws.is_independent_of_position(kernels, name, call)
    if name in ELEMENTWISE and len(call.inputs) > 1:
        laws.takes_numbers(kernels, name, call)


TAKE_INTEGERS = {
    *(name for name, row in TABLE.items() if row.family in ("shape", "indexing")),
    *("sum", "prod", "cumsum", "cumprod", "sum_to_shape_of", "max", "min"),
} - {"take_grad", "take_along_axis_grad"}


@pytest.mark.parametrize(
    ("kernels", "name"),
    [pair for pair in own_kernels("compute", "view") if pair[1] in TAKE_INTEGERS],
    ids=str,
)
@given(data=st.data())
def test_integers_keep_their_dtype(kernels, name, data):
    """What elementwise kernels do with integers is among their own examples."""
    call = data.draw(calls(name, ["int32"]))
    laws.agrees_with_reference(kernels, name, call)
    if TABLE[name].kind == "compute":
        laws.writes_all_of_out(kernels, name, call)


# Where the last input is one that the kernel can be asked with: what sigmoid and tanh
# return; and no exp is subnormal, whose rounding error a large factor would multiply.
DOMAINS = {
    "sigmoid_grad": (0.0, 1.0),
    "tanh_grad": (-1.0, 1.0),
    "silu": (-80.0, np.inf),
    "elu_grad": (-80.0, np.inf),
}
CHOICES = {"alpha": (1.0, 0.5), "approximate": (False, True)}


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    ("kernels", "name"),
    [
        (kernels, name)
        for kernels, name in own_kernels("compute")
        if TABLE[name].accuracy == "B"
        and name in ELEMENTWISE
        and kernels is not reference
    ],
    ids=str,
)
def test_functions_are_accurate_everywhere(kernels, name, dtype):
    """Numbers of every size and sign, nan too; the examples above have only a few."""
    inputs = [every_size(dtype, seed) for seed, _ in enumerate(TABLE[name].inputs)]
    inputs[-1] = np.clip(inputs[-1], *DOMAINS.get(name, (-np.inf, np.inf)))
    parameters = TABLE[name].parameters
    for values in product(*(CHOICES[parameter] for parameter in parameters)):
        call = Call(tuple(inputs), dict(zip(parameters, values, strict=True)))
        laws.agrees_with_reference(kernels, name, call)


def every_size(dtype, seed, count=2000):
    """Returns random bits as numbers, some that are not so large, and some near 0."""
    generator = np.random.default_rng(seed)
    limits = np.iinfo(f"i{np.dtype(dtype).itemsize}")
    bits = generator.integers(limits.min, limits.max, count, limits.dtype)
    near = [generator.uniform(-side, side, count).astype(dtype) for side in (30, 1)]
    return generator.permuted(np.concatenate([bits.view(dtype), *near]))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
@pytest.mark.parametrize("name", laws.LONG_SUMS)
def test_long_sums_are_accurate(name, kernels, dtype):
    laws.long_sums_are_accurate(kernels, name, dtype)


@pytest.mark.parametrize(("kernels", "name"), own_kernels("view"), ids=str)
@given(data=st.data())
def test_views_share_memory(kernels, name, data):
    call = data.draw(calls(name))
    laws.is_a_view(kernels, name, call)
    laws.agrees_with_reference(kernels, name, call)


@pytest.mark.parametrize(("kernels", "name"), own_kernels("update"), ids=str)
@given(data=st.data(), spread=st.booleans())
def test_updates_change_their_targets_only(kernels, name, data, spread):
    laws.updates_its_targets(kernels, name, data.draw(calls(name)), spread)


# --- Shapes ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", SHAPE_KERNELS)
@given(data=st.data())
def test_shape_rules_agree_with_reference(name, data):
    call = data.draw(calls(name))
    laws.shape_rule_says_what_comes(name, call)
    unknown_sizes = data.draw(st.sets(st.integers(0, 7)))
    laws.shape_rule_knows_less_of_less(name, call, lambda n: n in unknown_sizes)
    laws.shape_rule_knows_less_of_less(name, call, lambda n: True)


@pytest.mark.parametrize("name", [n for n in SHAPE_KERNELS if len(TABLE[n].inputs) > 1])
@given(data=st.data())
def test_shape_rules_refuse_what_reference_refuses(name, data):
    """Inputs of two drawn calls hardly ever fit together.

    Indices and labels become 0: a rule on shapes cannot know that one is out of range.
    """
    first, second = (
        data.draw(calls(name, ["float64"])),
        data.draw(calls(name, ["float64"])),
    )
    last = second.inputs[-1]
    if last.dtype.kind in "iu":
        last = np.zeros_like(last)
    mixed = Call((*first.inputs[:-1], last), first.parameters)
    laws.shape_rule_refuses_what_reference_refuses(name, mixed)


# --- Floats ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", SCALAR_KERNELS)
@given(data=st.data())
def test_the_scalar_set_agrees_with_reference(name, data):
    laws.scalar_agrees_with_reference(name, data.draw(calls(name, ["float64"])))
