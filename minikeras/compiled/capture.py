"""Recording a function as a program, where replaying it gives the same result.

The law: replaying equals running, bit for bit.  Whatever could break it ends the
recording, and only that: the run goes on to its end, as if nobody had taken notes.  So
nothing has to be put back, and no copy is kept for it.  The error names the line: where
a value is read back into Python, which might decide what happens next, or an array
comes from elsewhere, which would be the same in every replay.
"""

import weakref
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from minikeras.autograd.recording import users_line
from minikeras.compiled.instruction import (
    Buffer,
    Instruction,
    Recording,
    as_tuple,
    written_by,
)
from minikeras.compiled.memory import Arena
from minikeras.compiled.program import Program
from minikeras.kernels.kernel_set import Function, KernelSet
from minikeras.kernels.table import TABLE
from minikeras.tree import flatten, map_structure
from minikeras.values.backends import using
from minikeras.values.tensor import Tensor
from minikeras.values.variable import Variable

# A function from a batch to a structure of Tensors.
Step: TypeAlias = Callable[[Any], Any]


class CaptureError(RuntimeError):
    """Something in a function that cannot be recorded, and where it is."""


def capture(
    function: Step, batch: Any, arena: Arena | None = None
) -> tuple[Any, Program]:
    """Runs function(batch) once, and returns (its result, the Program of that run).

    `batch` is a structure of Tensors and None; the program has arrays of its own for
    them.  Results are a structure of Tensors.  The arrays of programs with one arena
    may have their places in common: such programs must not run at the same time.

    Raises: CaptureError for what would be different in a replay, once the run is done.
    """
    result, recording = record(function, batch)
    if isinstance(recording, CaptureError):
        raise recording
    return result, Program(recording, arena)


def record(function: Step, batch: Any) -> tuple[Any, Recording | CaptureError]:
    """Returns (function(batch), what was recorded of that run, or why nothing was)."""
    recorder = Recorder(batch, Tensor.active.kernels)
    with using(Tensor, recorder.kernels()):
        result = function(recorder.batch)
    return result, recorder.finish(result)


class Recorder:
    """Notes the kernel calls of one run, until something cannot be recorded.

    `known` has the Buffer of every array that a replay will find filled: the inputs,
    the Variables, and the results of earlier calls.  It refers to arrays weakly, so
    that recording takes no more memory than running.
    """

    def __init__(self, batch: Any, kernels: KernelSet) -> None:
        self.original = kernels
        self.batch = map_structure(own_copy, batch)
        self.known: dict[int, tuple[weakref.ref[np.ndarray], Buffer]] = {}
        self.variables: dict[Buffer, Variable] = {}
        self.changed: dict[Buffer, None] = {}  # what updates write, in their order
        self.instructions: list[Instruction] = []
        self.why_not: CaptureError | None = None
        arrays = [x.data for x in flatten(self.batch) if x is not None]
        self.inputs = [
            self.enter(x, Buffer(x, f"x{i}", array=x)) for i, x in enumerate(arrays)
        ]
        for variable in Variable.with_buffers():
            data = variable.data
            buffer = Buffer(data, variable.path, array=data)
            self.variables[self.enter(data, buffer)] = variable

    def enter(self, array: np.ndarray, buffer: Buffer) -> Buffer:
        """Makes an array known as that of a buffer."""
        self.known[id(array)] = weakref.ref(array), buffer
        return buffer

    def kernels(self) -> KernelSet:
        """Returns the kernel set that computes as before and notes every call."""
        functions = {
            name: self.noting(name, TABLE[name].kind, kernel)
            for name, kernel in self.original.functions().items()
        }
        recording = KernelSet(f"recording {self.original.name}", functions)
        recording.on_read = self.refuse_reading
        return recording

    def noting(self, name: str, kind: str, kernel: Function) -> Function:
        """Returns one kernel, with a note taken of each call."""

        def noted(*inputs: Any, **parameters: Any) -> Any:
            out = kernel(*inputs, **parameters)
            if self.why_not is None:
                call = Instruction(name, kind, kernel, inputs, parameters, out)
                try:
                    self.note(call)
                except CaptureError as error:
                    self.give_up(error)
            return out

        return noted

    def note(self, call: Instruction) -> None:
        """Takes a call that was made into the recording, with Buffers for its arrays.

        Raises: CaptureError if no replay could make it.
        """
        name, kind, _, inputs, _, out = call
        buffers = tuple(
            self.buffer_of(x, name) if isinstance(x, np.ndarray) else x for x in inputs
        )
        if any(out is x for x in inputs):
            return  # there was nothing to do
        check_memory(name, kind, inputs, out)
        base = buffers[0].root if kind == "view" else None
        instruction = call._replace(inputs=buffers, out=self.made(out, base))
        if kind == "update":
            self.changed |= dict.fromkeys(written_by(instruction))
        self.instructions.append(instruction)

    def made(self, out: Any, base: Buffer | None) -> Any:
        """Returns the Buffers of what a call gave, and makes them known."""
        name = f"%{len(self.instructions)}"
        if isinstance(out, tuple):
            return tuple(
                self.enter(x, Buffer(x, f"{name}.{i}")) for i, x in enumerate(out)
            )
        if out is None:
            return None
        return self.enter(out, Buffer(out, name, base=base))

    def buffer_of(self, x: np.ndarray, name: str) -> Buffer:
        """Returns the buffer of an array; refuses one that no replay could fill."""
        known, buffer = self.known.get(id(x), (None, None))
        if known is not None and buffer is not None and known() is x:
            return buffer
        raise CaptureError(
            f"{name} was given an array of shape {x.shape} that is neither an input, a "
            f"Variable nor the result of an operation, at {users_line()}. A replay "
            "would use the same numbers again. Make it a Variable, compute it with "
            "minikeras.ops, or compile with jit_compile=False."
        )

    def buffer_of_result(self, value: Any) -> Buffer:
        """Returns the buffer of a result; refuses what would never change again."""
        if isinstance(value, Tensor):
            return self.buffer_of(value.data, "the result")
        raise CaptureError(
            f"The step returned {value!r} of type {type(value).__name__}. A replay "
            "would always return the same. Return Tensors, or compile with "
            "jit_compile=False."
        )

    def refuse_reading(self) -> None:
        """Gives up where numbers are handed to Python: what it does would be lost."""
        self.give_up(
            CaptureError(
                f"A value was read while the step was recorded, at {users_line()}. A "
                "replay would not come by here again. Use minikeras.ops on it, or "
                "compile with jit_compile=False."
            )
        )

    def give_up(self, error: CaptureError) -> None:
        """Takes no more notes; keeps the first reason, without the arrays around it."""
        if self.why_not is None:
            self.why_not = error.with_traceback(None)
            self.instructions.clear()

    def finish(self, result: Any) -> Recording | CaptureError:
        """Returns what was recorded, or why nothing was."""
        try:
            outputs = map_structure(self.buffer_of_result, result)
        except CaptureError as error:
            self.give_up(error)
        if self.why_not is not None:
            return self.why_not
        updated = [self.variables[x] for x in self.changed if x in self.variables]
        return Recording(
            self.inputs, self.instructions, outputs, updated, self.original
        )


def check_memory(name: str, kind: str, inputs: Sequence[Any], out: Any) -> None:
    """Holds a kernel to its kind: a view shares memory, a computed result does not."""
    for result in as_tuple(out):
        shares = any(
            np.may_share_memory(x, result) for x in inputs if isinstance(x, np.ndarray)
        )
        if result.size and shares != (kind == "view"):
            raise CaptureError(
                f"The kernel {name} is declared {kind}, but its result "
                f"{'shares' if shares else 'does not share'} memory with its input."
            )


def own_copy(x: Tensor | None) -> Tensor | None:
    """Returns a Tensor with an array that nobody else has."""
    return None if x is None else Tensor.wrap(np.array(x.data, order="C"))
