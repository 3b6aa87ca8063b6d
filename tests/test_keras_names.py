"""Keras's public names are here, and take the same arguments.

What is not there yet, or takes others, is listed in two files; they are right to the
name, so that they shrink with what is added.
"""

import pytest

from tools.keras_names import MISSING, OTHER, compared, main, names_in

TABLE = compared()
ROWS = [row for rows in TABLE.values() for row in rows]


def test_there_are_the_names_that_were_recorded():
    assert len(ROWS) > 900
    assert len({row.name for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize(
    ("state", "file"), [(MISSING, "missing_names.txt"), (OTHER, "other_signatures.txt")]
)
def test_the_lists_hold_what_is_missing_or_other_and_nothing_else(state, file):
    names = {row.name for row in ROWS if row.state == state}
    listed = names_in(file).keys()
    assert names - listed == set(), f"not in {file}"
    assert listed - names == set(), f"to be removed from {file}"


def test_the_table_names_what_is_the_same_only_when_asked(capsys):
    main(["regularizers"])
    assert capsys.readouterr().out.splitlines()[0] == (
        "keras.regularizers: 12 names, 12 the same, 0 with another signature, 0 missing"
    )
    main(["regularizers", "--all"])
    assert "    L2(l2=0.01)" in capsys.readouterr().out.splitlines()
