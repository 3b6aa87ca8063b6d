"""The errors of files: what cannot be saved or loaded, and why."""

import os
from typing import Any

LONGEST = 2000


class SavingError(ValueError):
    """A file that is not what it should be, or does not fit the model.

    The message names the file, the place in it, what came and what was expected, in at
    most 2,000 characters.  The model, and a file that was there before, are as they
    were.
    """

    def __init__(self, file: Any, reason: str, place: str = "") -> None:
        where = f"{name_of(file)}, {place}" if place else name_of(file)
        # What came from the file may not steer a terminal.
        text = "\n".join(
            shortened(line, LONGEST)
            for line in f"{where}: {reason}"[: LONGEST + 1].split("\n")
        )
        super().__init__(text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…")


class MissingFileError(SavingError, FileNotFoundError):
    """A file to load that is not there."""

    def __init__(self, file: Any) -> None:
        super().__init__(file, "There is no such file.")


def name_of(file: Any) -> str:
    """Returns what to call a path or a file object in an error."""
    if isinstance(file, (str, os.PathLike)):
        return shortened(os.fspath(file))
    return f"<{type(file).__name__}>"


def shortened(text: Any, longest: int = 300) -> str:
    """Returns a text from a file as it may be printed, cut where it gets long."""
    printable = "".join(c if c.isprintable() else "?" for c in str(text)[: longest + 1])
    return printable if len(printable) <= longest else f"{printable[:longest]}…"
