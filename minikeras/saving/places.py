"""Configurations that nothing can be made of: what is wrong with them, and where.

What is made of a configuration makes what is inside of it in its own `from_config`.
So an error begins inside, knowing only the part that it is about, and each
configuration around finds that part within itself.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from reprlib import Repr
from typing import TYPE_CHECKING, Any

from minikeras.lazy import LoadedOnUse

if TYPE_CHECKING:
    import difflib
else:
    difflib = LoadedOnUse("difflib")

LONGEST = 300  # how much of a configuration an error shows
LONGEST_NAME = 100  # for which names that are near are looked for

# What code raises that expects another configuration, and does not look.
CARELESS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
)

SHORT = Repr()
SHORT.maxdict = SHORT.maxlist = SHORT.maxtuple = 20
SHORT.maxstring = SHORT.maxother = LONGEST


class ConfigurationError(ValueError):
    """A configuration that no object can be made of.

    `place` is where in it the error is, such as "config.layers[2].config"; it is empty
    for the whole.
    """

    def __init__(self, reason: str, part: Any = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.place = ""
        self.part = part  # the configuration that the place is in

    def is_within(self, whole: Any) -> None:
        """Says of which larger configuration this is a part."""
        # A number or a string may be there many times, and mean other things.
        known = isinstance(self.part, (dict, list))
        place = place_of(self.part, whole) if known else None
        if place:
            dot = "." if self.place and self.place[0] != "[" else ""
            self.place = f"{place}{dot}{self.place}"
        self.part = whole

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}" if self.place else self.reason


class ArgumentsError(ConfigurationError, TypeError):
    """A configuration that lacks arguments, or has others than its class takes."""


@contextmanager
def reading(config: Any, what: str, hint: str = "") -> Iterator[None]:
    """A block that makes an object of a configuration; `what` names the object.

    Its errors say what was wrong, and in which place of the configuration; the `hint`
    is for wrong arguments.

    Raises: ConfigurationError, which is a ValueError; ArgumentsError, which is a
    TypeError too.
    """
    try:
        yield
    except ConfigurationError as error:
        error.is_within(config)
        raise
    except TypeError as error:
        raise ArgumentsError(
            f"{what:.100} cannot be made of its configuration: {error}.{hint} Got "
            f"{shown(inner_of(config))}.",
            config,
        ) from error
    except ValueError as error:
        raise ConfigurationError(str(error), config) from error
    except CARELESS as error:
        raise ConfigurationError(
            f"{what:.100} cannot be made of its configuration: {type(error).__name__}: "
            f"{error}. Got {shown(inner_of(config))}.",
            config,
        ) from error


def inner_of(config: Any) -> Any:
    """Returns what a class is given of a configuration, if it is that of an object."""
    return config.get("config", config) if isinstance(config, dict) else config


def place_of(part: Any, whole: Any) -> str | None:
    """Returns where a part is in a configuration, None if it is nowhere in it.

    >>> part = {"units": 3}
    >>> place_of(part, {"layers": [{}, {"config": part}]})
    'layers[1].config'

    A dict that was made anew is known by its "config".
    """
    inner = part.get("config") if isinstance(part, dict) else None
    # With each value the keys that lead to it, from the last to the first.
    waiting: list[tuple[Any, Any]] = [(whole, None)]
    while waiting:
        value, keys = waiting.pop()
        if value is part:
            return place_named(keys)
        if isinstance(value, dict):
            if isinstance(inner, dict) and value.get("config") is inner:
                return place_named(keys)
            waiting += [(x, (key, keys)) for key, x in value.items()]
        elif isinstance(value, (list, tuple)):
            waiting += [(x, (number, keys)) for number, x in enumerate(value)]
    return None


def place_named(keys: Any) -> str:
    """Returns a place as one would write it, from its keys, the last of them first."""
    names: list[str] = []
    while keys is not None:
        key, keys = keys
        number = isinstance(key, int)
        names.append(f"[{key}]" if number else f".{str(key)[:LONGEST_NAME]}")
    return "".join(reversed(names)).removeprefix(".")


def shown(config: Any) -> str:
    """Returns a configuration as text, cut where it gets long."""
    text = SHORT.repr(config)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def names_near(name: Any, known: Iterable[str]) -> list[str]:
    """Returns known names that are like one that is not; none for a very long one."""
    text = str(name)
    if len(text) > LONGEST_NAME:
        return []
    return difflib.get_close_matches(text, known, n=3)
