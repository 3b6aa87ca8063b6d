"""Sequences of different lengths as rows of one array."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike


def pad_sequences(
    sequences: Iterable[Any],
    maxlen: int | None = None,
    dtype: DTypeLike = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: float | str = 0.0,
) -> np.ndarray:
    """Makes sequences equally long: fills up short ones, and cuts long ones.

    `maxlen` is by default the length of the longest one. `padding` says where a row is
    filled up with `value`, `truncating` where it is cut: "pre" at its begin, so that a
    recurrent layer ends on the last real step, "post" at its end.

    Shapes: n sequences of shape (length, ...) → (n, maxlen, ...).
    Raises: ValueError for what are no sequences, sequences whose steps differ in shape,
        or unknown ends.

    >>> pad_sequences([[1], [2, 3, 4]], maxlen=2)
    array([[0, 1], [3, 4]], dtype=int32)
    """
    for name, end in (("padding", padding), ("truncating", truncating)):
        if end not in ("pre", "post"):
            raise ValueError(f'{name} must be "pre" or "post"; got {end!r}.')
    if isinstance(value, str) and np.dtype(dtype).kind not in "OSU":
        raise ValueError(
            f"pad_sequences can't write the words {value!r} into {np.dtype(dtype)} "
            "values; give dtype=object."
        )
    if maxlen is not None and maxlen < 0:
        raise ValueError(f"maxlen must be at least 0, or None; got {maxlen}.")
    given = as_list(sequences)
    if maxlen is None:
        maxlen = max((len(sequence) for sequence in given), default=0)
    step_shape = shape_of_steps(given)

    rows = np.full((len(given), maxlen, *step_shape), value, dtype=dtype)
    for row, sequence in zip(rows, given, strict=True):
        length = min(len(sequence), maxlen)
        if not length:
            continue
        kept = sequence[-length:] if truncating == "pre" else sequence[:length]
        place = slice(-length, None) if padding == "pre" else slice(length)
        row[place] = np.asarray(kept, dtype=dtype)
    return rows


def as_list(sequences: Iterable[Any]) -> list[Any]:
    """Returns the sequences, each of which has a length.

    Raises: ValueError if one has none, or there are no sequences at all.
    """
    if not hasattr(sequences, "__iter__") or isinstance(sequences, str):
        raise ValueError(f"pad_sequences needs a list of sequences; got {sequences!r}.")
    given = list(sequences)
    for place, sequence in enumerate(given):
        if not hasattr(sequence, "__len__"):
            raise ValueError(
                f"pad_sequences needs sequences; got {sequence!r} (of type "
                f"{type(sequence).__name__}) at position {place}. One sequence alone "
                "belongs into a list: [sequence]."
            )
    return given


def shape_of_steps(sequences: list[Any]) -> tuple[int, ...]:
    """Returns the shape of the steps of all sequences that have any.

    Raises: ValueError if they differ.
    """
    shapes = {
        place: np.shape(sequence)[1:]
        for place, sequence in enumerate(sequences)
        if len(sequence)
    }
    expected = next(iter(shapes.values()), ())
    for place, shape in shapes.items():
        if shape != expected:
            raise ValueError(
                f"pad_sequences needs steps of one shape; got {expected} at first, and "
                f"{shape} at position {place}."
            )
    return expected
