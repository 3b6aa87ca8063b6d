"""Losses are held to those in float64; what is wrong is noticed."""

import math

from benchmarks.comparing import the_same_task, within_contract

EXACT = [2.30, 2.20, 2.10]
REFERENCE = [loss + 1e-7 for loss in EXACT]


def test_what_is_as_far_off_as_the_reference_holds():
    assert within_contract([loss - 1e-7 for loss in EXACT], REFERENCE, EXACT).holds


def test_more_than_sixteen_times_the_error_of_the_reference_does_not_hold():
    wrong = [loss + 40e-7 for loss in EXACT]
    assert not within_contract(wrong, REFERENCE, EXACT).holds


def test_an_exact_reference_still_allows_rounding():
    rounded = [loss * (1 + 2**-24) for loss in EXACT]
    assert within_contract(rounded, EXACT, EXACT).holds


def test_a_peer_may_differ_a_little_and_not_more():
    assert the_same_task([loss * 1.001 for loss in EXACT], EXACT).holds
    assert not the_same_task([loss * 1.01 for loss in EXACT], EXACT).holds


def test_nan_never_holds():
    assert not within_contract([2.3, math.nan, 2.1], REFERENCE, EXACT).holds
    assert not the_same_task([2.3, math.nan, 2.1], EXACT).holds
