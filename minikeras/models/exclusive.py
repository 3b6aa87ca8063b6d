"""One thread at a time trains or evaluates a model.

Apart from `trainer.py`, since it is no state of a model: copies and files of one that
is being trained know nothing of it.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

lock = threading.Lock()
users: dict[int, int] = {}  # the thread that uses a model, by the id of the model


@contextmanager
def exclusive_use(model: Any) -> Iterator[None]:
    """Keeps other threads from changing a model's weights, optimizer and metrics.

    In its own thread a training may have others inside, which callbacks begin.

    Raises: RuntimeError if another thread trains or evaluates the model.
    """
    thread = threading.get_ident()
    with lock:
        before = users.get(id(model))
        if before not in (None, thread):
            raise RuntimeError(
                f'Model "{model.name}" is being trained or evaluated in another '
                "thread, and its weights and metrics can be used by one at a time. "
                "Wait for that to end, or give each thread a model of its own: "
                "copy.deepcopy(model) has the same weights."
            )
        users[id(model)] = thread
    try:
        yield
    finally:
        if before is None:
            del users[id(model)]
