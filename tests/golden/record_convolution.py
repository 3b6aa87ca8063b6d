"""Convolution layers: outputs, gradients and configurations, for each kind of window.

`ops.conv` is what they are made of; it takes strides and dilation together, too.
"""

from typing import Any

import numpy as np

from tests.golden.keras_calls import as_arrays, public
from tests.golden.layer_calls import Case, layer_case, uneven

STEPS = uneven((1, 7, 4), 0)
IMAGES = uneven((1, 4, 5, 2), 1)
VOLUMES = uneven((1, 3, 2, 3, 2), 2)
FIRST = {"data_format": "channels_first"}

LAYERS: list[tuple[str, np.ndarray, dict[str, Any]]] = [
    ("Conv1D", STEPS, {"filters": 3, "kernel_size": 2}),
    (
        "Conv1D",
        STEPS,
        {"filters": 2, "kernel_size": 4, "strides": 2, "padding": "same"},
    ),
    ("Conv1D", STEPS, {"filters": 2, "kernel_size": 3, "padding": "causal"}),
    (
        "Conv1D",
        STEPS,
        {"filters": 2, "kernel_size": 2, "padding": "causal", "dilation_rate": 3},
    ),
    (
        "Conv1D",
        STEPS,
        {"filters": 2, "kernel_size": 3, "padding": "causal", "strides": 3, **FIRST},
    ),
    (
        "Conv1D",
        STEPS,
        {"filters": 6, "kernel_size": [2], "groups": 2, "name": "halves"},
    ),
    ("Conv2D", IMAGES, {"filters": 3, "kernel_size": 3}),
    ("Conv2D", IMAGES, {"filters": 3, "kernel_size": 3, "padding": "same"}),
    ("Conv2D", IMAGES, {"filters": 2, "kernel_size": (2, 3), "strides": 2}),
    (
        "Conv2D",
        IMAGES,
        {"filters": 2, "kernel_size": (2, 3), "strides": 2, "padding": "SAME"},
    ),
    ("Conv2D", IMAGES, {"filters": 3, "kernel_size": 1, "use_bias": False}),
    ("Conv2D", IMAGES, {"filters": 2, "kernel_size": 2, "activation": "relu"}),
    ("Conv2D", IMAGES, {"filters": 2, "kernel_size": 2, "activation": "tanh"}),
    (
        "Conv2D",
        IMAGES,
        {
            "filters": 2,
            "kernel_size": 2,
            "dilation_rate": (2, 3),
            "activation": "relu",
            "use_bias": False,
        },
    ),
    (
        "Conv2D",
        IMAGES,
        {"filters": 4, "kernel_size": 3, "groups": 2, "padding": "same"},
    ),
    ("Conv2D", IMAGES, {"filters": 2, "kernel_size": 2, "strides": (3, 1), **FIRST}),
    ("Conv2D", IMAGES, {"filters": 3, "kernel_size": 3, "padding": "same", **FIRST}),
    (
        "Conv2D",
        IMAGES,
        {
            "filters": 2,
            "kernel_size": 2,
            "kernel_initializer": "he_normal",
            "bias_initializer": "ones",
            "kernel_regularizer": "l2",
            "bias_regularizer": "l2",
            "activity_regularizer": "l2",
            "kernel_constraint": "max_norm",
            "bias_constraint": "non_neg",
            "trainable": False,
            "name": "given",
        },
    ),
    ("Conv3D", VOLUMES, {"filters": 2, "kernel_size": 2}),
    ("Conv3D", VOLUMES, {"filters": 2, "kernel_size": (1, 2, 3), "padding": "same"}),
    ("Conv3D", VOLUMES, {"filters": 2, "kernel_size": 2, "strides": 2, **FIRST}),
]

CALLS: list[tuple[np.ndarray, tuple[int, ...], dict[str, Any]]] = [
    (STEPS, (3, 4, 2), {}),
    (STEPS, (2, 2, 4), {"strides": 2, "dilation_rate": 3}),
    (IMAGES, (2, 3, 2, 2), {"strides": (1, 2), "dilation_rate": 2}),
    (IMAGES, (3, 2, 1, 4), {"padding": "same", "strides": (2, 3)}),
    (IMAGES, (2, 2, 2, 2), {"padding": "same", **FIRST, "dilation_rate": 2}),
    (VOLUMES, (2, 2, 2, 2, 2), {"padding": "same", "strides": 2}),
]


def record() -> list[Case]:
    """Returns a case for each layer, and for each call of `ops.conv`."""
    conv = public("ops.conv")
    layers = [
        layer_case(str(keywords), f"layers.{name}", keywords, [inputs])
        for name, inputs, keywords in LAYERS
    ]
    calls = []
    for inputs, shape, keywords in CALLS:
        inputs = np.swapaxes(inputs, 1, -1) if "data_format" in keywords else inputs
        kernel = uneven(shape, 3)
        calls.append(
            {
                "name": f"ops.conv {inputs.shape} {shape} {keywords}",
                "arguments": [inputs, kernel],
                "keywords": keywords,
                "result": as_arrays(conv(inputs, kernel, **keywords)),
            }
        )
    return layers + calls
