"""A model as a picture: a box per layer, in the order in which data go through them.

The picture is written as SVG without help of another program; as text in the DOT
language, Graphviz and its kin can lay it out.
"""

from collections.abc import Iterator
from html import escape
from itertools import count, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from minikeras.utils.structure import Shape, is_chain, shape_text, shapes_of_layers
from minikeras.utils.svg import Picture, text_width

if TYPE_CHECKING:  # models draw themselves with what is here
    from minikeras.layers.layer import Layer
    from minikeras.models.model import Model

# Lines of the DOT language, and the ids of the first and the last layer in them.
DotLines = tuple[list[str], str, str]

HEAD_SIZE, ROW_SIZE = 14, 12.5  # of letters
HEAD_HEIGHT, ROW_HEIGHT = 30, 24
PADDING = 14  # beside the words in a box
GAP = 34  # between boxes, for the arrow
FRAME_PADDING = 16  # around the layers of a model inside
MARGIN = 20  # around everything
TIP = 5  # half the width of the tip of an arrow

# Whether data go down (or else to the right), and whether that is turned round.
DIRECTIONS = {
    "TB": (True, False),
    "BT": (True, True),
    "LR": (False, False),
    "RL": (False, True),
}


class Box(NamedTuple):
    """A layer: words for its head, and for each row below."""

    head: str
    rows: list[str]

    def size(self, rankdir: str) -> tuple[float, float]:
        """Returns width and height in pixels."""
        widths = [text_width(self.head, HEAD_SIZE)]
        widths += [text_width(row, ROW_SIZE) for row in self.rows]
        return max(widths) + 2 * PADDING, HEAD_HEIGHT + ROW_HEIGHT * len(self.rows)

    def draw(self, picture: Picture, x: float, y: float, rankdir: str) -> None:
        """Draws the box with its upper left corner at x, y."""
        width, height = self.size(rankdir)
        if self.rows:
            picture.box(x, y, width, height, "box")
        picture.box(x, y, width, HEAD_HEIGHT, "head")
        middle = x + width / 2
        picture.text(middle, y + 20, self.head, "ink", HEAD_SIZE, "middle", "600")
        for number, row in enumerate(self.rows):
            line = y + HEAD_HEIGHT + number * ROW_HEIGHT
            if number:
                picture.line(x, line, x + width, line, "grid")
            picture.text(middle, line + 16.5, row, "ink", ROW_SIZE, "middle")

    def dot_lines(self, ids: Iterator[int]) -> DotLines:
        """Returns the lines of the DOT language, and the ids of both ends."""
        name = f"layer_{next(ids)}"
        cells = [f"<b>{escape(self.head)}</b>", *map(escape, self.rows)]
        rows = "".join(f"<tr><td>{cell}</td></tr>" for cell in cells)
        table = f'<table border="0" cellborder="1" cellspacing="0">{rows}</table>'
        return [f"{name} [label=<{table}>];"], name, name


class Chain(NamedTuple):
    """Boxes and frames, one after the other."""

    members: list["Box | Frame"]

    def size(self, rankdir: str) -> tuple[float, float]:
        """Returns width and height in pixels."""
        widths, heights = zip(*(m.size(rankdir) for m in self.members), strict=True)
        gaps = GAP * (len(self.members) - 1)
        if DIRECTIONS[rankdir][0]:
            return max(widths), sum(heights) + gaps
        return sum(widths) + gaps, max(heights)

    def draw(self, picture: Picture, x: float, y: float, rankdir: str) -> None:
        """Draws the members with arrows between them, from x, y on."""
        down, turned = DIRECTIONS[rankdir]
        width, height = self.size(rankdir)
        members = self.members[::-1] if turned else self.members
        at = y if down else x  # where the next member begins
        for number, member in enumerate(members):
            across, along = member.size(rankdir)
            if down:
                place = x + (width - across) / 2, at
            else:
                place = at, y + (height - along) / 2
                along = across
            member.draw(picture, *place, rankdir)
            if number:
                middle = x + width / 2 if down else y + height / 2
                draw_arrow(picture, middle, at - GAP, at, down, turned)
            at += along + GAP

    def dot_lines(self, ids: Iterator[int]) -> DotLines:
        """Returns the lines of the DOT language, and the ids of both ends."""
        parts = [member.dot_lines(ids) for member in self.members]
        lines = [line for part, _, _ in parts for line in part]
        for (_, _, last), (_, first, _) in pairwise(parts):
            lines.append(f"{last} -> {first};")
        return lines, parts[0][1], parts[-1][2]


class Frame(NamedTuple):
    """A model inside a model: its layers in a frame with its name."""

    title: str
    chain: Chain

    def size(self, rankdir: str) -> tuple[float, float]:
        """Returns width and height in pixels."""
        width, height = self.chain.size(rankdir)
        width = max(width, text_width(self.title, ROW_SIZE)) + 2 * FRAME_PADDING
        return width, height + HEAD_HEIGHT + FRAME_PADDING

    def draw(self, picture: Picture, x: float, y: float, rankdir: str) -> None:
        """Draws the frame with its upper left corner at x, y."""
        width, height = self.size(rankdir)
        picture.box(x, y, width, height, "frame", radius=8, dashes="5 4")
        picture.text(x + FRAME_PADDING, y + 20, self.title, "faint", ROW_SIZE)
        inside, _ = self.chain.size(rankdir)
        self.chain.draw(picture, x + (width - inside) / 2, y + HEAD_HEIGHT, rankdir)

    def dot_lines(self, ids: Iterator[int]) -> DotLines:
        """Returns the lines of the DOT language, and the ids of both ends."""
        lines, first, last = self.chain.dot_lines(ids)
        label = quoted(self.title)
        head = [f"subgraph cluster_{next(ids)} {{", f"  label={label}; style=dashed;"]
        return [*head, *(f"  {line}" for line in lines), "}"], first, last


def draw_arrow(
    picture: Picture, middle: float, start: float, end: float, down: bool, turned: bool
) -> None:
    """Draws an arrow across a gap, along the line at `middle`."""
    if turned:
        start, end = end, start
    back = -2 * TIP if end > start else 2 * TIP
    shaft = [(middle, start), (middle, end + back)]
    tip = [(middle, end), (middle - TIP, end + back), (middle + TIP, end + back)]
    if not down:
        shaft = [(x, y) for y, x in shaft]
        tip = [(x, y) for y, x in tip]
    picture.path(shaft, "line", width=1.5)
    picture.polygon(tip, "tip")


def plot_model(
    model: "Model",
    to_file: str | Path | None = "model.svg",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
) -> Picture:
    """Draws a model, and saves it as a picture (.svg) or as text for Graphviz (.dot).

    `rankdir` says where data go: "TB" from top to bottom, "LR" from left to right, "BT"
    and "RL" the other way. `expand_nested` draws the layers of models inside. What is
    no chain of layers is one box. Returns the Picture, which notebooks show; with
    to_file=None that is all.

    Raises: ValueError if the model is not built, or the file is to be of another kind.
    """
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
    picture = model_to_picture(model, rankdir=rankdir, **options)
    if to_file is not None and suffix == ".svg":
        picture.save(to_file)
    elif to_file is not None:
        text = model_to_dot(model, rankdir=rankdir, **options)
        Path(to_file).write_text(text, encoding="utf-8")
    return picture


def model_to_picture(
    model: "Model", *, rankdir: str = "TB", **options: bool
) -> Picture:
    """Returns a model as a Picture; the options are those of `plot_model`."""
    chain = chain_of(model, rankdir, **options)
    width, height = chain.size(rankdir)
    picture = Picture(width + 2 * MARGIN, height + 2 * MARGIN, f"Model {model.name}")
    chain.draw(picture, MARGIN, MARGIN, rankdir)
    return picture


def model_to_dot(model: "Model", *, rankdir: str = "TB", **options: bool) -> str:
    """Returns a model in the DOT language; the options are those of `plot_model`."""
    lines, _, _ = chain_of(model, rankdir, **options).dot_lines(count())
    head = [f"digraph {quoted(model.name)} {{", f"  rankdir={rankdir};"]
    style = '  node [shape=plain, fontname="sans-serif"];'
    return "\n".join([*head, style, *(f"  {line}" for line in lines), "}"]) + "\n"


def chain_of(
    model: Any, rankdir: str, expand_nested: bool = False, **options: bool
) -> Chain:
    """Returns what is to be drawn of a model.

    Raises: ValueError if the model is not built, or there is no such direction.
    """
    if rankdir not in DIRECTIONS:
        raise ValueError(
            f"rankdir must be one of {', '.join(DIRECTIONS)}; got {rankdir!r}."
        )
    if not model.built:
        raise ValueError(
            f'Model "{model.name}" has no shapes to draw yet: it is not built. Start '
            "it with an Input, call build(input_shape), or call it on data."
        )
    if not is_chain(model):
        return Chain([box_of(model, None, None, **options)])
    entrance = Box("InputLayer", [])
    if options.get("show_shapes"):
        entrance.rows.append(f"shape {shape_text(model.input_shape)}")
    return Chain([entrance, *members_of(model, expand_nested, **options)])


def members_of(model: Any, expand_nested: bool, **options: bool) -> list[Box | Frame]:
    """Returns the layers of a chain, as boxes and frames."""
    members: list[Box | Frame] = []
    for layer, shapes in zip(model.layers, shapes_of_layers(model), strict=True):
        if expand_nested and is_chain(layer):
            inside = Chain(members_of(layer, expand_nested, **options))
            members.append(Frame(f"{layer.name} ({type(layer).__name__})", inside))
        else:
            members.append(box_of(layer, *shapes, **options))
    return members


def box_of(
    layer: "Layer",
    input_shape: Shape,
    output_shape: Shape,
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
) -> Box:
    """Returns the box of a layer, with the rows that are asked for."""
    head = type(layer).__name__
    if show_layer_names:
        head = f"{layer.name} ({head})"
    rows = []
    activation = getattr(layer, "activation", None)
    if show_layer_activations and activation is not None:
        name = getattr(activation, "__name__", type(activation).__name__)
        rows.append(f"activation {name}")
    if show_shapes:
        rows.append(f"{shape_text(input_shape)} → {shape_text(output_shape)}")
    if show_dtype:
        rows.append(f"dtype {layer.dtype}")
    if show_trainable:
        rows.append("trainable" if layer.trainable else "not trainable")
    return Box(head, rows)


def quoted(words: str) -> str:
    """Returns a string of the DOT language."""
    escaped = words.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
