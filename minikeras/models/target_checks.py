"""What is wrong with targets and predictions, said before any weight changes.

A wrong label, or targets of another shape, often train without a word: the loss is then
a number about something else.
"""

import warnings
from typing import Any

import numpy as np

from minikeras import losses
from minikeras.losses.loss import Loss
from minikeras.losses.pairs import squeeze_or_expand
from minikeras.values.tensor import Tensor

# Losses that compare targets and predictions number by number.
ELEMENTWISE = (
    losses.mean_squared_error,
    losses.mean_absolute_error,
    losses.mean_absolute_percentage_error,
    losses.mean_squared_logarithmic_error,
    losses.huber,
    losses.log_cosh,
    losses.cosine_similarity,
    losses.hinge,
    losses.squared_hinge,
    losses.categorical_hinge,
    losses.binary_crossentropy,
    losses.binary_focal_crossentropy,
    losses.kl_divergence,
    losses.poisson,
)
# Losses whose predictions are probabilities, unless they are said to be logits.
OF_ANSWERS = (losses.binary_crossentropy, losses.binary_focal_crossentropy)
OF_CLASSES = (
    losses.categorical_crossentropy,
    losses.categorical_focal_crossentropy,
    losses.sparse_categorical_crossentropy,
    losses.categorical_generalized_cross_entropy,
)
# Of a function that may be given by its name alone, the class that takes logits.
TAKING_LOGITS = {
    losses.binary_crossentropy: "BinaryCrossentropy",
    losses.binary_focal_crossentropy: "BinaryFocalCrossentropy",
    losses.categorical_crossentropy: "CategoricalCrossentropy",
    losses.categorical_focal_crossentropy: "CategoricalFocalCrossentropy",
    losses.sparse_categorical_crossentropy: "SparseCategoricalCrossentropy",
}


def check_shapes(loss: Loss, y: Tensor, y_pred: Tensor, place: str) -> None:
    """Refuses targets that do not fit predictions, and would be broadcast silently.

    `place` says for which output, in errors.

    Raises: ValueError if the shapes do not fit.
    """
    function = getattr(loss, "fn", None)
    if function in losses.OF_LABELS and y.shape == y_pred.shape and y.shape[-1:] > (1,):
        raise ValueError(
            f"The loss {loss.name}{place} needs class numbers as targets, one per "
            f"sample; got targets of shape {y.shape}, as the predictions have. Are "
            "they one-hot? Then use categorical_crossentropy."
        )
    if function in losses.OF_LABELS and y_pred.ndim - y.ndim > 1:
        raise ValueError(
            f"The loss {loss.name}{place} needs a label wherever there are scores; "
            f"got targets of shape {y.shape} and predictions of shape {y_pred.shape}. "
            "Is a Flatten or a pooling layer missing before the last one?"
        )
    if function in OF_CLASSES and function not in losses.OF_LABELS:
        check_one_hot(loss, y, y_pred, place)
    if function not in ELEMENTWISE:
        return
    y, y_pred = squeeze_or_expand(y, y_pred)
    if y.shape != y_pred.shape:
        raise ValueError(
            f"The loss {loss.name}{place} compares targets and predictions one by one; "
            f"got targets of shape {y.shape} and predictions of shape {y_pred.shape}, "
            "the batch first. Reshape the targets, or give the model as many outputs."
        )


def check_one_hot(loss: Loss, y: Tensor, y_pred: Tensor, place: str) -> None:
    """Refuses targets that are not one number for each class."""
    y, y_pred = squeeze_or_expand(y, y_pred)
    if y.shape == y_pred.shape:
        return
    hint = "Give the model as many outputs as there are classes."
    if y.shape in (y_pred.shape[:-1], (*y_pred.shape[:-1], 1)):
        hint = (
            "Are they class numbers? Then use sparse_categorical_crossentropy, or "
            "utils.to_categorical."
        )
    raise ValueError(
        f"The loss {loss.name}{place} needs one-hot targets, of the shape of the "
        f"predictions {y_pred.shape}; got targets of shape {y.shape}. {hint}"
    )


def hint_at_logits(loss: Loss, y_pred: Tensor, place: str) -> None:
    """Warns of scores that are taken for probabilities, and the other way round."""
    function = getattr(loss, "fn", None)
    if function not in (*OF_ANSWERS, *OF_CLASSES):
        return
    keywords = getattr(loss, "keywords", {})
    values = np.asarray(y_pred)
    if not values.size or not np.all(np.isfinite(values)):
        return
    least, most = float(values.min()), float(values.max())
    ending = "sigmoid" if function in OF_ANSWERS else "softmax"
    if not keywords.get("from_logits", False):
        if least < 0 or (most > 1 and function in OF_ANSWERS):
            remedy = f"Let the model end with {ending}"
            if "from_logits" in keywords:
                remedy += ", or give the loss from_logits=True"
            elif function in TAKING_LOGITS:
                name = TAKING_LOGITS[function]
                remedy += f", or take losses.{name}(from_logits=True)"
            warnings.warn(
                f"The loss {loss.name}{place} takes predictions for probabilities, but "
                f"they go from {least:.3g} to {most:.3g}: they look like logits. "
                f"{remedy}.",
                UserWarning,
                stacklevel=2,
            )
        return
    totals = values.sum(axis=keywords.get("axis", -1), dtype="float64")
    if function in OF_CLASSES and least >= 0 and np.allclose(totals, 1, atol=1e-4):
        warnings.warn(
            f"The loss {loss.name}{place} takes predictions for logits, but they are "
            "not negative and sum to 1: they look like probabilities. Leave out "
            "from_logits=True, or the softmax at the end of the model.",
            UserWarning,
            stacklevel=2,
        )


def hint_at_softmax_of_one(loss: Loss, y_pred: Tensor, place: str) -> None:
    """Warns of a softmax over a single class, which is 1 whatever comes in."""
    function = getattr(loss, "fn", None)
    if function not in (*OF_ANSWERS, *OF_CLASSES) or y_pred.shape[-1:] != (1,):
        return
    values = np.asarray(y_pred)
    if len(values) > 1 and np.all(values == 1):
        warnings.warn(
            f"All predictions for the loss {loss.name}{place} are 1, as those of a "
            "softmax over one unit always are. For two classes end the model with "
            'Dense(1, activation="sigmoid") and take binary_crossentropy, or with '
            'Dense(2, activation="softmax") and sparse_categorical_crossentropy.',
            UserWarning,
            stacklevel=2,
        )


def hint_at_classes(loss: Loss, class_weight: Any, outputs: int) -> None:
    """Warns of weights for classes that a loss of so many outputs does not know."""
    function = getattr(loss, "fn", None)
    if function not in (*OF_ANSWERS, *OF_CLASSES):
        return
    classes = max(outputs, 2)  # one output tells two classes apart
    unknown = [label for label in class_weight if not 0 <= label < classes]
    if unknown:
        warnings.warn(
            f"class_weight has weights for {unknown}, but no sample can be in such a "
            f"class: those that the loss {loss.name} knows, by the outputs of the "
            f"model, are 0 to {classes - 1}. Use the numbers that are in y.",
            UserWarning,
            stacklevel=2,
        )


def check_labels(loss: Loss, y: Any, classes: int, place: str) -> None:
    """Looks at all targets before training, where some are no targets of the loss.

    Raises: ValueError for class numbers with a fraction or outside [0, classes), and
    for probabilities outside [0, 1].
    """
    function = getattr(loss, "fn", None)
    keywords = getattr(loss, "keywords", {})
    if function in losses.OF_LABELS:
        y = np.asarray(y)
        counted = y != keywords.get("ignore_class")
        wanted = f"The loss {loss.name}{place} needs labels that are "
        remedy = "Renumber them, or give the model more outputs."
        refuse(y, counted & (y != np.floor(y)), f"{wanted}whole numbers", remedy)
        wanted += f"from 0 to {classes - 1}: the model has {classes} outputs"
        refuse(y, counted & ((y < 0) | (y >= classes)), wanted, remedy)
    elif function in (*OF_ANSWERS, *OF_CLASSES):
        y = np.asarray(y)
        refuse(
            y,
            (y < 0) | (y > 1),
            f"The loss {loss.name}{place} needs targets from 0 to 1",
            "Scale them (images of uint8: divide by 255), turn -1 and 1 into 0 and 1, "
            "or class numbers into one-hot rows.",
        )


def refuse(y: np.ndarray, wrong: np.ndarray, wanted: str, remedy: str) -> None:
    """Raises ValueError if any target is wrong, and says which and where."""
    if wrong.any():
        positions = np.argwhere(wrong)
        position = tuple(positions[0].tolist())
        raise ValueError(
            f"{wanted}; got {y[position]} at position {position}, and "
            f"{len(positions)} such in all. {remedy}"
        )
