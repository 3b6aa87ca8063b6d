"""The calls of a program, ready to run.

With compiled kernels that is a tape: a list of C functions and their arguments, run
without the GIL, with calls from Python between them where a kernel has no C function.
Without, it is a list of Python functions.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from minikeras.compiled.instruction import Buffer, Instruction
from minikeras.kernels.fast import Tape, join_updates

LONG = 1 << 15  # numbers of a map that is worth a chain: half of an L2 cache for four


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
    Neighbours that are one update of many weights become one task.  Those that are maps
    of as many numbers become a chain, if there are enough of these that one array would
    leave the cache before the next call reads it.
    """
    replay: Any = Calls() if Tape is None else Tape()
    from_python = []
    chain: list[Instruction] = []
    length = 0  # of the arrays of the chain
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
        units = replay.units() if compiled else 0
        if units < LONG:
            chain = []
        elif units == length and chain and all(fits(x, instruction) for x in chain):
            chain.append(instruction)
            replay.chain(len(chain))
        else:
            chain = [instruction]
        length = units
    return replay, from_python


def fits(earlier: Instruction, later: Instruction) -> bool:
    """Whether two maps may take turns, tile by tile.

    What the later one writes must not overlap what the earlier one reads or writes,
    unless number for number.
    """
    [out] = later.results
    begin = address_of(out)
    for x in (*earlier.buffers(), *earlier.results):
        other = address_of(x)
        apart = begin + out.nbytes <= other or other + x.nbytes <= begin
        if not apart and (begin != other or x.dtype.itemsize != out.dtype.itemsize):
            return False
    return True


def address_of(x: Buffer) -> int:
    """Returns where the array of a buffer begins."""
    return x.array.__array_interface__["data"][0]
