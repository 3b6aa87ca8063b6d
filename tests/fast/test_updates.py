"""One update of many weights is one task, with the bits of one after the other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from minikeras._fast.tasks import Tape, set_threads, threads
from minikeras._fast.updates import join_updates

from minikeras.kernels.fast import fast

ADAM = {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
RATE, STEP = np.array(0.01, "float32"), np.array(4, "int32")


def weights_of(sizes, seed=0, dtype="float32"):
    """Returns (weight, m, v, gradient) of each size."""
    rng = np.random.default_rng(seed)
    return [
        tuple(np.square(rng.normal(size=size)).astype(dtype) for _ in range(4))
        for size in sizes
    ]


def noted(weights, rate=RATE, join=True, parameters=ADAM):
    """Returns a tape of Adam's steps, and how many of them joined another."""
    tape, joined = Tape(), 0
    for arrays in weights:
        tape.add(fast.adam_update, (*arrays, rate, STEP), parameters)
        joined += join and join_updates(tape)
    return tape, joined


@given(
    sizes=st.lists(st.sampled_from([0, 1, 3, 17, 64, 40_000]), min_size=1, max_size=6),
    dtype=st.sampled_from(["float32", "float64"]),
    seed=st.integers(0, 9),
)
@pytest.mark.parametrize("count", [1, 3])
def test_joined_updates_give_the_bits_of_separate_ones(count, sizes, dtype, seed):
    results = []
    for join in (False, True):
        weights = weights_of(sizes, seed, dtype)
        tape, joined = noted(weights, join=join)
        assert joined == (len(sizes) - 1 if join else 0)
        assert len(tape) == len(sizes) - joined
        before = threads()
        set_threads(count)
        tape.run()
        tape.run()
        set_threads(before)
        results.append([x for arrays in weights for x in arrays])
    for separate, together in zip(*results, strict=True):
        np.testing.assert_array_equal(separate, together)


def test_a_learning_rate_is_read_when_the_tape_runs():
    rate = np.array(0.0, "float32")
    weights = weights_of([4, 5])
    before = [arrays[0].copy() for arrays in weights]
    tape, joined = noted(weights, rate)
    assert joined == 1
    tape.run()
    assert all((w == b).all() for (w, *_), b in zip(weights, before, strict=True))
    rate[...] = 0.1
    tape.run()
    assert all((w != b).all() for (w, *_), b in zip(weights, before, strict=True))


def test_what_is_not_one_update_of_independent_weights_stays_apart():
    a, b = weights_of([4, 4])
    tape = Tape()
    assert not join_updates(tape)
    tape.add(fast.adam_update, (*a, RATE, STEP), ADAM)
    assert not join_updates(tape)
    for inputs, parameters in [
        ((*b, np.array(0.01, "float32"), STEP), ADAM),  # another rate
        ((*b, RATE, STEP), {**ADAM, "beta_1": 0.8}),
        ((*b[:3], a[0], RATE, STEP), ADAM),  # along a weight that changes
        ((a[3], *b[1:], RATE, STEP), ADAM),  # changes a gradient of before
        ((*(x.astype("float64") for x in b), RATE, STEP), ADAM),
    ]:
        assert tape.add(fast.adam_update, inputs, parameters)
        assert not join_updates(tape)
        tape.add(fast.adam_update, (*a, RATE, STEP), ADAM)
        assert not join_updates(tape)
    tape.add(fast.average_update, (a[0], b[0]), {"momentum": 0.5})
    assert not join_updates(tape)


def test_a_weight_that_is_the_learning_rate_is_not_joined():
    (weight, *rest), other = weights_of([(), 3])
    tape, joined = noted([other, (weight, *rest)], rate=weight)
    assert joined == 0
    assert len(tape) == 2
