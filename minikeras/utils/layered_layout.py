"""Where the boxes of a graph go: in ranks, so that every arrow points downwards.

The way of Sugiyama, Tagawa and Toda (1981): ranks by the longest way, then an order in
each rank in which few arrows cross, then places. An arrow that passes ranks gets a
place in each of them, so that it goes between the boxes.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

Point = tuple[float, float]
Link = tuple[int, int]  # the numbers of two boxes

SWEEPS = 8
STRAIGHT = 8.0  # how much more an arrow in passing wants to be straight than a box
LANE = 8.0  # as wide is the place of an arrow in a rank


class Layout(NamedTuple):
    """The middles of boxes, the corners of arrows, and the size of all together."""

    middles: list[Point]
    routes: list[list[Point]]  # of each link: from box to box, without the ends
    width: float
    height: float


def arrange(
    sizes: Sequence[Point], links: Sequence[Link], gap: float, apart: float
) -> Layout:
    """Places boxes of these sizes (width, height), each below those that lead to it.

    `gap` is the space between ranks, `apart` that between boxes beside each other. The
    links lead from a box to a later one.
    """
    ranks = rank_of_each(len(sizes), links)
    widths = [width for width, _ in sizes]
    steps: list[Link] = []  # links cut at each rank that they pass
    ways: list[list[int]] = []  # of each link: what stands for it in the ranks
    for source, target in links:
        way = []
        for rank in range(ranks[source] + 1, ranks[target]):
            way.append(len(widths))
            widths.append(LANE)
            ranks.append(rank)
        ways.append(way)
        stops = [source, *way, target]
        steps += pairwise(stops)

    rows = in_order(ranks, steps)
    across = places_across(rows, widths, steps, first_lane=len(sizes), apart=apart)
    tops, bottoms = heights_of(rows, sizes, gap)
    middles = [
        (across[box], (tops[ranks[box]] + bottoms[ranks[box]]) / 2)
        for box in range(len(sizes))
    ]
    routes = [
        [(across[lane], edge[ranks[lane]]) for lane in way for edge in (tops, bottoms)]
        for way in ways
    ]
    right = max(x + width / 2 for x, width in zip(across, widths, strict=True))
    return Layout(middles, routes, right, bottoms[-1])


def rank_of_each(count: int, links: Sequence[Link]) -> list[int]:
    """Returns how far down each box is: below all that lead to it, and no further.

    What nothing leads to is just above the first box that it leads to.
    """
    before, after = neighbours(links)
    ranks = [0] * count
    for box in range(count):
        ranks[box] = max((ranks[other] + 1 for other in before[box]), default=0)
    for box in range(count):
        if not before[box] and after[box]:
            ranks[box] = min(ranks[other] for other in after[box]) - 1
    return ranks


def neighbours(links: Iterable[Link]) -> tuple[dict[int, list[int]], ...]:
    """Returns {box: those that lead to it} and {box: those that it leads to}."""
    before: dict[int, list[int]] = defaultdict(list)
    after: dict[int, list[int]] = defaultdict(list)
    for source, target in links:
        before[target].append(source)
        after[source].append(target)
    return before, after


def in_order(ranks: Sequence[int], steps: Sequence[Link]) -> list[list[int]]:
    """Returns the boxes of each rank from left to right, so that few arrows cross.

    Each rank is sorted by where its neighbours are in the rank above, then below, and
    so on; the best order that was seen is taken.
    """
    rows: list[list[int]] = [[] for _ in range(max(ranks, default=0) + 1)]
    for box, rank in enumerate(ranks):
        rows[rank].append(box)
    sides = neighbours(steps)
    best = [list(row) for row in rows]
    fewest = crossings(rows, sides[1])
    for sweep in range(SWEEPS):
        if not fewest:
            break
        near = sides[sweep % 2]
        place = {box: i for row in rows for i, box in enumerate(row)}
        for row in rows if sweep % 2 == 0 else reversed(rows):
            row.sort(key=lambda box: mean_of([place[o] for o in near[box]], place[box]))
            place.update((box, i) for i, box in enumerate(row))
        found = crossings(rows, sides[1])
        if found < fewest:
            fewest, best = found, [list(row) for row in rows]
    return best


def mean_of(values: Sequence[float], default: float) -> float:
    """Returns the mean of values, or the default if there are none."""
    return sum(values) / len(values) if values else default


def crossings(rows: Sequence[Sequence[int]], after: dict[int, list[int]]) -> int:
    """Returns how many pairs of arrows cross."""
    place = {box: i for row in rows for i, box in enumerate(row)}
    total = 0
    for row in rows:
        ends: list[int] = []  # of the arrows from further left
        for box in row:
            targets = [place[other] for other in after[box]]
            total += sum(end > target for end in ends for target in targets)
            ends += targets
    return total


def places_across(
    rows: Sequence[Sequence[int]],
    widths: Sequence[float],
    steps: Sequence[Link],
    first_lane: int,
    apart: float,
) -> list[float]:
    """Returns the middle of each box from the left: near to those of its neighbours.

    Rank by rank, down and up: each box wants to be at the mean of its neighbours; what
    is in the way of one another shares the shift.
    """
    across = [0.0] * len(widths)
    offsets: dict[int, float] = {}  # of a box in its row, when all are close together
    for row in rows:
        at = 0.0
        for box in row:
            offsets[box] = at + widths[box] / 2
            at += widths[box] + apart
        for box in row:
            across[box] = offsets[box] - (at - apart) / 2
    sides = neighbours(steps)
    for sweep in range(SWEEPS):
        near = sides[sweep % 2]
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wanted = [
                mean_of([across[o] for o in near[box]], across[box]) for box in row
            ]
            weights = [STRAIGHT if box >= first_lane else 1.0 for box in row]
            shifts = [w - offsets[box] for w, box in zip(wanted, row, strict=True)]
            for box, shift in zip(row, ascending(shifts, weights), strict=True):
                across[box] = offsets[box] + shift
    left = min(x - width / 2 for x, width in zip(across, widths, strict=True))
    return [x - left for x in across]


def ascending(values: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Returns the ascending numbers that are nearest to values, in weighted squares.

    Neighbours that would descend are pooled at their mean.

    >>> ascending([1.0, 5.0, 3.0, 9.0], [1.0, 1.0, 1.0, 1.0])
    [1.0, 4.0, 4.0, 9.0]
    """
    pools: list[tuple[float, float, int]] = []  # (mean, weight, how many)
    for value, weight in zip(values, weights, strict=True):
        count = 1
        while pools and pools[-1][0] > value:
            mean, heavy, many = pools.pop()
            value = (mean * heavy + value * weight) / (heavy + weight)
            weight, count = heavy + weight, many + count
        pools.append((value, weight, count))
    return [mean for mean, _, count in pools for _ in range(count)]


def heights_of(
    rows: Sequence[Sequence[int]], sizes: Sequence[Point], gap: float
) -> tuple[list[float], list[float]]:
    """Returns the top and the bottom of each rank: as high as its highest box."""
    tops, bottoms = [], []
    at = 0.0
    for row in rows:
        tops.append(at)
        at += max(sizes[box][1] for box in row if box < len(sizes))
        bottoms.append(at)
        at += gap
    return tops, bottoms
