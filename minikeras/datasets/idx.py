"""Reads idx, the file format of MNIST and of the datasets made in its image.

An idx file is a header and the elements, the last axis fastest. The header has two zero
bytes, the code of the element type, the number of axes, and then the length of each
axis as a big-endian 32-bit number.

Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".
"""

import math
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from minikeras.datasets.pinned import PinnedFile

Split = tuple[NDArray[np.uint8], NDArray[np.uint8]]

UNSIGNED_BYTE = 8  # the only element type that these datasets use
LABEL_AXES = 1
IMAGE_AXES = 3


def read_splits(folder: Path, files: tuple[PinnedFile, ...]) -> tuple[Split, Split]:
    """Returns (x_train, y_train), (x_test, y_test) from the idx files in `folder`.

    The four `files` come in the order of the result: images before labels, training
    before test.

    Shapes: x (n, rows, columns), y (n,); uint8.
    Raises: ValueError if a file is damaged.
    """
    x_train, y_train, x_test, y_test = (
        parse_idx(file.read(folder), axes, file.name)
        for file, axes in zip(files, (IMAGE_AXES, LABEL_AXES) * 2, strict=True)
    )
    return (x_train, y_train), (x_test, y_test)


def parse_idx(content: bytes, axes: int, name: str) -> NDArray[np.uint8]:
    """Returns the array of unsigned bytes in `content`, an idx file with `axes` axes.

    The lengths in the header are compared with what is there before they are used.
    `name` is the file's, for errors.

    Raises: ValueError if the header is not the expected one, or the file is shorter or
        longer than its header says.
    """
    expected_magic = bytes([0, 0, UNSIGNED_BYTE, axes])
    header_size = 4 + 4 * axes
    if content[:4] != expected_magic:
        raise ValueError(
            f"{name} is not an idx file of unsigned bytes with {axes} axes: expected "
            f"the first bytes {expected_magic.hex(' ')}; got {content[:4].hex(' ')!r}."
        )
    if len(content) < header_size:
        raise ValueError(
            f"{name} is cut off: expected a header of {header_size} bytes; got "
            f"{len(content)}."
        )
    shape = struct.unpack(f">{axes}I", content[4:header_size])
    if 0 in shape:
        raise ValueError(f"{name} is empty: its header says shape {shape}.")
    size = header_size + math.prod(shape)  # of Python ints: no overflow
    if len(content) != size:
        raise ValueError(
            f"{name} is cut off or has bytes to spare: shape {shape} needs {size} "
            f"bytes; got {len(content)}."
        )
    elements = np.frombuffer(content, np.uint8, offset=header_size)
    return elements.reshape(shape).copy()  # a copy may be written to, bytes may not
