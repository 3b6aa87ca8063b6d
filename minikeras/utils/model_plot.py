"""A model as a picture: a box per layer, and arrows where data go.

The picture is written as SVG without help of another program; as text in the DOT
language, Graphviz and its kin can lay it out.
"""

import warnings
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from minikeras.utils.diagram import DIRECTIONS, Box, Diagram, Frame, quoted
from minikeras.utils.structure import (
    Shape,
    is_chain,
    is_graph,
    shape_text,
    shapes_of_call,
    shapes_of_layers,
)
from minikeras.utils.svg import Picture

if TYPE_CHECKING:  # models draw themselves with what is here
    from minikeras.models.model import Model

MARGIN = 20  # around everything
# What Keras has Graphviz write: here it becomes a picture of another kind.
OTHER_PICTURES = (".png", ".jpg", ".jpeg", ".pdf")


def plot_model(
    model: "Model",
    to_file: str | Path | None = "model.svg",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
) -> Picture:
    """Draws a model, and saves it as a picture (.svg) or as text for Graphviz (.dot).

    `rankdir` says where data go: "TB" from top to bottom, "LR" from left to right, "BT"
    and "RL" the other way. `expand_nested` draws the layers of models inside. A model
    that is neither a chain of layers nor a graph is one box. `dpi` and `splines` are
    handed on to Graphviz. Returns the Picture, which notebooks show; with to_file=None
    that is all. Where the name is that of a .png, a .jpg or a .pdf file, an .svg file
    is written beside it, with a warning.

    Raises: ValueError if the model is not built, or the file is to be of another kind.
    """
    if to_file is not None and Path(to_file).suffix in OTHER_PICTURES:
        wanted, to_file = Path(to_file), Path(to_file).with_suffix(".svg")
        warnings.warn(
            f"Models are drawn as SVG: the picture is in {to_file}, and there is no "
            f"{wanted.name}. Browsers show it, and other programs turn it: "
            f"`rsvg-convert {to_file} -o {wanted}`.",
            UserWarning,
            stacklevel=2,
        )
    suffix = None if to_file is None else Path(to_file).suffix
    if suffix not in (None, ".svg", ".dot"):
        raise ValueError(
            f"A model is saved as .svg or .dot; got {to_file}. Other programs make "
            "other pictures of these: `rsvg-convert model.svg -o model.png`, or `dot "
            "-Tpng model.dot -o model.png`."
        )
    options = {
        "show_shapes": show_shapes,
        "show_dtype": show_dtype,
        "show_layer_names": show_layer_names,
        "expand_nested": expand_nested,
        "show_layer_activations": show_layer_activations,
        "show_trainable": show_trainable,
    }
    diagram = diagram_of(model, rankdir, **options)
    width, height = diagram.size(rankdir)
    picture = Picture(width + 2 * MARGIN, height + 2 * MARGIN, f"Model {model.name}")
    diagram.draw(picture, MARGIN, MARGIN, rankdir)
    if to_file is not None and suffix == ".svg":
        picture.save(to_file)
    elif to_file is not None:
        text = model_to_dot(model, rankdir=rankdir, dpi=dpi, splines=splines, **options)
        Path(to_file).write_text(text, encoding="utf-8")
    return picture


def model_to_dot(
    model: "Model",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    subgraph: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
) -> str:
    """Returns a model as text in the DOT language; see `plot_model`.

    `subgraph` makes it a part that can be put into another graph.

    Raises: ValueError if the model is not built.
    """
    diagram = diagram_of(
        model,
        rankdir,
        expand_nested,
        show_shapes=show_shapes,
        show_dtype=show_dtype,
        show_layer_names=show_layer_names,
        show_layer_activations=show_layer_activations,
        show_trainable=show_trainable,
    )
    lines, _, _ = diagram.dot_lines(count())
    if subgraph:
        head = [f"subgraph {quoted('cluster_' + model.name)} {{"]
        head += [f"  label={quoted(model.name)}; style=dashed;"]
    else:
        head = [f"digraph {quoted(model.name)} {{"]
        head += [f"  rankdir={rankdir}; dpi={dpi}; splines={quoted(splines)};"]
    style = '  node [shape=plain, fontname="sans-serif"];'
    return "\n".join([*head, style, *(f"  {line}" for line in lines), "}"]) + "\n"


def diagram_of(
    model: Any, rankdir: str, expand_nested: bool = False, **options: bool
) -> Diagram:
    """Returns what is to be drawn of a model.

    Raises: ValueError if the model is not built, or there is no such direction;
    TypeError for what is no model.
    """
    if not hasattr(model, "layers"):
        raise TypeError(
            f"What is drawn is a model; got {model!r} of type {type(model).__name__}."
        )
    if rankdir not in DIRECTIONS:
        raise ValueError(
            f"rankdir must be one of {', '.join(DIRECTIONS)}; got {rankdir!r}."
        )
    if not model.built:
        raise ValueError(
            f'Model "{model.name}" has no shapes to draw yet: it is not built. Start '
            "it with an Input, call build(input_shape), or call it on data."
        )
    if is_graph(model):
        return graph_of(model, expand_nested, **options)
    if not is_chain(model):
        return Diagram([box_of(model, None, None, **options)], [])
    entrance = Box("InputLayer", [])
    if options.get("show_shapes"):
        entrance.rows.append(f"shape {shape_text(model.input_shape)}")
    chain = chain_of(model, expand_nested, **options)
    members = [entrance, *chain.members]
    return Diagram(members, [(i, i + 1) for i in range(len(members) - 1)])


def chain_of(model: Any, expand_nested: bool, **options: bool) -> Diagram:
    """Returns the layers of a Sequential model, one after the other."""
    members = [
        member_of(layer, shapes, expand_nested, **options)
        for layer, shapes in zip(model.layers, shapes_of_layers(model), strict=True)
    ]
    return Diagram(members, [(i, i + 1) for i in range(len(members) - 1)])


def graph_of(model: Any, expand_nested: bool, **options: bool) -> Diagram:
    """Returns the layers and operations of a graph, and the calls between them."""
    numbers = {operation: i for i, operation in enumerate(model.operations)}
    members = [
        member_of(
            operation,
            shapes_of_call(operation._inbound_nodes[-1]),
            expand_nested,
            **options,
        )
        for operation in numbers
    ]
    links = [
        (numbers[x._keras_history.operation], numbers[node.operation])
        for node in model.body.graph.nodes
        for x in node.input_tensors
    ]
    return Diagram(members, links)


def member_of(
    layer: Any, shapes: tuple[Shape, Shape], expand_nested: bool, **options: bool
) -> Box | Frame:
    """Returns the box of a layer, or a frame around the layers of a model."""
    title = f"{layer.name} ({layer._class_name})"
    if expand_nested and is_chain(layer):
        return Frame(title, chain_of(layer, expand_nested, **options))
    if expand_nested and is_graph(layer):
        return Frame(title, graph_of(layer, expand_nested, **options))
    return box_of(layer, *shapes, **options)


def box_of(
    layer: Any,
    input_shape: Shape,
    output_shape: Shape,
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
) -> Box:
    """Returns the box of a layer or operation, with the rows that are asked for."""
    head = layer._class_name
    if show_layer_names:
        head = f"{layer.name} ({head})"
    rows = []
    activation = getattr(layer, "activation", None)
    if show_layer_activations and activation is not None:
        name = getattr(activation, "__name__", type(activation).__name__)
        rows.append(f"activation {name}")
    if show_shapes and input_shape == []:  # data come in here
        rows.append(f"shape {shape_text(output_shape)}")
    elif show_shapes:
        rows.append(f"{shape_text(input_shape)} → {shape_text(output_shape)}")
    if show_dtype and hasattr(layer, "dtype"):
        rows.append(f"dtype {layer.dtype}")
    if show_trainable and hasattr(layer, "trainable"):
        rows.append("trainable" if layer.trainable else "not trainable")
    return Box(head, rows)
