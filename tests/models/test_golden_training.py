"""Whole programs that train give what they give with Keras."""

import numpy as np
import pytest

import minikeras
from minikeras.values.naming import reset_names
from tests.golden.golden_files import read
from tests.golden.training_programs import PROGRAMS

RECORDED = {case["name"]: case["results"] for case in read("training")}


def assert_alike(actual, expected, where):
    """Compares structures: names and their order exactly, numbers closely."""
    if isinstance(expected, dict):
        assert list(actual) == list(expected), where
        for key, value in expected.items():
            assert_alike(actual[key], value, f"{where}/{key}")
    elif isinstance(expected, list):
        assert len(actual) == len(expected), where
        for place, value in enumerate(expected):
            assert_alike(actual[place], value, f"{where}/{place}")
    elif isinstance(expected, float | np.ndarray):
        assert np.shape(actual) == np.shape(expected), where
        np.testing.assert_allclose(
            actual, expected, rtol=1e-4, atol=2e-5, err_msg=where
        )
    else:
        assert actual == expected, where


@pytest.mark.filterwarnings("ignore:Your input ran out of data")
@pytest.mark.filterwarnings("ignore:Gradients do not exist for variables")
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_a_program_gives_what_it_gives_with_keras(program):
    reset_names()
    name = program.__name__
    assert_alike(program(minikeras), RECORDED[name], name)
