"""Pictures as arrays, and arrays as pictures; Pillow reads and writes the files."""

import io
import warnings
from os import PathLike
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from minikeras import config

if TYPE_CHECKING:  # an extra, which only pictures need
    from PIL.Image import Image, Resampling

# Of a color mode: what Pillow calls it, and what it leaves as it is.
MODES = {
    "grayscale": ("L", ("L", "I;16", "I")),
    "rgb": ("RGB", ("RGB",)),
    "rgba": ("RGBA", ("RGBA",)),
}
INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")


def array_to_img(
    x: ArrayLike,
    data_format: str | None = None,
    scale: bool = True,
    dtype: str | None = None,
) -> "Image":
    """Makes a Pillow image of an array.

    `scale` takes the values from their least to their largest to 0 … 255; without it
    they must lie there. Whole numbers are made by cutting off what is behind the point.
    `dtype` is what is computed in: by default `config.floatx()`.

    Shapes: x (height, width, channels) with 1, 3 or 4 channels, or in "channels_first"
        order; one channel of values beyond 255 makes a picture of 32-bit integers.
    Raises: ValueError for other shapes.
    """
    from PIL import Image  # here because Pillow is an extra

    values = np.asarray(x, dtype=dtype or config.floatx())
    if values.ndim != 3:
        raise ValueError(
            "array_to_img needs one picture, of shape (height, width, channels); got "
            f"shape {values.shape}."
        )
    if order_of_axes(data_format) == "channels_first":
        values = values.transpose(1, 2, 0)
    if scale:
        values = values - values.min()
        values = values / (values.max() or 1) * 255
    channels = values.shape[2]
    if channels == 1 and values.max() > 255:
        return Image.fromarray(values[:, :, 0].astype("int32"))
    if channels == 1:
        return Image.fromarray(values[:, :, 0].astype("uint8"))
    if channels in (3, 4):
        return Image.fromarray(values.astype("uint8"))
    raise ValueError(
        "array_to_img needs 1, 3 or 4 channels (gray, red-green-blue, and those with "
        f"transparency); got {channels}, of shape {np.shape(x)} in the order "
        f"{order_of_axes(data_format)!r}."
    )


def img_to_array(
    img: Any, data_format: str | None = None, dtype: str | None = None
) -> np.ndarray:
    """Makes an array of a Pillow image; a gray one gets an axis for its channel.

    Shapes: → (height, width, channels), or in "channels_first" order.
    Raises: ValueError for what has another number of axes.

    >>> img_to_array(np.zeros((2, 3))).shape
    (2, 3, 1)
    """
    values = np.asarray(img, dtype=dtype or config.floatx())
    if values.ndim not in (2, 3):
        raise ValueError(
            f"img_to_array needs a picture; got an array of shape {values.shape}."
        )
    if values.ndim == 2:
        values = values[:, :, np.newaxis]
    if order_of_axes(data_format) == "channels_first":
        values = values.transpose(2, 0, 1)
    return values


def save_img(
    path: str | PathLike[str] | IO[bytes],
    x: ArrayLike,
    data_format: str | None = None,
    file_format: str | None = None,
    scale: bool = True,
    **kwargs: Any,
) -> None:
    """Writes an array as a picture to a file; its suffix, or `file_format`, says how.

    Other arguments are those of Pillow's `Image.save`.

    Warns: UserWarning if a JPEG file loses its transparency.
    """
    if file_format is None and isinstance(path, str | PathLike):
        file_format = Path(path).suffix[1:]
    if file_format and file_format.lower() == "jpg":
        file_format = "jpeg"
    img = array_to_img(x, data_format=data_format, scale=scale)
    if img.mode == "RGBA" and file_format == "jpeg":
        warnings.warn(
            "JPEG knows no transparency: the fourth channel is left out.", stacklevel=2
        )
        img = img.convert("RGB")
    img.save(path, format=file_format, **kwargs)


def load_img(
    path: str | PathLike[str] | io.BytesIO,
    color_mode: str = "rgb",
    target_size: tuple[int, int] | None = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
) -> "Image":
    """Reads a picture from a file, as a Pillow image.

    `color_mode` is "grayscale", "rgb" or "rgba". With `target_size` (height, width) it
    is resized; `keep_aspect_ratio` first cuts its middle out in the shape of the
    target, so that nothing is stretched.

    Raises: ValueError for unknown modes and interpolations; OSError for what is no
        picture.
    """
    from PIL import Image  # here because Pillow is an extra

    if color_mode not in MODES:
        raise ValueError(
            f'color_mode must be "grayscale", "rgb" or "rgba"; got {color_mode!r}.'
        )
    if not isinstance(path, str | PathLike | io.BytesIO):
        raise TypeError(
            f"load_img needs a path or io.BytesIO; got a {type(path).__name__}."
        )
    img: Image.Image = Image.open(path)
    img.load()  # now, for the file is closed with it
    mode, fitting = MODES[color_mode]
    if img.mode not in fitting:
        img = img.convert(mode)
    if target_size is None or img.size == (target_size[1], target_size[0]):
        return img
    return resized(img, target_size, interpolation, keep_aspect_ratio)


def resized(
    img: "Image",
    target_size: tuple[int, int],
    interpolation: str,
    keep_aspect_ratio: bool,
) -> "Image":
    """Returns a picture in another size (height, width)."""
    target_height, target_width = target_size
    box = None
    if keep_aspect_ratio:
        width, height = img.size
        box_height = min(height, width * target_height // target_width)
        box_width = min(width, height * target_width // target_height)
        top, left = (height - box_height) // 2, (width - box_width) // 2
        box = (left, top, left + box_width, top + box_height)
    way = resampling(interpolation)
    return img.resize((target_width, target_height), way, box=box)


def resampling(interpolation: str) -> "Resampling":
    """Returns Pillow's name for a way to resize.

    Raises: ValueError for an unknown one.
    """
    from PIL import Image  # here because Pillow is an extra

    if interpolation not in INTERPOLATIONS:
        raise ValueError(
            f"interpolation must be one of {', '.join(INTERPOLATIONS)}; got "
            f"{interpolation!r}."
        )
    return Image.Resampling[interpolation.upper()]


def order_of_axes(data_format: str | None) -> str:
    """Returns "channels_last" or "channels_first".

    Raises: ValueError for anything else.
    """
    order = str(data_format or config.image_data_format()).lower()
    if order not in ("channels_last", "channels_first"):
        raise ValueError(
            'data_format must be "channels_last" or "channels_first"; got '
            f"{data_format!r}."
        )
    return order
