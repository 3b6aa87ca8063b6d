"""How many bytes new Variables may take, while a file says how large they are."""

import math
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np


class _Room(threading.local):
    """What is left, in this thread; None: as much as there is memory."""

    left: int | None = None


room = _Room()


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """A block in which all new Variables together take at most `size` bytes.

    Raises: ValueError in the block, before more is allocated.
    """
    before, room.left = room.left, size
    try:
        yield
    finally:
        room.left = before


def take_room(shape: Sequence[Any], dtype: str | None) -> None:
    """Takes the bytes of a new Variable from what is left."""
    if room.left is None:
        return
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if size > room.left:
        raise ValueError(
            f"A Variable of shape {tuple(shape)} needs {size} bytes: the weights "
            "described here take more than the file has."
        )
    room.left -= size
