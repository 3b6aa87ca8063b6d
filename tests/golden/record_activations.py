"""Activations: values and gradients away from the kinks, and values at extremes."""

from typing import Any

import numpy as np

from tests.golden.keras_calls import as_arrays, gradient_of, public

EXTREMES = np.array(
    [-1e4, -104.0, -88.0, -30.0, -3.0, -0.0, 0.0, 3.0, 6.0, 30.0, 88.0, 1e4],
    dtype="float32",
)
# No kink of any activation: not 0, ±3, 6, 1 (a threshold below) or -0.5.
SMOOTH = np.array(
    [-7.5, -2.9, -1.7, -0.6, -0.2, 0.15, 0.7, 1.6, 2.8, 3.4, 5.5, 7.0], dtype="float32"
)
ROWS = np.array([[1.0, -2.0, 0.5], [3.0, 3.0, -50.0]], dtype="float32")
BLOCK = np.array(
    [[[0.1, 2.0], [-1.0, 0.3]], [[4.0, -4.0], [0.0, 1.5]]], dtype="float32"
)
EXTREME_ROWS = np.array(
    [[1e4, -1e4, 0.0], [-np.inf, 0.0, 1.0], [88.0, 89.0, -104.0]], dtype="float32"
)

ELEMENTWISE: list[tuple[str, dict[str, Any]]] = [
    ("activations.relu", {}),
    ("activations.relu", {"negative_slope": 0.1}),
    ("activations.relu", {"max_value": 6.0}),
    ("activations.relu", {"threshold": 1.0}),
    ("activations.relu", {"negative_slope": 0.2, "max_value": 3.0, "threshold": 1.0}),
    ("activations.relu6", {}),
    ("activations.leaky_relu", {}),
    ("activations.leaky_relu", {"negative_slope": 0.3}),
    ("activations.elu", {}),
    ("activations.elu", {"alpha": 0.5}),
    ("activations.celu", {}),
    ("activations.celu", {"alpha": 2.0}),
    ("activations.selu", {}),
    ("activations.gelu", {}),
    ("activations.gelu", {"approximate": True}),
    ("activations.silu", {}),
    ("activations.sigmoid", {}),
    ("activations.tanh", {}),
    ("activations.softplus", {}),
    ("activations.softsign", {}),
    ("activations.exponential", {}),
    ("activations.hard_sigmoid", {}),
    ("activations.hard_silu", {}),
    ("activations.mish", {}),
    ("activations.linear", {}),
    ("ops.leaky_relu", {}),
    ("ops.gelu", {}),
    ("ops.gelu", {"approximate": False}),
    ("ops.log_sigmoid", {}),
    ("ops.erf", {}),
]
ALONG_AN_AXIS: list[tuple[str, dict[str, Any]]] = [
    (f"activations.{name}", keywords)
    for name in ("softmax", "log_softmax")
    for keywords in ({}, {"axis": 0}, {"axis": -2})
]
OVER_SEVERAL_AXES: list[tuple[str, dict[str, Any]]] = [
    ("activations.softmax", {"axis": (1, 2)}),
    ("ops.softmax", {"axis": (0, 2)}),
    ("ops.softmax", {"axis": None}),
]


def record() -> list[dict[str, Any]]:
    """Returns one case for each activation, set of arguments and input."""
    cases = []
    for call, keywords in ELEMENTWISE:
        cases.append(value_case(call, EXTREMES, keywords, "extremes"))
        cases.append(gradient_case(call, SMOOTH, keywords, "gradient"))
    for call, keywords in ALONG_AN_AXIS:
        cases.append(gradient_case(call, ROWS, keywords, "rows"))
        cases.append(value_case(call, EXTREME_ROWS, keywords, "extreme rows"))
    for call, keywords in OVER_SEVERAL_AXES:
        cases.append(gradient_case(call, BLOCK, keywords, "block"))
    return cases


def value_case(call: str, x: np.ndarray, keywords: dict, what: str) -> dict[str, Any]:
    """Returns a case with the values alone."""
    result = as_arrays(public(call)(np.array(x), **keywords))
    return case(call, x, keywords, what) | {"result": result}


def gradient_case(
    call: str, x: np.ndarray, keywords: dict, what: str
) -> dict[str, Any]:
    """Returns a case with values, a cotangent and the gradient of x under it."""
    cotangent, gradient = gradient_of(
        lambda tensor: public(call)(tensor, **keywords), x
    )
    return value_case(call, x, keywords, what) | {
        "cotangent": cotangent,
        "gradient": gradient,
    }


def case(call: str, x: np.ndarray, keywords: dict, what: str) -> dict[str, Any]:
    """Returns the description of a call: its name, function, input and keywords."""
    settings = ", ".join(f"{key}={value}" for key, value in keywords.items())
    name = f"{call}({settings}) {what}"
    return {"name": name, "call": call, "x": x, "keywords": keywords}
