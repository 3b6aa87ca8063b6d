"""The parts of a batch: x, y and sample_weight; the last two may be missing."""

from typing import Any


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, ...]:
    """Returns (x, y, sample_weight) from a batch that may have one to three of them.

    A list counts as a tuple; anything else is x alone.

    Raises: ValueError for a tuple of another length.

    >>> unpack_x_y_sample_weight((1, 2))
    (1, 2, None)
    """
    if isinstance(data, list):
        data = tuple(data)
    if not isinstance(data, tuple):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise ValueError(
            "Data is expected to be in format `x`, `(x,)`, `(x, y)`, or `(x, y, "
            f"sample_weight)`; found a tuple of {len(data)}."
        )
    return (*data, *(None,) * (3 - len(data)))


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """Returns the batch that `unpack_x_y_sample_weight` takes apart.

    x alone is returned as it is, unless it is a list or a tuple itself.

    >>> pack_x_y_sample_weight(1), pack_x_y_sample_weight([1, 2], 3)
    (1, ([1, 2], 3))
    """
    if sample_weight is not None:
        return x, y, sample_weight
    if y is not None:
        return x, y
    return (x,) if isinstance(x, (list, tuple)) else x
