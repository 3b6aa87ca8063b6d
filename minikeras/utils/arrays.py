"""Arrays on their way to a model: classes as rows of 0 and 1, rows of length 1."""

import numpy as np
from numpy.typing import ArrayLike


def to_categorical(x: ArrayLike, num_classes: int | None = None) -> np.ndarray:
    """Returns one row per class number: 1 at its place, 0 elsewhere, as float64.

    `num_classes` is by default one more than the largest number.

    Shapes: x (...) of integers → (..., num_classes); a last axis of size 1 is dropped.
    Raises: ValueError for numbers that are no classes.

    >>> to_categorical([0, 2])
    array([[1., 0., 0.], [0., 0., 1.]])
    """
    given = np.asarray(x)
    if given.dtype.kind not in "biuf":
        raise ValueError(
            f"to_categorical needs numbers of classes; got {given.dtype} values. Give "
            "each class a number from 0 on."
        )
    wrong = ~(np.isfinite(given) & (np.trunc(given) == given))
    if wrong.any():
        raise ValueError(
            "to_categorical needs whole numbers, of classes counted from 0; got "
            f"{given[wrong].flat[0]}. Round them, if they are classes."
        )
    numbers = given.astype("int64")
    if numbers.ndim > 1 and numbers.shape[-1] == 1:
        numbers = numbers[..., 0]
    if num_classes is None:
        if not numbers.size:
            raise ValueError("to_categorical of no numbers needs num_classes.")
        num_classes = int(numbers.max()) + 1
    if numbers.size and not 0 <= numbers.min() <= numbers.max() < num_classes:
        raise ValueError(
            f"to_categorical with {num_classes} classes needs numbers from 0 to "
            f"{num_classes - 1}; got numbers from {numbers.min()} to {numbers.max()}. "
            "Number the classes from 0, or give a larger num_classes."
        )
    return (numbers[..., np.newaxis] == np.arange(num_classes)).astype("float64")


def normalize(x: ArrayLike, axis: int = -1, order: float = 2) -> np.ndarray:
    """Divides by the norm along an axis; where that is 0, nothing is divided.

        y = x / ‖x‖,   ‖x‖ = (Σ |x_i|^order)^(1/order)

    Shapes: x (...) → y (...).  order: 1, 2, … or np.inf.

    >>> normalize([[3.0, 4.0], [0.0, 0.0]])
    array([[0.6, 0.8], [0. , 0. ]])
    """
    x = np.atleast_1d(np.asarray(x))
    norm = np.linalg.norm(x, ord=order, axis=axis, keepdims=True)
    return x / np.where(norm == 0, np.ones_like(norm), norm)
