"""Activations: values and gradients away from the kinks, and values at extremes.

The first case holds the inputs; in the others `x` is the name of one of them.
"""

from typing import Any

import numpy as np

from tests.golden.keras_calls import as_arrays, cotangent_for, gradient_of, public

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


INPUTS = {
    "smooth": SMOOTH,
    "extremes": EXTREMES,
    "rows": ROWS,
    "extreme_rows": EXTREME_ROWS,
    "block": BLOCK,
}


def record() -> list[dict[str, Any]]:
    """Returns the inputs, then a case for each activation, its arguments and input."""
    cotangents = {
        f"{name}_cotangent": cotangent_for(x.shape) for name, x in INPUTS.items()
    }
    cases = [{"name": "inputs", **INPUTS, **cotangents}]
    for call, keywords in ELEMENTWISE:
        cases.append(gradient_case(call, "smooth", keywords))
        cases.append(value_case(call, "extremes", keywords))
    for call, keywords in ALONG_AN_AXIS:
        cases.append(gradient_case(call, "rows", keywords))
        cases.append(value_case(call, "extreme_rows", keywords))
    for call, keywords in OVER_SEVERAL_AXES:
        cases.append(gradient_case(call, "block", keywords))
    return cases


def value_case(call: str, x: str, keywords: dict[str, Any]) -> dict[str, Any]:
    """Returns a case with the values alone."""
    settings = ", ".join(f"{key}={value}" for key, value in keywords.items())
    return {
        "name": f"{call}({settings}) {x}",
        "call": call,
        "x": x,
        "keywords": keywords,
        "result": as_arrays(public(call)(INPUTS[x], **keywords)),
    }


def gradient_case(call: str, x: str, keywords: dict[str, Any]) -> dict[str, Any]:
    """Returns a case with values and the gradient under the input's cotangent."""
    _, gradient = gradient_of(
        lambda tensor: public(call)(tensor, **keywords), INPUTS[x]
    )
    return value_case(call, x, keywords) | {"gradient": gradient}
