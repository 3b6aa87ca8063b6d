"""Samples in two parts."""

from typing import Any

import numpy as np

from minikeras.random import new_seed
from minikeras.tree import flatten, map_structure


def split_dataset(
    dataset: Any,
    left_size: float | None = None,
    right_size: float | None = None,
    shuffle: bool = False,
    seed: int | None = None,
    preferred_backend: str | None = None,
) -> tuple[Any, Any]:
    """Returns (left, right): two datasets of the structure of `dataset`, in arrays.

    `dataset` is an array with one sample per row, or a structure of them; a list of
    samples that are no arrays is one too.  A size is a number of samples, or a float in
    (0, 1) for a part of them; one of the two is enough.  With both, samples may be left
    over.  The order stays, unless `shuffle` is True.

    >>> left, right = split_dataset(np.arange(10), left_size=0.7)
    >>> left, right
    (array([0, 1, 2, 3, 4, 5, 6]), array([7, 8, 9]))

    Raises: ValueError for sizes that the dataset does not have; TypeError for what is
    no dataset or no size.
    """
    if preferred_backend is not None:
        raise ValueError(
            "preferred_backend chooses between TensorFlow and PyTorch in Keras; here "
            f"the result is arrays. Leave it out; got {preferred_backend!r}."
        )
    leaves = flatten(dataset)
    if isinstance(dataset, list) and not any(hasattr(x, "__array__") for x in leaves):
        dataset = np.array(dataset)
        leaves = [dataset]
    if not leaves or not all(hasattr(x, "__array__") and np.ndim(x) for x in leaves):
        raise TypeError(
            "split_dataset needs an array with one sample per row, or a structure of "
            f"arrays; got {type(dataset).__name__}. Make arrays of a generator first."
        )
    lengths = {len(x) for x in leaves}
    if len(lengths) > 1:
        raise ValueError(
            "The arrays of a dataset must have the same number of samples; got "
            f"{sorted(lengths)}."
        )
    [total] = lengths
    left, right = sizes_of(total, left_size, right_size)
    order = np.arange(total)
    if shuffle:
        order = np.random.default_rng(new_seed() if seed is None else seed).permutation(
            total
        )
    parts = order[:left], order[left : left + right]
    first, second = (
        map_structure(lambda x, rows=rows: np.asarray(x)[rows], dataset)
        for rows in parts
    )
    return first, second


def sizes_of(total: int, left: Any, right: Any) -> tuple[int, int]:
    """Returns two numbers of samples; what is None is the rest."""
    if left is None and right is None:
        raise ValueError(
            "split_dataset needs left_size or right_size, or both: such as "
            "left_size=0.8."
        )
    for name, size in (("left_size", left), ("right_size", right)):
        if size is None:
            continue
        if isinstance(size, bool) or not isinstance(size, (int, float)):
            raise TypeError(
                f"{name} must be a number of samples, or a part as a float; got "
                f"{size!r} of type {type(size).__name__}."
            )
        if not 0 < size < (1 if isinstance(size, float) else total):
            raise ValueError(
                f"{name} must be between 0 and {total}, the number of samples, or a "
                f"float between 0 and 1, all exclusive; got {size}."
            )
    counts = [
        round(size * total) if isinstance(size, float) else size
        for size in (left, right)
    ]
    if counts[0] is None:
        return total - counts[1], counts[1]
    if counts[1] is None:
        return counts[0], total - counts[0]
    if sum(counts) > total:
        raise ValueError(
            f"The parts are larger than the whole: left_size={left} and right_size="
            f"{right} of {total} samples."
        )
    return counts[0], counts[1]
