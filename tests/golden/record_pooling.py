"""Pooling layers: outputs, gradients and configurations, for each kind of window.

Where "same" needs an odd number of padded places, PyTorch's averages repeat the border,
unlike Keras's other backends, which leave out what is outside: there is no such case.
"""

from typing import Any

import numpy as np

from tests.golden.layer_calls import Case, layer_case, uneven

STEPS = uneven((2, 7, 2), 0)
IMAGES = uneven((1, 5, 7, 2), 1)
VOLUMES = uneven((1, 2, 4, 5, 1), 2)
FIRST = {"data_format": "channels_first"}
MASK = np.array([[True, True, False, True, False, False, True], [True] * 7])

WINDOWS: list[tuple[str, np.ndarray, dict[str, Any]]] = [
    ("MaxPooling1D", STEPS, {}),
    ("MaxPooling1D", STEPS, {"pool_size": 3, "strides": 1, "padding": "same"}),
    ("MaxPooling1D", STEPS, {"pool_size": 1, "strides": 3, **FIRST}),
    ("MaxPooling2D", IMAGES, {}),
    ("MaxPooling2D", IMAGES, {"pool_size": 3, "strides": 2}),
    ("MaxPooling2D", IMAGES, {"padding": "same", "name": "pool"}),
    ("MaxPooling2D", IMAGES, {"pool_size": (3, 4), "strides": (1, 2)}),
    ("MaxPooling2D", IMAGES, {"pool_size": [2, 1], "padding": "same", **FIRST}),
    ("MaxPooling3D", VOLUMES, {}),
    ("MaxPooling3D", VOLUMES, {"pool_size": 2, "strides": 1, "padding": "same"}),
    ("AveragePooling1D", STEPS, {"pool_size": 2}),
    ("AveragePooling1D", STEPS, {"pool_size": 3, "strides": 2, "padding": "same"}),
    ("AveragePooling2D", IMAGES, {"pool_size": 2}),
    ("AveragePooling2D", IMAGES, {"pool_size": 3, "strides": 1, "padding": "same"}),
    ("AveragePooling2D", IMAGES, {"pool_size": (3, 2), "strides": (2, 1), **FIRST}),
    ("AveragePooling3D", VOLUMES, {"pool_size": (1, 2, 3), "trainable": False}),
]
GLOBAL = [
    (f"Global{kind}Pooling{dims}D", inputs, keywords)
    for kind in ("Average", "Max")
    for dims, inputs in ((1, STEPS), (2, IMAGES), (3, VOLUMES))
    for keywords in ({}, {"keepdims": True, **FIRST})
]


def record() -> list[Case]:
    """Returns a case for each layer and each kind of window."""
    cases = [
        layer_case(str(keywords), f"layers.{name}", keywords, [inputs])
        for name, inputs, keywords in WINDOWS + GLOBAL
    ]
    return [
        *cases,
        masked_case({}, STEPS),
        masked_case({"keepdims": True, **FIRST}, np.swapaxes(STEPS, 1, 2)),
    ]


def masked_case(keywords: dict[str, Any], inputs: np.ndarray) -> Case:
    """Returns an average over the steps that a mask leaves."""
    path = "layers.GlobalAveragePooling1D"
    return layer_case(f"mask {keywords}", path, keywords, [inputs], mask=MASK)
