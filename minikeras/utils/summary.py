"""A model as a table: its layers, their output shapes, and what they weigh."""

import io
import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from minikeras.utils.structure import Part, is_straight, parts_of, shape_text

if TYPE_CHECKING:  # rich is slow to import, and models print themselves with this
    from rich.console import Console, JustifyMethod
    from rich.table import Table
    from rich.text import Text

    from minikeras.models.model import Model
    from minikeras.values.variable import Variable

NARROWEST = 4  # a column: a space on both sides, and two characters


class Form(NamedTuple):
    """The columns of a table: their titles, where they end, and how wide it may be."""

    titles: tuple[str, ...]
    positions: tuple[float, ...]  # as parts of the width
    widest: int

    def with_column(self, title: str, width: int) -> "Form":
        """Returns the form with one more column, for which the others make room."""
        narrower = [0.9 * position for position in self.positions]
        ends = (*narrower, self.positions[-1])
        return Form((*self.titles, title), ends, self.widest + width)


STRAIGHT = Form(("Layer (type)", "Output Shape", "Param #"), (0.45, 0.80, 1.0), 88)
BRANCHED = Form((*STRAIGHT.titles, "Connected to"), (0.3, 0.56, 0.74, 1.0), 108)
SIDES: dict[str, "JustifyMethod"] = {"Param #": "right", "Trainable": "center"}


def print_summary(
    model: "Model",
    line_length: int | None = None,
    positions: Sequence[float] | None = None,
    print_fn: Callable[[str], object] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Sequence[str] | None = None,
) -> None:
    """Prints a table of the layers of a model, and its numbers of parameters.

    Where a graph has branches, a column says what each layer is connected to.

    `line_length` is the width of the table in characters. `positions` says where each
    column ends: parts of the width up to 1.0, or characters. `print_fn` gets the whole
    text in one call; without it the table goes to the screen. `expand_nested` shows
    the layers of models inside, `show_trainable` a column Y, N or - (no weights).
    `layer_range` has the first and the last layer to show: two regular expressions
    that their names begin with.

    Raises: ValueError if the table is too narrow, or no layer is in the range.
    """
    # Imported here because only summaries and tables need it.
    from rich.console import Console

    console = Console(highlight=False)
    form = STRAIGHT if is_straight(model) else BRANCHED
    if positions:
        form = form._replace(positions=tuple(positions))
    if show_trainable:
        form = form.with_column("Trainable", 12)
    if line_length is None:
        line_length = min(form.widest, console.width - 4)
    ends = column_ends(form, line_length)
    parts = parts_of(model, expand_nested)
    if layer_range is not None:
        parts = parts_in_range(parts, layer_range)

    if print_fn is None:
        console.width = max(console.width, ends[-1])
        print_table(console, model, parts, form.titles, ends)
        return
    text = io.StringIO()
    console = Console(file=text, color_system=None, width=max(console.width, ends[-1]))
    print_table(console, model, parts, form.titles, ends)
    print_fn(text.getvalue())


def column_ends(form: Form, line_length: int) -> list[int]:
    """Returns where each column ends, in characters from the left.

    Raises: ValueError if there is no room for one of them, or one is missing.
    """
    positions = list(form.positions)
    if len(positions) != len(form.titles):
        raise ValueError(
            f"positions needs the ends of {len(form.titles)} columns, which are "
            f"{', '.join(form.titles)}; got {positions}."
        )
    if positions[-1] <= 1:
        positions = [position * line_length for position in positions]
    ends = [int(position) for position in positions]
    starts = [0, *ends[:-1]]
    if any(end - start < NARROWEST for start, end in zip(starts, ends, strict=True)):
        raise ValueError(
            f"A summary of {line_length} characters with columns that end at {ends} is "
            "too narrow: give it a larger line_length, or a wider terminal."
        )
    return ends


def print_table(
    console: "Console",
    model: "Model",
    parts: list[Part],
    titles: Sequence[str],
    ends: list[int],
) -> None:
    """Prints the name, the table and the totals."""
    from rich.text import Text  # as above

    console.print(Text(f'Model: "{model.name}"', style="bold"))
    console.print(table_of(parts, titles, ends))
    for label, text in totals_of(model):
        console.print(Text.assemble((f" {label}: ", "bold"), text))


def table_of(parts: list[Part], titles: Sequence[str], ends: list[int]) -> "Table":
    """Returns the table of layers."""
    from rich import box, table  # as above

    starts = [0, *ends[:-1]]
    columns = [
        table.Column(title, justify=SIDES.get(title, "left"), width=end - start - 2)
        for title, start, end in zip(titles, starts, ends, strict=True)
    ]
    layers = table.Table(*columns, width=ends[-1], box=box.HEAVY_HEAD, show_lines=True)
    for part in parts:
        layers.add_row(*cells_of(part, titles))
    return layers


def cells_of(part: Part, titles: Sequence[str]) -> list["Text"]:
    """Returns the cells of a layer."""
    from rich.text import Text  # as above

    layer = part.layer
    branch = "   " * part.depth + "└ " if part.depth else ""
    name = Text.assemble(branch, layer.name, " (", (layer._class_name, "blue"), ")")
    weights = getattr(layer, "weights", [])  # a bare operation has none
    if getattr(layer, "built", True):
        params = Text(f"{sum(weight.size for weight in weights):,}", style="green")
    else:
        params = Text.assemble(("0", "green"), " (unbuilt)")
    cells = {
        "Layer (type)": name,
        "Output Shape": Text(shape_text(part.output_shape), style="green"),
        "Param #": params,
        "Connected to": Text(", ".join(part.connections) or "-"),
        "Trainable": Text(("Y" if layer.trainable else "N") if weights else "-"),
    }
    return [cells[title] for title in titles]


def totals_of(model: "Model") -> list[tuple[str, str]]:
    """Returns the lines below the table, as (label, text) pairs."""
    optimizer = model.optimizer
    of_optimizer: list[Variable] = []
    if optimizer is not None and optimizer.built:
        of_optimizer = optimizer.variables
    totals = [
        ("Total params", [*model.weights, *of_optimizer]),
        ("Trainable params", model.trainable_weights),
        ("Non-trainable params", model.non_trainable_weights),
    ]
    if of_optimizer:
        totals.append(("Optimizer params", of_optimizer))
    return [(label, count_and_size(variables)) for label, variables in totals]


def count_and_size(variables: Iterable["Variable"]) -> str:
    """Returns "54,410 (212.54 KB)": the number of elements, and their memory."""
    count = sum(variable.size for variable in variables)
    size = sum(variable.data.nbytes for variable in variables)
    return f"{count:,} ({readable_size(size)})"


def readable_size(size: float) -> str:
    """Returns a number of bytes in the unit that suits it.

    >>> readable_size(0), readable_size(1023), readable_size(3_180_000)
    ('0.00 B', '1023.00 B', '3.03 MB')
    """
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if size < 1024:
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} PB"


def parts_in_range(parts: list[Part], layer_range: Sequence[str]) -> list[Part]:
    """Returns the parts from the first to the last layer that a range names.

    Raises: ValueError unless it has two regular expressions, and each finds a layer.
    """
    if not isinstance(layer_range, (list, tuple)) or len(layer_range) != 2:
        raise ValueError(
            "layer_range needs the names of a first and a last layer; got "
            f"{layer_range!r}."
        )
    if not all(isinstance(pattern, str) for pattern in layer_range):
        raise ValueError(f"layer_range needs names of layers; got {layer_range!r}.")
    outermost = [i for i, part in enumerate(parts) if part.depth == 0]
    found = [
        [i for i in outermost if re.match(pattern, parts[i].layer.name)]
        for pattern in layer_range
    ]
    if not all(found):
        names = [parts[i].layer.name for i in outermost]
        raise ValueError(
            f"layer_range names no layer of this model; got {layer_range!r}, and there "
            f"are {names}."
        )
    first, last = found
    if first[0] > last[-1]:
        first, last = last, first
    after = [i for i in outermost if i > last[-1]]
    return parts[first[0] : after[0] if after else len(parts)]
