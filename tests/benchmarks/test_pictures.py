"""The pictures show what was measured, and are well-formed."""

import xml.etree.ElementTree as ElementTree

import pytest

from benchmarks.pictures import LogAxis, picture_of_growth, picture_of_ratios

FAILED = {"name": "torch", "title": "torch eager", "error": "is not installed"}


def contestant(name, seconds):
    return {"name": name, "title": f"the {name}", "times": [seconds]}


def case(*contestants, curve=None, threads=1, label="batch 32"):
    return {
        "workload": "W1",
        "label": label,
        "kind": "training",
        "measured": "seconds",
        "target": 0.5,
        "margin": None,
        "threads": threads,
        "bound": None,
        "curve": curve,
        "contestants": list(contestants),
    }


def words_in(picture):
    root = ElementTree.fromstring(picture.to_svg())
    return [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]


def test_ratios_are_beside_the_best_peer():
    ours, jax = contestant("minikeras", 3e-5), contestant("jax", 6e-5)
    cases = [case(ours, jax, FAILED, threads=threads) for threads in (1, 2)]
    words = words_in(picture_of_ratios({"cases": cases}))
    assert words.count("0.50 × the jax") == 2
    assert {"1 thread", "2 threads"} <= set(words)


def test_growth_has_a_panel_for_each_curve_and_a_line_for_each_who_ran():
    cases = [
        case(contestant("minikeras", size * 1e-6), FAILED, curve=[what, size])
        for what in ("width", "batch")
        for size in (64, 128)
    ]
    words = words_in(picture_of_growth({"cases": cases}))
    assert words.count("the minikeras") == 2
    assert "torch eager" not in words
    assert "time of a step by batch, 1 thread" in words


def test_there_is_no_picture_of_nothing():
    alone = {"cases": [case(contestant("minikeras", 1e-3), FAILED)]}
    assert picture_of_ratios(alone) is None
    assert picture_of_growth(alone) is None


def test_a_single_size_can_be_drawn():
    cases = [case(contestant("minikeras", 1e-3), curve=["width", 64])]
    assert "64" in words_in(picture_of_growth({"cases": cases}))


def test_equal_ratios_are_equal_distances():
    axis = LogAxis(1, 100, 0, 200)
    assert axis(10) == pytest.approx(100)
    assert axis(0.1) == 0  # what is beyond the axis is at its end
    assert axis(1e6) == 200
