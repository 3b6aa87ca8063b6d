"""Whether calls are recorded, and what is noted about them; one state per thread."""

import gc
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

PACKAGE = os.path.dirname(os.path.dirname(__file__))


class _Mode(threading.local):
    """The class attributes are every thread's starting point."""

    recording = True
    debug = False
    differentiating = 0  # how many `grad`s of `functional` we are inside of


mode = _Mode()


@contextmanager
def no_grad() -> Iterator[None]:
    """Runs a block without recording: results carry no gradient.

    >>> from minikeras import Scalar
    >>> with no_grad():
    ...     (Scalar(2.0) * 3.0).requires_grad
    False
    """
    before, mode.recording = mode.recording, False
    try:
        yield
    finally:
        mode.recording = before


@contextmanager
def enable_grad() -> Iterator[None]:
    """Runs a block with recording switched on, inside `no_grad` too."""
    before, mode.recording = mode.recording, True
    try:
        yield
    finally:
        mode.recording = before


@contextmanager
def debug_mode() -> Iterator[None]:
    """Notes the user's line at every recorded call, so that errors can name it.

    Costs about a microsecond per call, and is off by default for that reason.
    """
    before, mode.debug = mode.debug, True
    try:
        yield
    finally:
        mode.debug = before


@contextmanager
def collector_paused() -> Iterator[None]:
    """Runs a block without Python's search for reference cycles.

    A graph has none: it is freed when its last value is dropped.  The collector looks
    through it all the same, again and again while it grows, which takes up to half of
    the time that a large graph of Scalars does.  Wrap a training loop in it; what else
    the block leaves in cycles is collected afterwards.

    >>> from minikeras import Scalar
    >>> with collector_paused():
    ...     y = Scalar(2.0) * 3.0
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def users_line() -> str:
    """Returns `file:line` of the innermost frame outside this package."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(PACKAGE):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"
