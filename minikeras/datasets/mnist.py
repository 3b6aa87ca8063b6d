"""MNIST: 70,000 handwritten digits, the first data of most who learn this craft.

28 × 28 pixels from 0 (white) to 255, 60,000 to train on and 10,000 to test with. It is
read from Keras's mnist.npz or from the four original idx files, whichever is there.

Source: Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to
document recognition", Proceedings of the IEEE 86 (11), 1998. © Y. LeCun and C. Cortes,
CC BY-SA 3.0.
"""

import io
import os
from pathlib import Path

import numpy as np

from minikeras.datasets.file_set import FileSet, search_folders
from minikeras.datasets.idx import Split, read_splits
from minikeras.datasets.pinned import PinnedFile

NPZ_SOURCE = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
NPZ_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"

IDX_SOURCE = "https://storage.googleapis.com/cvdf-datasets/mnist/"

IDX_FILE_SET = FileSet(
    subfolder="mnist",
    files=(
        PinnedFile(
            "train-images-idx3-ubyte.gz",
            IDX_SOURCE + "train-images-idx3-ubyte.gz",
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        ),
        PinnedFile(
            "train-labels-idx1-ubyte.gz",
            IDX_SOURCE + "train-labels-idx1-ubyte.gz",
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        ),
        PinnedFile(
            "t10k-images-idx3-ubyte.gz",
            IDX_SOURCE + "t10k-images-idx3-ubyte.gz",
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        ),
        PinnedFile(
            "t10k-labels-idx1-ubyte.gz",
            IDX_SOURCE + "t10k-labels-idx1-ubyte.gz",
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    ),
)


def load_data(path: str = "mnist.npz") -> tuple[Split, Split]:
    """Returns (x_train, y_train), (x_test, y_test), downloading them if need be.

    `path` is the name of Keras's file in the folders that are searched.

    Shapes: x (60000, 28, 28) and (10000, 28, 28), uint8 in [0, 255];
        y (60000,) and (10000,), uint8 in [0, 9].
    Raises: FileNotFoundError, with the ways to get the files, if they are nowhere and
        can't be downloaded; ValueError if a file is damaged, or if `path` has a folder.
    """
    npz_file_set = _npz_file_set(path)
    folder, file_set = _find(npz_file_set) or (_download(npz_file_set), npz_file_set)
    if file_set is npz_file_set:
        return _read_npz(folder, npz_file_set.files[0])
    return read_splits(folder, file_set.files)


def find(path: str = "mnist.npz") -> Path | None:
    """Returns the folder that `load_data` would read, None if it would download."""
    found = _find(_npz_file_set(path))
    return found[0] if found else None


def _npz_file_set(path: str) -> FileSet:
    if not path or os.path.basename(path) != path:
        raise ValueError(
            f"path expects a file name such as 'mnist.npz', without a folder; got "
            f"{path!r}. Set MINIKERAS_DATA to choose the folder."
        )
    file = PinnedFile(path, NPZ_SOURCE, NPZ_SHA256, NPZ_SHA256)
    return FileSet(subfolder="", files=(file,))


def _find(npz_file_set: FileSet) -> tuple[Path, FileSet] | None:
    """Returns the first folder with either form of MNIST, and which form it is."""
    for search_folder in search_folders():
        for file_set in (npz_file_set, IDX_FILE_SET):
            folder = file_set.find_in(search_folder)
            if folder is not None:
                return folder, file_set
    return None


def _download(npz_file_set: FileSet) -> Path:
    return npz_file_set.download(
        title="MNIST",
        ready_made=(
            "Load it once with Keras: its ~/.keras/datasets is searched, too. The four "
            "idx files, train-images-idx3-ubyte.gz and so on, do as well; they belong "
            "into a subfolder mnist."
        ),
    )


def _read_npz(folder: Path, file: PinnedFile) -> tuple[Split, Split]:
    content = io.BytesIO(file.read(folder))
    with np.load(content, allow_pickle=False) as arrays:
        return (
            (arrays["x_train"], arrays["y_train"]),
            (arrays["x_test"], arrays["y_test"]),
        )
