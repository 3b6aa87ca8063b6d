"""Recording a function as a program, where replaying it gives the same result.

The law: replaying equals running, bit for bit.  Whatever could break it stops the
recording with an error that names the line: a value read back into Python, which might
decide what happens next, and an array from elsewhere, which would be the same in every
replay.
"""

import weakref
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, TypeAlias

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

    Raises: CaptureError for what would be different in a replay.  Variables then have
    the values that they had before.
    """
    recorder = Recorder(batch, Tensor.active.kernels)
    try:
        with using(Tensor, recorder.kernels()):
            result = function(recorder.batch)
        recording = recorder.finish(result)
    except CaptureError:
        recorder.undo()
        raise
    return result, Program(recording, arena)


class Recorder:
    """Notes the kernel calls of one run.

    `known` has the Buffer of every array that a replay will find filled: the inputs,
    the Variables, and the results of earlier calls.  It refers to arrays weakly, so
    that recording takes no more memory than running.
    """

    def __init__(self, batch: Any, kernels: KernelSet) -> None:
        self.original = kernels
        self.batch = map_structure(own_copy, batch)
        self.known: dict[int, tuple[weakref.ref[np.ndarray], Buffer]] = {}
        self.variables: dict[Buffer, Variable] = {}
        self.before: dict[Buffer, np.ndarray] = {}  # of what updates have changed
        self.instructions: list[Instruction] = []
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
            buffers = tuple(
                self.buffer_of(x, name) if isinstance(x, np.ndarray) else x
                for x in inputs
            )
            instruction = Instruction(name, kind, kernel, buffers, parameters, None)
            if kind == "update":
                self.remember(instruction)
            out = kernel(*inputs, **parameters)
            if any(out is x for x in inputs):
                return out  # there was nothing to do
            check_memory(name, kind, inputs, out)
            base = buffers[0].root if kind == "view" else None
            self.instructions.append(instruction._replace(out=self.made(out, base)))
            return out

        return noted

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

    def refuse_reading(self) -> NoReturn:
        """Refuses to hand numbers to Python: what it does with them would be lost."""
        raise CaptureError(
            f"A value was read while the step was recorded, at {users_line()}. A "
            "replay would not come by here again. Use minikeras.ops on it, or compile "
            "with jit_compile=False."
        )

    def remember(self, update: Instruction) -> None:
        """Keeps what an update is about to change, as it was before the first one."""
        for buffer in written_by(update):
            if buffer.array is not None and buffer not in self.before:
                self.before[buffer] = buffer.array.copy()

    def undo(self) -> None:
        """Puts back what the run has changed."""
        for buffer, value in self.before.items():
            np.copyto(buffer.array, value)

    def finish(self, result: Any) -> Recording:
        """Returns what was recorded."""
        outputs = map_structure(self.buffer_of_result, result)
        updated = [self.variables[x] for x in self.before if x in self.variables]
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
