"""Where the results of a program lie: in one piece of memory, used again and again.

A buffer is needed from the call that fills it to the last call that reads it.  Two that
are never needed at the same time may lie at the same place.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from math import inf
from typing import NamedTuple

import numpy as np

from minikeras.compiled.instruction import Buffer, Instruction, read_by
from minikeras.kernels.fast import give_back_memory
from minikeras.kernels.table import TABLE

ALIGNMENT = 64  # bytes: a line of the cache, and the longest vector


class Span(NamedTuple):
    """The calls that a buffer is needed for: from `first` to `last`, by position."""

    first: int
    last: int


class Plan(NamedTuple):
    """Where each buffer begins in the arena, and how large that must be.

    `total` is what the buffers would take side by side.
    """

    offsets: dict[Buffer, int]
    size: int
    total: int

    def __str__(self) -> str:
        share = f", {self.size / self.total:.0%} of that" if self.total else ""
        return (
            f"{len(self.offsets)} results: {readable_size(self.total)} side by side, "
            f"{readable_size(self.size)} as planned{share}"
        )


def readable_size(size: int) -> str:
    """Returns a number of bytes in KiB or MiB.

    >>> readable_size(1536), readable_size(3 * 2**20)
    ('1.5 KiB', '3.0 MiB')
    """
    if size < 2**20:
        return f"{size / 2**10:.1f} KiB"
    return f"{size / 2**20:.1f} MiB"


class Arena:
    """Memory for the results of programs that never run at the same time.

    A program that needs more than there is makes a larger one, for itself and those
    that come after it; those before keep theirs.
    """

    def __init__(self) -> None:
        self.memory = np.empty(0, "uint8")

    def take(self, size: int) -> np.ndarray:
        """Returns at least `size` bytes, at a multiple of ALIGNMENT.

        What eager steps have freed goes back first: malloc may have kept it, in pieces
        that are too small for this one.
        """
        if self.memory.size < size:
            give_back_memory()
            memory = np.empty(size + ALIGNMENT, "uint8")
            self.memory = memory[-memory.ctypes.data % ALIGNMENT :][:size]
        return self.memory


def spans(
    instructions: Sequence[Instruction], outputs: Iterable[Buffer]
) -> dict[Buffer, Span]:
    """Returns {result: from when to when it is needed}.

    Reading a view counts for the buffer that it shows.  Outputs are needed to the end.
    """
    found: dict[Buffer, Span] = {}
    for position, instruction in enumerate(instructions):
        if instruction.kind != "view":
            for x in instruction.results:
                found[x] = Span(position, position)
        for x in read_by(instruction):
            if x.root in found:
                found[x.root] = found[x.root]._replace(last=position)
    for x in outputs:
        if x.root in found:
            found[x.root] = found[x.root]._replace(last=len(instructions))
    return found


def plan_memory(instructions: Sequence[Instruction], outputs: Iterable[Buffer]) -> Plan:
    """Returns a place for each result."""
    needed = spans(instructions, outputs)
    place_of = share_places(instructions, needed)
    together: dict[Buffer, Span] = {}
    for x, place in place_of.items():
        first, last = together.get(place, needed[x])
        together[place] = Span(min(first, needed[x].first), max(last, needed[x].last))
    offsets = laid_out(together)
    return Plan(
        {x: offsets[place] for x, place in place_of.items()},
        size_of(offsets),
        sum(x.nbytes for x in needed),
    )


def laid_out(needed: dict[Buffer, Span]) -> dict[Buffer, int]:
    """Returns the offset of each buffer, in as little memory as is found.

    Backwards in time is near the best of a training step: the gradients of weights, all
    of which are needed in the end, come to lie side by side, and activations beyond
    them.  Where that takes more than what is needed at once, below which is nothing,
    large buffers first may take less.
    """
    offsets, at_once = laid_out_backwards(needed)
    if size_of(offsets) > at_once:
        offsets = min(offsets, laid_out_by_size(needed), key=size_of)
    return offsets


def size_of(offsets: dict[Buffer, int]) -> int:
    """Returns how large a memory must be for buffers at these offsets."""
    return max((offset + x.nbytes for x, offset in offsets.items()), default=0)


def aligned(size: int) -> int:
    """Returns the next multiple of ALIGNMENT."""
    return -(-size // ALIGNMENT) * ALIGNMENT


def laid_out_backwards(needed: dict[Buffer, Span]) -> tuple[dict[Buffer, int], int]:
    """Returns the offset of each buffer, and the most bytes that are needed at once.

    From the last call to the first each takes the lowest gap that is large enough, and
    gives it back before the call that fills it; of those whose last use is the same the
    larger one comes first.
    """
    gaps: list[tuple[int, float]] = [(0, inf)]  # from where to where, in order
    taken: list[tuple[int, int, int]] = []  # a heap: (-first call, begin, end)
    offsets: dict[Buffer, int] = {}
    now = at_once = 0
    for x in sorted(needed, key=lambda x: (-needed[x].last, -x.nbytes)):
        while taken and -taken[0][0] > needed[x].last:
            _, begin, end = heappop(taken)
            give_back(gaps, begin, end)
            now -= end - begin
        size = aligned(x.nbytes)
        if not size:
            offsets[x] = 0
            continue
        begin = offsets[x] = take_from(gaps, size)
        heappush(taken, (-needed[x].first, begin, begin + size))
        now += size
        at_once = max(at_once, now)
    return offsets, at_once


def take_from(gaps: list[tuple[int, float]], size: int) -> int:
    """Takes `size` bytes from the lowest gap that has them; returns where.

    >>> gaps = [(0, 64), (128, 256), (320, inf)]
    >>> take_from(gaps, 128), take_from(gaps, 128), gaps
    (128, 320, [(0, 64), (448, inf)])
    """
    place = next(i for i, (begin, end) in enumerate(gaps) if end - begin >= size)
    begin, end = gaps[place]
    gaps[place : place + 1] = [(begin + size, end)] if end - begin > size else []
    return begin


def give_back(gaps: list[tuple[int, float]], begin: int, end: float) -> None:
    """Notes a gap, one with those beside it.

    >>> gaps = [(0, 64), (128, inf)]
    >>> give_back(gaps, 64, 128)
    >>> gaps
    [(0, inf)]
    """
    place = bisect_left(gaps, (begin, end))
    if gaps[place][0] == end:  # there is always one behind: the last has no end
        end = gaps.pop(place)[1]
    if place and gaps[place - 1][1] == begin:
        place -= 1
        begin = gaps.pop(place)[0]
    gaps.insert(place, (begin, end))


def laid_out_by_size(needed: dict[Buffer, Span]) -> dict[Buffer, int]:
    """Returns the offset of each buffer: large ones first, as low as each can lie.

    Each is compared with all that lie already, but with all of them in a few calls.
    """
    offsets: dict[Buffer, int] = {}
    # Of what lies: where it begins and ends, and the first and last call; in order.
    lying = np.empty((4, len(needed)), "int64")
    for count, x in enumerate(
        sorted(needed, key=lambda x: (-x.nbytes, needed[x].first))
    ):
        first, last = needed[x]
        begins, ends, firsts, lasts = lying[:, :count]
        meets = (firsts <= last) & (lasts >= first)
        # How far what it meets reaches, up to each of these; what is between is free.
        reach = np.maximum.accumulate(np.append(0, ends[meets]))
        fits = begins[meets] - reach[:-1] >= x.nbytes
        offset = int(reach[fits.argmax()] if fits.any() else reach[-1])
        place = int(np.searchsorted(begins, offset))
        lying[:, place + 1 : count + 1] = lying[:, place:count]
        lying[:, place] = offset, offset + aligned(x.nbytes), first, last
        offsets[x] = offset
    return offsets


def share_places(
    instructions: Sequence[Instruction], needed: dict[Buffer, Span]
) -> dict[Buffer, Buffer]:
    """Returns {result: the result whose place it has}, itself as a rule.

    A kernel that may write over an input does, if nobody needs that afterwards.
    """
    place_of: dict[Buffer, Buffer] = {}
    for position, instruction in enumerate(instructions):
        if instruction.kind == "view":
            continue
        place_of |= {x: x for x in instruction.results}
        if not TABLE[instruction.name].aliases:
            continue
        out = instruction.out
        roots = [x.root for x in instruction.buffers()]
        for x in instruction.buffers():
            if (
                x in place_of
                and x.looks_like(out)
                and needed[x].last == position
                and roots.count(x) == instruction.inputs.count(x)  # no view of it
            ):
                place_of[out] = place_of[x]
                break
    return place_of


def place(buffers: dict[Buffer, int], memory: np.ndarray) -> None:
    """Gives every buffer its array, at its offset in the memory."""
    for buffer, offset in buffers.items():
        buffer.array = np.ndarray(
            buffer.shape, buffer.dtype, memory, offset, buffer.strides
        )
