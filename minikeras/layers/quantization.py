"""What Keras's layers say of quantized and low-rank weights, which are not there here.

Files name these settings nevertheless, so they are read, and must be empty.
"""

from typing import Any

SETTINGS = (
    "lora_rank",
    "lora_alpha",
    "gptq_unpacked_column_size",
    "quantization_config",
)


def without_quantization(kwargs: dict[str, Any], layer: str) -> dict[str, Any]:
    """Returns the arguments of a layer's constructor without those settings.

    Raises: ValueError if one is set.

    >>> without_quantization({"name": "dense", "quantization_config": None}, "Dense")
    {'name': 'dense'}
    """
    for setting in SETTINGS:
        if kwargs.get(setting) is not None:
            raise ValueError(
                f"{layer} has no quantized or low-rank weights: leave out {setting}; "
                f"got {kwargs[setting]!r}."
            )
    return {key: value for key, value in kwargs.items() if key not in SETTINGS}
