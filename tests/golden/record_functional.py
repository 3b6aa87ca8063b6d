"""Graphs of layers and operations: configurations, orders, outputs."""

import json
from typing import Any

import keras
import numpy as np

from tests.golden.functional_models import MODELS, weights_for
from tests.golden.keras_calls import reset

Case = dict[str, Any]


def record() -> list[Case]:
    """Returns what each model is, and what it computes from given weights."""
    cases = []
    for name, (make, inputs) in MODELS.items():
        reset()
        model = make(keras)
        model.set_weights(weights_for(model))
        outputs = [np.asarray(x.detach()) for x in keras.tree.flatten(model(inputs))]
        described = keras.saving.serialize_keras_object(model)
        cases.append(
            {
                "name": name,
                "operations": [operation.name for operation in model.operations],
                "layers": [layer.name for layer in model.layers],
                "output_names": model.output_names,
                "weights": [weight.path for weight in model.weights],
                "input_shape": model.input_shape,
                "output_shape": model.output_shape,
                "config": json.loads(json.dumps(described)),
                "outputs": outputs,
            }
        )
    return cases
