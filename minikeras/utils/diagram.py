"""Boxes with arrows between them: as a picture, or as text in the DOT language."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

from minikeras.utils.layered_layout import Layout, Link, Point, arrange
from minikeras.utils.svg import Picture, text_width

# Lines of the DOT language, and the ids of the first and the last box in them.
DotLines = tuple[list[str], str, str]

HEAD_SIZE, ROW_SIZE = 14, 12.5  # of letters
HEAD_HEIGHT, ROW_HEIGHT = 30, 24
PADDING = 14  # beside the words in a box
GAP = 34  # between boxes, for the arrows
APART = 24  # between boxes side by side
FRAME_PADDING = 16  # around what is in a frame
TIP = 5  # half the width of the tip of an arrow
LOOP_OUT, LOOP_UP = 14, 8  # how far an arrow to the same box goes out, and up and down

# Whether data go down (or else to the right), and whether that is turned round.
DIRECTIONS = {
    "TB": (True, False),
    "BT": (True, True),
    "LR": (False, False),
    "RL": (False, True),
}


class Box(NamedTuple):
    """Words in a head, and in each row below."""

    head: str
    rows: list[str]

    def size(self, rankdir: str) -> Point:
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


class Diagram:
    """Boxes and frames, and the links between them: pairs of their numbers.

    Members come before those that they lead to. A link that leads back, to a layer that
    is called again, is an arrow upwards; one from a member to itself a loop beside it.
    """

    def __init__(self, members: Sequence["Box | Frame"], links: Sequence[Link]) -> None:
        self.members = list(members)
        # One arrow, however many tensors it stands for.
        self.links = [link for link in dict.fromkeys(links) if link[0] != link[1]]
        self.loops = sorted({source for source, target in links if source == target})
        self._layouts: dict[bool, Layout] = {}

    def size(self, rankdir: str) -> Point:
        """Returns width and height in pixels."""
        down, _ = DIRECTIONS[rankdir]
        layout = self._layout(rankdir)
        size = layout.width, layout.height
        return size if down else size[::-1]

    def draw(self, picture: Picture, x: float, y: float, rankdir: str) -> None:
        """Draws the members and the arrows, from x, y on."""
        layout = self._layout(rankdir)
        for member, middle in zip(self.members, layout.middles, strict=True):
            width, height = member.size(rankdir)
            at_x, at_y = self._on_picture(middle, rankdir)
            left, top = x + at_x - width / 2, y + at_y - height / 2
            member.draw(picture, left, top, rankdir)
        for link, corners in zip(self.links, layout.routes, strict=True):
            shaft, tip = self._arrow(link, corners, layout, rankdir)
            picture.path([(x + a, y + b) for a, b in shaft], "line", width=1.5)
            picture.polygon([(x + a, y + b) for a, b in tip], "tip")
        for number in self.loops:
            shaft, tip = self._loop(number, layout, rankdir)
            picture.path([(x + a, y + b) for a, b in shaft], "line", width=1.5)
            picture.polygon([(x + a, y + b) for a, b in tip], "tip")

    def _loop(
        self, number: int, layout: Layout, rankdir: str
    ) -> tuple[list[Point], list[Point]]:
        """Returns shaft and tip of an arrow to the same member, on the side where no
        other arrow is.
        """
        across = 0 if DIRECTIONS[rankdir][0] else 1
        middle, along = layout.middles[number]
        side = middle + self.members[number].size(rankdir)[across] / 2
        base, out = side + 2 * TIP, side + LOOP_OUT
        up, down = along - LOOP_UP, along + LOOP_UP
        shaft = [(side, up), (out, up), (out, down), (base, down)]
        tip = [(side, down), (base, down - TIP), (base, down + TIP)]
        return (
            [self._on_picture(point, rankdir) for point in shaft],
            [self._on_picture(point, rankdir) for point in tip],
        )

    def _arrow(
        self, link: Link, corners: list[Point], layout: Layout, rankdir: str
    ) -> tuple[list[Point], list[Point]]:
        """Returns the shaft and the tip of an arrow, where they are on the picture."""
        along = 1 if DIRECTIONS[rankdir][0] else 0
        upper, lower = sorted(link)
        (x1, y1), (x2, y2) = layout.middles[upper], layout.middles[lower]
        y1 += self.members[upper].size(rankdir)[along] / 2
        y2 -= self.members[lower].size(rankdir)[along] / 2
        line, back = [(x1, y1), *corners, (x2, y2)], -2 * TIP
        if link != (upper, lower):  # back to a layer that was called before
            line, back = line[::-1], 2 * TIP
        end_x, end_y = line[-1]
        base = end_y + back
        shaft = [*line[:-1], (end_x, base)]
        tip = [(end_x, end_y), (end_x - TIP, base), (end_x + TIP, base)]
        return (
            [self._on_picture(point, rankdir) for point in shaft],
            [self._on_picture(point, rankdir) for point in tip],
        )

    def dot_lines(self, ids: Iterator[int]) -> DotLines:
        """Returns the lines of the DOT language, and the ids of both ends."""
        parts = [member.dot_lines(ids) for member in self.members]
        lines = [line for part, _, _ in parts for line in part]
        for source, target in self.links:
            lines.append(f"{parts[source][2]} -> {parts[target][1]};")
        for number in self.loops:
            lines.append(f"{parts[number][2]} -> {parts[number][1]};")
        return lines, parts[0][1], parts[-1][2]

    def _layout(self, rankdir: str) -> Layout:
        """Returns the places as if data went down; turned over for other directions."""
        down, _ = DIRECTIONS[rankdir]
        if down not in self._layouts:
            sizes = [member.size(rankdir) for member in self.members]
            if not down:
                sizes = [(height, width) for width, height in sizes]
            downwards = [(min(link), max(link)) for link in self.links]
            self._layouts[down] = arrange(sizes, downwards, GAP, APART)
        return self._layouts[down]

    def _on_picture(self, point: Point, rankdir: str) -> Point:
        """Returns where a point of the layout is, as data go."""
        down, turned = DIRECTIONS[rankdir]
        across, along = point
        if turned:
            along = self._layout(rankdir).height - along
        return (across, along) if down else (along, across)


class Frame(NamedTuple):
    """A diagram inside of another one: in a frame with its name."""

    title: str
    inside: Diagram

    def size(self, rankdir: str) -> Point:
        """Returns width and height in pixels."""
        width, height = self.inside.size(rankdir)
        width = max(width, text_width(self.title, ROW_SIZE)) + 2 * FRAME_PADDING
        return width, height + HEAD_HEIGHT + FRAME_PADDING

    def draw(self, picture: Picture, x: float, y: float, rankdir: str) -> None:
        """Draws the frame with its upper left corner at x, y."""
        width, height = self.size(rankdir)
        picture.box(x, y, width, height, "frame", radius=8, dashes="5 4")
        picture.text(x + FRAME_PADDING, y + 20, self.title, "faint", ROW_SIZE)
        inner_width, _ = self.inside.size(rankdir)
        left = x + (width - inner_width) / 2
        self.inside.draw(picture, left, y + HEAD_HEIGHT, rankdir)

    def dot_lines(self, ids: Iterator[int]) -> DotLines:
        """Returns the lines of the DOT language, and the ids of both ends."""
        lines, first, last = self.inside.dot_lines(ids)
        label = quoted(self.title)
        head = [f"subgraph cluster_{next(ids)} {{", f"  label={label}; style=dashed;"]
        return [*head, *(f"  {line}" for line in lines), "}"], first, last


def quoted(words: str) -> str:
    """Returns a string of the DOT language."""
    escaped = words.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
