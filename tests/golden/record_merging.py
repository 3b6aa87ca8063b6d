"""Merging layers: outputs, gradients of all inputs, configurations, and masks."""

from typing import Any

import numpy as np
import torch

from tests.golden.keras_calls import as_arrays, public
from tests.golden.layer_calls import Case, layer_case, uneven

ROWS, MORE_ROWS = uneven((2, 4), 0), uneven((2, 4), 1)
STEPS, MORE_STEPS = uneven((2, 3, 4), 2), uneven((2, 3, 4), 3)
COLUMNS = uneven((2, 4, 5), 4)
MASKS = [
    np.array([[True, True, False], [True, False, False]]),
    np.array([[True, False, False], [True, True, False]]),
    None,
]

ELEMENTWISE = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")
LAYERS: list[tuple[str, list[np.ndarray], dict[str, Any]]] = [
    *((name, [ROWS, MORE_ROWS], {}) for name in ELEMENTWISE),
    *((name, [STEPS, MORE_ROWS], {}) for name in ELEMENTWISE),
    *((name, [ROWS[:, :1], MORE_ROWS], {}) for name in ("Add", "Multiply")),
    *(
        (name, [ROWS, MORE_ROWS, ROWS * MORE_ROWS], {"name": "three"})
        for name in ELEMENTWISE
        if name != "Subtract"
    ),
    ("Add", [ROWS], {}),
    ("Concatenate", [ROWS, MORE_ROWS[:, :2]], {}),
    ("Concatenate", [STEPS, MORE_STEPS[:, :1], STEPS], {"axis": 1}),
    ("Concatenate", [STEPS, MORE_STEPS], {"axis": 0}),
    ("Concatenate", [STEPS], {"axis": -2}),
    ("Dot", [ROWS, MORE_ROWS], {"axes": 1}),
    ("Dot", [ROWS, MORE_ROWS], {"axes": -1, "normalize": True}),
    ("Dot", [STEPS, MORE_STEPS], {"axes": 2}),
    ("Dot", [STEPS, MORE_STEPS], {"axes": [1, 1]}),
    ("Dot", [STEPS, COLUMNS], {"axes": (2, 1)}),
    ("Dot", [STEPS, COLUMNS], {"axes": (2, 1), "normalize": True}),
    ("Dot", [STEPS, MORE_ROWS], {"axes": (2, 1)}),
    ("Dot", [ROWS, COLUMNS], {"axes": (1, 1)}),
]


def record() -> list[Case]:
    """Returns a case for each layer and kind of inputs, and one for each mask."""
    cases = [
        layer_case(
            f"{' '.join(str(x.shape) for x in inputs)} {keywords}",
            f"layers.{name}",
            keywords,
            [inputs],
        )
        for name, inputs, keywords in LAYERS
    ]
    masks = [
        mask_case(name, keywords, first, second)
        for name, keywords in (
            *((name, {}) for name in ELEMENTWISE),
            *(("Concatenate", {"axis": axis}) for axis in (0, 1, -1)),
            ("Dot", {"axes": 2}),
        )
        for first, second in ((0, 1), (0, 2), (2, 1), (2, 2))
    ]
    return cases + masks


def mask_case(name: str, keywords: dict[str, Any], first: int, second: int) -> Case:
    """Returns what comes out of a layer for two inputs with masks, and its mask."""
    masks = [MASKS[first], MASKS[second]]
    inputs = [torch.tensor(STEPS), torch.tensor(MORE_STEPS)]
    for x, mask in zip(inputs, masks, strict=True):
        if mask is not None:
            x._keras_mask = torch.tensor(mask)
    output = public(f"layers.{name}")(**keywords)(inputs)
    return {
        "name": f"masks {first} {second} of {name} {keywords}",
        "class": f"layers.{name}",
        "keywords": keywords,
        "inputs": [STEPS, MORE_STEPS],
        "masks": masks,
        "output": as_arrays(output),
        "mask": as_arrays(getattr(output, "_keras_mask", None)),
    }
