"""Normalization layers: outputs, gradients, and what the moving averages become."""

from typing import Any

import numpy as np
import torch

from tests.golden.keras_calls import as_arrays, cotangent_for, public, reset
from tests.golden.layer_calls import Case, as_tensors, layer_case, uneven

ROWS = uneven((4, 3), 0)
STEPS = uneven((2, 4, 3), 1)
IMAGES = uneven((2, 3, 2, 4), 2)
MASK = np.array([[True, True, False, True], [True, False, False, True]])

LAYERS: list[tuple[str, np.ndarray, dict[str, Any]]] = [
    ("LayerNormalization", ROWS, {}),
    ("LayerNormalization", STEPS, {"axis": (1, 2), "epsilon": 0.1}),
    ("LayerNormalization", STEPS, {"axis": [-1, -2], "name": "norm"}),
    ("LayerNormalization", IMAGES, {"center": False}),
    ("LayerNormalization", IMAGES, {"scale": False, "trainable": False}),
    ("LayerNormalization", ROWS, {"scale": False, "center": False}),
    ("LayerNormalization", STEPS, {"rms_scaling": True}),
    ("GroupNormalization", IMAGES, {"groups": 2}),
    ("GroupNormalization", IMAGES, {"groups": 4, "scale": False}),
    ("GroupNormalization", IMAGES, {"groups": 1, "axis": 1, "epsilon": 0.01}),
    ("GroupNormalization", STEPS, {"groups": -1, "center": False}),
    ("GroupNormalization", ROWS, {"groups": 3}),
    ("RMSNormalization", ROWS, {}),
    ("RMSNormalization", STEPS, {"axis": [1, 2], "epsilon": 0.1}),
    ("UnitNormalization", ROWS, {}),
    ("UnitNormalization", STEPS, {"axis": (1, 2)}),
]
# Without the averages in their outputs: those have cases of their own.
IN_TRAINING: list[tuple[np.ndarray, dict[str, Any]]] = [
    (ROWS, {}),
    (STEPS, {"momentum": 0.5, "epsilon": 0.1}),
    (IMAGES, {"axis": 1, "name": "norm"}),
    (IMAGES, {"center": False, "beta_initializer": "ones"}),
    (IMAGES, {"scale": False, "gamma_regularizer": "l2"}),
    (ROWS, {"scale": False, "center": False}),
]
OVER_TIME: list[tuple[str, np.ndarray, dict[str, Any], dict[str, Any]]] = [
    ("over rows", ROWS, {"momentum": 0.5}, {}),
    ("over steps", STEPS, {}, {}),
    ("over an axis inside", IMAGES, {"axis": -2, "momentum": 0.9}, {}),
    ("masked", STEPS, {"momentum": 0.5}, {"mask": MASK}),
    ("all masked", STEPS, {"momentum": 0.5}, {"mask": MASK & False}),
    ("frozen", ROWS, {"trainable": False}, {}),
    ("renormalized", ROWS, {"renorm": True, "momentum": 0.5}, {}),
    (
        "renormalized within limits",
        STEPS,
        {
            "renorm": True,
            "renorm_clipping": {"rmax": 1.1, "rmin": 0.8, "dmax": 0.5},
            "renorm_momentum": 0.7,
            "axis": 1,
        },
        {},
    ),
    ("renormalized and masked", STEPS, {"renorm": True}, {"mask": MASK}),
]
ADAPTED: list[tuple[np.ndarray, dict[str, Any]]] = [
    (ROWS, {}),
    (ROWS, {"axis": None}),
    (ROWS, {"axis": 1, "invert": True}),
    (STEPS, {"axis": (1, 2)}),
    (STEPS, {"axis": -2, "name": "norm"}),
    (ROWS.astype("int32"), {}),
]
GIVEN: list[tuple[np.ndarray, dict[str, Any]]] = [
    (ROWS, {"mean": 0.5, "variance": 4.0}),
    (STEPS, {"mean": [1.0, 2.0, 3.0], "variance": [1.0, 4.0, 9.0]}),
    (ROWS, {"mean": [1.0, 2.0, 3.0], "variance": [0.0, 4.0, 9.0], "invert": True}),
]
RESCALED: list[tuple[np.ndarray, dict[str, Any]]] = [
    (ROWS, {"scale": 0.25}),
    (STEPS, {"scale": [1.0, 2.0, 4.0], "offset": [0.5, 0.0, -1.0], "name": "scale"}),
    (np.arange(6, dtype="uint8").reshape(2, 3), {"scale": 1 / 4, "offset": -1}),
]


def record() -> list[Case]:
    """Returns single calls of each layer, then series of calls that have a state."""
    return [
        *(
            layer_case(str(keywords), f"layers.{name}", keywords, [inputs])
            for name, inputs, keywords in LAYERS
        ),
        *(
            layer_case(
                str(keywords),
                "layers.BatchNormalization",
                keywords,
                [inputs],
                training=True,
            )
            for inputs, keywords in IN_TRAINING
        ),
        *(series_case(*arguments) for arguments in OVER_TIME),
        *(adapted_case(*arguments) for arguments in ADAPTED),
        *(
            layer_case(str(keywords), "layers.Normalization", keywords, [inputs])
            for inputs, keywords in GIVEN
        ),
        *(
            layer_case(str(keywords), "layers.Rescaling", keywords, [inputs])
            for inputs, keywords in RESCALED
        ),
    ]


def series_case(
    label: str, inputs: np.ndarray, keywords: dict[str, Any], call: dict[str, Any]
) -> Case:
    """Returns what happens when training and inference take turns."""
    reset()
    layer = public("layers.BatchNormalization")(**keywords)
    layer.build(inputs.shape)
    weights = [
        np.abs(uneven(w.shape, seed)) + 0.1 for seed, w in enumerate(layer.weights)
    ]
    layer.set_weights(weights)
    outputs, gradients, averages = [], [], []
    for turn, training in enumerate((False, True, True, False)):
        x = torch.tensor(inputs + np.float32(turn), requires_grad=True)
        output = layer(x, training=training, **as_tensors(call))
        (output * torch.tensor(cotangent_for(inputs.shape))).sum().backward()
        outputs.append(as_arrays(output))
        gradients.append(x.grad.numpy())
        averages.append([np.array(w) for w in layer.weights if "_" in w.name])
    return {
        "name": f"averages {label}",
        "keywords": keywords,
        "config": layer.get_config(),
        "inputs": inputs,
        "call": call,
        "weights": weights,
        "outputs": outputs,
        "cotangent": cotangent_for(inputs.shape),
        "gradients": gradients,
        "averages": averages,
    }


def adapted_case(data: np.ndarray, keywords: dict[str, Any]) -> Case:
    """Returns what a layer makes of the data that it was adapted to."""
    reset()
    layer = public("layers.Normalization")(**keywords)
    layer.adapt(data)
    return {
        "name": f"adapted to {data.shape} {data.dtype} {keywords}",
        "keywords": keywords,
        "data": data,
        "config": layer.get_config(),
        "weights": [[w.path, w.trainable, np.array(w)] for w in layer.weights],
        "mean": as_arrays(layer.mean),
        "outputs": as_arrays(layer(as_tensors({"x": data})["x"])),
    }
