"""Files that are there whole or not at all, whatever happens while they are written."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

if sys.platform != "win32":
    import fcntl


def write_durably(path: Any, write: Callable[[IO[bytes]], Any]) -> None:
    """Puts what `write` writes into a file, in the place of the one that was there.

    It goes to a temporary file in the same folder first, and onto the disk; then the
    name is given to it in one step.  After an exception the old file is as it was, and
    the temporary one is gone; after a power cut there is the old file or the new one.

    Raises: FileNotFoundError if there is no such folder.
    """
    path = os.path.realpath(os.fspath(path))  # through a link, to what it points at
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        raise FileNotFoundError(
            f"There is no folder {folder} to write {os.path.basename(path)} into. Make "
            "it first."
        )
    temporary = os.path.join(folder, f".minikeras-{os.urandom(8).hex()}.tmp")
    # What others may not read in the old file, they may not read on the way either.
    mode = os.stat(path).st_mode & 0o777 if os.path.exists(path) else 0o666
    descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR | BINARY, mode)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        if os.path.exists(path):
            os.chmod(temporary, os.stat(path).st_mode & 0o7777)
        os.replace(temporary, path)
    except BaseException:
        # It may have its name already: Ctrl-C comes at any moment.
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    flush_folder(folder)


BINARY = getattr(os, "O_BINARY", 0)  # only Windows tells text from bytes


def flush_folder(folder: str) -> None:
    """Waits until the names in a folder are on the disk, where one can ask for it."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked(folder: str, alone: bool) -> Iterator[None]:
    """A block that is run `alone` in a folder, or only beside those that do not ask to.

    It waits for other blocks, in threads and in programs; one that is killed keeps
    nobody waiting.  Where folders cannot be locked, as on Windows, it does not wait.
    """
    if sys.platform == "win32":
        yield
        return
    descriptor = None
    try:
        with suppress(OSError):
            descriptor = os.open(folder or os.curdir, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(descriptor, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)  # unlocks it
