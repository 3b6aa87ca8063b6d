"""Picture: well-formed SVG, whatever the words in it."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras.utils.svg import THEME, Picture, plain

SVG = "{http://www.w3.org/2000/svg}"

# What XML can hold: no control characters, no surrogates.
words = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc", "Cn"]))


@given(words)
def test_words_come_back_as_they_were(words):
    picture = Picture(100, 50, words)
    picture.text(1, 2, words)
    root = ElementTree.fromstring(picture.to_svg())
    assert (root.find(f"{SVG}title").text or "") == words
    assert (root.find(f"{SVG}text").text or "") == words


@given(st.floats(-1e6, 1e6))
def test_numbers_are_written_plainly_to_a_hundredth(number):
    text = plain(number)
    assert "e" not in text
    assert float(text) == pytest.approx(number, abs=0.00501)


def drawn():
    """A picture with one of everything."""
    picture = Picture(120, 80, "all")
    picture.line(0, 0, 10, 10, "grid")
    picture.path([(0, 0), (5.25, 5), (7, 1)], "first")
    picture.dot(3, 3, 2, "first-dot")
    picture.box(1, 1, 20, 10, "box", radius=3)
    picture.polygon([(0, 0), (1, 1), (0, 2)], "tip")
    picture.text(5, 5, "words", anchor="middle", weight="600")
    return picture


def test_every_shape_is_written_with_its_class():
    root = ElementTree.fromstring(drawn().to_svg())
    assert root.get("viewBox") == "0 0 120 80"
    found = {(child.tag.removeprefix(SVG), child.get("class")) for child in root}
    assert found == {
        ("title", None),
        ("style", None),
        ("rect", "paper"),
        ("line", "grid"),
        ("path", "first"),
        ("circle", "first-dot"),
        ("rect", "box"),
        ("polygon", "tip"),
        ("text", "ink"),
    }
    assert root.find(f"{SVG}path").get("d") == "M 0 0 L 5.25 5 L 7 1"


def test_every_class_has_a_colour_on_light_and_on_dark_screens():
    style = ElementTree.fromstring(drawn().to_svg()).find(f"{SVG}style").text
    light, dark = style.split("@media (prefers-color-scheme: dark)")
    for kind, (on_light, on_dark) in THEME.items():
        assert f".{kind} {{ {on_light} }}" in light
        assert f".{kind} {{ {on_dark} }}" in dark


def brightness(rule):
    """Relative luminance of the last colour in a rule; source: WCAG 2.2."""
    code = rule[rule.rindex("#") + 1 :][:6]
    parts = [int(code[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [
        x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("screen", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("kind", "least"),
    [("ink", 7), ("faint", 4.5), ("first-dot", 3.6), ("second-dot", 3.6), ("tip", 4.5)],
)
def test_words_and_curves_stand_out_from_the_paper(kind, least, screen):
    two = sorted([brightness(THEME[kind][screen]), brightness(THEME["paper"][screen])])
    assert (two[1] + 0.05) / (two[0] + 0.05) >= least


def test_a_picture_is_saved_and_shown_as_the_same_text(tmp_path):
    picture = drawn()
    picture.save(tmp_path / "all.svg")
    assert (tmp_path / "all.svg").read_text(encoding="utf-8") == picture._repr_svg_()
    assert repr(picture) == "<Picture 'all', 120 × 80>"
