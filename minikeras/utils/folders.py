"""Files in folders, one for each class: which there are, and what they are labelled."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from minikeras.random import new_seed
from minikeras.utils.arrays import to_categorical
from minikeras.utils.py_dataset import PyDataset

Labels = str | Sequence[int] | None


class Listing(NamedTuple):
    """Files with their labels, which are places in the names of the classes."""

    paths: list[str]
    labels: np.ndarray | None
    class_names: list[str] | None


class FolderDataset(PyDataset):
    """Batches of what is in files, and of their labels; `class_names` names those.

    A file is read when its batch is asked for. Each epoch has another order if they
    are shuffled.
    """

    def __init__(
        self,
        listing: Listing,
        read: Callable[[str], Any],
        label_mode: str | None,
        batch_size: int | None,
        shuffle: bool,
        seed: int,
    ) -> None:
        super().__init__()
        self.file_paths = listing.paths
        self.class_names = listing.class_names
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.seed = seed
        self._targets = targets_for(listing, label_mode)
        self._read = read
        self._epoch = 0
        self._order = np.arange(len(listing.paths))
        self._draw_order()

    def __len__(self) -> int:
        return -(-len(self.file_paths) // (self.batch_size or 1))

    def __getitem__(self, index: int) -> Any:
        if not 0 <= index < len(self):
            raise IndexError(f"There are {len(self)} batches; got index {index}.")
        if self.batch_size is None:
            place = self._order[index]
            sample = self._read(self.file_paths[place])
            return sample if self._targets is None else (sample, self._targets[place])
        first = index * self.batch_size
        places = self._order[first : first + self.batch_size]
        samples = np.stack([self._read(self.file_paths[place]) for place in places])
        return samples if self._targets is None else (samples, self._targets[places])

    def on_epoch_end(self) -> None:
        """Draws the order of the next epoch."""
        self._epoch += 1
        self._draw_order()

    def _draw_order(self) -> None:
        if self.shuffle:
            generator = np.random.default_rng([self.seed, self._epoch])
            self._order = generator.permutation(len(self.file_paths))


def targets_for(listing: Listing, label_mode: str | None) -> np.ndarray | None:
    """Returns labels as a loss takes them.

    "int" gives class numbers, "categorical" one-hot rows, "binary" a column of 0 and 1.
    """
    if label_mode is None or listing.labels is None:
        return None
    if label_mode == "int":
        return listing.labels
    if label_mode == "binary":
        return listing.labels.astype("float32")[:, np.newaxis]
    count = len(listing.class_names or []) or int(listing.labels.max()) + 1
    return to_categorical(listing.labels, count).astype("float32")


def datasets_in(
    directory: str | os.PathLike[str],
    suffixes: tuple[str, ...],
    read: Callable[[str], Any],
    *,
    labels: Labels,
    label_mode: str | None,
    class_names: Sequence[str] | None,
    batch_size: int | None,
    shuffle: bool,
    seed: int | None,
    validation_split: float | None,
    subset: str | None,
    follow_links: bool,
    verbose: bool,
) -> Any:
    """Returns the dataset of the files in a folder, or both parts of a split one.

    Raises: ValueError for arguments that do not go together, or if there is no file.
    """
    check_labels(labels, label_mode)
    check_split(validation_split, subset, shuffle, seed)
    listing = listed(
        Path(directory), suffixes, labels, label_mode, class_names, follow_links
    )
    count = len(listing.paths)
    if verbose:
        classes = f" belonging to {len(listing.class_names or [])} classes"
        print(f"Found {count} files{classes if listing.class_names else ''}.")
    seed = new_seed() if seed is None else seed
    if shuffle:
        order = np.random.default_rng(seed).permutation(count)
        listing = part_of(listing, order)
    if not validation_split:
        return FolderDataset(listing, read, label_mode, batch_size, shuffle, seed)

    held_back = int(validation_split * count)
    parts = {
        "training": part_of(listing, np.arange(count - held_back)),
        "validation": part_of(listing, np.arange(count - held_back, count)),
    }
    for name, part in parts.items():
        if subset in (name, "both"):
            if not part.paths:
                raise ValueError(
                    f"validation_split={validation_split} leaves none of the {count} "
                    f"files for {name}."
                )
            if verbose:
                print(f"Using {len(part.paths)} files for {name}.")
    datasets = {
        name: FolderDataset(part, read, label_mode, batch_size, shuffle, seed)
        for name, part in parts.items()
    }
    if subset == "both":
        return datasets["training"], datasets["validation"]
    return datasets[str(subset)]


def part_of(listing: Listing, places: np.ndarray) -> Listing:
    """Returns the files at some places."""
    labels = None if listing.labels is None else listing.labels[places]
    paths = [listing.paths[place] for place in places]
    return Listing(paths, labels, listing.class_names)


def check_labels(labels: Labels, label_mode: str | None) -> None:
    """Raises ValueError unless labels and their mode go together."""
    if label_mode not in ("int", "categorical", "binary", None):
        raise ValueError(
            'label_mode must be "int", "categorical", "binary" or None; got '
            f"{label_mode!r}."
        )
    if isinstance(labels, str) and labels != "inferred":
        raise ValueError(
            'labels must be "inferred" (from the folders), a list of class numbers in '
            f"the order of the files' paths, or None; got {labels!r}."
        )
    if labels is None and label_mode is not None:
        raise ValueError(
            f"Without labels there is no label_mode; got label_mode={label_mode!r}. "
            "Give label_mode=None."
        )


def check_split(
    validation_split: float | None,
    subset: str | None,
    shuffle: bool,
    seed: int | None,
) -> None:
    """Raises ValueError unless the arguments that split a dataset go together."""
    if validation_split is None and subset is None:
        return
    if validation_split is None or not 0 < validation_split < 1:
        raise ValueError(
            "subset needs a validation_split between 0 and 1; got "
            f"validation_split={validation_split}, subset={subset!r}."
        )
    if subset not in ("training", "validation", "both"):
        raise ValueError(
            'validation_split needs a subset, "training", "validation" or "both"; got '
            f"{subset!r}."
        )
    if shuffle and seed is None:
        raise ValueError(
            "validation_split needs a seed, so that both parts are of the same order; "
            "give seed=..., or shuffle=False."
        )


def listed(
    directory: Path,
    suffixes: tuple[str, ...],
    labels: Labels,
    label_mode: str | None,
    class_names: Sequence[str] | None,
    follow_links: bool,
) -> Listing:
    """Returns the files of a folder in the order of their paths, with labels.

    Raises: ValueError if there are none, or other classes or labels than files.
    """
    if labels != "inferred":
        paths = files_in(directory, suffixes, follow_links)
        numbers = None if labels is None else np.asarray(labels, dtype="int32")
        if numbers is not None and len(numbers) != len(paths):
            raise ValueError(
                f"labels needs one for each of the {len(paths)} files in {directory}; "
                f"got {len(numbers)}."
            )
        names = None if numbers is None else [str(n) for n in np.unique(numbers)]
        if not paths:
            raise nothing_in(directory, suffixes)
        return Listing(paths, numbers, list(class_names) if class_names else names)

    folders = sorted(path.name for path in directory.iterdir() if path.is_dir())
    if class_names is not None and sorted(class_names) != folders:
        raise ValueError(
            f"class_names must be the names of the folders in {directory}, which are "
            f"{folders}; got {list(class_names)}."
        )
    names = list(class_names or folders)
    if label_mode == "binary" and len(names) != 2:
        raise ValueError(
            f'label_mode="binary" needs two classes; the folders in {directory} are '
            f"{folders}."
        )
    found = [files_in(directory / name, suffixes, follow_links) for name in names]
    paths = [path for files in found for path in files]
    if not paths:
        raise nothing_in(directory, suffixes)
    counts = [len(files) for files in found]
    return Listing(
        paths, np.repeat(np.arange(len(names)), counts).astype("int32"), names
    )


def nothing_in(directory: Path, suffixes: tuple[str, ...]) -> ValueError:
    """Returns the error for a folder without files of a kind."""
    return ValueError(
        f"There are no files in {directory} whose names end in {', '.join(suffixes)}. "
        "With labels='inferred' each class has a folder of its own there."
    )


def files_in(
    directory: Path, suffixes: tuple[str, ...], follow_links: bool
) -> list[str]:
    """Returns the paths of all files below a folder that have a suffix, sorted."""
    return [
        os.path.join(folder, name)
        for folder, _, names in sorted(os.walk(directory, followlinks=follow_links))
        for name in sorted(names)
        if name.lower().endswith(suffixes)
    ]
