"""Arrays on their way to a model: sequences made equally long, pictures, windows."""

from typing import Any

import numpy as np
from keras import utils

from tests.golden.keras_calls import outcome_of

Case = dict[str, Any]

SEQUENCES: dict[str, tuple[list, dict[str, Any]]] = {
    "defaults": ([[1], [2, 3], [4, 5, 6]], {}),
    "cut before": ([[1], [2, 3], [4, 5, 6]], {"maxlen": 2}),
    "cut behind": ([[1], [2, 3], [4, 5, 6]], {"maxlen": 2, "truncating": "post"}),
    "fill behind": ([[1], [2, 3], [4, 5, 6]], {"padding": "post"}),
    "longer": ([[1], []], {"maxlen": 3, "value": -1}),
    "both behind": (
        [[1], [4, 5, 6]],
        {"maxlen": 2, "padding": "post", "truncating": "post"},
    ),
    "floats": ([[0.5], [1.5, 2.5]], {"dtype": "float32", "value": 9.5}),
    "floats as integers": ([[0.5], [1.5, 2.5]], {}),
    "steps of two": ([[[1, 2]], [[3, 4], [5, 6]]], {}),
    "steps of other shapes": ([[[1, 2]], [[3], [5]]], {}),
    "no sequences": ([1, 2], {}),
    "words": ([[1]], {"value": "none"}),
    "unknown end": ([[1], [2, 3]], {"padding": "left"}),
}

PICTURES: dict[str, tuple[tuple[int, ...], dict[str, Any]]] = {
    "red, green and blue": ((2, 3, 3), {}),
    "gray": ((2, 3, 1), {}),
    "with transparency": ((2, 3, 4), {}),
    "channels first": ((3, 2, 4), {"data_format": "channels_first"}),
    "as they are": ((2, 3, 3), {"scale": False}),
    "two axes": ((2, 3), {}),
    "two channels": ((2, 3, 2), {}),
}

WINDOWS: dict[str, dict[str, Any]] = {
    "of four steps": {"sequence_length": 4},
    "with gaps": {
        "sequence_length": 4,
        "sequence_stride": 3,
        "sampling_rate": 2,
        "batch_size": 2,
    },
    "of a part": {
        "sequence_length": 3,
        "start_index": 5,
        "end_index": 15,
        "batch_size": 4,
    },
}


def record() -> list[Case]:
    """Returns the cases of pad_sequences, then those of pictures and windows."""
    cases = [
        {"name": f"pad_sequences: {what}", "sequences": given, "settings": settings}
        | outcome_of(lambda s=given, k=settings: utils.pad_sequences(s, **k))
        for what, (given, settings) in SEQUENCES.items()
    ]
    for what, (shape, settings) in PICTURES.items():
        values = (np.arange(np.prod(shape)) * 37 % 101).reshape(shape).astype("float32")
        cases.append(
            {"name": f"pictures: {what}", "values": values, "settings": settings}
            | outcome_of(lambda x=values, k=settings: there_and_back(x, **k))
        )
    series = np.arange(20)
    for what, settings in WINDOWS.items():
        for targets in (None, 10 * series):
            batches = utils.timeseries_dataset_from_array(
                series, targets, format="grain", **settings
            )
            name = (
                f"windows: {what}, {'without' if targets is None else 'with'} targets"
            )
            cases.append(
                {"name": name, "settings": settings, "targets": targets is not None}
                | {"batches": [as_list(batch) for batch in batches]}
            )
    return cases


def as_list(batch: Any) -> list[np.ndarray]:
    """Returns the arrays of a batch."""
    parts = batch if isinstance(batch, (list, tuple)) else [batch]
    return [np.asarray(part) for part in parts]


def there_and_back(values: np.ndarray, **settings: Any) -> np.ndarray:
    """Makes a picture of an array, and an array of the picture."""
    order = settings.get("data_format")
    picture = utils.array_to_img(values, **settings)
    return utils.img_to_array(picture, data_format=order)
