"""Common mistakes: an error where Keras has one, of the same kind, that says more."""

import warnings

import numpy as np
import pytest

import minikeras
from tests.golden.golden_files import read

SETUPS, *CASES = read("errors")

# Where minikeras decides otherwise: the error that it has instead, and why.
DIFFERENT = {
    "layers layer 4": (None, "state is found by looking at attributes, at any time"),
    "fit model 9": ("TypeError", "an unknown argument is Python's own error"),
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
