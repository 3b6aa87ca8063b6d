"""Layered layouts: boxes apart from each other, arrows that go down between them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from minikeras.utils.layered_layout import (
    arrange,
    ascending,
    crossings,
    in_order,
    neighbours,
    rank_of_each,
)


@st.composite
def graphs(draw):
    """Sizes of boxes, and links from boxes to later ones."""
    count = draw(st.integers(1, 9))
    sizes = [(draw(st.integers(10, 90)), draw(st.integers(10, 60)))] * count
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    links = {tuple(sorted(pair)) for pair in draw(st.lists(pairs, max_size=14))}
    return sizes, [(a, b) for a, b in sorted(links) if a != b]


@given(graph=graphs())
def test_boxes_are_inside_and_apart(graph):
    sizes, links = graph
    layout = arrange(sizes, links, gap=30, apart=20)
    boxes = [
        (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
        for (x, y), (w, h) in zip(layout.middles, sizes, strict=True)
    ]
    slack = 1e-6
    for i, (left, top, right, bottom) in enumerate(boxes):
        assert -slack <= left
        assert right <= layout.width + slack
        assert -slack <= top
        assert bottom <= layout.height + slack
        for left2, top2, right2, bottom2 in boxes[i + 1 :]:
            beside = right + 20 <= left2 + slack or right2 + 20 <= left + slack
            assert beside or bottom + 30 <= top2 + slack or bottom2 + 30 <= top + slack


@given(graph=graphs())
def test_arrows_go_down_and_around_the_boxes(graph):
    sizes, links = graph
    layout = arrange(sizes, links, gap=30, apart=20)
    for (source, target), corners in zip(links, layout.routes, strict=True):
        ys = [layout.middles[source][1], *(y for _, y in corners)]
        ys.append(layout.middles[target][1])
        assert ys == sorted(ys)
        for x, y in corners:
            for (middle, across), (width, height) in zip(
                layout.middles, sizes, strict=True
            ):
                outside = abs(x - middle) >= width / 2 or abs(y - across) > height / 2
                assert outside


@given(graph=graphs())
def test_ranks_grow_along_links(graph):
    sizes, links = graph
    ranks = rank_of_each(len(sizes), links)
    assert all(ranks[source] < ranks[target] for source, target in links)


def test_an_entrance_is_near_to_where_it_leads():
    assert rank_of_each(5, [(0, 2), (2, 3), (1, 3), (3, 4)]) == [0, 1, 1, 2, 3]


def test_arrows_are_uncrossed_where_that_can_be():
    steps = [(0, 5), (1, 4), (2, 3)]
    rows = in_order([0, 0, 0, 1, 1, 1], steps)
    after = neighbours(steps)[1]
    assert crossings([[0, 1, 2], [3, 4, 5]], after) == 3
    assert crossings(rows, after) == 0


def test_a_chain_is_straight():
    layout = arrange([(50, 20), (90, 20), (30, 20)], [(0, 1), (1, 2)], 30, 20)
    assert {x for x, _ in layout.middles} == {45.0}


@given(
    values=st.lists(st.integers(-50, 50), min_size=1, max_size=8),
    other=st.lists(st.integers(-50, 50), min_size=8, max_size=8),
    weights=st.lists(st.integers(1, 5), min_size=8, max_size=8),
)
def test_ascending_numbers_are_nearer_than_any_others(values, other, weights):
    weights = np.array(weights[: len(values)])
    found = ascending(values, weights)
    assert np.all(np.diff(found) >= -1e-9)
    others = np.sort(other[: len(values)])
    distance = np.sum(weights * (np.array(found) - values) ** 2)
    assert distance <= np.sum(weights * (others - values) ** 2) + 1e-6


def test_a_long_graph_is_laid_out_without_recursion():
    links = [(i, i + 1) for i in range(3000)]
    assert arrange([(50, 20)] * 3001, links, 30, 20).height == 3001 * 50 - 30
