"""What a model is made of, layer by layer: for its summary and its picture."""

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:  # models print themselves with what is here
    from minikeras.values.node import Node

# One, or several of them, or None where it is not known.
Shape: TypeAlias = Any


class Part(NamedTuple):
    """A layer or operation of a model, with the shapes at its two ends.

    A shape that is not known is None. `connections` are the results that it was called
    on inside of the model, as "name[number of the call][number of the result]".
    """

    layer: Any
    input_shape: Shape
    output_shape: Shape
    depth: int  # how many models it is inside of, apart from the outermost
    connections: tuple[str, ...] = ()


def parts_of(model: Any, expand_nested: bool = False) -> list[Part]:
    """Returns what a model consists of; the layers of models inside, too, if wanted."""
    if not is_graph(model):
        return layers_of(model, expand_nested, 0)
    nodes = set(model.body.graph.nodes)
    parts = []
    for operation in model.operations:
        inside = [node for node in operation._inbound_nodes if node in nodes]
        connections = [source_of(x) for node in inside for x in node.input_tensors]
        shapes = shapes_of_call(operation._inbound_nodes[-1])
        parts.append(Part(operation, *shapes, 0, tuple(connections)))
        if expand_nested and hasattr(operation, "layers"):
            parts += layers_of(operation, expand_nested, 1)
    return parts


def layers_of(model: Any, expand_nested: bool, depth: int) -> list[Part]:
    """Returns the layers of a model that is inside of others, or no graph."""
    parts = []
    for layer, shapes in zip(model.layers, shapes_of_layers(model), strict=True):
        parts.append(Part(layer, *shapes, depth))
        if expand_nested and hasattr(layer, "layers"):
            parts += layers_of(layer, expand_nested, depth + 1)
    return parts


def is_chain(layer: Any) -> bool:
    """Whether a layer is a Sequential model."""
    return hasattr(layer, "_tensors")


def is_graph(layer: Any) -> bool:
    """Whether a layer is a model that was made from symbolic inputs and outputs."""
    return hasattr(layer, "body")


def is_straight(model: Any) -> bool:
    """Whether the calls in a model follow one another, each on the result before.

    So they do where nobody has looked: where a model is no graph.
    """
    if not is_graph(model):
        return True
    depths = list(model.body.graph.depths.values())
    nodes = model.body.graph.nodes
    one_by_one = len(set(depths)) == len(depths)
    return one_by_one and all(len(node.input_tensors) <= 1 for node in nodes)


def source_of(x: Any) -> str:
    """Returns "dense[0][0]": the operation, its call and the result that x is."""
    operation, call, result = x._keras_history
    return f"{operation.name}[{call}][{result}]"


def shapes_of_call(node: "Node") -> tuple[Shape, Shape]:
    """Returns the shapes that a symbolic call got and gave."""
    return together(node.input_tensors), together(node.outputs)


def together(tensors: Sequence[Any]) -> Shape:
    """Returns the shape of the only tensor, or the list of all shapes."""
    shapes = [x.shape for x in tensors]
    return shapes[0] if len(shapes) == 1 else shapes


def shapes_of_layers(model: Any) -> list[tuple[Shape, Shape]]:
    """Returns (input shape, output shape) for each layer of a model.

    A chain remembers what goes through it. Elsewhere a layer knows what it was called
    on, or the shape that it was built for and what that makes.
    """
    if not is_chain(model):
        return [shapes_of(layer) for layer in model.layers]
    shapes = [tensor.shape for tensor in model._tensors]
    known: list[tuple[Shape, Shape]] = list(itertools.pairwise(shapes))
    return known + [(None, None)] * (len(model.layers) - len(known))


def shapes_of(layer: Any) -> tuple[Shape, Shape]:
    """Returns the shapes of input and output of a layer as far as it knows them."""
    if layer._inbound_nodes:
        return shapes_of_call(layer._inbound_nodes[-1])
    config = layer.get_build_config() if layer.built else None
    if config is None:
        return None, None
    shapes = config.get("shapes_dict") or {"input_shape": config["input_shape"]}
    first, *others = shapes.values()
    try:
        return first, layer.compute_output_shape(first, *others)
    except Exception:
        return first, None  # a `call` of one's own that needs more, such as a mask


def shape_text(shape: Shape) -> str:
    """Returns a shape as Keras prints it: "?" if it is not known.

    >>> shape_text((None, 3)), shape_text([(2,), (None, 1)]), shape_text(None)
    ('(None, 3)', '[(2), (None, 1)]', '?')
    """
    if shape is None:
        return "?"
    if isinstance(shape, dict):
        inside = ", ".join(f"{key}: {shape_text(part)}" for key, part in shape.items())
        return f"{{{inside}}}"
    if not any(isinstance(part, (list, tuple, dict)) for part in shape):
        return f"({', '.join(map(str, shape))})"
    if len(shape) == 1:
        return shape_text(shape[0])
    inside = ", ".join(map(shape_text, shape))
    return f"[{inside}]" if isinstance(shape, list) else f"({inside})"
