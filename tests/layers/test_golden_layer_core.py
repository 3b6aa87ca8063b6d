"""The base class of layers: what expressions give in Keras, they give here."""

import warnings

import numpy as np
import pytest

import minikeras
from tests.golden.golden_files import read

CLASSES, *CASES = read("layer_core")


def numbers(x):
    """Returns a tensor as an array, rounded as it was recorded."""
    array = np.asarray(x)
    return array.round(5) if array.dtype == np.float32 else array


@pytest.fixture
def names():
    """Gives the names that expressions use, with the settings as they are at first."""
    minikeras.backend.clear_session(free_memory=False)
    minikeras.utils.set_random_seed(0)
    names = {"keras": minikeras, "np": np, "numbers": numbers}
    exec(CLASSES["code"], names)
    yield names
    minikeras.backend.clear_session(free_memory=False)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_an_expression(case, names):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        if "error" in case:
            with pytest.raises(Exception) as caught:  # noqa: PT011
                eval(case["code"], names)
            kinds = [cls.__name__ for cls in type(caught.value).__mro__]
            assert case["error"] in kinds, repr(caught.value)
            assert len(str(caught.value)) > 20
        else:
            assert_same(eval(case["code"], names), case["value"])


def assert_same(found, wanted):
    """Compares values, and the arrays in them within rounding."""
    if isinstance(wanted, np.ndarray):
        assert found.dtype == wanted.dtype
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=2e-5)
    elif isinstance(wanted, (list, tuple)):
        assert type(found) is type(wanted)
        assert len(found) == len(wanted)
        for a, b in zip(found, wanted, strict=True):
            assert_same(a, b)
    else:
        assert found == wanted
