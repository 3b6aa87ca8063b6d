"""Operations of `ops` with odd arguments: axes, borders, ties, empty arrays, signs."""

from typing import Any

import numpy as np

from tests.golden.keras_calls import as_arrays, public

Case = dict[str, Any]

INF, NAN = float("inf"), float("nan")


def floats(values: Any) -> np.ndarray:
    """Returns a float32 array."""
    return np.array(values, dtype="float32")


def integers(values: Any) -> np.ndarray:
    """Returns an int32 array."""
    return np.array(values, dtype="int32")


ROWS = floats([[1, -2, 3], [4, 0, -6]])
TIES = floats([[1, 3, 3], [2, 2, 0]])
BLOCK = np.arange(8, dtype="float32").reshape(2, 2, 2)
EMPTY = np.zeros((0, 3), dtype="float32")
LINE = floats([5, 6, 7, 8, 9])
GAPS = floats([1, NAN, 3])
TRUTH = np.array([[True, False], [True, True]])

Call = tuple[str, list[Any], dict[str, Any]]

REDUCTIONS: list[Call] = [
    ("sum", [ROWS], {"axis": -1}),
    ("sum", [BLOCK], {"axis": (0, -1)}),
    ("sum", [BLOCK], {"axis": [0, 1], "keepdims": True}),
    ("sum", [EMPTY], {}),
    ("sum", [EMPTY], {"axis": 0}),
    ("sum", [ROWS], {"axis": ()}),
    ("mean", [ROWS], {"axis": None, "keepdims": True}),
    ("mean", [integers([1, 2])], {}),
    ("mean", [floats([])], {}),
    ("prod", [EMPTY], {"axis": 0}),
    ("prod", [ROWS], {"axis": -2}),
    ("max", [TIES], {"axis": -1, "keepdims": True}),
    ("max", [GAPS], {}),
    ("max", [ROWS], {"axis": 0, "initial": 2.0}),
    ("min", [BLOCK], {"axis": (1, 2)}),
    ("min", [ROWS], {"initial": -9.0}),
    ("argmax", [TIES], {}),
    ("argmax", [TIES], {"axis": -1, "keepdims": True}),
    ("argmax", [TIES], {"keepdims": True}),
    ("argmin", [TIES], {"axis": 0}),
    ("var", [ROWS], {"axis": 1}),
    ("std", [ROWS], {"axis": (0, 1), "keepdims": True}),
    ("var", [integers([1, 2, 4])], {}),
    ("any", [ROWS], {"axis": 0}),
    ("all", [ROWS], {"axis": -1, "keepdims": True}),
    ("all", [EMPTY], {}),
    ("logsumexp", [floats([[1e4, 1e4], [-INF, 0]])], {"axis": -1}),
    ("norm", [ROWS], {"axis": -1}),
    ("norm", [ROWS], {"ord": 1, "axis": 0, "keepdims": True}),
    ("count_nonzero", [ROWS], {"axis": 1}),
    ("average", [ROWS], {"axis": 1, "weights": floats([1, 1, 2])}),
    ("moments", [ROWS], {"axes": [0]}),
    ("cumsum", [ROWS], {}),
    ("cumsum", [ROWS], {"axis": -1}),
    ("cumprod", [ROWS], {"axis": 0}),
    ("diff", [LINE * LINE], {"n": 2}),
    ("median", [ROWS], {"axis": 1}),
]
SHAPES: list[Call] = [
    ("reshape", [ROWS, (3, -1)], {}),
    ("reshape", [ROWS, -1], {}),
    ("transpose", [BLOCK], {"axes": (2, 0, 1)}),
    ("transpose", [ROWS], {}),
    ("moveaxis", [BLOCK, 0, -1], {}),
    ("moveaxis", [BLOCK, [0, 1], [1, 2]], {}),
    ("swapaxes", [ROWS, 0, -1], {}),
    ("expand_dims", [LINE[:2], -1], {}),
    ("expand_dims", [LINE[:2], (0, 2)], {}),
    ("squeeze", [LINE[:2].reshape(1, 2, 1)], {}),
    ("squeeze", [LINE[:2].reshape(1, 2, 1)], {"axis": -1}),
    ("ravel", [TIES], {}),
    ("concatenate", [[ROWS, ROWS[:, :1]]], {"axis": -1}),
    ("stack", [[LINE[:2], LINE[3:]]], {"axis": -1}),
    ("hstack", [[LINE[:1], LINE[3:]]], {}),
    ("vstack", [[LINE[:2], LINE[3:]]], {}),
    ("split", [LINE, [1, 3]], {}),
    ("split", [ROWS, 3], {"axis": -1}),
    ("tile", [LINE[:2], (2, 2)], {}),
    ("tile", [BLOCK[0], 2], {}),
    ("repeat", [LINE[:2], 2], {}),
    ("repeat", [BLOCK[0], integers([1, 2])], {"axis": 0}),
    ("flip", [ROWS], {}),
    ("flip", [ROWS], {"axis": -1}),
    ("roll", [ROWS, 1], {}),
    ("roll", [ROWS, -1], {"axis": 1}),
    ("broadcast_to", [LINE[:2], (2, 2)], {}),
    ("pad", [LINE[:3], 1], {}),
    ("pad", [LINE[:3], ((1, 2),)], {"constant_values": -1.0}),
    ("pad", [LINE[:3], ((2, 1),)], {"mode": "reflect"}),
    ("pad", [LINE[:3], ((2, 1),)], {"mode": "symmetric"}),
    ("pad", [BLOCK[0], ((1, 0), (0, 1))], {}),
    ("diag", [LINE[:2]], {"k": 1}),
    ("diag", [ROWS], {"k": -1}),
    ("tril", [ROWS], {"k": -1}),
    ("triu", [BLOCK], {"k": 1}),
    ("meshgrid", [LINE[:2], LINE[3:]], {}),
    ("meshgrid", [LINE[:2], LINE[3:]], {"indexing": "ij"}),
    ("eye", [2, 3], {"k": 1}),
    ("arange", [5, 0, -2], {}),
    ("arange", [0, 1, 0.25], {}),
    ("linspace", [0, 1], {"num": 4, "endpoint": False}),
    ("full", [(2,), 3], {}),
    ("full_like", [LINE[:2], 7.9], {"dtype": "int32"}),
]
INDEXING: list[Call] = [
    ("one_hot", [integers([0, 2, -1]), 3], {}),
    ("one_hot", [integers([[0, 1]]), 2], {"axis": 0}),
    ("take", [LINE, integers([0, -1, 2])], {}),
    ("take", [ROWS, integers([[0, 5]])], {}),
    ("take", [ROWS, integers([2, -3])], {"axis": 1}),
    ("take", [ROWS, 1], {"axis": 0}),
    ("take_along_axis", [ROWS, integers([[2], [0]])], {"axis": 1}),
    ("take_along_axis", [ROWS, integers([[1, 0, -1]])], {"axis": 0}),
    ("top_k", [TIES, 2], {}),
    ("top_k", [floats([1, 2, 3]), 1], {}),
    ("in_top_k", [integers([1, 2]), TIES], {"k": 1}),
    ("sort", [ROWS], {"axis": 0}),
    ("argsort", [floats([3, 1, 2])], {}),
    ("searchsorted", [floats([1, 2, 2, 3]), floats([2, 0, 9])], {}),
    ("searchsorted", [floats([1, 2, 2, 3]), floats([2, 0, 9])], {"side": "right"}),
    ("where", [TRUTH, floats([[1, 2]]), floats(0)], {}),
    ("where", [TRUTH, 1, 2.5], {}),
    ("nonzero", [ROWS], {}),
    ("slice", [ROWS, (0, 1), (2, 2)], {}),
    ("slice_update", [ROWS, (1, 0), floats([[9, 9]])], {}),
    ("scatter", [integers([[0], [2], [0]]), floats([1, 2, 3]), (4,)], {}),
    ("scatter_update", [LINE, integers([[1], [3]]), floats([0, -1])], {}),
    ("bincount", [integers([0, 2, 2])], {"minlength": 4}),
]
NUMBERS: list[Call] = [
    ("divide", [floats([1, -1, 0]), floats([0, 0, 0])], {}),
    ("divide_no_nan", [floats([1, -1, 0, 3]), floats([0, 0, 0, 2])], {}),
    ("floor_divide", [integers([7, -7, 7, -7]), integers([2, 2, -2, -2])], {}),
    ("floor_divide", [floats([7, -7]), floats([2, 2])], {}),
    ("mod", [integers([7, -7, 7, -7]), integers([3, 3, -3, -3])], {}),
    ("mod", [floats([5.5, -5.5, 5.5]), floats([2, 2, -2])], {}),
    ("power", [floats([2, -2, 0, 4]), floats([-1, 3, 0, 0.5])], {}),
    ("power", [integers([2, 3]), integers([3, 0])], {}),
    ("maximum", [floats([1, NAN, 3]), floats([2, 0, NAN])], {}),
    ("minimum", [ROWS, 0], {}),
    ("sign", [floats([-3, -0.0, 0, 2])], {}),
    ("round", [floats([0.5, 1.5, 2.5, -0.5, -1.5])], {}),
    ("round", [floats([1.2345, -1.257])], {"decimals": 2}),
    ("floor", [floats([-0.5, 1.5])], {}),
    ("ceil", [integers([1, -2])], {}),
    ("clip", [floats([-2, 0.5, 7]), -1, 1], {}),
    ("abs", [integers([-3, 3])], {}),
    ("square", [integers([-3, 3])], {}),
    ("sqrt", [floats([-1, 0, 4])], {}),
    ("rsqrt", [floats([0, 4])], {}),
    ("reciprocal", [floats([0, 4])], {}),
    ("log", [floats([-1, 0, 1])], {}),
    ("log1p", [floats([-1, 1e-8, 1])], {}),
    ("expm1", [floats([-100, 1e-8, 1])], {}),
    ("logaddexp", [floats([1e4, -INF]), floats([1e4, 0])], {}),
    ("arctan2", [floats([1, -1, 0]), floats([-1, -1, -1])], {}),
    ("isclose", [floats([1, NAN, 1e-9]), floats([1.000001, NAN, 0])], {}),
    ("isnan", [floats([NAN, INF, 1])], {}),
    ("isfinite", [floats([NAN, INF, 1])], {}),
    ("nan_to_num", [floats([NAN, INF, -INF, 1])], {"posinf": 9.0, "neginf": -9.0}),
    ("equal", [floats([NAN, 0.0]), floats([NAN, -0.0])], {}),
    ("logical_and", [floats([2, 0]), floats([1, 1])], {}),
    ("logical_not", [floats([2, 0])], {}),
    ("logical_xor", [floats([2, 0]), floats([1, 1])], {}),
    ("cast", [floats([-1.9, 0.0, 2.9])], {"dtype": "int32"}),
    ("cast", [floats([0.0, 0.1, NAN])], {"dtype": "bool"}),
    ("normalize", [floats([[3, 4], [0, 0]])], {}),
    ("normalize", [floats([[3, 4], [1, -1]])], {"axis": 0, "order": 1}),
]
PRODUCTS: list[Call] = [
    ("matmul", [LINE[:2], LINE[3:]], {}),
    ("matmul", [ROWS, LINE[:3]], {}),
    ("matmul", [LINE[:2], ROWS], {}),
    ("matmul", [BLOCK, BLOCK[0]], {}),
    ("matmul", [BLOCK, LINE[:2]], {}),
    ("dot", [ROWS, 2.0], {}),
    ("outer", [LINE[:2], BLOCK[0]], {}),
    ("tensordot", [ROWS, ROWS], {"axes": [[0], [0]]}),
    ("einsum", ["bij,bjk->ik", BLOCK, BLOCK], {}),
    ("trace", [BLOCK], {"axis1": 1, "axis2": 2}),
]
LOSSES: list[Call] = [
    ("binary_crossentropy", [floats([0, 1]), floats([0.25, 0])], {}),
    (
        "categorical_crossentropy",
        [floats([[0, 1]]), floats([[2, 0]])],
        {"from_logits": True},
    ),
    ("sparse_categorical_crossentropy", [integers([1]), floats([[0.2, 0.6]])], {}),
]


def record() -> list[Case]:
    """Returns a case for each call."""
    calls = [*REDUCTIONS, *SHAPES, *INDEXING, *NUMBERS, *PRODUCTS, *LOSSES]
    cases = []
    for number, (name, arguments, keywords) in enumerate(calls):
        call = f"ops.{name}"
        case = {"name": f"{number} {name}", "call": call, "arguments": arguments}
        if keywords:
            case["keywords"] = keywords
        result = as_arrays(public(call)(*arguments, **keywords))
        cases.append(case | {"result": result})
    return cases
