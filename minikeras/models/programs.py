"""The programs of a model: which of its steps are recorded, and for which settings."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from minikeras.autograd.recording import mode
from minikeras.config import epsilon
from minikeras.layers.penalties import clear_losses
from minikeras.lazy import LoadedOnUse
from minikeras.models.capturable import Snapshot, is_capturable
from minikeras.optimizers import Optimizer
from minikeras.values.backends import backend
from minikeras.values.dtypes import floatx
from minikeras.values.tensor import Tensor

if TYPE_CHECKING:
    from minikeras import compiled
    from minikeras.compiled import Arena, CapturedStep, Program
else:
    compiled = LoadedOnUse("minikeras.compiled")

MOST_STEPS = 8  # of a model: of different kinds, or for different settings


class Programs(threading.local):
    """Recorded steps by what they have built in, so that none is ever out of date.

    A program has the settings of all layers, losses, metrics and of the optimizer built
    in, and knows the Variables.  Where one of these has changed it is another program.
    They share one arena, since no two of them run at the same time: each thread that
    runs the model has programs of its own.
    """

    def __init__(self) -> None:
        self.arena: Arena | None = None  # made for the first step
        self.steps: OrderedDict[Any, CapturedStep] = OrderedDict()
        self.latest: dict[str, CapturedStep] = {}
        self.why_not: dict[str, str] = {}
        self.snapshot: Snapshot | None = None
        # By kind of step and global settings, while the snapshot holds.
        self.ways: dict[tuple[Any, ...], CapturedStep | None] = {}

    def __deepcopy__(self, memo: dict[int, Any]) -> "Programs":
        return Programs()  # a copy of a model has Variables of its own

    def __reduce__(self) -> Any:
        return Programs, ()

    def look_at(self, model: Any) -> Snapshot:
        """Returns what the model is now: the last snapshot, if that still holds."""
        if self.snapshot is None or not self.snapshot.still_holds():
            self.snapshot = Snapshot(model)
            self.ways.clear()
        return self.snapshot

    def step(
        self,
        kind: str,
        model: Any,
        function: Callable[[Any], Any],
        jit_compile: bool | str,
    ) -> "CapturedStep | None":
        """Returns what records a step of a model; None if it is to be run as it is.

        The model is as it was when it was last looked at.  `function` takes a structure
        of Tensors; `kind` is "train", "test" or "predict".  The results of a recorded
        step are overwritten by the next one.
        """
        way = kind, Tensor.active.kernels, epsilon(), floatx(), mode.recording
        if way not in self.ways:
            self.ways[way] = self.way_of(way, model, function, jit_compile)
        return self.ways[way]

    def way_of(
        self,
        way: tuple[Any, ...],
        model: Any,
        function: Callable[[Any], Any],
        jit_compile: bool | str,
    ) -> "CapturedStep | None":
        """Returns what records a step of the model as it is set now."""
        kind = way[0]
        snapshot = self.snapshot
        assert snapshot is not None  # `look_at` has taken it
        self.latest.pop(kind, None)
        why_not = self.reason(model, snapshot.parts, jit_compile)
        if why_not is not None:
            self.why_not[kind] = why_not
            return None
        key = way, snapshot.settings
        if key not in self.steps:
            self.arena = self.arena or compiled.Arena()
            self.steps[key] = compiled.CapturedStep(
                function,
                self.arena,
                required=jit_compile is True,
                kept=snapshot,
                phase=phase_of(snapshot.parts) if kind == "train" else None,
                forget=partial(clear_losses, model),
            )
            if len(self.steps) > MOST_STEPS:
                self.steps.popitem(last=False)
        self.steps.move_to_end(key)
        self.latest[kind] = self.steps[key]
        return self.latest[kind]

    def reason(
        self, model: Any, parts: list[Any], jit_compile: bool | str
    ) -> str | None:
        """Returns why steps are not recorded, None if they are."""
        if jit_compile is True:
            return None
        if not jit_compile or model.run_eagerly:
            return "the model is compiled with jit_compile=False or run_eagerly=True"
        if backend() != "fast":
            return f"the backend is {backend()!r}; jit_compile=True records any"
        for part in parts:
            if isinstance(part, Optimizer) and part.why_not_capturable() is not None:
                return part.why_not_capturable()
            if not is_capturable(part):
                name = getattr(part, "__qualname__", type(part).__qualname__)
                return (
                    f"{name} is not of minikeras, and does not say that its Python "
                    "code may run once for all steps: set `capturable = True` in it, "
                    "or compile with jit_compile=True"
                )
        return None

    def program(self, kind: str) -> "Program":
        """Returns the latest program of a kind of step.

        Raises: RuntimeError if there is none, and says why.
        """
        step = self.latest.get(kind)
        programs = [p for p in step.programs.values() if p] if step else []
        if programs:
            return programs[-1]
        reason = self.why_not.get(kind, "a step is recorded with the second batch")
        if step is not None:
            reason = str(step.why_not or "it is recorded with the second batch")
        raise RuntimeError(f"There is no program of the {kind} step: {reason}.")


def phase_of(parts: list[Any]) -> Callable[[], Any] | None:
    """Returns what tells the phase of a step, None if all steps are alike."""
    changing = [x for x in parts if isinstance(x, Optimizer) and x.has_phases()]
    if not changing:
        return None
    return lambda: tuple(optimizer.phase() for optimizer in changing)
