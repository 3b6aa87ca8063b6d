"""When a step is run, when it is recorded, and when its program runs instead."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from minikeras.autograd.recording import no_grad
from minikeras.compiled.capture import CaptureError, record
from minikeras.compiled.memory import Arena
from minikeras.compiled.program import Program
from minikeras.compiled.stretch import Batch, Stretch

MOST_PROGRAMS = 8  # of one step, for different shapes of batches


class CapturedStep:
    """A step that is run, then recorded, then replayed, for each kind of batch.

    The first batch of a kind runs as usual, so that everything is built; the second is
    recorded, and from the third on the program runs.  A step that cannot be recorded
    has been run as usual when that is known: it raises CaptureError then if it is
    `required` to; else it is run as usual from then on, and `why_not` is that error.

    A step that does not do the same each time says so by `phase`, a function that is
    asked before each batch: batches in different phases are of different kinds.

    What a step leaves in objects, beside its results, is out of date once a program has
    run instead: `forget` takes it away, and returns whether there was any.
    """

    def __init__(
        self,
        step: Callable[[Any], Any],
        arena: Arena | None = None,
        *,
        required: bool = True,
        kept: Any = None,
        phase: Callable[[], Any] | None = None,
        forget: Callable[[], bool] | None = None,
    ) -> None:
        self.step = step
        self.arena = arena or Arena()
        self.required = required
        self.kept = kept  # what the programs refer to, and must outlive
        self.phase = phase
        self.forget = forget
        self.leaves_something = False
        self.why_not: CaptureError | None = None
        self.programs: OrderedDict[tuple[Any, ...], Program | None] = OrderedDict()

    def run(self, batch: Batch) -> Any:
        """Runs the step on a batch; its next run may overwrite the results."""
        kind = batch.kind()
        if self.phase is not None:
            kind = *kind, self.phase()
        program = self.programs.get(kind)
        if program is None:
            return self.run_for_the_first_times(batch, kind)
        self.programs.move_to_end(kind)
        batch.fill(program.inputs)
        if self.leaves_something and self.forget is not None:
            self.forget()
        try:
            return program.run()
        except IndexError as error:
            raise self.in_words(error, batch) from None

    def run_some(self, stretch: Stretch) -> Any:
        """Runs the step on the next batch or, once there is a program, on as many as it
        does in a moment.
        """
        program, kind = None, stretch.first().kind()
        if self.phase is None:
            program = self.programs.get(kind)
        if program is None:
            results = self.run(stretch.first())
            stretch.drop(1)
            return results
        self.programs.move_to_end(kind)
        if self.leaves_something and self.forget is not None:
            self.forget()
        try:
            return program.run_some(stretch)
        except IndexError as error:
            raise self.in_words(error, stretch.first()) from None

    def in_words(self, error: IndexError, batch: Batch) -> IndexError:
        """Returns the error that the step raises, where its program has raised one.

        A program finds that there is no row of some index, but not whose rows they are:
        that is known to the layer that looks them up when the step runs as it is.
        """
        try:
            with no_grad():  # it is to change no weight
                self.step(batch.tensors())
        except Exception as said:
            return said if isinstance(said, IndexError) else error
        return error

    def run_for_the_first_times(self, batch: Batch, kind: tuple[Any, ...]) -> Any:
        """Runs the step on the first batch of a kind; records it with the second."""
        if self.why_not is not None:
            return self.step(batch.tensors())
        if kind not in self.programs:
            self.programs[kind] = None
            if len(self.programs) > MOST_PROGRAMS:
                self.programs.popitem(last=False)
            return self.step(batch.tensors())
        results, recording = record(self.step, batch.tensors())
        if isinstance(recording, CaptureError):
            if self.required:
                raise recording
            self.why_not = recording
            self.programs.clear()
            return results
        for variable in recording.updated:
            variable.zero_grad()  # the program has places of its own for gradients
        self.programs[kind] = Program(recording, self.arena)
        if self.forget is not None:
            self.leaves_something |= self.forget()
        return results
