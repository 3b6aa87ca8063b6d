"""What operations and layers over windows are told: sizes, paddings, orders of axes.

Each function returns what was meant in one form, or says what was expected.
"""

from typing import Any

from minikeras import config


def standardize_tuple(value: Any, n: int, name: str, least: int = 1) -> tuple[int, ...]:
    """Returns a tuple of n integers; one integer stands for all of them.

    Raises: ValueError for anything else, and for an integer below `least`.
    """
    values = (value,) * n if is_integer(value) else value
    if (
        not isinstance(values, (tuple, list))
        or len(values) != n
        or not all(is_integer(x) and x >= least for x in values)
    ):
        integers = "an integer" if n == 1 else f"an integer or a tuple of {n} integers"
        raise ValueError(
            f"The `{name}` argument must be {integers}, each at least {least}. "
            f"Received {name}={value!r}"
        )
    return tuple(int(x) for x in values)


def is_integer(value: Any) -> bool:
    """Whether a value is an integer, of Python or NumPy, and no truth value."""
    return hasattr(value, "__index__") and not isinstance(value, bool)


def standardize_padding(padding: Any, allowed: tuple[str, ...]) -> str:
    """Returns a kind of padding in lower case.

    Raises: ValueError for one that is not allowed.
    """
    lower = padding.lower() if isinstance(padding, str) else padding
    if lower not in allowed:
        raise ValueError(
            f"The `padding` argument must be one of {', '.join(allowed)}. Received: "
            f"padding={padding!r}"
        )
    return lower


def standardize_data_format(data_format: Any) -> str:
    """Returns "channels_last" or "channels_first"; None is the configured default.

    Raises: ValueError for anything else.
    """
    if data_format is None:
        return config.image_data_format()
    lower = data_format.lower() if isinstance(data_format, str) else data_format
    if lower not in ("channels_last", "channels_first"):
        raise ValueError(
            "The `data_format` argument must be 'channels_last' or 'channels_first'. "
            f"Received: data_format={data_format!r}"
        )
    return lower
