"""The tests are tested: wrong kernels and rules, each caught by the law it breaks.

Every mutant is right most of the time.  A law must find it with the examples of the
`ci` profile, which are the same every time.
"""

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from minikeras.kernels.kernel_set import KernelSet
from minikeras.kernels.reference import reference
from minikeras.primitives import recorded
from tests import gradients, wrong_convolutions
from tests import wrong_kernels as wrong
from tests import wrong_recurrent_kernels as wrong_recurrent
from tests import wrong_rules as rules
from tests.examples import EXAMPLES
from tests.examples.call import Call
from tests.kernels import laws
from tests.strategies import arrays


def assert_caught(law, *strategies):
    """Demands that the law fail for one of the examples, and by its own word."""
    # Without shrinking: a mutant need not be understood, only caught.  Hypothesis draws
    # constants that it finds in the modules loaded, so what it draws first depends on
    # what else is tested; with three times as many examples that does not matter.
    like_ci = settings(
        settings.get_profile("ci"),
        max_examples=300,
        phases=[Phase.generate],
        database=None,
        print_blob=False,
        report_multiple_bugs=False,
    )

    @like_ci
    @given(st.tuples(*strategies))
    def prove(drawn):
        law(*drawn)

    with pytest.raises(AssertionError):
        prove()


def calls(name, purpose="values"):
    """Draws calls of a kernel as the tests of the contract do."""
    dtypes = ["float32", "float64"] if purpose == "values" else ["float64"]
    dtype = st.sampled_from(dtypes)
    return dtype.flatmap(lambda dtype: EXAMPLES[name](dtype, purpose))


@pytest.mark.parametrize(
    ("name", "mutant", "law"),
    [
        ("subtract", wrong.adds_for_subtracts, laws.agrees_with_reference),
        ("negative", wrong.loses_the_sign_of_zero, laws.agrees_with_reference),
        ("maximum", wrong.swallows_nan, laws.agrees_with_reference),
        ("max", wrong.swallows_nan_along_axes, laws.agrees_with_reference),
        ("relu", wrong.multiplies_by_a_mask, laws.agrees_with_reference),
        ("exp", wrong.forgets_the_tail, laws.agrees_with_reference),
        ("exp", wrong.computes_the_tail_otherwise, laws.is_independent_of_position),
        ("add", wrong.assumes_c_order, laws.depends_on_values_not_layout),
        ("tanh", wrong.returns_a_numpy_scalar, laws.agrees_with_reference),
        ("mean", wrong.returns_float64, laws.agrees_with_reference),
        ("softmax", wrong.takes_the_last_axis, laws.agrees_with_reference),
        ("argmax", wrong.takes_the_last_of_ties, laws.agrees_with_reference),
        ("matmul", wrong.drops_the_last_product, laws.agrees_with_reference),
        ("lstm", wrong_recurrent.forgets_the_mask, laws.agrees_with_reference),
        ("lstm", wrong_recurrent.reads_backwards, laws.agrees_with_reference),
        ("lstm", wrong_recurrent.is_off_by_a_hair, laws.agrees_with_reference),
        (
            "lstm_grad",
            wrong_recurrent.forgets_the_first_cell,
            laws.agrees_with_reference,
        ),
        (
            "lstm_grad",
            wrong_recurrent.lets_masked_steps_through,
            laws.agrees_with_reference,
        ),
        ("gru", wrong_recurrent.resets_before, laws.agrees_with_reference),
        (
            "gru_grad",
            wrong_recurrent.adds_the_last_gradient_twice,
            laws.agrees_with_reference,
        ),
        ("attention", wrong.sees_one_key_ahead, laws.agrees_with_reference),
        (
            "masked_attention",
            wrong.finds_nothing_where_it_sees_nothing,
            laws.agrees_with_reference,
        ),
        (
            "attention_grad",
            wrong.gives_nothing_to_the_last_key,
            laws.agrees_with_reference,
        ),
        ("take_grad", wrong.counts_repeated_indices_once, laws.agrees_with_reference),
        ("logsumexp", wrong.overflows, laws.agrees_with_reference),
        ("max_pool", wrong.takes_the_last_maximum, laws.agrees_with_reference),
        (
            "max_pool_grad",
            wrong.keeps_one_of_overlapping_windows,
            laws.agrees_with_reference,
        ),
        ("average_pool", wrong.averages_what_is_outside, laws.agrees_with_reference),
        (
            "convolution",
            wrong_convolutions.multiplies_the_padding,
            laws.agrees_with_reference,
        ),
        (
            "convolution",
            wrong_convolutions.pads_the_other_side,
            laws.agrees_with_reference,
        ),
        (
            "convolution",
            wrong_convolutions.mixes_up_the_groups,
            laws.agrees_with_reference,
        ),
        (
            "convolution_input_grad",
            wrong_convolutions.turns_the_kernel,
            laws.agrees_with_reference,
        ),
        (
            "convolution_kernel_grad",
            wrong_convolutions.forgets_the_last_image,
            laws.agrees_with_reference,
        ),
        ("copy", wrong.returns_its_input, laws.owns_its_result),
        ("contiguous", wrong.returns_a_view, laws.owns_its_result),
        ("add", wrong.works_in_place, laws.leaves_its_inputs_alone),
        ("exp", wrong.leaves_the_end_of_out, laws.writes_all_of_out),
        ("exp", wrong.ignores_out, laws.writes_all_of_out),
        ("exp", wrong.writes_beyond_out, laws.writes_all_of_out),
        ("sigmoid_grad", wrong.reads_after_writing, laws.may_write_into_an_input),
        ("multiply", wrong.makes_numbers_float64, laws.takes_numbers),
        ("random_uniform", wrong.draws_by_shape, laws.agrees_with_reference),
        ("random_uniform", wrong.advances_by_itself, laws.leaves_its_inputs_alone),
        ("getitem", wrong.copies, laws.is_a_view),
        ("sgd_update", wrong.changes_its_gradient, laws.updates_its_targets),
        ("assign_add", wrong.rebinds, laws.updates_its_targets),
        ("adam_update", wrong.forgets_bias_correction, laws.updates_its_targets),
        ("momentum_update", wrong.updates_a_slot_late, laws.updates_its_targets),
        ("assign", wrong.returns_what_it_updated, laws.updates_its_targets),
        ("assign", wrong.updates_one_tile_too_many, laws.updates_its_targets),
    ],
)
def test_wrong_kernels_are_caught(name, mutant, law):
    kernels = KernelSet("wrong", {name: mutant}, over=reference)
    assert_caught(lambda call: law(kernels, name, call), calls(name))


@pytest.mark.parametrize(
    ("name", "mutant", "law"),
    [
        ("sum", wrong.keeps_no_dims, laws.shape_rule_says_what_comes),
        ("equal", wrong.keeps_float, laws.shape_rule_says_what_comes),
        ("add", wrong.takes_unknown_for_one, laws.shape_rule_knows_less_of_less),
        ("reshape", wrong.takes_unknown_for_none, laws.shape_rule_knows_less_of_less),
        (
            "add",
            wrong.accepts_everything,
            laws.shape_rule_refuses_what_reference_refuses,
        ),
        ("round", wrong.rounds_half_up, laws.scalar_agrees_with_reference),
        ("maximum", wrong.compares_like_python, laws.scalar_agrees_with_reference),
    ],
)
def test_wrong_rules_on_shapes_and_numbers_are_caught(name, mutant, law, monkeypatch):
    for kernels in ("shapes", "scalar"):
        right = getattr(laws, kernels)
        monkeypatch.setattr(
            laws, kernels, KernelSet("wrong", {name: mutant}, over=right)
        )
    if law is laws.shape_rule_knows_less_of_less:
        assert_caught(lambda call: law(name, call, lambda size: True), calls(name))
    elif law is laws.shape_rule_refuses_what_reference_refuses:
        one, other = calls(name, "gradient"), calls(name, "gradient")
        assert_caught(lambda x, y: law(name, mixed(x, y)), one, other)
    else:
        assert_caught(lambda call: law(name, call), calls(name))


def mixed(one, other):
    return Call((one.inputs[0], other.inputs[1]), {})


def test_sums_in_float32_are_caught():
    kernels = KernelSet("wrong", {"sum": wrong.adds_up_in_float32}, over=reference)
    with pytest.raises(AssertionError):
        laws.long_sums_are_accurate(kernels, "sum", "float32")


@pytest.mark.parametrize(
    "mutant",
    [
        lambda x, *, out=None: None,
        lambda x, y: None,
        lambda x, y, *, out: None,
        lambda y, x, *, out=None: None,
        lambda x, y, *, where=True, out=None: None,
    ],
)
def test_wrong_signatures_are_caught(mutant):
    kernels = KernelSet("wrong", {"add": mutant}, over=reference)
    with pytest.raises(AssertionError):
        laws.has_the_signature_of_the_table(kernels, "add")


@pytest.mark.parametrize(
    ("name", "mutant", "law"),
    [
        ("subtract", rules.WrongSign, gradients.vjp_matches_differences),
        ("square", rules.ForgetsAFactor, gradients.vjp_matches_differences),
        ("divide", rules.SwapsItsInputs, gradients.vjp_matches_differences),
        ("exp", rules.UsesTheInputForTheOutput, gradients.vjp_matches_differences),
        ("tanh", rules.ForgetsTheChainRule, gradients.vjp_is_linear),
        ("softmax", rules.TakesTheLastAxis, gradients.vjp_matches_differences),
        ("mean", rules.AveragesOverEverything, gradients.vjp_matches_differences),
        ("variance", rules.DividesByOneLess, gradients.vjp_matches_differences),
        ("cumsum", rules.RunsTheSameWay, gradients.vjp_matches_differences),
        ("matmul", rules.TurnsTheSumAround, gradients.vjp_matches_differences),
        ("attention", rules.ForgetsTheScale, gradients.vjp_matches_differences),
        (
            "attention_grad",
            rules.ForgetsHowWeightsChange,
            gradients.vjp_matches_differences,
        ),
        ("getitem", rules.PutsItBackAtTheOtherEnd, gradients.vjp_matches_differences),
        ("sin", rules.ClipsItsGradient, gradients.vjp_is_linear),
        ("sin", rules.AddsAConstant, gradients.vjp_is_linear),
        (
            "sin",
            rules.IsConstantToItself,
            gradients.second_derivatives_match_differences,
        ),
        ("cos", rules.ComputesInFloat64, gradients.gradients_look_like_their_inputs),
        (
            "convolution_bias_relu",
            wrong_convolutions.LetsEverythingThrough,
            gradients.vjp_matches_differences,
        ),
        (
            "convolution_kernel_grad",
            wrong_convolutions.TurnsTheInputsGradient,
            gradients.vjp_matches_differences,
        ),
        ("multiply", rules.WritesIntoTheCotangent, gradients.nothing_is_changed),
        ("multiply", rules.LooksAtTheOtherWish, gradients.wanted_changes_no_gradient),
    ],
)
def test_wrong_rules_are_caught(name, mutant, law):
    assert_caught(
        lambda call, seed: law(mutant(), reference, call, np.random.default_rng(seed)),
        calls(name, "gradient"),
        st.integers(0, 2**16),
    )


@pytest.mark.parametrize(
    ("kernels", "law"),
    [
        (rules.NOT_SUMMING, gradients.gradients_look_like_their_inputs),
        (rules.TAKING_THE_FIRST, gradients.vjp_matches_differences),
    ],
)
def test_broadcast_gradients_that_are_not_summed_are_caught(kernels, law):
    assert_caught(
        lambda call: law(recorded.add, kernels, call, np.random.default_rng(0)),
        calls("add", "gradient"),
    )


def test_gradients_of_low_precision_are_caught():
    law = gradients.float32_is_as_accurate_as_reference
    assert_caught(
        lambda call: law(
            recorded.cos, rules.IN_FLOAT16, call, np.random.default_rng(0)
        ),
        calls("cos", "gradient"),
    )


@pytest.mark.parametrize(
    ("name", "mutant"),
    [("maximum", rules.GivesTheWholeToBoth), ("max", rules.GivesTheWholeToAll)],
)
def test_ties_that_do_not_share_are_caught(name, mutant):
    assert_caught(
        lambda call: gradients.ties_share_equally(
            mutant(), reference, call, np.random.default_rng(0)
        ),
        gradients.calls_with_ties(name),
    )


def test_gradients_accumulated_in_place_are_caught():
    assert_caught(
        lambda x, uses: gradients.uses_add_up(rules.ADDING_IN_PLACE, x, uses),
        arrays(values=(1.0, 0.0, -1.0)),
        st.integers(2, 4),
    )
