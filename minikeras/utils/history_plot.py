"""Training curves as an SVG picture: a panel for the loss, and one for each metric."""

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from minikeras.utils.svg import Picture, Point

if TYPE_CHECKING:  # a History draws itself with what is here
    from minikeras.callbacks.history import History

PANEL_WIDTH, PANEL_HEIGHT = 330, 210  # of the area that curves are drawn in
LEFT, RIGHT, ABOVE, BELOW = 64, 62, 40, 48  # around it: labels and space
HEAD = 48  # above all panels: the title and the legend
PANELS_PER_ROW = 2


class Curve(NamedTuple):
    """What one name of a History recorded: values at epochs, counted from 1."""

    epochs: list[int]
    values: list[float]

    def points(self) -> list[Point]:
        """Returns the (epoch, value) pairs that can be drawn."""
        pairs = zip(self.epochs, self.values, strict=True)
        return [(epoch, value) for epoch, value in pairs if math.isfinite(value)]

    def runs(self) -> list[list[Point]]:
        """Returns the lists of points between values that are not finite."""
        runs: list[list[Point]] = [[]]
        for epoch, value in zip(self.epochs, self.values, strict=True):
            if math.isfinite(value):
                runs[-1].append((epoch, value))
            elif runs[-1]:
                runs.append([])
        return [run for run in runs if run]


class Axis(NamedTuple):
    """Takes values from [low, high] to pixels from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        part = (value - self.low) / (self.high - self.low)
        return self.start + part * (self.end - self.start)


class Label(NamedTuple):
    """The last value of a curve, and where it is written."""

    x: float
    y: float
    value: float
    kind: str


def plot_history(
    history: "History | Mapping[str, Sequence[float]]",
    to_file: str | Path | None = None,
    title: str | None = None,
) -> Picture:
    """Draws what a training recorded, and saves it if `to_file` names an .svg file.

    `history` is what `fit` returned, or a dict of lists with one value per epoch. Each
    metric has a panel, with its values on the training data and, where there are any,
    on the validation data. Returns the Picture, which notebooks show.

    Raises: ValueError if nothing was recorded, or the file is to be of another kind.
    """
    if to_file is not None and not str(to_file).endswith(".svg"):
        raise ValueError(
            f"Training curves are saved as SVG: expected a name in .svg; got {to_file}."
        )
    curves = curves_of(history)
    names = panel_names(curves)
    if not names:
        raise ValueError("There is nothing to plot: the history has no epochs.")

    columns = min(len(names), PANELS_PER_ROW)
    rows = math.ceil(len(names) / columns)
    cell_width = LEFT + PANEL_WIDTH + RIGHT
    cell_height = ABOVE + PANEL_HEIGHT + BELOW
    title = title or default_title(history)
    picture = Picture(columns * cell_width, HEAD + rows * cell_height, title)
    picture.text(LEFT, 30, title, size=17, weight="600")
    if any(name.startswith("val_") for name in curves):
        # Beside the title, or beside the name of the only panel.
        height = 30 if columns > 1 else HEAD + ABOVE - 14
        draw_legend(picture, columns * cell_width - RIGHT, height)
    for number, name in enumerate(names):
        row, column = divmod(number, columns)
        draw_panel(
            picture,
            name,
            [curves.get(name), curves.get(f"val_{name}")],
            x=column * cell_width + LEFT,
            y=HEAD + row * cell_height + ABOVE,
        )
    if to_file is not None:
        picture.save(to_file)
    return picture


def curves_of(
    history: "History | Mapping[str, Sequence[float]]",
) -> dict[str, Curve]:
    """Returns {name: Curve} of a History, or of a dict of lists."""
    values: Mapping[str, Sequence[float]]
    recorded: Mapping[str, Sequence[int]]
    if isinstance(history, Mapping):
        values, recorded = history, {}
    else:
        values, recorded = history.history, history.epochs_of
    curves = {}
    for name, numbers in values.items():
        epochs: Sequence[int] = recorded.get(name, range(len(numbers)))
        if list(epochs) != sorted(set(epochs)):  # of several trainings, end to end
            epochs = range(len(numbers))
        numbers = [float(number) for number in numbers]
        if numbers:
            curves[name] = Curve([epoch + 1 for epoch in epochs], numbers)
    return curves


def panel_names(curves: Iterable[str]) -> list[str]:
    """Returns the names of the panels: the loss first, then the metrics in order."""
    names = list(dict.fromkeys(name.removeprefix("val_") for name in curves))
    return sorted(names, key=lambda name: name != "loss")


def default_title(history: "History | Mapping[str, Sequence[float]]") -> str:
    """Returns a title that names the model, where that is known."""
    model = getattr(history, "model", None)
    return f"Training of {model.name}" if model is not None else "Training"


def draw_legend(picture: Picture, right: float, y: float) -> None:
    """Says which line is of which data, ending at the right."""
    for kind, words, x in (
        ("first", "training", right - 188),
        ("second", "validation", right - 96),
    ):
        picture.path([(x, y - 4), (x + 20, y - 4)], kind)
        picture.text(x + 26, y, words, size=12)


def draw_panel(
    picture: Picture, name: str, curves: Sequence[Curve | None], x: float, y: float
) -> None:
    """Draws one panel, with the upper left corner of its area at x, y."""
    drawn = [curve for curve in curves if curve is not None]
    points = [point for curve in drawn for point in curve.points()]
    picture.text(x, y - 14, name, size=14, weight="600")
    if not points:
        middle = x + PANEL_WIDTH / 2, y + PANEL_HEIGHT / 2
        picture.text(*middle, "no finite values", kind="faint", anchor="middle")
        return
    epochs = [epoch for curve in drawn for epoch in curve.epochs]
    first, last = min(epochs), max(epochs)
    if first == last:
        first, last = first - 1, last + 1
    ticks = value_ticks([value for _, value in points])
    across = Axis(first, last, x, x + PANEL_WIDTH)
    up = Axis(ticks[0], ticks[-1], y + PANEL_HEIGHT, y)

    draw_grid(picture, across, up, epoch_ticks(min(epochs), max(epochs)), ticks)
    for curve, kind in zip(curves, ("first", "second"), strict=True):
        if curve is not None:
            draw_curve(picture, curve, kind, across, up)
    label_ends(picture, curves, across, up)


def draw_grid(
    picture: Picture, across: Axis, up: Axis, epochs: list[int], ticks: list[float]
) -> None:
    """Draws the axes, with their numbers."""
    step = ticks[1] - ticks[0]
    for tick in ticks:
        height = up(tick)
        picture.line(across.start, height, across.end, height, "grid")
        words = tick_text(tick, step)
        picture.text(across.start - 8, height + 4, words, "faint", 11, "end")
    for epoch in epochs:
        column = across(epoch)
        picture.line(column, up.start, column, up.start + 4, "line")
        picture.text(column, up.start + 18, str(epoch), "faint", 11, "middle")
    middle = (across.start + across.end) / 2
    picture.text(middle, up.start + 36, "epoch", "faint", 12, "middle")


def draw_curve(
    picture: Picture, curve: Curve, kind: str, across: Axis, up: Axis
) -> None:
    """Draws lines through the values, and a dot where a line ends."""
    for run in curve.runs():
        pixels = [(across(epoch), up(value)) for epoch, value in run]
        if len(pixels) > 1:
            picture.path(pixels, kind)
        picture.dot(*pixels[-1], 3, f"{kind}-dot")


def label_ends(
    picture: Picture, curves: Sequence[Curve | None], across: Axis, up: Axis
) -> None:
    """Writes the last values beside the ends of the lines, one above the other."""
    labels = []
    for curve, kind in zip(curves, ("first", "second"), strict=True):
        points = curve.points() if curve is not None else []
        if points:
            epoch, value = points[-1]
            labels.append(Label(across(epoch) + 8, up(value) + 4, value, kind))
    labels.sort(key=lambda label: label.y)
    side_by_side = len(labels) == 2 and labels[0].x == labels[1].x
    if side_by_side and labels[1].y - labels[0].y < 13:
        middle = (labels[0].y + labels[1].y) / 2
        labels = [
            labels[0]._replace(y=middle - 6.5),
            labels[1]._replace(y=middle + 6.5),
        ]
    for x, y, value, kind in labels:
        picture.text(x, y, f"{value:.3g}", f"{kind}-dot", 12, weight="600")


def value_ticks(values: Sequence[float]) -> list[float]:
    """Returns four to seven evenly spaced numbers, round ones, that hold all values.

    >>> [float(tick) for tick in value_ticks([0.31, 1.7])]
    [0.0, 0.5, 1.0, 1.5, 2.0]
    """
    low, high = min(values), max(values)
    if low > 0 and low < 0.25 * high:
        low = 0.0  # so near that it is worth to be seen
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        margin = abs(high) * 0.1 or 0.5
        low, high = low - margin, high + margin
    step = round_step((high - low) / 5)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [step * number for number in range(first, last + 1)]


def epoch_ticks(first: int, last: int) -> list[int]:
    """Returns the epochs to be numbered: the first one, and round ones after it.

    >>> epoch_ticks(1, 15)
    [1, 5, 10, 15]
    """
    step = math.ceil(round_step(max((last - first) / 5, 1)))
    apart = 0.06 * (last - first)  # or the numbers would touch
    after = range(step * (first // step + 1), last + 1, step)
    return [first, *(epoch for epoch in after if epoch - first > apart)]


def round_step(least: float) -> float:
    """Returns the least of 1, 2, 5 times a power of ten that is not below `least`.

    >>> round_step(0.03), round_step(7)
    (0.05, 10)
    """
    power = math.floor(math.log10(least))
    for digit in (1, 2, 5, 10):
        step = digit * 10**power if power >= 0 else digit / 10**-power
        if step >= least:
            return step
    return 10 ** (power + 1)


def tick_text(tick: float, step: float) -> str:
    """Returns a number on an axis, with as many digits as the step needs."""
    if abs(tick) >= 1e6 or 0 < abs(step) < 1e-4:
        return f"{tick:.3g}"
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return f"{tick + 0.0:.{decimals}f}"
