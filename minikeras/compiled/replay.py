"""The calls of a program, ready to run.

With compiled kernels that is a tape: a list of C functions and their arguments, run
without the GIL, with calls from Python between them where a kernel has no C function.
Without, it is a list of Python functions.
"""

from collections.abc import Callable, Iterable
from functools import partial
from math import gcd
from typing import Any

from minikeras.compiled.instruction import Buffer, Instruction, read_by, written_by
from minikeras.kernels.fast import Tape, join_updates

LONG = 1 << 17  # bytes of a result that is worth a chain: more than a small cache holds
TILE = 1 << 16  # bytes of it that are made at a time, one piece at least
FEWEST = 16  # pieces, so that there is something for all threads


class Calls:
    """Python calls, one after the other; what a Tape is without compiled kernels."""

    def __init__(self) -> None:
        self.calls: list[Callable[[], Any]] = []

    def add(
        self,
        kernel: Callable[..., Any],
        inputs: tuple[Any, ...],
        parameters: dict[str, Any],
    ) -> bool:
        """Appends kernel(*inputs, **parameters); tells if it is compiled."""
        self.calls.append(partial(kernel, *inputs, **parameters))
        return False

    def run(self) -> None:
        """Makes all calls in order."""
        for call in self.calls:
            call()


def replay_of(instructions: Iterable[Instruction]) -> tuple[Any, list[Instruction]]:
    """Returns the calls of linked instructions, with a method `run`, and those among
    them that are made from Python.

    A view of an array that stays where it is was made once, for good: it is no call.
    Neighbours that are one update of many weights become one task.  Those that can be
    cut into pieces, sample by sample or number by number, become a chain, if arrays are
    so long that one would leave the cache before the next call reads it.
    """
    replay: Any = Calls() if Tape is None else Tape()
    from_python = []
    chain: list[Instruction] = []
    cuts = 0  # into so many pieces a chain is cut
    for instruction in instructions:
        if instruction.kind == "view":
            continue
        compiled = replay.add(
            instruction.kernel, instruction.arrays(), instruction.keywords()
        )
        if not compiled:
            from_python.append(instruction)
        elif instruction.kind == "update" and join_updates(replay):
            continue
        pieces = replay.pieces() if compiled else 0
        if not pieces:
            chain = []
        elif not replay.begins() and goes_on(chain, cuts, instruction, pieces):
            chain.append(instruction)
            cuts = min(cuts, pieces)
            length = max(map(longest, chain))
            replay.chain(len(chain), cuts, max(1, TILE * cuts // length))
        else:
            chain, cuts = [instruction], pieces
    return replay, from_python


def goes_on(
    chain: list[Instruction], cuts: int, instruction: Instruction, pieces: int
) -> bool:
    """Whether a call of so many pieces should be the next link of a chain.

    It should if that finds something in the cache, and can if it can be cut as the
    others are.
    """
    links = [*chain, instruction]
    known = {x.root for link in chain for x in (*read_by(link), *changed_by(link))}
    return (
        gcd(cuts, pieces) == min(cuts, pieces) >= FEWEST
        and max(map(longest, links)) >= LONG
        and not known.isdisjoint(x.root for x in read_by(instruction))
        and all(fits(earlier, instruction) for earlier in chain)
    )


def fits(earlier: Instruction, later: Instruction) -> bool:
    """Whether two calls may take turns, piece by piece.

    What one of them writes must not overlap what the other reads or writes, unless it
    is the very same array.
    """
    written = changed_by(earlier)
    return all(
        are_apart_or_same(x, other)
        for x in changed_by(later)
        for other in (*read_by(earlier), *written)
    ) and all(are_apart_or_same(x, other) for x in read_by(later) for other in written)


def changed_by(instruction: Instruction) -> tuple[Buffer, ...]:
    """Returns the Buffers that a call writes."""
    if instruction.kind == "update":
        return tuple(written_by(instruction))
    return instruction.results


def longest(instruction: Instruction) -> int:
    """Returns the number of bytes of the longest array that a call writes."""
    return max((x.array.nbytes for x in changed_by(instruction)), default=0)


def are_apart_or_same(x: Buffer, other: Buffer) -> bool:
    """Whether two arrays have all of their memory in common, or none."""
    begin, other_begin = address_of(x), address_of(other)
    if begin == other_begin and x.array.nbytes == other.array.nbytes:
        return True
    return (
        begin + x.array.nbytes <= other_begin
        or other_begin + other.array.nbytes <= begin
    )


def address_of(x: Buffer) -> int:
    """Returns where the array of a buffer begins."""
    return x.array.__array_interface__["data"][0]
