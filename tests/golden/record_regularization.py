"""Layers that disturb training: configurations, variables, and what they do without.

Their random numbers are others than ours, and not recorded.
"""

from typing import Any

import numpy as np
import torch

from tests.golden.keras_calls import as_arrays, public, reset
from tests.golden.layer_calls import Case, uneven

STEPS = uneven((2, 3, 2), 0)
IMAGES = uneven((1, 2, 2, 2), 1)
VOLUMES = uneven((1, 1, 2, 2, 2), 2)

LAYERS: list[tuple[str, np.ndarray, dict[str, Any]]] = [
    ("SpatialDropout1D", STEPS, {"rate": 0.25}),
    ("SpatialDropout1D", STEPS, {"rate": 0.5, "seed": 3, "dtype": "float64"}),
    ("SpatialDropout2D", IMAGES, {"rate": 0.25, "name": "drop"}),
    ("SpatialDropout2D", IMAGES, {"rate": 1, "data_format": "channels_first"}),
    ("SpatialDropout3D", VOLUMES, {"rate": 0}),
    ("GaussianNoise", STEPS, {"stddev": 0.1}),
    ("GaussianNoise", STEPS, {"stddev": 0, "seed": 1}),
    ("GaussianDropout", STEPS, {"rate": 0.25}),
    ("GaussianDropout", STEPS, {"rate": 0.0, "trainable": False}),
    ("AlphaDropout", STEPS, {"rate": 0.25}),
    ("AlphaDropout", STEPS, {"rate": 0.5, "noise_shape": (None, 1, 2), "seed": 2}),
    ("ActivityRegularization", STEPS, {}),
    ("ActivityRegularization", STEPS, {"l1": 0.1, "l2": 0.25}),
]


def record() -> list[Case]:
    """Returns a case for each layer and its options."""
    return [case(name, inputs, keywords) for name, inputs, keywords in LAYERS]


def case(name: str, inputs: np.ndarray, keywords: dict[str, Any]) -> Case:
    """Returns what a layer says of itself, and what it does outside of training."""
    reset()
    layer = public(f"layers.{name}")(**keywords)
    built = layer.built
    outputs = layer(torch.tensor(inputs))
    return {
        "name": f"{name} {keywords}",
        "class": f"layers.{name}",
        "keywords": keywords,
        "inputs": inputs,
        "config": layer.get_config(),
        "built": built,
        "supports_masking": layer.supports_masking,
        "variables": [variable.path for variable in layer.variables],
        "outputs": as_arrays(outputs),
        "losses": as_arrays(layer.losses),
    }
