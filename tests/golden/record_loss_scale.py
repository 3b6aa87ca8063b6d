"""LossScaleOptimizer: a weight over some steps, one of which is not finite."""

from typing import Any

import keras
import numpy as np
import torch

from tests.golden.keras_calls import as_arrays, public, reset

Case = dict[str, Any]

GRADIENTS = np.array(
    [[8.0, -4.0], [2.0, 16.0], [np.inf, 1.0], [4.0, 4.0], [1.0, -8.0], [2.0, 2.0]],
    dtype="float32",
)
INNER: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {"learning_rate": 0.25}),
    ("Adam", {"learning_rate": 0.25, "clipnorm": 1.0}),
    ("SGD", {"learning_rate": 0.25, "gradient_accumulation_steps": 2}),
]


def record() -> list[Case]:
    """Returns a case for each optimizer inside."""
    return [case(name, keywords) for name, keywords in INNER]


def case(inner: str, keywords: dict[str, Any]) -> Case:
    """Returns weights, scale and counter after each step, and all variables."""
    reset()
    optimizer = keras.optimizers.LossScaleOptimizer(
        public(f"optimizers.{inner}")(**keywords),
        initial_scale=4.0,
        dynamic_growth_steps=2,
    )
    weight = keras.Variable(np.ones(2, "float32"), name="weight")
    unbuilt = as_arrays(optimizer.scale_loss(torch.tensor(3.0)))
    optimizer.build([weight])
    steps = []
    for gradient in GRADIENTS:
        optimizer.apply([torch.tensor(gradient)], [weight])
        numbers = optimizer.dynamic_scale, optimizer.step_counter, optimizer.iterations
        steps.append([as_arrays(weight), *(float(x) for x in numbers)])
    return {
        "name": f"{inner} {keywords}",
        "class": inner,
        "keywords": keywords,
        "gradients": GRADIENTS,
        "scaled_before_build": unbuilt,
        "scaled": as_arrays(optimizer.scale_loss(torch.tensor(3.0))),
        "steps": steps,
        "paths": [variable.path for variable in optimizer.variables],
        "variables": [as_arrays(variable) for variable in optimizer.variables],
        "keys": list(optimizer.get_config()),
    }
