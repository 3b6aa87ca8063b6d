"""What layers add to the loss: terms of their own, and regularizers of weights."""

from typing import Any

from minikeras.layers.context import context
from minikeras.layers.state import State, walk
from minikeras.ops import functions as ops
from minikeras.tree import flatten
from minikeras.values.tensor import Tensor, as_tensor
from minikeras.values.types import TensorLike
from minikeras.values.variable import lending


class Penalties(State):
    """The part of a layer that adds to the loss."""

    activity_regularizer: Any

    def add_loss(self, loss: TensorLike) -> None:
        """Adds a term, or a list of terms, to the loss that training minimizes."""
        given = loss if isinstance(loss, (list, tuple)) else [loss]
        terms = [as_tensor(term) for term in given]
        context.lossy.setdefault(self, []).extend(terms)
        if lending.scope is not None and lending.scope.collect_losses:
            lending.scope.losses += terms

    @property
    def losses(self) -> list[Tensor]:
        """The terms of add_loss since the last call, and of weight regularizers."""
        lossy = context.lossy
        added = [x for layer in walk(self) for x in lossy.get(layer, ())]
        return added + [
            v.regularizer(v)
            for v in self.trainable_weights
            if v.regularizer is not None
        ]

    def _regularize_activity(self, outputs: Any) -> None:
        """Adds the activity loss of this call, a mean over the batch."""
        for output in flatten(outputs):
            batch = output.shape[0] if output.shape else 1
            self.add_loss(ops.divide(self.activity_regularizer(output), batch or 1))


def clear_losses(layer: State) -> bool:
    """Forgets what was added in an earlier call of a layer, by it or inside of it.

    Returns whether there was anything.
    """
    lossy = context.lossy
    if not lossy:
        return False
    found = [lossy.pop(inner, None) for inner in walk(layer)]
    return any(terms is not None for terms in found)
