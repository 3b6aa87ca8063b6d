"""Handwritten digits of 8 × 8 pixels: real data that comes with minikeras.

1,797 digits by 13 writers, small enough for the plain Python loops to learn. A pixel
counts the inked dots, 0 to 16, in a block of 4 × 4 of the original scan.

Source: E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", the test
part; UCI Machine Learning Repository, 1998, doi:10.24432/C50P49. CC BY 4.0, see
digits.LICENSE.txt beside this file.
"""

import io
from pathlib import Path

import numpy as np

from minikeras.datasets.idx import Split
from minikeras.datasets.pinned import read_checked

PATH = Path(__file__).with_name("digits.npz")
SHA256 = "b2dab7b501728c22e9119ad76740b2e17c77a231e42d1e592380d90886f1a05e"


def load_data(test_split: float = 0.2, seed: int = 113) -> tuple[Split, Split]:
    """Returns (x_train, y_train), (x_test, y_test), shuffled, from minikeras itself.

    Signature, order and sizes follow Keras's `boston_housing.load_data`: all samples
    are shuffled with `seed`, which leaves the global generator alone, and the last
    `test_split` of them become the test set. The same seed gives the same split with
    every version of NumPy. All 13 writers are in both parts.

    Shapes: x (n, 8, 8), uint8 in [0, 16]; y (n,), uint8 in [0, 9]; by default n is 1437
        for training and 360 for testing.
    Raises: ValueError if test_split is not in [0, 1), or the installed file is damaged.
    """
    if not 0 <= test_split < 1:
        raise ValueError(
            f"test_split expects a fraction from 0 to below 1; got {test_split}."
        )
    content = io.BytesIO(read_checked(PATH, SHA256, "Install minikeras again."))
    with np.load(content, allow_pickle=False) as arrays:
        images, labels = arrays["images"], arrays["labels"]
    # Of NumPy's generators, this one is frozen: its stream never changes.
    order = np.random.RandomState(seed).permutation(len(images))
    train_size = int(len(images) * (1 - test_split))
    train, test = order[:train_size], order[train_size:]
    return (images[train], labels[train]), (images[test], labels[test])
