"""The loss given to compile(), resolved when the first batch is known."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minikeras import losses
from minikeras.losses.functions import sparse_categorical_crossentropy
from minikeras.losses.loss import Loss, LossFunctionWrapper
from minikeras.tree import flatten
from minikeras.values.tensor import Tensor


class CompiledLoss:
    """A loss by name, function or object, with its weight in the total.

    Raises: ValueError at the first batch for a name that there is none of.
    """

    def __init__(
        self, loss: Any, weight: float | Sequence[float] | None = None
    ) -> None:
        if isinstance(weight, (list, tuple)) and len(weight) == 1:
            weight = weight[0]
        if weight is not None and not isinstance(weight, (int, float)):
            raise ValueError(
                f"loss_weights must be one number for a model with one output; "
                f"got {weight!r}."
            )
        self.given = loss is not None
        self.loss = loss
        self.weight = weight
        self.function: Any = None

    def build(self, y: Any, y_pred: Any) -> None:
        """Resolves the name, and checks that model and loss have one output each."""
        if not self.given or self.function is not None:
            return
        if len(flatten(y_pred)) != 1:
            raise ValueError(
                f"compile() knows losses for models with one output; this one has "
                f"{len(flatten(y_pred))}. Override compute_loss, or use add_loss."
            )
        if y is None:
            raise ValueError("The loss of compile() needs targets: pass y.")
        loss = self.loss
        if isinstance(loss, (list, tuple)) and len(loss) == 1:
            loss = loss[0]
        if loss in ("crossentropy", "ce"):
            loss = crossentropy_for(y, y_pred)
        loss = losses.get(loss)
        self.function = loss if isinstance(loss, Loss) else LossFunctionWrapper(loss)

    def check_targets(self, y: Any, y_pred: Any) -> None:
        """Looks at all class numbers before training, where there are any.

        Raises: ValueError for labels with a fraction or outside [0, classes).
        """
        keywords = getattr(self.function, "keywords", {})
        if getattr(self.function, "fn", None) is not sparse_categorical_crossentropy:
            return
        y = np.asarray(y)
        counted = y != keywords.get("ignore_class")
        classes = y_pred.shape[keywords.get("axis", -1)]
        refuse(y, counted & (y != np.floor(y)), "whole numbers")
        expected = f"from 0 to {classes - 1}, as the model has {classes} outputs"
        refuse(y, counted & ((y < 0) | (y >= classes)), expected)

    def __call__(self, y: Any, y_pred: Any, sample_weight: Any = None) -> Tensor:
        """Returns the weighted loss of a batch, as a 0-d Tensor."""
        if self.function is None:
            self.build(y, y_pred)
        value = self.function(y, y_pred, sample_weight)
        if value.ndim:
            raise ValueError(
                f"The loss {self.function.name} must return one number per batch; it "
                f"has shape {value.shape}. Give it a reduction other than 'none'."
            )
        return value if self.weight is None else value * float(self.weight)


def refuse(labels: np.ndarray, wrong: np.ndarray, expected: str) -> None:
    """Raises ValueError if any label is wrong, and says which and where."""
    positions = np.argwhere(wrong)
    if len(positions):
        position = tuple(positions[0].tolist())
        raise ValueError(
            f"Labels must be {expected}; got {labels[position]} at position "
            f"{position}, and {len(positions)} such labels in all. Renumber them, or "
            "give the model more outputs."
        )


def crossentropy_for(y: Any, y_pred: Any) -> str:
    """Returns the crossentropy that fits the shapes of targets and predictions."""
    if y_pred.shape[-1] == 1:
        return "binary_crossentropy"
    if y.shape[-1:] == y_pred.shape[-1:] and y.ndim == y_pred.ndim:
        return "categorical_crossentropy"
    return "sparse_categorical_crossentropy"
