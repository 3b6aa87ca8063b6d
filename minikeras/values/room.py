"""How much may be made while a file says what: the bytes of Variables and of constants,
and the number of symbolic tensors.
"""

import math
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

# Models of 5,000 layers take some ten thousand; a short file may describe any number,
# by models that each call the next one twice, or by pieces of a huge input.
FEWEST_TENSORS = 100_000
MOST_CONSTANTS = 64 * 2**20  # bytes, beside those that Variables begin with


class _Room(threading.local):
    """What is left, in this thread; None: as much as there is memory."""

    left: int | None = None
    refusal = ""  # what to say of a Variable that there is no room for
    constants: int | None = None
    tensors: int | None = None


room = _Room()


@contextmanager
def room_for(
    size: int | None,
    refusal: str = "the weights described here take more than the file has",
    tensors: int = FEWEST_TENSORS,
) -> Iterator[None]:
    """A block in which all new Variables together take at most `size` bytes.

    None is for as many as there is memory for.  There may be so many new symbolic
    tensors in it, too, and MOST_CONSTANTS bytes of arrays that operations make, such
    as ranges, beside those that the Variables begin with.

    Raises: ValueError in the block, before more is allocated.
    """
    before = room.left, room.refusal, room.constants, room.tensors
    room.left, room.refusal = size, refusal
    room.constants, room.tensors = MOST_CONSTANTS, tensors
    try:
        yield
    finally:
        room.left, room.refusal, room.constants, room.tensors = before


def take_room(shape: Sequence[Any], dtype: str | None) -> None:
    """Takes the bytes of a new Variable, or a list, from what is left."""
    if room.constants is None:
        return
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if room.left is not None:
        if size > room.left:
            raise ValueError(
                f"An array of shape {tuple(shape)} needs {size} bytes: {room.refusal}."
            )
        room.left -= size
    room.constants += size  # what it begins with may be made by an operation


def take_constant(count: int, dtype: str) -> None:
    """Takes the bytes of an array that an operation makes from what is left."""
    if room.constants is None:
        return
    size = count * np.dtype(dtype).itemsize
    if size > room.constants:
        raise ValueError(
            f"What is described here makes an array of {count} numbers, and all such "
            f"arrays may take {MOST_CONSTANTS} bytes."
        )
    room.constants -= size


def take_tensor() -> None:
    """Takes one from the number of symbolic tensors that are left."""
    if room.tensors is None:
        return
    if not room.tensors:
        raise ValueError(
            "What is described here takes more symbolic tensors than a model of this "
            "size. Are there models that call each other many times?"
        )
    room.tensors -= 1
