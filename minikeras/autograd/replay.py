"""Derivatives of a rule's own steps: a function is run once more, and recorded.

For a kernel that does many steps in one, such as a whole sequence, the derivative of
its gradient is that of the same steps in plain operations.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from minikeras.autograd.backward import backward_steps
from minikeras.autograd.primitive import Primitive
from minikeras.autograd.recording import enable_grad
from minikeras.autograd.value import Leaf, Value


class _Vocabulary(threading.local):
    """What this thread replays with."""

    kernels: Any = None


class Replayed(Value):
    """A value inside of a replay: it computes with the `k` of the rule that replays."""

    __slots__ = ()
    active = _Vocabulary()

    @property
    def shape(self) -> Any:
        """The shape of what is inside."""
        return self.data.shape


Replayed.result = Replayed


class Together(Primitive):
    """Several values as the results of one call, for one way back from all of them."""

    def forward(self, k: Any, *values: Any) -> tuple[Any, ...]:
        return values

    def vjp(self, k: Any, wanted: Any, grad: Any, out: Any, /, *values: Any) -> Any:
        return grad


together = Together()


def replayed_vjp(
    k: Any,
    wanted: Sequence[Any],
    grad: tuple[Any, ...],
    function: Callable[..., Any],
    *inputs: Any,
) -> tuple[Any, ...]:
    """Returns grad · ∂function/∂input for each input that is wanted, else None.

    `function(*values)` calls primitives and returns a tuple of values, and `grad` has a
    gradient or None for each; inputs that are None reach the function as None.  It runs
    on `k`, so if `k` records, so does this: the result can be differentiated again.
    """
    values = [
        None if x is None else Replayed.wrap(x, Leaf() if want else None)
        for x, want in zip(inputs, wanted, strict=True)
    ]
    leaves = [None if value is None else value.node for value in values]
    targets = dict.fromkeys(leaf for leaf in leaves if leaf is not None)
    before, Replayed.active.kernels = Replayed.active.kernels, k
    try:
        with enable_grad():
            first, *_ = together(*function(*values))
        if first.node is not None:
            for _ in backward_steps(first.node.source, grad, k, targets=targets):
                pass
    finally:
        Replayed.active.kernels = before
    return tuple(None if leaf is None else targets[leaf] for leaf in leaves)
