"""Tiny files in the formats of the real ones, and pins that fit them."""

import gzip
import hashlib
import io
import struct

import numpy as np

from minikeras.datasets.file_set import FileSet
from minikeras.datasets.pinned import PinnedFile

NAMES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


def tiny_arrays():
    """Returns x_train, y_train, x_test, y_test: 5 and 3 images of 2 × 4 pixels."""
    x = np.arange(64, dtype=np.uint8).reshape(8, 2, 4)
    y = np.arange(8, dtype=np.uint8)[::-1].copy()
    return x[:5], y[:5], x[5:], y[5:]


def encode_idx(array):
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.tobytes()


def encode_npz(arrays):
    names = ("x_train", "y_train", "x_test", "y_test")
    content = io.BytesIO()
    np.savez(content, **dict(zip(names, arrays, strict=True)))
    return content.getvalue()


def gzip_contents():
    """Returns the four tiny idx files, compressed, by name."""
    return {
        name: gzip.compress(encode_idx(array), mtime=0)
        for name, array in zip(NAMES, tiny_arrays(), strict=True)
    }


def pinned(name, downloaded):
    """Returns the pins of a file that the server sends as `downloaded`."""
    content = gzip.decompress(downloaded) if name.endswith(".gz") else downloaded
    url = f"https://example.org/{name}"
    return PinnedFile(name, url, sha256(downloaded), sha256(content))


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def tiny_file_set(subfolder):
    files = (pinned(name, content) for name, content in gzip_contents().items())
    return FileSet(subfolder, tuple(files))


def write_files(folder, contents):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return folder


def assert_tiny(data):
    """Asserts that a load_data gave the tiny arrays, free to be written to."""
    (x_train, y_train), (x_test, y_test) = data
    found = (x_train, y_train, x_test, y_test)
    for array, expected in zip(found, tiny_arrays(), strict=True):
        np.testing.assert_array_equal(array, expected)
        assert array.dtype == np.uint8
        assert array.flags.writeable
