"""Reshaping layers: outputs, gradients and configurations, in both orders of axes."""

from typing import Any

import numpy as np

from tests.golden.layer_calls import Case, layer_case, uneven

ROWS = uneven((2, 6), 0)
STEPS = uneven((2, 5, 3), 1)
IMAGES = uneven((1, 3, 4, 2), 2)
VOLUMES = uneven((1, 3, 1, 4, 2), 3)
FIRST = {"data_format": "channels_first"}

LAYERS: list[tuple[str, np.ndarray, dict[str, Any]]] = [
    ("Reshape", ROWS, {"target_shape": (3, 2)}),
    ("Reshape", IMAGES, {"target_shape": [-1, 8], "name": "rows"}),
    ("Reshape", ROWS[:, :1], {"target_shape": ()}),
    ("Permute", STEPS, {"dims": (2, 1)}),
    ("Permute", IMAGES, {"dims": [3, 1, 2]}),
    ("RepeatVector", ROWS, {"n": 3}),
    ("ZeroPadding1D", STEPS, {}),
    ("ZeroPadding1D", STEPS, {"padding": (0, 2), **FIRST}),
    ("ZeroPadding2D", IMAGES, {}),
    ("ZeroPadding2D", IMAGES, {"padding": 2}),
    ("ZeroPadding2D", IMAGES, {"padding": (0, 1), **FIRST}),
    ("ZeroPadding2D", IMAGES, {"padding": ((1, 0), (2, 1))}),
    ("ZeroPadding3D", VOLUMES, {"padding": ((1, 0), (0, 0), (0, 2))}),
    ("ZeroPadding3D", VOLUMES, {"padding": (0, 1, 0), **FIRST}),
    ("Cropping1D", STEPS, {}),
    ("Cropping1D", STEPS, {"cropping": (0, 3)}),
    ("Cropping2D", IMAGES, {}),
    ("Cropping2D", IMAGES, {"cropping": ((1, 0), (0, 2))}),
    ("Cropping2D", IMAGES, {"cropping": (1, 0), **FIRST}),
    ("Cropping3D", VOLUMES, {"cropping": ((1, 1), (0, 0), (2, 1))}),
    ("UpSampling1D", STEPS, {}),
    ("UpSampling1D", STEPS, {"size": 3}),
    ("UpSampling2D", IMAGES, {}),
    ("UpSampling2D", IMAGES, {"size": (1, 3), **FIRST}),
    ("UpSampling2D", IMAGES, {"interpolation": "bilinear"}),
    ("UpSampling2D", IMAGES, {"size": (3, 1), "interpolation": "bilinear"}),
    ("UpSampling2D", IMAGES, {"interpolation": "bilinear", **FIRST}),
    ("UpSampling3D", VOLUMES, {"size": (1, 2, 1)}),
    ("UpSampling3D", VOLUMES, {"size": 2, "trainable": False, **FIRST}),
]


def record() -> list[Case]:
    """Returns a case for each layer and each of its options."""
    return [
        layer_case(str(keywords), f"layers.{name}", keywords, [inputs])
        for name, inputs, keywords in LAYERS
    ]
