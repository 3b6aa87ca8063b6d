"""Where the results of a program lie: in one piece of memory, used again and again.

A buffer is needed from the call that fills it to the last call that reads it.  Two that
are never needed at the same time may lie at the same place.
"""

from bisect import insort
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from minikeras.compiled.instruction import Buffer, Instruction, read_by
from minikeras.kernels.table import TABLE

ALIGNMENT = 64  # bytes: a line of the cache, and the longest vector


class Span(NamedTuple):
    """The calls that a buffer is needed for: from `first` to `last`, by position."""

    first: int
    last: int

    def meets(self, other: "Span") -> bool:
        """Whether there is a call that both are needed for."""
        return self.first <= other.last and other.first <= self.last


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
        """Returns at least `size` bytes, at a multiple of ALIGNMENT."""
        if self.memory.size < size:
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
    """Returns a place for each result: large ones first, each as low as it can lie."""
    needed = spans(instructions, outputs)
    place_of = share_places(instructions, needed)
    together: dict[Buffer, Span] = {}
    for x, place in place_of.items():
        first, last = together.get(place, needed[x])
        together[place] = Span(min(first, needed[x].first), max(last, needed[x].last))

    offsets: dict[Buffer, int] = {}
    lying: list[tuple[int, int, Span]] = []  # from where to where, and when; in order
    for x in sorted(together, key=lambda x: (-x.nbytes, together[x].first)):
        span = together[x]
        taken = ((begin, end) for begin, end, other in lying if other.meets(span))
        offsets[x] = first_gap(taken, x.nbytes)
        insort(lying, (offsets[x], offsets[x] + x.nbytes, span))
    return Plan(
        {x: offsets[place] for x, place in place_of.items()},
        max((offset + x.nbytes for x, offset in offsets.items()), default=0),
        sum(x.nbytes for x in needed),
    )


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


def first_gap(taken: Iterable[tuple[int, int]], size: int) -> int:
    """Returns the lowest aligned offset where `size` bytes are free.

    `taken` are the beginnings and ends of what is not, in order.

    >>> first_gap([(0, 100), (256, 300)], 128)
    128
    >>> first_gap([(0, 100), (256, 300)], 129)
    320
    """
    offset = 0
    for begin, end in taken:
        if offset + size <= begin:
            break
        offset = max(offset, -(-end // ALIGNMENT) * ALIGNMENT)
    return offset


def place(buffers: dict[Buffer, int], memory: np.ndarray) -> None:
    """Gives every buffer its array, at its offset in the memory."""
    for buffer, offset in buffers.items():
        buffer.array = np.ndarray(
            buffer.shape, buffer.dtype, memory, offset, buffer.strides
        )
