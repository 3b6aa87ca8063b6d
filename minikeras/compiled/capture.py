"""Recording a function as a program, and replaying it where that gives the same result.

The law: replaying equals running, bit for bit.  Whatever could break it stops the
recording with an error that names the line: a value read back into Python, which might
decide what happens next, and an array from elsewhere, which would be the same in every
replay.
"""

from collections.abc import Callable, Sequence
from typing import Any, NoReturn, TypeAlias

import numpy as np

from minikeras.autograd.recording import users_line
from minikeras.compiled.program import Instruction, Program, results_of
from minikeras.kernels.kernel_set import Function, KernelSet
from minikeras.kernels.table import TABLE
from minikeras.tree import flatten, map_structure
from minikeras.values.backends import using
from minikeras.values.tensor import Tensor
from minikeras.values.variable import Variable

# A function from a batch to a dict of Tensors, or to None.
Step: TypeAlias = Callable[[Any], Any]


class CaptureError(RuntimeError):
    """Something in a function that cannot be recorded, and where it is."""


def capture(function: Step, batch: Any) -> tuple[Any, Program]:
    """Runs function(batch) once, and returns (its result, the Program of that run).

    `batch` is a structure of Tensors and None; the program has arrays of its own for
    them.  Results are a dict of Tensors, or None.

    Raises: CaptureError for what would be different in a replay.
    """
    recorder = Recorder(batch, Tensor.active.kernels)
    with using(Tensor, recorder.kernels()):
        result = function(recorder.batch)
    recorder.finish(result)
    return result, recorder.program


class Recorder:
    """Notes the kernel calls of one run.

    `known` holds every array that a replay will find filled: the inputs, the buffers of
    Variables, and the results of earlier calls.  It keeps them alive, so that an id
    stays the name of one array.
    """

    def __init__(self, batch: Any, kernels: KernelSet) -> None:
        self.batch = map_structure(own_copy, batch)
        inputs = [x.data for x in flatten(self.batch) if x is not None]
        self.original = kernels
        self.known = {id(x): x for x in inputs}
        self.buffers: dict[int, Variable] = {}
        names = {id(x): f"x{i}" for i, x in enumerate(inputs)}
        self.program = Program(inputs, names)

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
            for x in inputs:
                if isinstance(x, np.ndarray):
                    self.check_known(name, x)
            out = kernel(*inputs, **parameters)
            if any(out is x for x in inputs):
                return out  # there was nothing to do
            check_memory(name, kind, inputs, out)
            self.program.add(Instruction(name, kind, kernel, inputs, parameters, out))
            self.known |= {id(result): result for result in results_of(out)}
            return out

        return noted

    def check_known(self, name: str, x: np.ndarray) -> None:
        """Refuses an array that a replay could not bring up to date."""
        if id(x) in self.known:
            return
        if id(x) not in self.buffers:
            self.buffers = {id(v.data): v for v in tuple(Variable.alive)}
        if id(x) in self.buffers:
            self.known[id(x)] = x
            self.program.names[id(x)] = self.buffers[id(x)].path
            return
        raise CaptureError(
            f"{name} was given an array of shape {x.shape} that is neither an input, a "
            f"Variable nor the result of an operation, at {users_line()}. A replay "
            "would use the same numbers again. Make it a Variable, compute it with "
            "minikeras.ops, or compile with jit_compile=False."
        )

    def refuse_reading(self) -> NoReturn:
        """Refuses to hand numbers to Python: what it does with them would be lost."""
        raise CaptureError(
            f"A value was read while the step was recorded, at {users_line()}. A "
            "replay would not come by here again. Use minikeras.ops on it, or compile "
            "with jit_compile=False."
        )

    def finish(self, result: dict[str, Tensor] | None) -> None:
        """Notes where the results are."""
        if result is not None:
            self.program.outputs = {name: value.data for name, value in result.items()}
        for array in self.program.output_arrays():
            self.check_known("the result", array)
        targets = [i.inputs[0] for i in self.program.instructions if i.kind == "update"]
        changed = {id(x): self.buffers[id(x)] for x in targets if id(x) in self.buffers}
        self.program.updated = list(changed.values())


def check_memory(name: str, kind: str, inputs: Sequence[Any], out: Any) -> None:
    """Holds a kernel to its kind: a view shares memory, a computed result does not."""
    for result in results_of(out):
        shares = any(
            np.may_share_memory(x, result) for x in inputs if isinstance(x, np.ndarray)
        )
        if result.size and shares != (kind == "view"):
            raise CaptureError(
                f"The kernel {name} is declared {kind}, but its result "
                f"{'shares' if shares else 'does not share'} memory with its input."
            )


class Captured:
    """A step that is run, then recorded, then replayed, for each shape of batch.

    The first batch of a shape runs as usual, so that everything is built; the second is
    recorded, and from the third on the program runs.
    """

    def __init__(self, step: Step, kept: Any = None) -> None:
        self.step = step
        self.kept = kept  # what the programs refer to, and must outlive
        self.programs: dict[tuple[Any, ...], Program | None] = {}

    def __call__(self, batch: Any) -> dict[str, Tensor]:
        key = describe(batch)
        if key not in self.programs:
            self.programs[key] = None
            return self.step(batch)
        program = self.programs[key]
        if program is None:
            result, self.programs[key] = capture(self.step, batch)
            return copied(result)
        leaves = [x.data for x in flatten(batch) if x is not None]
        for fixed, new in zip(program.inputs, leaves, strict=True):
            np.copyto(fixed, new)
        program.run()
        for variable in program.updated:
            variable.touch()
        return {name: Tensor.wrap(out.copy()) for name, out in program.outputs.items()}


def describe(batch: Any) -> tuple[Any, ...]:
    """Returns what a batch must have in common with another to use its program."""
    return tuple(
        None if x is None else (x.data.shape, x.data.dtype) for x in flatten(batch)
    )


def own_copy(x: Tensor | None) -> Tensor | None:
    """Returns a Tensor with an array that nobody else has."""
    return None if x is None else Tensor.wrap(np.array(x.data, order="C"))


def copied(result: dict[str, Tensor]) -> dict[str, Tensor]:
    """Returns results that the next replay will not overwrite."""
    return {name: Tensor.wrap(value.data.copy()) for name, value in result.items()}
