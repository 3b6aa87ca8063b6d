"""Automatic names, as Keras gives them: dense, dense_1, …; and paths of scopes."""

import re
import threading
from collections import Counter
from typing import Any

_counters: Counter[str] = Counter()  # of the process


class Scope(threading.local):
    """The names that stand in front of what is made now, outermost first."""

    names: tuple[str, ...] = ()
    owner: Any = None  # who entered the innermost one


scope = Scope()


def snake_case(name: str) -> str:
    """Turns a class name into words: LeakyReLU → leaky_re_lu, Conv2D → conv2d."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def name_of_function(fn: Any) -> str:
    """Returns the name of a function in words; of what has none, that of its class.

    >>> name_of_function(lambda y_true, y_pred: y_pred)
    'lambda'
    """
    return snake_case(getattr(fn, "__name__", None) or type(fn).__name__)


class name_scope:
    """Puts a name in front of the paths of Variables that are made in a `with` block.

    A `caller` that is in its scope of this name already does not enter it again, unless
    `deduplicate` is False.  `override_parent` is a path to stand in front instead of
    the scopes around.

    >>> with name_scope("encoder"):
    ...     path_of("kernel")
    'encoder/kernel'

    Raises: ValueError if the name is no string, or has a slash.
    """

    def __init__(
        self,
        name: str,
        caller: Any = None,
        deduplicate: bool = True,
        override_parent: str | None = None,
    ) -> None:
        check_name(name)
        self.name = name
        self.caller = caller
        self.deduplicate = deduplicate
        self.override_parent = override_parent
        # What to go back to, for each `with` block that this stands around.
        self._outer: list[tuple[tuple[str, ...], Any]] = []

    def __enter__(self) -> None:
        self._outer.append((scope.names, scope.owner))
        if not (self.deduplicate and self._is_entered()):
            parent = self.override_parent
            around = scope.names if parent is None else filter(None, parent.split("/"))
            scope.names, scope.owner = (*around, self.name), self.caller

    def __exit__(self, *error: object) -> None:
        scope.names, scope.owner = self._outer.pop()

    def _is_entered(self) -> bool:
        """Whether the innermost scope is the one of this name of the caller."""
        is_callers = self.caller is not None and self.caller is scope.owner
        return is_callers and scope.names[-1:] == (self.name,)


def path_of(name: str) -> str:
    """Returns a name behind those of the scopes around."""
    return "/".join((*scope.names, name))


def check_name(name: Any) -> None:
    """Raises ValueError for what cannot be a part of a path."""
    if not isinstance(name, str) or "/" in name:
        raise ValueError(f"A name is a string without a slash; got {name!r}.")


def get_uid(prefix: str = "") -> int:
    """Counts one more of a prefix, and returns how many there are.

    >>> reset_names()
    >>> get_uid("dense"), get_uid("dense")
    (1, 2)
    """
    _counters[prefix] += 1
    return _counters[prefix]


def auto_name(class_name: str) -> str:
    """Returns the next free name for an object of a class.

    >>> reset_names()
    >>> auto_name("Dense"), auto_name("Dense"), auto_name("ReLU")
    ('dense', 'dense_1', 're_lu')
    """
    return uniquify(snake_case(class_name))


def uniquify(name: str) -> str:
    """Returns the name, numbered if it was given out before."""
    count = _counters[name]
    _counters[name] += 1
    return f"{name}_{count}" if count else name


def reset_names() -> None:
    """Starts all counters anew."""
    _counters.clear()
