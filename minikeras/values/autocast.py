"""Variables that mixed precision reads in another dtype than they are kept in.

While a layer computes in float16 its float32 weights look like float16 Tensors; what is
computed with them sends gradients back through the cast.  A class of its own, so that
nothing is asked of the Variables of all other layers.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from minikeras.autograd.recording import mode
from minikeras.primitives import elementwise
from minikeras.values.tensor import Tensor
from minikeras.values.types import DType, ShapeLike, TensorLike
from minikeras.values.variable import Variable


class Casting(threading.local):
    """What Variables are read in, None where they are read as they are."""

    dtype: str | None = None

    def __init__(self) -> None:
        # What was read in this block, by id and by whether gradients are recorded: the
        # Variable, how often it had been changed, and its values in the other dtype.
        self.casts: dict[tuple[int, bool], tuple[Variable, int, Tensor]] = {}


casting = Casting()


@contextmanager
def autocast(dtype: str | None) -> Iterator[None]:
    """Lets AutocastVariables be read in a dtype, in this thread, in a `with` block.

    >>> weight = AutocastVariable([1.0, 2.0])
    >>> with autocast("float16"):
    ...     weight * 2.0
    Tensor([2. 4.], dtype=float16)
    """
    outer = casting.dtype, casting.casts
    casting.dtype, casting.casts = dtype, {}
    try:
        yield
    finally:
        casting.dtype, casting.casts = outer


class AutocastVariable(Variable):
    """A floating-point Variable that is read in the dtype of `autocast`, where that is.

    It is assigned, and gets its gradient, in its own dtype.
    """

    def __init__(
        self,
        initializer: TensorLike | Callable[..., TensorLike],
        shape: ShapeLike | None = None,
        dtype: DType | None = None,
        trainable: bool = True,
        **options: Any,
    ) -> None:
        self._changes = 0
        with autocast(None):
            super().__init__(initializer, shape, dtype, trainable, **options)

    def change(self, kernel: Callable[..., Any], value: TensorLike) -> None:
        with autocast(None):
            super().change(kernel, value)

    def touch(self) -> None:
        self._changes += 1
        super().touch()

    def set_trainable(self, value: bool) -> None:
        self._changes += 1
        with autocast(None):
            super().set_trainable(value)

    @property
    def data(self) -> np.ndarray:
        """The buffer; inside of `autocast` its values in that dtype."""
        return self._buffer if casting.dtype is None else self.cast().data

    @data.setter
    def data(self, value: np.ndarray) -> None:
        self._buffer = value

    @property
    def node(self) -> Any:
        """The leaf of gradients; inside of `autocast` the cast that leads to it."""
        return self._leaf if casting.dtype is None else self.cast().node

    @node.setter
    def node(self, value: Any) -> None:
        self._leaf = value

    def cast(self) -> Tensor:
        """Returns the values in the dtype of `autocast`, the same Tensor every time."""
        key = id(self), mode.recording
        found = casting.casts.get(key)
        if found is None or found[0] is not self or found[1] != self._changes:
            original = Tensor.wrap(self._buffer, self._leaf)
            values = elementwise.cast(original, dtype=casting.dtype)
            found = casting.casts[key] = self, self._changes, values
        return found[2]
