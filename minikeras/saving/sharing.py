"""What one object is, where a configuration names it twice.

In a block of `sharing()` an object that is serialized again is written down with the
number of the first time, and a number that is read again gives the first object.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class _Shared(threading.local):
    """The objects of the innermost block of this thread; None outside of one."""

    def __init__(self) -> None:
        # {id of an object: (the object, which keeps the id taken; its configuration)}
        self.written: dict[int, tuple[Any, dict[str, Any]]] | None = None
        self.read: dict[int, Any] | None = None
        self.count = 0


_shared = _Shared()


@contextmanager
def sharing() -> Iterator[None]:
    """A block in which objects keep their identity from configuration to object."""
    outer = _shared.written, _shared.read, _shared.count
    _shared.written, _shared.read, _shared.count = {}, {}, 0
    try:
        yield
    finally:
        _shared.written, _shared.read, _shared.count = outer


def note_written(thing: Any, config: dict[str, Any]) -> None:
    """Numbers the configuration of an object that was written down before."""
    if _shared.written is None:
        return
    _, first = _shared.written.setdefault(id(thing), (thing, config))
    if first is config:
        return
    if "shared_object_id" not in first:
        _shared.count += 1
        first["shared_object_id"] = _shared.count
    config["shared_object_id"] = first["shared_object_id"]


def already_read(config: dict[str, Any]) -> Any:
    """Returns the object that was made of a configuration with this number, or None."""
    number = config.get("shared_object_id")
    if _shared.read is None or not isinstance(number, int):
        return None
    return _shared.read.get(number)


def note_read(thing: Any, config: dict[str, Any]) -> None:
    """Remembers what was made of a configuration with a number."""
    number = config.get("shared_object_id")
    if _shared.read is not None and isinstance(number, int):
        _shared.read[number] = thing
