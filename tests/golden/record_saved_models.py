"""Models that Keras has saved: the files in `saved_models/`, and what is in them.

The files have the date of their recording, and numbers of objects that differ by run:
recording them anew changes them.
"""

from typing import Any

import keras
import numpy as np

from tests.golden.golden_files import FOLDER
from tools.interop_models import models
from tools.interop_side import computed, inputs_for, numbers

FILES = FOLDER / "saved_models"
NAMES = (
    "a subclass",
    "graph of operations",
    "graph with masks",
    "layer Bidirectional",
    "layer MultiHeadAttention",
    "losses and metrics",
    "models inside of models",
    "optimizer Adam",
    "schedule CosineDecay",
    "several inputs and outputs",
)


def record() -> list[dict[str, Any]]:
    """Saves the models, and returns what each computes."""
    FILES.mkdir(exist_ok=True)
    builders = models(keras)
    return [recorded(name, builders[name](keras)) for name in NAMES]


def recorded(name: str, model: Any) -> dict[str, Any]:
    """Saves a model; returns its weights, and what it computes."""
    generator = np.random.default_rng(5)
    for weight in model.weights:
        weight.assign(generator.uniform(0.1, 0.9, tuple(weight.shape)))
    inputs = inputs_for(model)
    if model.compiled:
        targets = numbers(keras.tree.flatten(model(inputs))[0]) - 1.0
        model.fit(inputs, targets, batch_size=3, shuffle=False, verbose=0)
    model.save(FILES / f"{name.replace(' ', '_')}.keras")
    found = computed(keras, model)
    return {"name": name, "inputs": inputs, "found": found}
