"""Dtypes: what comes out of operations on every pair of dtypes and Python scalars.

A table has a row for each name in `first`; a row is a string with a dtype for each name
in `second`, or a `-` where Keras refuses. `python-int` and its kin stand for scalars.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from tests.golden.keras_calls import public

Case = dict[str, Any]

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64"]
DTYPES += ["float16", "float32", "float64"]
SCALARS: dict[str, Any] = {"python-bool": True, "python-int": 1, "python-float": 1.0}

BINARY = [
    *("add", "subtract", "multiply", "divide", "true_divide", "power", "maximum"),
    *("minimum", "floor_divide", "mod", "equal", "less", "logical_and"),
    "matmul",
]
UNARY = [
    *("abs", "negative", "square", "sqrt", "rsqrt", "reciprocal", "exp", "expm1"),
    *("log", "log1p", "sin", "tanh", "sign", "floor", "ceil", "round", "isnan"),
    *("logical_not", "relu", "leaky_relu", "sigmoid", "softmax", "softplus", "gelu"),
    *("elu", "silu", "hard_sigmoid", "erf", "ones_like", "zeros_like"),
    *("sum", "mean", "prod", "max", "min", "var", "std", "any", "all"),
    *("argmax", "argmin", "argsort", "sort", "cumsum", "cumprod", "logsumexp"),
    *("norm", "median", "count_nonzero", "average", "clip", "transpose", "size"),
]
MADE = {
    "ops.zeros": lambda dtype: ops.zeros((2,), dtype=dtype),
    "ops.ones": lambda dtype: ops.ones((2,), dtype=dtype),
    "ops.full": lambda dtype: ops.full((2,), 2, dtype=dtype),
    "ops.eye": lambda dtype: ops.eye(2, dtype=dtype),
    "ops.one_hot": lambda dtype: ops.one_hot(np.array([0, 1]), 2, dtype=dtype),
    "ops.arange": lambda dtype: ops.arange(3, dtype=dtype),
    "ops.linspace": lambda dtype: ops.linspace(0, 1, 3, dtype=dtype),
}


def record() -> list[Case]:
    """Returns the tables, operations of equal tables together."""
    return [*binary_cases(), *unary_cases(), *maker_cases(), *conversion_cases()]


def binary_cases() -> list[Case]:
    """Returns the tables over pairs, and that of the public `result_type`."""
    second = [*DTYPES, *SCALARS]
    calls: dict[str, Callable[[Any, Any], Any]] = {
        f"ops.{name}": public(f"ops.{name}") for name in BINARY
    }
    calls["ops.where"] = lambda x1, x2: ops.where(np.array([True]), x1, x2)
    tables: dict[str, list] = {
        name: [" ".join(dtype_of(call, one(a), one(b)) for b in second) for a in DTYPES]
        for name, call in calls.items()
    }
    for name in ("concatenate", "stack"):
        join = public(f"ops.{name}")
        tables[f"ops.{name}"] = [
            " ".join(dtype_of(join, [one(a), one(b)]) for b in DTYPES) for a in DTYPES
        ]
    kinds = [*DTYPES, bool, int, float]
    tables["backend.result_type"] = [
        " ".join(result_type(a, b) for b in kinds) for a in DTYPES
    ]
    return [
        {
            "name": f"pairs: {', '.join(names)}",
            "calls": names,
            "first": DTYPES,
            "second": second[: len(table[0].split())],
            "table": table,
        }
        for names, table in gathered(tables)
    ]


def unary_cases() -> list[Case]:
    """Returns the dtype of operations on one array of each dtype."""
    calls: dict[str, Callable[[Any], Any]] = {
        f"ops.{name}": public(f"ops.{name}") for name in UNARY if name != "clip"
    }
    calls["ops.clip"] = lambda x: ops.clip(x, 0, 1)
    tables = {
        name: [" ".join(dtype_of(call, one(dtype)) for dtype in DTYPES)]
        for name, call in calls.items()
    }
    return [
        {
            "name": f"one: {', '.join(names)}",
            "calls": names,
            "second": DTYPES,
            "table": table,
        }
        for names, table in gathered(tables)
    ]


def maker_cases() -> list[Case]:
    """Returns the dtype of arrays made with `dtype=None` and with each dtype."""
    return [
        {
            "name": f"made: {name}",
            "call": name,
            "default": dtype_of(make, None),
            "second": DTYPES,
            "table": [" ".join(dtype_of(make, dtype) for dtype in DTYPES)],
        }
        for name, make in MADE.items()
    ]


def conversion_cases() -> list[Case]:
    """Returns the dtype that Python values, arrays and ranges become."""
    values: dict[str, Any] = {
        "True": True,
        "1": 1,
        "1.5": 1.5,
        "[1, 2]": [1, 2],
        "[1, 2.5]": [1, 2.5],
        "[True, False]": [True, False],
        "[]": [],
    }
    ranges: dict[str, tuple] = {
        "(3,)": (3,),
        "(1, 3)": (1, 3),
        "(0.0, 3.0)": (0.0, 3.0),
        "(0, 3, 0.5)": (0, 3, 0.5),
    }
    return [
        {
            "name": "convert_to_tensor of Python values",
            "call": "ops.convert_to_tensor",
            "dtypes": {
                text: dtype_of(ops.convert_to_tensor, value)
                for text, value in values.items()
            },
        },
        {
            "name": "convert_to_tensor of arrays",
            "call": "ops.convert_to_tensor",
            "dtypes": {
                dtype: dtype_of(ops.convert_to_tensor, np.ones(2, dtype))
                for dtype in DTYPES
            },
        },
        {
            "name": "arange",
            "call": "ops.arange",
            "dtypes": {
                text: dtype_of(ops.arange, *arguments)
                for text, arguments in ranges.items()
            },
        },
    ]


def one(name: str) -> Any:
    """Returns an array of a dtype, or the Python scalar of that name."""
    if name in SCALARS:
        return SCALARS[name]
    return ops.convert_to_tensor(np.ones((1,), dtype=name))


def dtype_of(call: Callable[..., Any], *arguments: Any) -> str:
    """Returns the dtype of what a call gives, or a dash if it is refused."""
    try:
        result = call(*arguments)
    except Exception:  # whatever it is, Keras refuses
        return "-"
    if isinstance(result, int | float):
        return f"python-{type(result).__name__}"
    return keras.backend.standardize_dtype(result.dtype)


def result_type(*kinds: Any) -> str:
    """Returns what the public function says of dtypes and Python types."""
    try:
        return keras.backend.result_type(*kinds)
    except ValueError:
        return "-"


def gathered(tables: dict[str, list]) -> list[tuple[list[str], list]]:
    """Returns the different tables, each with the names of all that have it."""
    found: list[tuple[list[str], list]] = []
    for name, table in tables.items():
        for names, other in found:
            if other == table:
                names.append(name)
                break
        else:
            found.append(([name], table))
    return found
