"""Finds out which kernel call made the first nan or inf, and in which layer.

Every result of a kernel is looked at: this is slow, and done only when something has
gone wrong already, or when it was asked for.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NamedTuple

import numpy as np

from minikeras.autograd.backward import backward_steps
from minikeras.kernels.kernel_set import watched
from minikeras.kernels.table import TABLE
from minikeras.layers.layer import Layer
from minikeras.losses.loss import Loss
from minikeras.metrics.metric import Metric
from minikeras.optimizers.optimizer import Optimizer
from minikeras.values.backends import using
from minikeras.values.tensor import Tensor


def not_finite(x: Any) -> Any:
    """Returns where an array has nan or inf."""
    return ~np.isfinite(x)


# What may be made, how it is seen, and in which inputs it is no wonder.
TESTS = (("inf", np.isinf, not_finite), ("nan", np.isnan, np.isnan))


class Finding(NamedTuple):
    """A kernel call that made numbers into something that is none.

    `what` is "nan" or "inf", `where` names the layer, the loss or the optimizer, and
    `derivative` says if it was on the way back.
    """

    what: str
    kernel: str
    where: str
    derivative: bool
    shape: tuple[int, ...]

    def __str__(self) -> str:
        of = "the derivative of " if self.derivative else ""
        return (
            f"{of}{self.where}, where kernel {self.kernel} made {self.what} "
            f"(shape {self.shape})"
        )


class NonFiniteFinder:
    """Looks at the results of kernels, and keeps the first ones that are not finite.

    Not all of these are mistakes: what a mask hides may well be -inf.  So ask what was
    found once the loss, or a weight, is not finite.

    >>> from minikeras import ops
    >>> finder = NonFiniteFinder()
    >>> with finder.watching(), np.errstate(invalid="ignore"):
    ...     y = ops.log(ops.zeros((2,))) * 0.0
    >>> finder.inf.kernel, finder.nan.kernel
    ('log', 'multiply')
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forgets what was found: a new batch begins."""
        self.found: list[Finding] = []  # the first of each kind, in their order
        # Of the results so far, by identity, in which layer they were made. The arrays
        # are kept, so that no other gets the same identity.
        self._places: dict[int, tuple[Any, str]] = {}

    @property
    def nan(self) -> Finding | None:
        """The first call that gave nan for inputs without."""
        return next((x for x in self.found if x.what == "nan"), None)

    @property
    def inf(self) -> Finding | None:
        """The first call that gave inf for finite inputs."""
        return next((x for x in self.found if x.what == "inf"), None)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """A block in which this thread's kernels are watched; steps run as they are."""
        with using(Tensor, watched(Tensor.active.kernels, self.observe)):
            yield

    def observe(
        self, name: str, inputs: tuple[Any, ...], parameters: dict[str, Any], out: Any
    ) -> None:
        """Looks at one call of a kernel."""
        updates = TABLE[name].kind == "update"
        results = inputs[:1] if updates else as_tuple(out)
        where, derivative = self._place(sys._getframe(2))
        if not (updates or derivative):
            self._places |= {id(x): (x, where) for x in results}
        if all(is_finite(x) for x in results):
            return
        before = inputs[1:] if updates else inputs
        for what, is_it, spoilt in TESTS:
            known = any(finding.what == what for finding in self.found)
            made = any(has(is_it, x) for x in results)
            if made and not known and not any(has(spoilt, x) for x in before):
                shape = np.shape(results[0])
                self.found.append(Finding(what, name, where, derivative, shape))

    def _place(self, frame: FrameType | None) -> tuple[str, bool]:
        """Returns where a kernel is called from, and whether for a derivative."""
        layers: list[str] = []
        while frame is not None:
            if frame.f_code is backward_steps.__code__:
                return self._place_of_node(frame.f_locals["node"]), True
            owner = frame.f_locals.get("self")
            if isinstance(owner, Optimizer):
                return f"the update of {owner.name}", False
            if isinstance(owner, Metric):
                return f"metric {owner.name!r}", False
            if isinstance(owner, Loss) and not layers:
                return f"loss {owner.name!r}", False
            if isinstance(owner, Layer) and frame.f_code is Layer.__call__.__code__:
                layers.append(owner.name)
            frame = frame.f_back
        inside = layers[:-1] or layers  # the last one is the model itself
        path = "/".join(reversed(list(dict.fromkeys(inside))))
        return (f"layer {path!r}" if path else "the step, outside of layers"), False

    def _place_of_node(self, node: Any) -> str:
        """Returns where the call was made that is being differentiated."""
        for result in as_tuple(getattr(node, "out", None)):
            if id(result) in self._places:
                return self._places[id(result)][1]
        return "the step"


def as_tuple(out: Any) -> tuple[Any, ...]:
    """Returns the results of a kernel, of which there may be several."""
    return out if isinstance(out, tuple) else (out,)


def has(test: Any, x: Any) -> bool:
    """Whether a test holds for any number in an array of floats."""
    return is_float(x) and bool(test(x).any())


def is_finite(x: Any) -> bool:
    """Whether all numbers in an array are finite; what is no float is."""
    return not is_float(x) or bool(np.isfinite(x).all())


def is_float(x: Any) -> bool:
    """Whether something is an array, or a number, of floats."""
    return isinstance(x, float) or getattr(getattr(x, "dtype", None), "kind", "") == "f"
