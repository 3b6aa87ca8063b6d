"""pad_sequences: as Keras does it, and what it refuses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras.preprocessing.sequence import pad_sequences
from tests.golden.golden_files import read

CASES = [c for c in read("arrays") if c["name"].startswith("pad_sequences")]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_as_in_keras(case):
    if "error" in case:
        with pytest.raises(ValueError, match=r"must be|needs|give"):
            pad_sequences(case["sequences"], **case["settings"])
        return
    rows = pad_sequences(case["sequences"], **case["settings"])
    np.testing.assert_array_equal(rows, case["result"])
    assert rows.dtype == case["result"].dtype


@given(
    sequences=st.lists(st.lists(st.integers(1, 9), max_size=6), max_size=5),
    maxlen=st.integers(0, 8),
    padding=st.sampled_from(["pre", "post"]),
    truncating=st.sampled_from(["pre", "post"]),
)
def test_rows_hold_the_end_or_the_begin_of_each_sequence(
    sequences, maxlen, padding, truncating
):
    rows = pad_sequences(
        sequences, maxlen=maxlen, padding=padding, truncating=truncating
    )
    assert rows.shape == (len(sequences), maxlen)
    for row, sequence in zip(rows.tolist(), sequences, strict=True):
        first = max(len(sequence) - maxlen, 0) if truncating == "pre" else 0
        kept = sequence[first:][:maxlen]
        free = [0] * (maxlen - len(kept))
        assert row == (free + kept if padding == "pre" else kept + free)


def test_one_sequence_alone_is_named():
    with pytest.raises(ValueError, match=r"got 3 \(of type int\) at position 0"):
        pad_sequences([3, 4])
    with pytest.raises(ValueError, match="needs a list of sequences; got 7"):
        pad_sequences(7)
    with pytest.raises(ValueError, match=r"got \(2,\) at first, and \(1,\) at posi"):
        pad_sequences([[], [[1, 2]], [[3]]])


def test_a_negative_length_is_refused():
    with pytest.raises(ValueError, match="maxlen must be at least 0, or None; got -1"):
        pad_sequences([[1]], maxlen=-1)
