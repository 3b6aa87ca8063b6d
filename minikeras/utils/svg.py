"""Pictures as SVG text: lines, boxes and words, legible on light and dark screens.

Apart from the pictures themselves, so that they say what is drawn and not how it is
written down.
"""

from collections.abc import Iterable
from html import escape
from pathlib import Path

Point = tuple[float, float]

FONT = "system-ui, 'Segoe UI', 'Helvetica Neue', 'DejaVu Sans', Arial, sans-serif"

# Of a class, its rule on a light screen, and on a dark one. The colours of the series
# are those of Okabe and Ito, which the colour-blind can tell apart.
THEME = {
    "paper": ("fill: #ffffff", "fill: #161b22"),
    "ink": ("fill: #1f2328", "fill: #e6edf3"),
    "faint": ("fill: #59636e", "fill: #9da7b3"),
    "grid": ("stroke: #d8dee4", "stroke: #343b44"),
    "line": ("stroke: #59636e; fill: none", "stroke: #9da7b3; fill: none"),
    "tip": ("fill: #59636e", "fill: #9da7b3"),
    "box": ("fill: #f6f8fa; stroke: #59636e", "fill: #21262d; stroke: #9da7b3"),
    "head": ("fill: #dbe9f9; stroke: #59636e", "fill: #1d3a5c; stroke: #9da7b3"),
    "frame": ("fill: none; stroke: #59636e", "fill: none; stroke: #9da7b3"),
    "first": ("stroke: #0072b2; fill: none", "stroke: #56b4e9; fill: none"),
    "second": ("stroke: #d55e00; fill: none", "stroke: #f0a04b; fill: none"),
    "third": ("stroke: #007a5a; fill: none", "stroke: #2fc49a; fill: none"),
    "fourth": ("stroke: #a8487a; fill: none", "stroke: #e08fbb; fill: none"),
    "first-dot": ("fill: #0072b2", "fill: #56b4e9"),
    "second-dot": ("fill: #d55e00", "fill: #f0a04b"),
    "third-dot": ("fill: #007a5a", "fill: #2fc49a"),
    "fourth-dot": ("fill: #a8487a", "fill: #e08fbb"),
}


class Picture:
    """An SVG picture of a size in pixels; the origin is the upper left corner.

    A notebook shows it, `save` writes it to a file.
    """

    def __init__(self, width: float, height: float, title: str) -> None:
        self.width = width
        self.height = height
        self.title = title
        self.elements: list[str] = []

    def line(
        self, x1: float, y1: float, x2: float, y2: float, kind: str, width: float = 1
    ) -> None:
        """Draws a line."""
        self._add("line", x1=x1, y1=y1, x2=x2, y2=y2, kind=kind, stroke_width=width)

    def path(self, points: Iterable[Point], kind: str, width: float = 2) -> None:
        """Draws a line through points."""
        steps = " L ".join(f"{plain(x)} {plain(y)}" for x, y in points)
        self._add(
            "path",
            d=f"M {steps}",
            kind=kind,
            stroke_width=width,
            stroke_linejoin="round",
            stroke_linecap="round",
        )

    def dot(self, x: float, y: float, radius: float, kind: str) -> None:
        """Draws a filled circle around a point."""
        self._add("circle", cx=x, cy=y, r=radius, kind=kind)

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        kind: str,
        radius: float = 0,
        dashes: str | None = None,
    ) -> None:
        """Draws a rectangle from its upper left corner."""
        self._add(
            "rect",
            x=x,
            y=y,
            width=width,
            height=height,
            rx=radius,
            kind=kind,
            stroke_dasharray=dashes,
        )

    def polygon(self, points: Iterable[Point], kind: str) -> None:
        """Draws a filled shape."""
        corners = " ".join(f"{plain(x)},{plain(y)}" for x, y in points)
        self._add("polygon", points=corners, kind=kind)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        kind: str = "ink",
        size: float = 13,
        anchor: str = "start",
        weight: str | None = None,
    ) -> None:
        """Writes words on a base line; `anchor` says which end of them is at x."""
        self._add(
            "text",
            words,
            x=x,
            y=y,
            kind=kind,
            font_size=size,
            text_anchor=anchor,
            font_weight=weight,
        )

    def to_svg(self) -> str:
        """Returns the picture as the text of an SVG file."""
        size = f'width="{plain(self.width)}" height="{plain(self.height)}"'
        view = f'viewBox="0 0 {plain(self.width)} {plain(self.height)}"'
        paper = '<rect class="paper" width="100%" height="100%"/>'
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} {view} role="img">',
            f"<title>{escape(self.title)}</title>",
            f"<style>\n{style_sheet()}</style>",
            *[paper, *self.elements],
            "</svg>",
        ]
        return "\n".join(parts) + "\n"

    def save(self, to_file: str | Path) -> None:
        """Writes an SVG file."""
        Path(to_file).write_text(self.to_svg(), encoding="utf-8")

    def _repr_svg_(self) -> str:
        return self.to_svg()

    def __repr__(self) -> str:
        return f"<Picture {self.title!r}, {self.width:.0f} × {self.height:.0f}>"

    def _add(
        self,
        tag: str,
        words: str | None = None,
        *,
        kind: str,
        **attributes: float | str | None,
    ) -> None:
        given = {name: value for name, value in attributes.items() if value is not None}
        written = "".join(
            f' {name.replace("_", "-")}="{plain(value)}"'
            for name, value in given.items()
        )
        end = "/>" if words is None else f">{escape(words)}</{tag}>"
        self.elements.append(f'<{tag} class="{kind}"{written}{end}')


def style_sheet() -> str:
    """Returns the colours: of a light screen, and where it is dark, of a dark one."""
    light = "".join(f".{kind} {{ {rule[0]} }}\n" for kind, rule in THEME.items())
    dark = "".join(f".{kind} {{ {rule[1]} }}\n" for kind, rule in THEME.items())
    return (
        f"text {{ font-family: {FONT} }}\n{light}"
        f"@media (prefers-color-scheme: dark) {{\n{dark}}}\n"
    )


def plain(value: float | str) -> str:
    """Returns a number without needless digits; words as an attribute may hold them.

    >>> plain(3.0), plain(0.126), plain('"')
    ('3', '0.13', '&quot;')
    """
    if isinstance(value, str):
        return escape(value)
    return f"{value:.2f}".rstrip("0").rstrip(".")


def text_width(words: str, size: float) -> float:
    """Returns about how wide words are in pixels, with room for wider fonts."""
    return 0.6 * size * len(words)
