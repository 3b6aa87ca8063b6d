"""What a call of a layer inherits from the calls around it."""

import threading
import weakref
from contextlib import AbstractContextManager
from typing import Any

from minikeras.values.naming import name_scope


class CallContext(threading.local):
    """What a call inherits from the calls around it."""

    training: bool | None = None
    depth = 0  # how many layers we are inside of
    # The last layer that returned None when it was called first, in words for errors.
    returned_none: str | None = None

    def __init__(self) -> None:
        # What layers have given to add_loss, since they were called from outside.  Not
        # an attribute of theirs: it is no setting, and no part of a copy.
        self.lossy: weakref.WeakKeyDictionary[Any, list[Any]]
        self.lossy = weakref.WeakKeyDictionary()


context = CallContext()


def who_returned_none() -> str:
    """Returns what to look at where an input of a layer is None."""
    culprit = context.returned_none or "the layer that computed it"
    return f"Does the `call` of {culprit} end with a return statement?"


def building(layer: Any) -> AbstractContextManager[None]:
    """Puts a layer's name in front of the paths of weights created inside, once."""
    return name_scope(layer.name, caller=layer)
