"""Activations as layers: outputs, gradients of inputs and slopes, and with masks."""

from typing import Any

import numpy as np

from tests.golden.layer_calls import Case, layer_case, uneven

# No kink of any of them: neither 0 nor one of the arguments below.
ROWS = np.array(
    [[-7.5, -2.9, -0.6, 0.15, 0.7], [1.6, 2.8, 3.4, 5.5, -0.2]], dtype="float32"
)
IMAGES = uneven((2, 2, 3, 2), 1) + np.float32(0.005)
MASK = np.array([[True, False, True, True, False], [False] * 5])

LAYERS: list[tuple[str, np.ndarray, dict[str, Any]]] = [
    ("Identity", ROWS, {"name": "same"}),
    ("ReLU", ROWS, {}),
    ("ReLU", ROWS, {"max_value": 3.0, "name": "bent"}),
    ("ReLU", ROWS, {"negative_slope": 0.1}),
    ("ReLU", ROWS, {"threshold": 1.0}),
    ("ReLU", ROWS, {"max_value": 3.0, "negative_slope": 0.2, "threshold": 1.0}),
    ("LeakyReLU", ROWS, {}),
    ("LeakyReLU", ROWS, {"negative_slope": 0.01}),
    ("LeakyReLU", ROWS, {"alpha": 0.2}),
    ("ELU", ROWS, {}),
    ("ELU", ROWS, {"alpha": 0.5}),
    ("PReLU", ROWS, {}),
    ("PReLU", IMAGES, {"shared_axes": [1, 2]}),
    (
        "PReLU",
        IMAGES,
        {
            "alpha_initializer": "ones",
            "alpha_regularizer": "l2",
            "alpha_constraint": "non_neg",
            "shared_axes": 1,
        },
    ),
    ("Softmax", ROWS, {}),
    ("Softmax", IMAGES, {"axis": 1}),
    ("Softmax", IMAGES, {"axis": [1, 2]}),
]


def record() -> list[Case]:
    """Returns a case for each layer and its options, and masked ones."""
    cases = [
        layer_case(f"{inputs.shape} {keywords}", f"layers.{name}", keywords, [inputs])
        for name, inputs, keywords in LAYERS
    ]
    masked = [
        layer_case(f"masked {keywords}", "layers.Softmax", keywords, [ROWS], mask=MASK)
        for keywords in ({}, {"axis": 0}, {"axis": (0, 1)})
    ]
    return cases + masked
