"""A tape copies the rows of batches into its inputs itself, and runs for one after the
other.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from minikeras._fast.elementwise import add
from minikeras._fast.tasks import Feed, Tape

from minikeras.kernels.reference.elementwise import add as add_in_numpy

LONG = 60.0  # seconds


def summing(columns, rows, kernel=add):
    """Returns a tape that adds up all batches in an array, with what feeds it."""
    inputs = [np.full((rows, *x.shape[1:]), 7, x.dtype) for x in columns]
    totals = [np.zeros_like(x) for x in inputs]
    tape = Tape()
    for x, total in zip(inputs, totals, strict=True):
        tape.add(kernel, (total, x), {"out": total})
    return tape, Feed(list(columns), inputs), totals


@given(
    samples=st.integers(1, 30),
    rows=st.integers(1, 8),
    batches=st.integers(0, 6),
    width=st.integers(1, 5),
    strided=st.booleans(),
    kernel=st.sampled_from([add, add_in_numpy]),
    seed=st.integers(0, 99),
)
def test_every_batch_has_the_rows_of_its_numbers(
    samples, rows, batches, width, strided, kernel, seed
):
    generator = np.random.default_rng(seed)
    x = generator.integers(0, 99, (samples * 2, width)).astype("float32")
    x = x[::2] if strided else x[:samples]
    y = generator.integers(0, 99, samples)
    order = generator.integers(0, samples, rows * batches)
    tape, feed, totals = summing([x, y], rows, kernel)
    tape.run_batches(feed, order, LONG)
    assert feed.done == batches
    for column, total in zip((x, y), totals, strict=True):
        chosen = column[order].reshape(batches, rows, *column.shape[1:])
        np.testing.assert_array_equal(total, chosen.sum(axis=0))


def test_rows_that_are_no_whole_batch_are_left():
    tape, feed, _ = summing([np.arange(9.0)], rows=4)
    tape.run_batches(feed, np.arange(9), LONG)
    assert feed.done == 2


def test_it_stops_when_the_time_is_over_after_a_whole_batch():
    tape, feed, [total] = summing([np.ones(8)], rows=2)
    tape.run_batches(feed, np.arange(8), 0.0)
    assert feed.done == 1
    np.testing.assert_array_equal(total, [1.0, 1.0])


@pytest.mark.parametrize("number", [-1, 8, 2**40])
def test_a_number_that_no_row_has_is_refused_before_its_batch_runs(number):
    tape, feed, [total] = summing([np.ones(8)], rows=2)
    order = np.array([0, 1, 2, number])
    with pytest.raises(IndexError, match="no row of one of the numbers"):
        tape.run_batches(feed, order, LONG)
    assert feed.done == 1
    np.testing.assert_array_equal(total, [1.0, 1.0])


def test_an_error_of_a_call_from_python_arrives_and_its_batch_is_not_done():
    def fail(x, *, out):
        if x[0] == 2.0:
            raise KeyError("as it is")

    inputs = [np.zeros(2)]
    tape = Tape()
    tape.add(fail, (inputs[0],), {"out": inputs[0]})
    feed = Feed([np.arange(6.0)], inputs)
    with pytest.raises(KeyError, match="as it is"):
        tape.run_batches(feed, np.arange(6), LONG)
    assert feed.done == 1


@pytest.mark.parametrize(
    ("column", "target"),
    [
        (np.zeros((5, 2)), np.zeros((3, 2), "float32")),
        (np.zeros((5, 2)), np.zeros((3, 4))),
        (np.zeros((5, 4))[:, ::2], np.zeros((3, 2))),
        (np.zeros((5, 2)), np.zeros((2, 3)).T),
        (np.zeros((5, 2)), np.zeros((0, 2))),
        (np.zeros((5, 0)), np.zeros((3, 0))),
    ],
)
def test_what_does_not_fit_is_refused(column, target):
    assert not Feed.fits([column], [target])
    with pytest.raises(ValueError, match="can't be copied"):
        Feed([column], [target])


def test_columns_of_other_lengths_do_not_fit():
    assert not Feed.fits([np.zeros(5), np.zeros(4)], [np.zeros(2), np.zeros(2)])
