"""What a model is made of, layer by layer: for its summary and its picture."""

import itertools
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:  # models print themselves with what is here
    from minikeras.layers.layer import Layer

# One, or several of them, or None where it is not known.
Shape: TypeAlias = Any


class Part(NamedTuple):
    """A layer of a model, with the shapes at its two ends; None where not known."""

    layer: "Layer"
    input_shape: Shape
    output_shape: Shape
    depth: int  # how many models it is inside of, apart from the outermost


def parts_of(model: Any, expand_nested: bool = False, depth: int = 0) -> list[Part]:
    """Returns the layers of a model in order; of the models inside too, if expanded."""
    parts = []
    for layer, (input_shape, output_shape) in zip(
        model.layers, shapes_of_layers(model), strict=True
    ):
        parts.append(Part(layer, input_shape, output_shape, depth))
        if expand_nested and hasattr(layer, "layers"):
            parts += parts_of(layer, expand_nested, depth + 1)
    return parts


def is_chain(layer: "Layer") -> bool:
    """Whether a layer is a model whose layers follow one another."""
    return hasattr(layer, "_tensors")


def shapes_of_layers(model: Any) -> list[tuple[Shape, Shape]]:
    """Returns (input shape, output shape) for each layer of a model.

    A chain remembers what goes through it. Elsewhere a layer knows the shape that it
    was built for, and what that makes.
    """
    if not is_chain(model):
        return [shapes_when_built(layer) for layer in model.layers]
    shapes = [tensor.shape for tensor in model._tensors]
    known: list[tuple[Shape, Shape]] = list(itertools.pairwise(shapes))
    return known + [(None, None)] * (len(model.layers) - len(known))


def shapes_when_built(layer: "Layer") -> tuple[Shape, Shape]:
    """Returns the shapes of input and output that a layer was built for."""
    config = layer.get_build_config() if layer.built else None
    if config is None:
        return None, None
    shapes = config.get("shapes_dict") or {"input_shape": config["input_shape"]}
    first, *others = shapes.values()
    return first, layer.compute_output_shape(first, *others)


def shape_text(shape: Shape) -> str:
    """Returns a shape as a reader expects it: "?" if it is not known.

    >>> shape_text((None, 3)), shape_text([(2,), (None, 1)]), shape_text(None)
    ('(None, 3)', '(2,), (None, 1)', '?')
    """
    if shape is None:
        return "?"
    if isinstance(shape, dict):
        shape = list(shape.values())
    if shape and isinstance(shape, list):
        return ", ".join(shape_text(part) for part in shape)
    return str(tuple(shape))
