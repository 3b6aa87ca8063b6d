"""The calls of a program, ready to run.

With compiled kernels that is a tape: a list of C functions and their arguments, run
without the GIL, with calls from Python between them where a kernel has no C function.
Without, it is a list of Python functions.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from minikeras.compiled.instruction import Instruction
from minikeras.kernels.fast import Tape


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
    """
    replay = Calls() if Tape is None else Tape()
    from_python = []
    for instruction in instructions:
        if instruction.kind != "view" and not replay.add(
            instruction.kernel, instruction.arrays(), instruction.keywords()
        ):
            from_python.append(instruction)
    return replay, from_python
