"""How much may be made while a file says what: the bytes of Variables, and the number
of symbolic tensors.
"""

import math
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

# Models of 5,000 layers take some ten thousand; a short file may describe any number,
# by models that each call the next one twice, or by pieces of a huge input.
MOST_TENSORS = 2_000_000


class _Room(threading.local):
    """What is left, in this thread; None: as much as there is memory."""

    left: int | None = None
    tensors: int | None = None


room = _Room()


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """A block in which all new Variables together take at most `size` bytes.

    There may be MOST_TENSORS new symbolic tensors in it, too.

    Raises: ValueError in the block, before more is allocated.
    """
    before = room.left, room.tensors
    room.left, room.tensors = size, MOST_TENSORS
    try:
        yield
    finally:
        room.left, room.tensors = before


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


def take_tensor() -> None:
    """Takes one from the number of symbolic tensors that are left."""
    if room.tensors is None:
        return
    if not room.tensors:
        raise ValueError(
            f"What is described here takes more than {MOST_TENSORS} symbolic tensors. "
            "Are there models that call each other many times?"
        )
    room.tensors -= 1
