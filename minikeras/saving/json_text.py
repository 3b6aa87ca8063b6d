"""JSON from files, read with limits on size, depth and number."""

import json
from typing import Any

from minikeras.saving.errors import SavingError, shortened

LONGEST = 64 * 2**20  # bytes; a model of 5,000 layers takes 8 million
DEEPEST = 100  # a model inside of another takes four
MOST_VALUES = 5_000_000
LONGEST_NAME = 1024  # of a key


def parsed_json(text: bytes | str, file: Any, member: str) -> dict[str, Any]:
    """Returns the object that a text in JSON describes.

    Raises: SavingError if it is none, or is larger than any model is.
    """
    if len(text) > LONGEST:
        raise SavingError(
            file, f"Expected at most {LONGEST} bytes; got {len(text)}.", member
        )
    # Before the values are made: {} alone takes thirty times the room of its text.
    marks = (",", "[", "{") if isinstance(text, str) else (b",", b"[", b"{")
    if sum(map(text.count, marks)) > MOST_VALUES:  # type: ignore[arg-type]
        raise SavingError(
            file, f"Expected at most {MOST_VALUES} values; there are more.", member
        )
    try:
        value = json.loads(text, object_pairs_hook=without_repetition)
    except (ValueError, RecursionError) as error:
        raise SavingError(
            file, f"This is no JSON: {shortened(error)}.", member
        ) from error
    if not isinstance(value, dict):
        raise SavingError(
            file, f"Expected an object in JSON; got {shortened(value)}.", member
        )
    check_limits(value, file, member)
    return value


def without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Returns a dict of pairs; refuses two of one name, which readers take apart."""
    table = dict(pairs)
    if len(table) < len(pairs):
        raise ValueError("a name is there twice")
    return table


def check_limits(value: Any, file: Any, member: str) -> None:
    """Refuses what is too deep, has too many values, or too long names."""
    count = 0
    level: list[Any] = [value]
    for depth in range(DEEPEST + 1):
        inner: list[Any] = []
        for part in level:
            if isinstance(part, dict):
                if any(len(key) > LONGEST_NAME for key in part):
                    raise SavingError(
                        file, f"A name is longer than {LONGEST_NAME}.", member
                    )
                inner += part.values()
            elif isinstance(part, list):
                inner += part
        count += len(inner)
        if not inner:
            return
        if count > MOST_VALUES or depth == DEEPEST:
            break
        level = inner
    raise SavingError(
        file,
        f"Expected at most {DEEPEST} levels and {MOST_VALUES} values; there are more.",
        member,
    )
