"""Datasets of the pictures or texts in a folder, with a folder in it for each class."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minikeras.utils.folders import Labels, datasets_in
from minikeras.utils.images import img_to_array, load_img, order_of_axes, resampling

PICTURES = (".bmp", ".gif", ".jpeg", ".jpg", ".png")
TEXTS = (".txt",)

# Keras's names of ways to resize, where Pillow has others.
INTERPOLATIONS = {"area": "box", "lanczos3": "lanczos"}


def image_dataset_from_directory(
    directory: str | os.PathLike[str],
    labels: Labels = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    color_mode: str = "rgb",
    batch_size: int | None = 32,
    image_size: tuple[int, int] = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    data_format: str | None = None,
    format: str = "tf",
    verbose: bool = True,
) -> Any:
    """Makes batches of the pictures in a folder, resized, and of their labels.

    `labels="inferred"` takes the names of the folders for classes, in their order or
    that of `class_names`; a list has a label for each file, None none. `label_mode`:
    "int", "categorical" (one-hot), "binary" or None. `image_size` is (height, width);
    where a picture is of another shape it is stretched, cut at its sides
    (`crop_to_aspect_ratio`) or given black ones (`pad_to_aspect_ratio`). With
    `validation_split` the last part of the shuffled files is the `subset` "validation",
    the rest "training"; "both" returns both. `format` names a library in Keras; here it
    has no effect.

    Shapes: (batch, height, width, channels) of float32 from 0 to 255.
    Raises: ValueError for arguments that do not go together, or if there is no file.
    """
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError(
            "A picture is cut at its sides, or given black ones: choose one of "
            "crop_to_aspect_ratio and pad_to_aspect_ratio."
        )
    check_format(format)
    order = order_of_axes(data_format)
    way = INTERPOLATIONS.get(interpolation, interpolation)
    resampling(way)  # an unknown one is refused now

    def read(path: str) -> np.ndarray:
        if pad_to_aspect_ratio:
            picture = padded(load_img(path, color_mode), image_size, way)
        else:
            picture = load_img(path, color_mode, image_size, way, crop_to_aspect_ratio)
        return img_to_array(picture, data_format=order, dtype="float32")

    return datasets_in(
        directory,
        PICTURES,
        read,
        labels=labels,
        label_mode=label_mode,
        class_names=class_names,
        batch_size=batch_size,
        shuffle=shuffle,
        seed=seed,
        validation_split=validation_split,
        subset=subset,
        follow_links=follow_links,
        verbose=verbose,
    )


def text_dataset_from_directory(
    directory: str | os.PathLike[str],
    labels: Labels = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    batch_size: int | None = 32,
    max_length: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
    format: str = "tf",
    verbose: bool = True,
) -> Any:
    """Makes batches of the texts in a folder, and of their labels.

    A text is cut after `max_length` characters. The other arguments are those of
    `image_dataset_from_directory`.

    Shapes: (batch,) of strings.
    Raises: ValueError for arguments that do not go together, or if there is no file.
    """
    check_format(format)

    def read(path: str) -> np.ndarray:
        text = Path(path).read_text(encoding="utf-8")
        return np.array(text[:max_length], dtype=object)

    return datasets_in(
        directory,
        TEXTS,
        read,
        labels=labels,
        label_mode=label_mode,
        class_names=class_names,
        batch_size=batch_size,
        shuffle=shuffle,
        seed=seed,
        validation_split=validation_split,
        subset=subset,
        follow_links=follow_links,
        verbose=verbose,
    )


def check_format(format: str) -> None:
    """Raises ValueError for a library that Keras does not know either."""
    if format not in ("tf", "grain"):
        raise ValueError(f'format must be "tf" or "grain"; got {format!r}.')


def padded(picture: Any, image_size: tuple[int, int], way: str) -> Any:
    """Returns a picture in another size, with black sides if its shape is another."""
    from PIL import ImageOps  # here because Pillow is an extra

    height, width = image_size
    return ImageOps.pad(picture, (width, height), method=resampling(way), color=0)
