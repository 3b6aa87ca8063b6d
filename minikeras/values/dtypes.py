"""Dtypes: their names, and Keras's rules for mixing them.

Keras promotes less than NumPy: float32 with int64 stays float32, and a Python number
never widens an array.  The rules are those of JAX's promotion lattice.
"""

from contextlib import suppress
from typing import Any

import numpy as np

from minikeras.values.types import DType

FLOATS = ("float16", "float32", "float64")
SIGNED = ("int8", "int16", "int32", "int64")
UNSIGNED = ("uint8", "uint16", "uint32", "uint64")
DTYPES = (*FLOATS, *SIGNED, *UNSIGNED, "bool")

NAMES = {np.dtype(name): name for name in DTYPES}  # dtype.name is slow: it is Python

_settings = {"floatx": "float32"}


def floatx() -> str:
    """Returns the dtype that Python floats become, "float32" unless it was set."""
    return _settings["floatx"]


def set_floatx(value: str) -> None:
    """Sets the default float dtype: "float16", "float32" or "float64"."""
    if value not in FLOATS:
        raise ValueError(f"floatx must be one of {', '.join(FLOATS)}; got {value!r}.")
    _settings["floatx"] = value


def standardize_dtype(dtype: DType | None) -> str:
    """Returns the name of a dtype given as name, NumPy dtype, Python type or None
    (floatx).

    Raises: ValueError for what arrays of numbers cannot have.
    """
    if dtype is None:
        return floatx()
    if isinstance(dtype, (str, type)) and dtype in DTYPES_AND_TYPES:
        return DTYPES_AND_TYPES[dtype]
    name = str(dtype)
    if not isinstance(dtype, str):  # NumPy's other names, such as "q", are none of ours
        with suppress(TypeError):
            name = np.dtype(dtype).name
    if name not in DTYPES:
        raise ValueError(f"dtype must be one of {', '.join(DTYPES)}; got {dtype!r}.")
    return name


DTYPES_AND_TYPES: dict[Any, str] = {name: name for name in DTYPES} | {
    bool: "bool",
    "int": "int32",
    int: "int32",
    float: "float32",
}


def result_type(*dtypes: str | type) -> str:
    """Returns the dtype that an operation on several has.

    A dtype is a name, or one of the Python types int and float for a number written in
    the program: that one only decides the kind, never the width.

        bool < integers < floats;   Python int with bool is int32
        two integers: the one that holds both (uint8 with int8 is int16)
        float with integer: the float

    >>> result_type("int64", "float16"), result_type("int32", float)
    ('float16', 'float32')
    >>> result_type("uint8", "int8"), result_type("bool", int)
    ('int16', 'int32')
    """
    names = {dtype for dtype in dtypes if isinstance(dtype, str)}
    if len(names) == 1 and len(names) == len(set(dtypes)):
        return names.pop()
    floats = [dtype for dtype in FLOATS if dtype in names]
    if floats:
        return floats[-1]
    if float in dtypes:
        return floatx()
    signed = [dtype for dtype in SIGNED if dtype in names]
    unsigned = [dtype for dtype in UNSIGNED if dtype in names]
    if not signed and not unsigned:
        return "int32" if int in dtypes else "bool"
    if not unsigned:
        return signed[-1]
    if not signed:
        return unsigned[-1]
    width = max(SIGNED.index(signed[-1]), UNSIGNED.index(unsigned[-1]) + 1)
    return SIGNED[width] if width < len(SIGNED) else floatx()


def is_float(dtype: str) -> bool:
    """Whether a dtype, by name, is a floating-point one."""
    return dtype in FLOATS


def is_int(dtype: str) -> bool:
    """Whether a dtype, by name, is an integer one (bool is not)."""
    return dtype in SIGNED or dtype in UNSIGNED
