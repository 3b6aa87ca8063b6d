"""The loss given to compile(), resolved when the first batch is known."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minikeras import losses
from minikeras.losses import (
    binary_crossentropy,
    mean_absolute_error,
    mean_squared_error,
    sparse_categorical_crossentropy,
)
from minikeras.losses.loss import Loss, LossFunctionWrapper
from minikeras.losses.pairs import squeeze_or_expand
from minikeras.tree import flatten
from minikeras.values.naming import name_of_function
from minikeras.values.tensor import Tensor

ELEMENTWISE = (mean_squared_error, mean_absolute_error, binary_crossentropy)


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
        self.classes = 0  # how many outputs the model has, once it is known

    def build(self, y: Any, y_pred: Any) -> None:
        """Resolves the name, and checks that model and loss have one output each."""
        if not self.given:
            return
        check_given(y)
        if self.function is not None:
            return
        if len(flatten(y_pred)) != 1:
            raise ValueError(
                f"compile() knows losses for models with one output; this one has "
                f"{len(flatten(y_pred))}. Override compute_loss, or use add_loss."
            )
        loss = self.loss
        if isinstance(loss, (list, tuple)) and len(loss) == 1:
            loss = loss[0]
        if loss in ("crossentropy", "ce"):
            loss = crossentropy_for(y, y_pred)
        loss = losses.get(loss)
        self.function = (
            loss
            if isinstance(loss, Loss)
            else LossFunctionWrapper(loss, name=name_of_function(loss))
        )

    def check_labels(self, y: Any) -> None:
        """Looks at all class numbers before training, where there are any.

        Raises: ValueError for labels with a fraction or outside [0, classes).
        """
        if getattr(self.function, "fn", None) is not sparse_categorical_crossentropy:
            return
        y = np.asarray(y)
        counted = y != self.function.keywords.get("ignore_class")
        refuse(y, counted & (y != np.floor(y)), "whole numbers")
        expected = f"from 0 to {self.classes - 1}: the model has {self.classes} outputs"
        refuse(y, counted & ((y < 0) | (y >= self.classes)), expected)

    def check_shapes(self, y: Any, y_pred: Any) -> None:
        """Refuses targets that would be broadcast against predictions silently.

        Raises: ValueError if the shapes differ, for losses that compare elements.
        """
        axis = getattr(self.function, "keywords", {}).get("axis", -1)
        self.classes = y_pred.shape[axis] if y_pred.ndim else 1
        if getattr(self.function, "fn", None) not in ELEMENTWISE:
            return
        y, y_pred = squeeze_or_expand(y, y_pred)
        if y.shape != y_pred.shape:
            raise ValueError(
                f"The loss {self.function.name} compares targets and predictions one "
                f"by one; got targets of shape {y.shape} and predictions of shape "
                f"{y_pred.shape}, the batch first. Reshape the targets, or give the "
                "model as many outputs."
            )

    def __call__(self, y: Any, y_pred: Any, sample_weight: Any = None) -> Tensor:
        """Returns the weighted loss of a batch, as a 0-d Tensor."""
        if self.function is None:
            self.build(y, y_pred)
        check_given(y)
        value = self.function(y, y_pred, sample_weight)
        if value.ndim:
            raise ValueError(
                f"The loss {self.function.name} must return one number per batch; it "
                f"has shape {value.shape}. Give it a reduction other than 'none'."
            )
        return value if self.weight is None else value * float(self.weight)


def check_given(y: Any) -> None:
    """Refuses a batch without targets."""
    if y is None:
        raise ValueError("The loss of compile() needs targets: pass y.")


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
