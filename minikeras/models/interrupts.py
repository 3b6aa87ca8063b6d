"""Ctrl-C while training: it waits for the step that runs, so that weights are whole."""

import signal
import threading
from types import FrameType
from typing import Any, Self


class WholeSteps:
    """Holds Ctrl-C back while a step runs; KeyboardInterrupt comes when it is done.

    Everywhere else in the block, in callbacks and where data are made, it comes at
    once; a second Ctrl-C always does.  Where a program has a handler of its own, or
    runs the block in another thread than the main one, nothing is held back.

    >>> with WholeSteps() as whole_steps:
    ...     whole_steps.begin()
    ...     # the weights change, one after the other
    ...     whole_steps.end()
    """

    def __init__(self) -> None:
        self.running = False  # a step
        self.asked = False  # to stop
        self.before: Any = None  # the handler that was there, if it is ours now

    def __enter__(self) -> Self:
        usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if usual and threading.current_thread() is threading.main_thread():
            self.before = signal.signal(signal.SIGINT, self.hear)
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: Any) -> None:
        if self.before is not None:
            signal.signal(signal.SIGINT, self.before)
        if self.asked and kind is not KeyboardInterrupt:
            raise KeyboardInterrupt  # an error of the step came first

    def hear(self, number: int, frame: FrameType | None) -> None:
        """Is called by Python at Ctrl-C."""
        if self.asked or not self.running:
            raise KeyboardInterrupt
        self.asked = True

    def begin(self) -> None:
        """Says that a step begins."""
        self.running = True

    def end(self) -> None:
        """Says that it is done.

        Raises: KeyboardInterrupt if Ctrl-C was pressed meanwhile.
        """
        self.running = False
        if self.asked:
            raise KeyboardInterrupt
