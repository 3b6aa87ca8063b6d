"""What the constructors of layers and operations were given, to be written down."""

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

PLAIN = (bool, int, float, str, type(None))


@cache
def accepted_by(function: Callable[..., Any]) -> tuple[frozenset[str], bool]:
    """Returns the names of what a function takes, and if it takes any others."""
    parameters = inspect.signature(function).parameters.values()
    takes_all = any(p.kind is p.VAR_KEYWORD for p in parameters)
    return frozenset(p.name for p in parameters), takes_all


def arguments_by_name(
    method: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, Any]:
    """Returns what a method is called with, after `self`, and the defaults of the rest.

    Those in `*args` have a name with a star, and so no value that `from_config` could
    use.
    """
    signature = inspect.signature(method)
    try:
        bound = signature.bind(None, *args, **kwargs)
    except TypeError:
        return {}  # `__init__` will say what is wrong
    bound.apply_defaults()
    found: dict[str, Any] = {}
    for parameter in list(signature.parameters.values())[1:]:
        value = bound.arguments[parameter.name]
        if parameter.kind is parameter.VAR_KEYWORD:
            found |= value
        elif parameter.kind is parameter.VAR_POSITIONAL:
            found |= {f"*{parameter.name}": object()} if value else {}
        else:
            found[parameter.name] = value
    # What is not plain is not kept: it may be large, or hold weights.
    return {name: x if is_plain(x) else ... for name, x in found.items()}


def is_plain(value: Any) -> bool:
    """Whether a value is a number, a string or None, or a structure of these."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and is_plain(x) for key, x in value.items())
    if isinstance(value, (list, tuple)):
        return all(map(is_plain, value))
    return isinstance(value, PLAIN)
