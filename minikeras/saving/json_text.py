"""JSON from files, read with limits on size, depth and number."""

import json
from typing import Any

from minikeras.saving.errors import SavingError, shortened
from minikeras.saving.places import shown

# A model of 5,000 layers takes 8 million bytes, with 55,000 objects and 210,000 names.
# What a text makes at the limits takes some 200 million bytes.
LONGEST = 32 * 2**20  # bytes; of a text that is not ASCII a quarter
MOST = {
    "objects": ("{", 200_000),
    "lists": ("[", 300_000),
    "names": (":", 500_000),
    "values": (",", 1_000_000),
}
DEEPEST = 100  # a model inside of another takes four
LONGEST_NAME = 1024  # of a key


def parsed_json(text: bytes | str, file: Any, member: str) -> dict[str, Any]:
    """Returns the object that a text in JSON describes.

    Raises: SavingError if it is none, or is larger than any model is.
    """
    longest = LONGEST if text.isascii() else LONGEST // 4  # each character takes four
    if len(text) > longest:
        raise SavingError(
            file, f"Expected at most {longest} bytes; got {len(text)}.", member
        )
    try:
        text = text.decode() if isinstance(text, bytes) else text
        check_counts(text, file, member)
        value = json.loads(text, object_pairs_hook=without_repetition)
    except SavingError:
        raise
    except (ValueError, RecursionError) as error:
        raise SavingError(
            file, f"This is no JSON: {shortened(error)}.", member
        ) from error
    if not isinstance(value, dict):
        raise SavingError(
            file, f"Expected an object in JSON; got {shown(value)}.", member
        )
    check_limits(value, file, member)
    return value


def check_counts(text: str, file: Any, member: str) -> None:
    """Refuses a text of too many things, before they are made.

    {} alone takes thirty times the room of its text.
    """
    for things, (mark, most) in MOST.items():
        if text.count(mark) > most:
            raise SavingError(
                file, f"Expected at most {most} {things}; there are more.", member
            )


def without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Returns a dict of pairs; refuses two of one name, which readers take apart."""
    table = dict(pairs)
    if len(table) < len(pairs):
        raise ValueError("a name is there twice")
    return table


def check_limits(value: Any, file: Any, member: str) -> None:
    """Refuses what is too deep, or has too long names."""
    level: list[Any] = [value]
    for _ in range(DEEPEST + 1):
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
        if not inner:
            return
        level = inner
    raise SavingError(
        file, f"Expected at most {DEEPEST} levels; there are more.", member
    )
