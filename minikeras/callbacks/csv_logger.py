"""The logs of all epochs as a table in a file."""

import csv
import io
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from minikeras.callbacks.callback import Callback, Logs


class CSVLogger(Callback):
    """Writes a line for each epoch: its number, from 0, and the logs by name.

    The columns are those of the first epoch, sorted; if that had no validation, columns
    val_... are there all the same.  What is missing is "NA".  `append` goes on behind
    what is in the file.
    """

    def __init__(
        self, filename: str | Path, separator: str = ",", append: bool = False
    ) -> None:
        super().__init__()
        self.filename = os.fspath(filename)
        self.sep = separator
        self.append = append
        self._start_anew()

    def _start_anew(self) -> None:
        self.keys: list[str] | None = None
        self.append_header = True
        self._start = 0  # of what this training has written, in the file
        self._written = ""

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._start_anew()
        if self.append and os.path.exists(self.filename):
            self._start = os.path.getsize(self.filename)
            self.append_header = self._start == 0
        self._put("", "a" if self.append else "w")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        if self.keys is None:
            self.keys = columns_of(logs)
            if self.append_header:
                self._write(["epoch", *self.keys])
        self._write([epoch, *(as_cell(logs.get(key, "NA")) for key in self.keys)])

    def _write(self, cells: list[Any]) -> None:
        """Adds a line."""
        line = io.StringIO()
        csv.writer(line, delimiter=self.sep).writerow(cells)
        self._written += line.getvalue()
        self._put(line.getvalue(), "a")

    def _put(self, text: str, mode: str) -> None:
        """Writes to the file, which is closed again: each line can be read at once."""
        # newline="": the csv module ends lines itself, with \r\n as in the standard
        with open(self.filename, mode, newline="", encoding="utf-8") as file:
            file.write(text)

    def get_state(self) -> dict[str, Any]:
        """Returns the lines of this training, and where in the file they begin."""
        return {"keys": self.keys, "start": self._start, "written": self._written}

    def set_state(self, state: dict[str, Any]) -> None:
        """Writes the lines again, instead of all that came after them."""
        self.keys, self._start = state["keys"], state["start"]
        self._written = state["written"]
        os.truncate(self.filename, self._start)
        self._put(self._written, "a")


def columns_of(logs: dict[str, Any]) -> list[str]:
    """Returns the names of columns for the logs of a first epoch.

    >>> columns_of({"mae": 0.5, "loss": 0.25})
    ['loss', 'mae', 'val_loss', 'val_mae']
    """
    keys = sorted(logs)
    if any(key.startswith("val_") for key in keys):
        return keys
    return keys + [f"val_{key}" for key in keys]


def as_cell(value: Any) -> Any:
    """Returns a value as it is written in a table: lists and arrays in brackets.

    >>> as_cell([1, 2])
    '"[1, 2]"'
    """
    single = isinstance(value, str) or np.ndim(value) == 0
    if single or not isinstance(value, Iterable):
        return value
    return f'"[{", ".join(map(str, value))}]"'
