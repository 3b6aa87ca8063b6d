"""What is often wrong with a model or its inputs, said at the first batch."""

import warnings
from typing import Any

import numpy as np

from minikeras.layers.embedding import Embedding
from minikeras.layers.layer import Layer
from minikeras.layers.state import descendants
from minikeras.tree import flatten
from minikeras.utils.structure import is_chain, is_graph

# Layers that know what to do with numbers from 0 to 255, or that take them for indices.
FIT_FOR_BYTES = {
    "BatchNormalization",
    "CategoryEncoding",
    "Embedding",
    "LayerNormalization",
    "Normalization",
    "Rescaling",
}


def check_outputs(model: Layer, y_pred: Any) -> None:
    """Raises ValueError if a model returned nothing."""
    if y_pred is None:
        raise ValueError(
            f'Model "{model.name}" returned None. Does {type(model).__name__}.call end '
            "with a return statement?"
        )


def check_indices(model: Any, x: Any) -> None:
    """Looks at all of x, before training, where it is indices into a table.

    Only in models of one input, of which is known that it goes there right away.

    Raises: IndexError, with the name of the layer.
    """
    indices = flatten(x)
    if len(indices) != 1 or indices[0] is None:
        return
    for layer in layers_at_the_input(model):
        if isinstance(layer, Embedding):
            layer.check_indices(np.asarray(indices[0]))


def layers_at_the_input(model: Any) -> list[Any]:
    """Returns the layers that a model of one input calls on it, as far as known."""
    if is_chain(model):
        return model.layers[:1]
    if not is_graph(model) or len(model.inputs) != 1:
        return []
    [entrance] = model.inputs
    return [
        node.operation
        for node in model.body.graph.calls()
        if any(x is entrance for x in node.input_tensors)
    ]


def hint_at_bytes(model: Any, x: Any) -> None:
    """Warns of pictures of bytes that are neither scaled nor looked up.

    Only where all that a model does is known to be layers: else it may scale them.
    """
    inside = {type(layer).__name__ for layer in descendants(model)}
    only_layers = is_chain(model) or (
        is_graph(model) and all(isinstance(part, Layer) for part in model.operations)
    )
    for part in flatten(x) if only_layers and not inside & FIT_FOR_BYTES else ():
        if part is None or part.dtype != "uint8":
            continue
        largest = int(np.max(part.numpy(), initial=0))
        if largest > 127:
            warnings.warn(
                f'Model "{model.name}" gets numbers of uint8 as they are, up to '
                f"{largest}: training goes better with small ones. Divide them by 255, "
                "or begin the model with layers.Rescaling(1 / 255).",
                UserWarning,
                stacklevel=2,
            )


def hint_at_layers(model: Layer) -> str:
    """Returns what to do about a model without weights, if it has no layers at all."""
    if descendants(model):
        return ""
    return (
        " It has no layers, either: those that are made in "
        f"{type(model).__name__}.call are new at each call. Make them in __init__, as "
        "attributes."
    )
