"""Says once, in `fit`, where the first nan or inf came from.

While all is well this costs a copy of the Variables per epoch.  When an epoch ends with
a loss that is no number, its batches are run again from that copy, until something is
not finite: that batch is run once more, kernel by kernel.
"""

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from minikeras.debug.nonfinite import NonFiniteFinder, has, is_finite
from minikeras.models.array_data import ArrayData
from minikeras.models.data import Source
from minikeras.tree import flatten
from minikeras.utils.seeding import get_random_state, set_random_state
from minikeras.values.variable import Variable

if TYPE_CHECKING:  # the trainer has such a watch
    from minikeras.models.trainer import Trainer

LARGEST_COPY = 2**28  # bytes: above, only the epoch is told
ADVICE = (
    "callbacks.NonFiniteReport() watches every step. A smaller learning rate, "
    "clipnorm=1.0 in the optimizer, inputs scaled to about 1, or a loss from_logits "
    "often help."
)


class NonFiniteWatch:
    """Remembers how an epoch began, and looks into it if its loss is not finite."""

    def __init__(
        self, model: "Trainer", source: Source, wanted: bool, repeatable: bool
    ) -> None:
        self.model = model
        self.source = source
        self.waiting = wanted
        # Whether a step may be run again, and the batches of an epoch be had twice.
        self.repeatable = (
            repeatable and isinstance(source.data, ArrayData) and source.steps is None
        )
        self.variables: list[Variable] = []
        self.copies: list[np.ndarray] = []
        self.step = 0

    def remember(self, step: int) -> None:
        """Copies the state that an epoch begins with, at one of its steps."""
        if not (self.waiting and self.repeatable):
            return
        if not self.variables:
            self.variables = self.model._all_variables()
            if sum(x.data.nbytes for x in self.variables) > LARGEST_COPY:
                self.repeatable = False
                return
        self.copies = [x.data.copy() for x in self.variables]
        self.step = step

    def look(self, epoch: int, logs: dict[str, float]) -> None:
        """Warns, once, if the loss of an epoch is nan or inf."""
        loss = logs.get("loss", 0.0)
        if not self.waiting or not isinstance(loss, float) or np.isfinite(loss):
            return
        self.waiting = False
        where = self._found(epoch) if self.copies else None
        self.copies = []
        warnings.warn(
            f"The loss of epoch {epoch + 1} is {loss}. {where or ADVICE}",
            RuntimeWarning,
            stacklevel=3,
        )

    def _found(self, epoch: int) -> str | None:
        """Returns in words where it came from; leaves everything as it is."""
        now, drawn = [x.data.copy() for x in self.variables], get_random_state()
        try:
            self._put_back(self.copies)
            return self._first(epoch)
        finally:
            self._put_back(now)
            set_random_state(drawn)

    def _first(self, epoch: int) -> str | None:
        """Runs the epoch again up to the step that was the first to go wrong."""
        for weight in self.model.trainable_variables:
            if not is_finite(weight.data):
                return (
                    f"Weight {weight.path} was not finite when the epoch began: the "
                    f"last step before it made it so. {ADVICE}"
                )
        for number, batch in enumerate(self.source.data.epoch(epoch)):
            if number < self.step:
                continue
            before = [x.data.copy() for x in self.variables]
            logs = self.model.train_step(batch.tensors())
            if self._is_well(logs):
                continue
            self._put_back(before)
            return f"It began with batch {number} (from 0): {self._explained(batch)}"
        return None

    def _is_well(self, logs: dict[str, Any]) -> bool:
        """Whether the loss and all weights are finite."""
        loss = logs.get("loss")
        return (loss is None or bool(np.isfinite(float(loss)))) and all(
            is_finite(x.data) for x in self.model.trainable_variables
        )

    def _explained(self, batch: Any) -> str:
        """Runs a step again, and says what made the first nan or inf in it."""
        for name, part in zip(
            ("x", "y", "sample_weight"), batch.tensors(), strict=False
        ):
            if any(x is not None and not is_finite(x.data) for x in flatten(part)):
                bad = "nan" if any(has_nan(x) for x in flatten(part)) else "inf"
                return f"there is {bad} in its {name}. Clean the data."
        finder = NonFiniteFinder()
        with finder.watching():
            self.model.train_step(batch.tensors())
        return explanation(finder)

    def _put_back(self, copies: list[np.ndarray]) -> None:
        for variable, copy in zip(self.variables, copies, strict=True):
            variable.assign(copy)


def explanation(finder: NonFiniteFinder) -> str:
    """Returns in a sentence or two what a finder has found, and what may help."""
    if not finder.found:
        return f"it cannot be seen in which layer. {ADVICE}"
    return f"in {', then in '.join(map(str, finder.found))}. {ADVICE}"


def has_nan(x: Any) -> bool:
    """Whether there is nan in a Tensor."""
    return x is not None and has(np.isnan, x.data)
