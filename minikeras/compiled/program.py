"""A program: a recording made ready to run again.

It is simplified, its results are given places in memory, and its calls are linked: the
arrays of all of them stay where they are from run to run.
"""

import time
from typing import Any

import numpy as np

from minikeras.compiled.instruction import Instruction, Recording, as_tuple
from minikeras.compiled.memory import Arena, place, plan_memory
from minikeras.compiled.replay import replay_of
from minikeras.compiled.simplify import simplified, split_constants
from minikeras.compiled.stretch import Stretch
from minikeras.kernels.fast import Feed
from minikeras.tree import flatten, map_structure
from minikeras.values.tensor import Tensor

MOMENT = 0.02  # seconds that Python may be kept waiting


class Program:
    """Kernel calls on fixed arrays; `run()` computes everything again.

    `inputs` are the arrays to fill before a run, `outputs` those that it leaves its
    results in, `updated` the Variables that it changes.  `plan` says how the memory of
    results is used again, `from_python` which calls are not compiled.
    """

    def __init__(self, recording: Recording, arena: Arena | None = None) -> None:
        recording = simplified(recording)
        outputs = flatten(recording.outputs)
        self.constants, self.instructions = split_constants(recording.instructions)
        self.plan = plan_memory(self.instructions, outputs)
        self.updated = recording.updated
        memory = (arena or Arena()).take(self.plan.size)
        place(self.plan.offsets, memory)
        for x in {x.root for x in outputs} & set(self.plan.offsets):
            x.array = np.empty_like(x.array)  # what other programs must not overwrite
        fixed = {x for instruction in self.constants for x in instruction.results}
        # In order: a constant may look at a view.
        for instruction in recording.instructions:
            if instruction.kind == "view" or not fixed.isdisjoint(instruction.results):
                compute(instruction)
        self.inputs = [x.array for x in recording.inputs]
        self.outputs = map_structure(lambda x: x.array, recording.outputs)
        self.replay, self.from_python = replay_of(self.instructions)
        self.trained = [x for x in self.updated if x.node is not None]
        # With the set inside of each WeakSet, whose truth is known ten times sooner.
        self.read = [
            (x, x.readers.data)  # type: ignore[attr-defined]
            for x in self.updated
            if x.node is None
        ]
        self.results = map_structure(Tensor.wrap, self.outputs)

    def run(self) -> Any:
        """Computes everything again from what `inputs` and the Variables hold now.

        Graphs that were made of the old values of Variables are told, as when they are
        assigned.  The next run overwrites the results.
        """
        self.begin()
        try:
            self.replay.run()
        finally:
            self.end()
        return self.results

    def run_some(self, stretch: Stretch) -> Any:
        """Runs for batches of a stretch, one after the other, and takes these out.

        As many as a moment lasts run in one call, if their rows can be copied as they
        are; else it is one batch.  What an error breaks off stays in the stretch.
        """
        if not self.can_feed(stretch.columns):
            stretch.first().fill(self.inputs)
            results = self.run()
            stretch.drop(1)
            return results
        feed = Feed(stretch.columns, self.inputs)
        self.begin()
        try:
            self.replay.run_batches(feed, stretch.numbers(), MOMENT)
        finally:
            stretch.drop(feed.done)
            self.end()
        return self.results

    def can_feed(self, columns: list[np.ndarray]) -> bool:
        """Whether the replay can copy rows of the columns into the inputs itself."""
        return hasattr(self.replay, "run_batches") and Feed.fits(columns, self.inputs)

    def begin(self) -> None:
        """Gives graphs that read a Variable which is now to change a copy of theirs."""
        for variable, readers in self.read:
            if readers:
                variable.keep_for_readers()

    def end(self) -> None:
        """Says that the graphs of the weights are out of date, and their gradients.

        Those of this run stay in the program.
        """
        for variable in self.trained:
            variable.touch()
            variable.zero_grad()

    def listing(self) -> str:
        """Returns the program as text, one line per call.

        %3 = matmul(x0, sequential/dense/kernel)    (32, 64) float32

        Marked are views of arrays that stay where they are (view), which a run need not
        make, and calls that it makes from Python, since they are not compiled while
        others are (python). Calls that depend on no numbers, and were made once, follow
        at the end (once).
        """
        python = {id(instruction) for instruction in self.from_python}
        if len(python) == sum(i.kind != "view" for i in self.instructions):
            python = set()  # all are: there is nothing to tell
        lines = []
        for instruction in self.instructions:
            mark = "  view" if instruction.kind == "view" else ""
            mark = "  python" if id(instruction) in python else mark
            lines.append(f"{instruction}{mark}")
        lines += [f"{instruction}  once" for instruction in self.constants]
        return "\n".join(lines)

    def timings(self, runs: int = 100) -> "Timings":
        """Returns [(instruction, median seconds)], from running the program that often.

        `print` shows the slowest first.  It trains: what the program updates is updated
        `runs` times.
        """
        called = [i for i in self.instructions if i.kind != "view"]
        alone = [replay_of([instruction])[0].run for instruction in called]
        samples = np.empty((runs, len(called)))
        for run in range(runs):
            for position, call in enumerate(alone):
                start = time.perf_counter()
                call()
                samples[run, position] = time.perf_counter() - start
        medians = np.median(samples, axis=0).tolist()
        return Timings(zip(called, medians, strict=True))

    def __len__(self) -> int:
        return len(self.instructions)

    def __repr__(self) -> str:
        return f"<Program of {len(self)} kernel calls>"


class Timings(list[tuple[Instruction, float]]):
    """How long each call of a program takes, in the order of the program."""

    def __str__(self) -> str:
        total = sum(seconds for _, seconds in self)
        lines = [f"{total * 1e6:10.1f} µs in {len(self)} calls"]
        for instruction, seconds in sorted(self, key=lambda pair: -pair[1]):
            share = seconds / total if total else 0.0
            lines.append(f"{seconds * 1e6:10.1f} µs {share:4.0%}  {instruction}")
        return "\n".join(lines)


def compute(instruction: Instruction) -> None:
    """Makes a call, and lets its Buffers have the arrays that it gives."""
    out = instruction.kernel(*instruction.arrays(), **instruction.parameters)
    for buffer, array in zip(instruction.results, as_tuple(out), strict=True):
        buffer.array = array
