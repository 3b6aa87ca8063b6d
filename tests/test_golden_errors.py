"""Common mistakes: an error where Keras has one, of the same kind, that says more.

What it says is in docs/common-mistakes.md, to the word.
"""

import re
import warnings
from pathlib import Path

import numpy as np
import pytest

import minikeras
from minikeras.utils import set_random_seed
from minikeras.values.naming import reset_names
from tests.golden.golden_files import read

DOCUMENT = Path(__file__).parents[1] / "docs" / "common-mistakes.md"
PREPARE, *MISTAKES = re.split(r"\n### ", DOCUMENT.read_text(encoding="utf-8"))

SETUPS, *CASES = read("errors")

# Where minikeras decides otherwise: the error that it has instead, and why.
DIFFERENT = {
    "layers layer 4": (None, "state is found by looking at attributes, at any time"),
    "losses and metrics  4": (
        None,
        "no SyntaxWarning: nothing is wrong with the syntax",
    ),
    "tensors  2": ("TypeError", "what cannot be iterated over is a TypeError"),
    "tensors  3": ("TypeError", "what has no numbers is of the wrong type for NumPy"),
    "tensors  4": ("ValueError", "shapes that do not fit, as in NumPy, not PyTorch"),
    "tensors  5": ("ValueError", "shapes that do not fit, as in NumPy, not PyTorch"),
}


def outcome(case):
    """Returns the name of the error that a case's code gets, and all warnings."""
    names = {"keras": minikeras, "np": np}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        error = None
        try:
            if case["setup"]:
                exec(SETUPS[case["setup"]], names)
                caught.clear()
            exec(case["code"], names)
        except Exception as raised:
            error = raised
    return error, caught


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_mistake(case):
    error, caught = outcome(case)
    if case["name"] in DIFFERENT:
        kind, _ = DIFFERENT[case["name"]]
        assert (None if error is None else type(error).__name__) == kind
        return
    if "error" in case:
        assert error is not None, "no error"
        kinds = [cls.__name__ for cls in type(error).__mro__]
        assert case["error"] in kinds, repr(error)
        assert len(str(error)) > 20
    else:
        assert error is None, repr(error)
        kinds = {warning.category.__name__ for warning in caught}
        assert {w["category"] for w in case["warnings"]} <= kinds


def block(text, language):
    """Returns what is between the fences of a language."""
    [found] = re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)
    return found


def said_about(code):
    """Returns the warnings, the error and its notes that code gets, as one text."""
    reset_names()
    set_random_seed(0)
    said = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            exec(block(PREPARE, "python") + code, {})
        except Exception as error:
            said.append(f"{type(error).__name__}: {error}")
            said += getattr(error, "__notes__", [])
    warned = [f"{w.category.__name__}: {w.message}" for w in caught]
    return "\n".join([*warned, *said])


def test_there_are_enough_mistakes():
    assert len(MISTAKES) >= 50


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda text: text.splitlines()[0])
def test_what_is_said_about_a_mistake(mistake, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = said_about(block(mistake, "python"))
    assert said.split() == block(mistake, "text").split()
