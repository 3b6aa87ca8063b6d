"""Dtypes are those of Keras: recorded tables of what comes out of what goes in.

One difference is deliberate.  Some of Keras's operations make 32-bit numbers of 64-bit
ones and some do not; ours never do.
"""

import numpy as np
import pytest

from minikeras import ops
from minikeras.values import Tensor
from tests.golden import golden_files

CASES = golden_files.read("dtypes")
PYTHON = {"python-bool": True, "python-int": 1, "python-float": 1.0}
REFUSED = "-"  # by Keras, on PyTorch's behalf

NARROWED = {  # by Keras, from 64 bits to 32
    *("maximum", "minimum", "floor_divide", "matmul", "floor", "ceil", "var"),
    *("norm", "median", "average", "prod", "cumsum", "cumprod"),
}
ARGUMENTS = {
    "clip": lambda x: ops.clip(x, 0, 1),
    "where": lambda x1, x2: ops.where(np.array([True]), x1, x2),
    "concatenate": lambda x1, x2: ops.concatenate([x1, x2]),
    "stack": lambda x1, x2: ops.stack([x1, x2]),
}
MAKERS = {
    "zeros": lambda dtype: ops.zeros((2,), dtype=dtype),
    "ones": lambda dtype: ops.ones((2,), dtype=dtype),
    "full": lambda dtype: ops.full((2,), 2, dtype=dtype),
    "eye": lambda dtype: ops.eye(2, dtype=dtype),
    "one_hot": lambda dtype: ops.one_hot(np.array([0, 1]), 2, dtype=dtype),
    "arange": lambda dtype: ops.arange(3, dtype=dtype),
    "linspace": lambda dtype: ops.linspace(0, 1, 3, dtype=dtype),
}


def rows_of(kind, column):
    """Returns (name, inputs, expected) for every entry of the recorded tables."""
    rows = []
    for case in CASES:
        if not case["name"].startswith(kind):
            continue
        for call in case.get("calls", [case.get("call")]):
            namespace, name = call.split(".")
            if namespace != "ops" or name == "size":  # an int here
                continue
            first = case.get("first", [None])
            for before, row in zip(first, case["table"], strict=True):
                for after, dtype in zip(case["second"], row.split(), strict=True):
                    if dtype != REFUSED:
                        rows.append((name, column(before, after), dtype))
    return rows


def expected_of(name, inputs, recorded):
    """Returns the recorded dtype, as wide as a 64-bit input of its kind."""
    wide = recorded.replace("32", "64")
    return wide if name in NARROWED and wide in inputs else recorded


def one(dtype):
    """Returns a single 1 of a dtype, or the Python number."""
    return PYTHON[dtype] if dtype in PYTHON else np.ones(1, dtype)


@pytest.mark.parametrize(("name", "inputs", "recorded"), rows_of("pairs", lambda *p: p))
def test_pairs_give_the_dtype_of_keras(name, inputs, recorded):
    call = ARGUMENTS.get(name, getattr(ops, name))
    result = call(*map(one, inputs))
    assert isinstance(result, Tensor)
    assert result.dtype == expected_of(name, inputs, recorded)


@pytest.mark.parametrize(
    ("name", "inputs", "recorded"), rows_of("one:", lambda _, x: (x,))
)
def test_one_array_gives_the_dtype_of_keras(name, inputs, recorded):
    call = ARGUMENTS.get(name, getattr(ops, name))
    result = call(*map(one, inputs))
    assert isinstance(result, Tensor)
    assert result.dtype == expected_of(name, inputs, recorded)


@pytest.mark.parametrize(
    ("name", "dtype", "recorded"), rows_of("made:", lambda _, x: x)
)
def test_new_arrays_have_the_dtype_asked_for(name, dtype, recorded):
    assert MAKERS[name](dtype).dtype == dtype == recorded


@pytest.mark.parametrize(
    "case", [c for c in CASES if "default" in c], ids=lambda c: c["name"]
)
def test_new_arrays_have_the_default_dtype_of_keras(case):
    make = MAKERS[case["call"].removeprefix("ops.")]
    assert make(None).dtype == case["default"]


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (True, "bool"),
        (1, "int32"),
        (1.5, "float32"),
        ([1, 2], "int32"),
        ([1, 2.5], "float32"),
        ([True, False], "bool"),
        ([], "float32"),
        (np.float64(1.5), "float32"),
        (np.float32(1.5), "float32"),
        (np.int64(1), "int64"),
        ([np.float64(1.5)], "float32"),
        (np.zeros(2, ">f4"), "float32"),
        *((np.zeros(2, dtype), dtype) for dtype in ("uint8", "int64", "float64")),
    ],
    ids=repr,
)
def test_values_become_tensors_of_the_dtype_that_keras_gives(value, dtype):
    tensor = ops.convert_to_tensor(value)
    assert tensor.dtype == dtype
    assert tensor.data.dtype.isnative


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_python_numbers_never_widen_an_array(dtype):
    x = np.ones(2, dtype)
    for result in (ops.add(x, 2.0), ops.divide(3, x), ops.where([True, False], 1.0, x)):
        assert result.dtype == dtype


def test_arange_follows_the_dtypes_of_its_arguments():
    assert ops.arange(1, 3).dtype == "int32"
    assert ops.arange(0.0, 3.0).dtype == "float32"
    assert ops.arange(0, 3, 0.5).dtype == "float32"
    assert ops.arange(np.int64(3)).dtype == "int64"
