"""Calls layers of Keras with given weights: what the recorders of layers share."""

from typing import Any

import numpy as np
import torch
from keras import tree

from tests.golden.keras_calls import as_arrays, cotangent_for, public, reset

Case = dict[str, Any]


def layer_case(
    label: str,
    path: str,
    keywords: dict[str, Any],
    inputs: list[Any],
    **call: Any,
) -> Case:
    """Returns what a layer computes, its weights and configuration, and gradients.

    `inputs` are given by position, arrays or lists of them, `call` by keyword. The
    gradients are those of sum(cotangent · output), of the first output where there are
    several, with respect to the inputs that are floats and to the trainable weights.
    """
    reset()
    layer = public(path)(**keywords)
    layer(*as_leaves(inputs), **as_tensors(call))
    layer.set_weights([uneven(w.shape, seed) for seed, w in enumerate(layer.weights)])
    tensors = as_leaves(inputs)
    outputs = layer(*tensors, **as_tensors(call))
    output = outputs[0] if isinstance(outputs, tuple) else outputs
    cotangent = cotangent_for(tuple(output.shape))
    if output.requires_grad:
        (output * torch.tensor(cotangent)).sum().backward()
    return {
        "name": f"{path.rpartition('.')[2]}: {label}",
        "class": path,
        "keywords": keywords,
        "inputs": inputs,
        "call": call,
        "weights": [[w.path, w.trainable, np.array(w)] for w in layer.weights],
        "config": layer.get_config(),
        "outputs": as_arrays(outputs),
        "mask": as_arrays(getattr(output, "_keras_mask", None)),
        "cotangent": cotangent,
        "input gradients": [
            x.grad.numpy() for x in tree.flatten(tensors) if x.grad is not None
        ],
        "weight gradients": [
            w.value.grad.cpu().numpy() for w in layer.trainable_weights
        ],
    }


def without_repetition(cases: list[Case]) -> list[Case]:
    """Takes the configuration out of cases whose layer was made so before."""
    seen = []
    for case in cases:
        made = repr((case.get("class"), case["keywords"]))
        if made in seen:
            case.pop("config", None)
        seen.append(made)
    return cases


def uneven(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Returns numbers of two decimals around 0, which are short to write down."""
    numbers = np.random.default_rng(seed).normal(0.0, 0.6, shape)
    return np.round(numbers, 2).astype("float32")


def as_leaves(inputs: list[Any]) -> list[Any]:
    """Returns tensors for arrays, also in lists; those of floats want gradients."""
    return [
        as_leaves(x)
        if isinstance(x, list)
        else torch.tensor(x, requires_grad=x.dtype.kind == "f")
        for x in inputs
    ]


def as_tensors(arguments: dict[str, Any]) -> dict[str, Any]:
    """Returns keyword arguments with tensors for arrays, also in lists."""
    return tree.map_structure(
        lambda x: torch.tensor(x) if isinstance(x, np.ndarray) else x, arguments
    )
