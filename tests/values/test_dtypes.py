"""Names of dtypes, and the rules by which they mix."""

import itertools

import numpy as np
import pytest

from minikeras.config import floatx, set_floatx
from minikeras.values import Tensor
from minikeras.values.dtypes import DTYPES, result_type, standardize_dtype

NUMBERS = [int, float]


@pytest.fixture
def float64():
    set_floatx("float64")
    yield
    set_floatx("float32")


@pytest.mark.parametrize(
    ("dtype", "name"),
    [
        *((name, name) for name in DTYPES),
        *((np.dtype(name), name) for name in DTYPES),
        (np.float32, "float32"),
        (np.bool_, "bool"),
        (bool, "bool"),
        (int, "int32"),
        (float, "float32"),
        (None, "float32"),
        (np.dtype(">f4"), "float32"),
    ],
    ids=repr,
)
def test_dtypes_have_one_name(dtype, name):
    assert standardize_dtype(dtype) == name


@pytest.mark.parametrize("dtype", ["string", "complex64", "float128", object, "", 3])
def test_other_dtypes_are_refused(dtype):
    with pytest.raises(ValueError, match="dtype must be one of"):
        standardize_dtype(dtype)


@pytest.mark.parametrize("dtypes", [*itertools.product([*DTYPES, *NUMBERS], repeat=2)])
def test_the_order_does_not_matter(dtypes):
    assert result_type(*dtypes) == result_type(*dtypes[::-1])


@pytest.mark.parametrize("dtypes", [*itertools.product(DTYPES, repeat=3)])
def test_signed_and_unsigned_apart_neither_does_the_grouping(dtypes):
    kinds = {np.dtype(dtype).kind for dtype in dtypes}
    if not {"u", "i"} <= kinds:
        first, second, third = dtypes
        together = result_type(*dtypes)
        assert result_type(result_type(first, second), third) == together
        assert result_type(first, result_type(second, third)) == together


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_dtype_with_itself_stays(dtype):
    assert result_type(dtype) == result_type(dtype, dtype) == dtype


@pytest.mark.parametrize(
    ("dtypes", "expected"),
    [
        (("float16", "int64"), "float16"),
        (("float32", "float64"), "float64"),
        (("uint8", "int8"), "int16"),
        (("uint32", "int8"), "int64"),
        (("uint64", "int8"), "float32"),
        (("bool", "uint8"), "uint8"),
        ((int,), "int32"),
        ((float,), "float32"),
        (("bool", int), "int32"),
        (("uint8", int), "uint8"),
        (("int64", float), "float32"),
        (("float16", float), "float16"),
        ((int, float), "float32"),
    ],
)
def test_mixtures(dtypes, expected):
    assert result_type(*dtypes) == expected


def test_floatx_is_what_python_floats_become(float64):
    assert floatx() == "float64"
    assert Tensor(1.0).dtype == Tensor([1.0]).dtype == "float64"
    assert (Tensor([1]) / 2).dtype == "float64"
    assert result_type("int32", float) == "float64"


@pytest.mark.parametrize("dtype", ["int32", "bfloat16", None])
def test_floatx_is_a_float(dtype):
    with pytest.raises(ValueError, match="floatx must be one of"):
        set_floatx(dtype)


@pytest.mark.parametrize(
    "name", ["q", "f", "d", "a", "<f4", "float", "half", "Float32"]
)
def test_other_names_of_numpy_are_none_of_keras(name):
    with pytest.raises(ValueError, match="dtype must be one of float16"):
        standardize_dtype(name)


def test_what_stands_for_a_dtype():
    assert standardize_dtype("int") == standardize_dtype(int) == "int32"
    with pytest.raises(ValueError, match=r"got \[1\]"):
        standardize_dtype([1])
