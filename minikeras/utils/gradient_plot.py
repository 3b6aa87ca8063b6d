"""The norms of gradients as an SVG picture: a line per layer, on a logarithmic axis."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from minikeras.utils.history_plot import Axis
from minikeras.utils.svg import Picture

WIDTH, HEIGHT = 480, 260  # of the area that lines are drawn in
LEFT, RIGHT, ABOVE, BELOW = 70, 190, 60, 50
SERIES = ("first", "second", "third", "fourth")
MOST_LABELS = 10  # below the horizontal axis
LEAST = 1e-30  # stands for 0, which has no logarithm


def plot_gradients(
    norms: Mapping[str, Sequence[float]],
    labels: Sequence[str],
    to_file: str | Path | None = None,
    title: str = "Norms of gradients",
) -> Picture:
    """Draws a line for each layer, named beside its end; saves it as an .svg file.

    `labels` has what is written below each place, an epoch for instance. Norms that are
    not finite are left out.

    Raises: ValueError if there is nothing to draw, or the file is to be of another
    kind.
    """
    if to_file is not None and not str(to_file).endswith(".svg"):
        raise ValueError(f"Pictures are saved as SVG: expected .svg; got {to_file}.")
    powers = {
        layer: [
            (place, math.log10(max(norm, LEAST)))
            for place, norm in enumerate(values)
            if math.isfinite(norm)
        ]
        for layer, values in norms.items()
    }
    heights = [height for line in powers.values() for _, height in line]
    if not heights:
        raise ValueError("There is nothing to plot: no finite norm was recorded.")
    low, high = math.floor(min(heights)), math.ceil(max(heights))
    across = Axis(0, max(len(labels) - 1, 1), LEFT, LEFT + WIDTH)
    up = Axis(low, max(high, low + 1), ABOVE + HEIGHT, ABOVE)
    picture = Picture(LEFT + WIDTH + RIGHT, ABOVE + HEIGHT + BELOW, title)
    picture.text(LEFT, 32, title, size=17, weight="600")
    draw_axes(picture, across, up, labels)
    draw_lines(picture, across, up, powers)
    if to_file is not None:
        picture.save(to_file)
    return picture


def draw_axes(picture: Picture, across: Axis, up: Axis, labels: Sequence[str]) -> None:
    """Draws powers of ten, and a label where it is another than before."""
    step = math.ceil((up.high - up.low) / 8)
    for power in range(int(up.low), int(up.high) + 1, step):
        height = up(power)
        picture.line(across.start, height, across.end, height, "grid")
        picture.text(across.start - 8, height + 4, f"1e{power}", "faint", 11, "end")
    new = [i for i in range(len(labels)) if i == 0 or labels[i] != labels[i - 1]]
    for place in new[:: math.ceil(len(new) / MOST_LABELS)]:
        column = across(place)
        picture.line(column, up.start, column, up.start + 4, "line")
        picture.text(column, up.start + 18, labels[place], "faint", 11, "middle")
    middle = (across.start + across.end) / 2
    picture.text(middle, up.start + 36, "epoch", "faint", 12, "middle")


def draw_lines(
    picture: Picture,
    across: Axis,
    up: Axis,
    powers: Mapping[str, Sequence[tuple[int, float]]],
) -> None:
    """Draws a line per layer, and its name; names that would overlap move down."""
    ends = []
    for number, (layer, line) in enumerate(powers.items()):
        if not line:
            continue
        kind = SERIES[number % len(SERIES)]
        points = [(across(place), up(power)) for place, power in line]
        if len(points) > 1:
            picture.path(points, kind)
        picture.dot(*points[-1], 3, f"{kind}-dot")
        ends.append((points[-1][1] + 4, layer, f"{kind}-dot"))
    lowest = -math.inf
    for height, layer, kind in sorted(ends):
        lowest = max(height, lowest + 14)
        picture.text(across.end + 10, lowest, layer, kind, 12)
