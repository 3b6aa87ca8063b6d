"""Makes minikeras/datasets/digits.npz from scikit-learn's copy of the digits.

    python tools/make_digits.py           writes the file and prints its sha256
    python tools/make_digits.py --check   compares the file with scikit-learn's copy

Needs scikit-learn, which is why this is a tool and not a test. The sha256
belongs into minikeras/datasets/digits.py.
"""

import argparse
import hashlib
import io
import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

PATH = Path(__file__).parents[1] / "minikeras" / "datasets" / "digits.npz"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    if parser.parse_args().check:
        return check()
    return write()


def write() -> int:
    images, labels = from_scikit_learn()
    content = io.BytesIO()
    np.savez_compressed(content, images=images, labels=labels)
    PATH.write_bytes(content.getvalue())
    print(f"{PATH}: sha256 {hashlib.sha256(content.getvalue()).hexdigest()}")
    return 0


def check() -> int:
    """Compares arrays, not files: another zlib compresses to other bytes."""
    images, labels = from_scikit_learn()
    with np.load(PATH, allow_pickle=False) as ours:
        same = np.array_equal(ours["images"], images) and np.array_equal(
            ours["labels"], labels
        )
    print(f"{PATH} {'equals' if same else 'DIFFERS FROM'} scikit-learn's copy")
    return 0 if same else 1


def from_scikit_learn() -> tuple[np.ndarray, np.ndarray]:
    """Returns scikit-learn's images and labels as unsigned bytes, without loss."""
    source = load_digits()
    images, labels = source.images.astype(np.uint8), source.target.astype(np.uint8)
    if not (np.array_equal(images, source.images) and np.all(labels == source.target)):
        raise ValueError("scikit-learn's digits don't fit into unsigned bytes.")
    return images, labels


if __name__ == "__main__":
    sys.exit(main())
