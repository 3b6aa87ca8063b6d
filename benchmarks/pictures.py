"""Results as pictures: everybody beside the best peer, and time as sizes grow."""

import math
from typing import NamedTuple

from benchmarks.tables import OURS, figure_of, quantity, row_of
from minikeras.utils.svg import Picture

# Around the plots, and in them, in pixels.
LEFT, RIGHT, ROW = 210, 190, 26
PLOT = 520
PANEL_WIDTH, PANEL_HEIGHT, PANEL_LEFT = 330, 230, 66
COLOURS = ("first", "second", "third", "fourth")


class LogAxis(NamedTuple):
    """Takes values from [low, high] to pixels, equal ratios to equal distances."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value):
        value = min(max(value, self.low), self.high)
        part = math.log(value / self.low) / math.log(self.high / self.low)
        return self.start + part * (self.end - self.start)

    def ticks(self, leading=(1, 2, 5)):
        """Returns the round numbers on the axis, those that begin so.

        >>> LogAxis(0.5, 20, 0, 100).ticks()
        [0.5, 1.0, 2.0, 5.0, 10.0, 20.0]
        """
        decades = range(math.floor(math.log10(self.low)), 8)
        round_numbers = (
            digit * 10.0**decade for decade in decades for digit in leading
        )
        near = 1 + 1e-9
        return [t for t in round_numbers if self.low / near <= t <= self.high * near]


# Everybody beside the best peer -------------------------------------------------------


def picture_of_ratios(results):
    """Returns a picture of W1 to W9, or None if nothing of them was measured."""
    cases = [c for c in results["cases"] if c["curve"] is None and row_of(c).ratio]
    if not cases:
        return None
    threads = sorted({case["threads"] for case in cases})
    height = 96 + len(cases) * ROW + len(threads) * 62
    picture = Picture(LEFT + PLOT + RIGHT, height, "Time by the best peer's")
    picture.text(20, 30, "Time of one step by the best peer's", size=17, weight="600")
    draw_legend(picture, 58)
    top = 88
    for count in threads:
        panel = [case for case in cases if case["threads"] == count]
        title = f"{count} thread" if count == 1 else f"{count} threads"
        picture.text(20, top + 8, title, size=14, weight="600")
        draw_ratios(picture, panel, top + 24)
        top += 62 + len(panel) * ROW
    return picture


def draw_legend(picture, y):
    """Says what the dots and the bar are."""
    picture.dot(26, y - 4, 6, "first-dot")
    picture.text(40, y, "minikeras, through fit: its bar ends at its ratio", size=12)
    picture.dot(346, y - 4, 3.5, "second-dot")
    picture.text(358, y, "a peer; the best one is at 1", size=12)
    picture.line(552, y - 11, 552, y + 3, "first", 2)
    picture.text(562, y, "the aim", size=12)


def draw_ratios(picture, cases, top):
    """Draws a row for each case."""
    across = LogAxis(0.1, 50, LEFT, LEFT + PLOT)
    bottom = top + len(cases) * ROW
    for tick in across.ticks():
        x = across(tick)
        picture.line(x, top, x, bottom, "line" if tick == 1 else "grid")
        picture.text(x, bottom + 16, f"{tick:g}", "faint", 11, "middle")
    for number, case in enumerate(cases):
        row = row_of(case)
        y = top + (number + 0.5) * ROW
        name = f"{case['workload']} {case['label']}"
        picture.text(LEFT - 12, y + 4, name, size=12, anchor="end")
        for contestant in case["contestants"]:
            figure = figure_of(contestant, case)
            if figure is not None and contestant["name"] not in OURS:
                picture.dot(across(figure / row.theirs), y, 3.5, "second-dot")
        picture.line(across(1), y, across(row.ratio), y, "first", 6)
        picture.dot(across(row.ratio), y, 6, "first-dot")
        if case["margin"] is None:
            aim = across(case["target"])
            picture.line(aim, y - 8, aim, y + 8, "first", 2)
        words = f"{row.ratio:.2f} × {row.peer}"
        picture.text(LEFT + PLOT + 12, y + 4, words, size=12)


# Growth -------------------------------------------------------------------------------


def picture_of_growth(results):
    """Returns a picture of W10, a panel for each curve, or None without any."""
    panels = curves_of(results["cases"])
    if not panels:
        return None
    cell_width, cell_height = PANEL_LEFT + PANEL_WIDTH + 30, PANEL_HEIGHT + 150
    columns = min(3, len(panels))
    rows = math.ceil(len(panels) / columns)
    picture = Picture(columns * cell_width + 20, 50 + rows * cell_height, "Growth")
    title = "Time as sizes grow"
    picture.text(20, 30, title, size=17, weight="600")
    for number, ((what, threads), curves) in enumerate(panels.items()):
        row, column = divmod(number, columns)
        x, y = column * cell_width + PANEL_LEFT, 50 + row * cell_height + 40
        draw_growth(picture, what, threads, curves, x, y)
    return picture


def curves_of(cases):
    """Returns {(what grows, threads): {who: [(size, seconds)]}}."""
    panels = {}
    for case in cases:
        if case["curve"] is None:
            continue
        what, size = case["curve"]
        curves = panels.setdefault((what, case["threads"]), {})
        for contestant in case["contestants"]:
            figure = figure_of(contestant, case)
            if figure is not None:
                points = curves.setdefault(contestant["title"], [])
                points.append((size, figure))
    return {panel: curves for panel, curves in panels.items() if curves}


def draw_growth(picture, what, threads, curves, x, y):
    """Draws one panel, with the upper left corner of its area at x, y."""
    points = [point for curve in curves.values() for point in curve]
    sizes, seconds = zip(*points, strict=True)
    widest = max(max(sizes), 2 * min(sizes))
    across = LogAxis(min(sizes), widest, x, x + PANEL_WIDTH)
    up = LogAxis(min(seconds) / 1.2, max(seconds) * 1.2, y + PANEL_HEIGHT, y)
    each = "an operation" if what == "operations" else "a step"
    count = f"{threads} thread" if threads == 1 else f"{threads} threads"
    title = f"time of {each} by {what}, {count}"
    picture.text(x, y - 14, title, size=13, weight="600")
    for tick in up.ticks():
        picture.line(x, up(tick), x + PANEL_WIDTH, up(tick), "grid")
        picture.text(x - 8, up(tick) + 4, short(tick), "faint", 11, "end")
    for size in sorted(set(sizes)):
        picture.line(across(size), up.start, across(size), up.start + 4, "line")
        picture.text(across(size), up.start + 18, f"{size:,}", "faint", 10, "middle")
    for number, (name, curve) in enumerate(curves.items()):
        colour = COLOURS[number % len(COLOURS)]
        pixels = [(across(size), up(time)) for size, time in sorted(curve)]
        if len(pixels) > 1:
            picture.path(pixels, colour)
        for pixel in pixels:
            picture.dot(*pixel, 3, f"{colour}-dot")
        row, column = divmod(number, 2)
        at = x + column * 165, up.start + 42 + row * 18
        picture.path([(at[0], at[1] - 4), (at[0] + 20, at[1] - 4)], colour)
        picture.text(at[0] + 26, at[1], name, size=12)


def short(seconds):
    """Returns a round number of seconds in few characters.

    >>> short(2e-5), short(0.5), short(2.0)
    ('20 µs', '500 ms', '2 s')
    """
    number, unit = quantity(seconds, "seconds").split()
    return f"{float(number):g} {unit}"
