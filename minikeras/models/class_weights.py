"""Weights of samples that come from weights of classes."""

from typing import Any

import numpy as np

from minikeras.values.dtypes import floatx


def weights_for_classes(
    y: Any, class_weight: dict[int, float], sample_weight: Any
) -> np.ndarray:
    """Returns sample weights made from class weights.

    Raises: ValueError if there are both, or no labels.
    """
    if sample_weight is not None:
        raise ValueError(
            "You cannot use `class_weight` and `sample_weight` together: multiply the "
            "one into the other."
        )
    if y is None:
        raise ValueError("class_weight needs labels y.")
    return class_weights_of(y, class_weight)


def class_weights_of(y: Any, class_weight: dict[int, float]) -> np.ndarray:
    """Returns one weight per sample: that of its class, 1 for classes not mentioned.

    Shapes: y (n,) or (n, 1) of class numbers, or one-hot (n, classes) → (n,).
    Raises: ValueError for keys that are no whole numbers, and for targets without one
    class per sample.
    """
    if not isinstance(class_weight, dict):
        raise ValueError(
            "class_weight must be a dict from class number to weight; got "
            f"{type(class_weight).__name__}."
        )
    for label in class_weight:
        if not isinstance(label, (int, float, np.number)) or label != int(label):
            raise ValueError(
                "class_weight must have class numbers as keys; got "
                f"{label!r} in {class_weight!r:.200}. Use the numbers that are in y."
            )
    if isinstance(y, (dict, list, tuple)):
        raise ValueError(
            "class_weight is for models with one output; y is a "
            f"{type(y).__name__}. Use sample_weight, one array per output."
        )
    y = np.asarray(y)
    if y.ndim > 2:
        raise ValueError(
            f"class_weight needs one class per sample; y has shape {y.shape}. Use "
            "sample_weight."
        )
    if y.ndim == 2:
        y = y[:, 0] if y.shape[1] == 1 else y.argmax(axis=1)
    y = np.round(y).astype("int64")
    weights = np.ones(len(y), floatx())
    for label, weight in class_weight.items():
        weights[y == label] = weight
    return weights
