"""A program: the kernel calls of one run of a function, in order, on fixed arrays.

Rules, gradient accumulation, sums over broadcast axes and optimizer updates all speak
through the kernel set, so the list of its calls is the complete computation.  Running
it again is a loop over the list: no layer, no graph, no allocation.
"""

import time
from typing import Any, NamedTuple

import numpy as np


class Instruction(NamedTuple):
    """One kernel call: `kernel(*inputs, **parameters)`, into `out` unless it is an
    update.

    Inputs and `out`, or the several arrays in it, are the arrays themselves; they stay
    where they are from run to run.
    """

    name: str
    kind: str
    kernel: Any
    inputs: tuple[Any, ...]
    parameters: dict[str, Any]
    out: Any


class Program:
    """Kernel calls on fixed arrays; `run()` computes everything again.

    `inputs` are the arrays to fill before a run, `outputs` the structure of arrays that
    a run leaves its results in.  `names` are those of inputs and variables, for the
    listing.
    """

    def __init__(self, inputs: list[np.ndarray], names: dict[int, str]) -> None:
        self.inputs = inputs
        self.outputs: dict[str, np.ndarray] = {}
        self.instructions: list[Instruction] = []
        self.names = names
        self.updated: list[Any] = []  # the Variables that a run changes
        self._calls: list[tuple[Any, tuple[Any, ...], dict[str, Any]]] = []

    def add(self, instruction: Instruction) -> None:
        """Appends a call, and gives its result a name."""
        self.instructions.append(instruction)
        name = f"%{len(self.instructions) - 1}"
        for place, result in enumerate(results_of(instruction.out)):
            several = isinstance(instruction.out, tuple)
            self.names[id(result)] = f"{name}.{place}" if several else name
        if instruction.kind != "view":  # a view of a fixed array is made once, for good
            parameters = dict(instruction.parameters)
            if instruction.out is not None:
                parameters["out"] = instruction.out
            self._calls.append((instruction.kernel, instruction.inputs, parameters))

    def run(self) -> None:
        """Computes everything again from what `inputs` and the variables hold now."""
        for kernel, inputs, parameters in self._calls:
            kernel(*inputs, **parameters)

    def listing(self) -> str:
        """Returns the program as text, one line per call.

        %3 = matmul(x, sequential/dense/kernel)    (32, 64) float32
        """
        lines = []
        for instruction in self.instructions:
            arguments = [self.name_of(x) for x in instruction.inputs]
            arguments += [
                f"{key}={value!r}" for key, value in instruction.parameters.items()
            ]
            call = f"{instruction.name}({', '.join(arguments)})"
            results = results_of(instruction.out)
            if not results:
                lines.append(call)
                continue
            names = ", ".join(map(self.name_of, results))
            kinds = ", ".join(f"{out.shape} {out.dtype}" for out in results)
            kind = "  view" if instruction.kind == "view" else ""
            lines.append(f"{names} = {call}    {kinds}{kind}")
        return "\n".join(lines)

    def timings(self, runs: int = 100) -> list[tuple[Instruction, float]]:
        """Returns [(instruction, median seconds)], from running the program that often.

        It trains: what the program updates is updated `runs` times.
        """
        samples: list[list[float]] = [[] for _ in self._calls]
        for _ in range(runs):
            for (kernel, inputs, parameters), seconds in zip(
                self._calls, samples, strict=True
            ):
                start = time.perf_counter()
                kernel(*inputs, **parameters)
                seconds.append(time.perf_counter() - start)
        called = [i for i in self.instructions if i.kind != "view"]
        medians = [sorted(seconds)[len(seconds) // 2] for seconds in samples]
        return list(zip(called, medians, strict=True))

    def liveness(self) -> dict[int, int]:
        """Returns {index of the instruction that makes an array: index of its last
        use}.

        Reading or changing a view counts as a use of the array that it looks into.
        What the outputs refer to lives to the end.
        """
        maker: dict[int, int] = {}
        last: dict[int, int] = {}
        for position, instruction in enumerate(self.instructions):
            for x in instruction.inputs:
                if id(x) in maker:
                    last[maker[id(x)]] = position
            if instruction.kind == "view":
                source = maker.get(id(instruction.inputs[0]))
                if source is not None:
                    maker[id(instruction.out)] = source
                continue
            for result in results_of(instruction.out):
                maker[id(result)] = position
                last[position] = position
        for array in self.output_arrays():
            if id(array) in maker:
                last[maker[id(array)]] = len(self.instructions)
        return last

    def output_arrays(self) -> list[np.ndarray]:
        """Returns the arrays among the outputs, in order."""
        return list(self.outputs.values())

    def name_of(self, x: Any) -> str:
        """Returns how the listing calls an array or number."""
        return self.names.get(id(x), repr(x) if not hasattr(x, "shape") else "?")

    def __len__(self) -> int:
        return len(self.instructions)

    def __repr__(self) -> str:
        return f"<Program of {len(self)} kernel calls>"


def results_of(out: Any) -> tuple[np.ndarray, ...]:
    """Returns what a kernel call gave as a tuple: several arrays, one or none."""
    if out is None:
        return ()
    return out if isinstance(out, tuple) else (out,)
