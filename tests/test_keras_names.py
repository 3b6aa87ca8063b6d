"""Keras's public names are here, and take the same arguments.

What is not there yet, or takes others, is listed in two files; they are right to the
name, so that they shrink with what is added.
"""

import re
from pathlib import Path

import pytest

import minikeras
from minikeras import datasets, layers, ops
from minikeras.absent import ABSENT
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


def absent_names():
    """Returns {(namespace, name)} of what whole namespaces lack, from the list.

    Methods that a class lacks are in the list, too; the class itself is there.
    """
    parts = (name.split(".") for name in names_in("missing_names.txt"))
    pairs = {(part[1], part[2]) for part in parts if len(part) > 2}
    return {
        (space, name)
        for space, name in pairs
        if space.islower() and not hasattr(getattr(minikeras, space), name)
    }


def test_what_namespaces_say_is_absent_is_what_is_missing():
    said = {(space, name) for space, names in ABSENT.items() for name in names.split()}
    assert said == absent_names()


@pytest.mark.parametrize("module", [datasets, layers, ops])
def test_asking_for_what_is_absent_says_so(module):
    space = module.__name__.rpartition(".")[2]
    for name in ABSENT[space].split():
        assert not hasattr(module, name)
        assert name not in dir(module)
        with pytest.raises(AttributeError, match=f"no {space}.{name} yet"):
            getattr(module, name)
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        module.nonsense  # noqa: B018  # asking is what is tested


def test_the_document_lists_what_is_absent():
    path = Path(__file__).parent.parent / "docs" / "not-there-yet.md"
    text = path.read_text(encoding="utf-8")
    for space, names in ABSENT.items():
        [line] = re.findall(rf"^- `keras\.{space}`: (.*)$", text, re.MULTILINE)
        assert re.findall(r"`(\w+)`", line) == names.split()
