"""Says once, in `fit`, where the first nan or inf came from.

While all is well this costs a copy of the Variables per epoch, of those models where it
is small beside the data.  When an epoch ends with a loss that is no number, its batches
are run again from that copy, until something is not finite: that batch is run once
more, kernel by kernel.  Without a copy the loss is looked at after each step, or
each call that runs several, and the data of the first where it is no number.
"""

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minikeras.debug.nonfinite import NonFiniteFinder, has, is_finite
from minikeras.models.array_data import PARTS, ArrayData
from minikeras.models.data import Source
from minikeras.tree import flatten
from minikeras.utils.batch_parts import unpack_x_y_sample_weight
from minikeras.utils.seeding import get_random_state, set_random_state
from minikeras.values.tensor import as_array
from minikeras.values.variable import Variable

if TYPE_CHECKING:  # the trainer has such a watch
    from minikeras.models.trainer import Trainer

SMALL_COPY = 2**22  # bytes that nobody misses: 350,000 weights trained by Adam
SHARE = 1 / 16  # of the memory of the data: what a larger copy may take
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
        # Whether a step may be run again, the batches of an epoch be had twice, and a
        # copy is small enough.
        self.repeatable = False
        self.variables: list[Variable] = []
        data = source.data
        if repeatable and isinstance(data, ArrayData) and source.steps is None:
            self.variables = model._all_variables()
            room = SHARE * sum(x.nbytes for x in data.table.columns)
            size = sum(x.data.nbytes for x in self.variables)
            self.repeatable = size <= max(SMALL_COPY, room)
        self.copies: list[np.ndarray] = []
        self.step = 0

    def remember(self, step: int) -> None:
        """Copies the state that an epoch begins with, at one of its steps."""
        if not (self.waiting and self.repeatable):
            return
        if not self.copies:
            self.copies = [np.empty_like(x.data) for x in self.variables]
        for copy, variable in zip(self.copies, self.variables, strict=True):
            np.copyto(copy, variable.data)
        self.step = step

    def look(
        self,
        epoch: int,
        logs: dict[str, float],
        bad: tuple[int, Sequence[Any]] | None = None,
    ) -> None:
        """Warns, once, if the loss of an epoch is nan or inf.

        `bad` are the first batches after which it was so, where these are known, and
        the number of the first of them.
        """
        loss = logs.get("loss", 0.0)
        if not self.waiting or not isinstance(loss, float) or np.isfinite(loss):
            return
        self.waiting = False
        if self.copies:
            where = self._found(epoch)
        else:
            where = in_batches(*bad) if bad else None
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
        bad = bad_part(unpack_x_y_sample_weight(batch.tensors()))
        if bad:
            return f"there is {bad[0]} in its {bad[1]}. Clean the data."
        finder = NonFiniteFinder()
        with finder.watching():
            self.model.train_step(batch.tensors())
        return explanation(finder)

    def _put_back(self, copies: list[np.ndarray]) -> None:
        for variable, copy in zip(self.variables, copies, strict=True):
            variable.assign(copy)


def in_batches(first: int, batches: Sequence[Any]) -> str:
    """Returns in words what there is in the batches of which one was where it began."""
    for number, batch in enumerate(batches, first):
        bad = bad_part(unpack_x_y_sample_weight(batch.tensors()))
        if bad:
            found = f"there is {bad[0]} in its {bad[1]}. Clean the data."
            return f"It began with batch {number} (from 0): {found}"
    which, whose = f"batch {first}", "its"
    if len(batches) > 1:
        which, whose = f"one of batches {first} to {first + len(batches) - 1}", "their"
    return f"It began with {which} (from 0): {whose} data are finite. {ADVICE}"


def explanation(finder: NonFiniteFinder) -> str:
    """Returns in a sentence or two what a finder has found, and what may help."""
    if not finder.found:
        return f"it cannot be seen in which layer. {ADVICE}"
    return f"in {', then in '.join(map(str, finder.found))}. {ADVICE}"


def bad_part(parts: Sequence[Any]) -> tuple[str, str] | None:
    """Returns ("nan" or "inf", in which of x, y and sample_weight); None if in none."""
    for name, part in zip(PARTS, parts, strict=True):
        arrays = [as_array(x) for x in flatten(part) if x is not None]
        for what, is_it in (("nan", np.isnan), ("inf", np.isinf)):
            if any(has(is_it, x) for x in arrays):
                return what, name
    return None
