"""What the methods of a layer take, and under which names."""

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

from minikeras.tree import map_structure


@cache
def arguments_of(call: Callable[..., Any]) -> dict[str, Any]:
    """Returns which of `training` and `mask` a call method takes, with defaults."""
    parameters = inspect.signature(call).parameters
    takes_all = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    accepted = {}
    for name in ("training", "mask"):
        if name in parameters:
            default = parameters[name].default
            accepted[name] = None if default is inspect.Parameter.empty else default
        elif takes_all:
            accepted[name] = None
    return accepted


@cache
def positions_of(call: Callable[..., Any]) -> tuple[str, ...]:
    """Returns the names of what may be given to a method by position."""
    parameters = list(inspect.signature(call).parameters.values())[1:]
    return tuple(p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD)


@cache
def required_of(call: Callable[..., Any]) -> tuple[str, ...]:
    """Returns what a call method must be given, besides `training` and masks."""
    parameters = inspect.signature(call).parameters
    return tuple(
        name
        for name in positions_of(call)
        if parameters[name].default is inspect.Parameter.empty
        and name != "training"
        and not name.endswith("mask")
    )


@cache
def masked_arguments(call: Callable[..., Any]) -> tuple[tuple[str, str], ...]:
    """Returns ("a", "a_mask") for what has a mask of its own, "" for the first name."""
    names = list(inspect.signature(call).parameters)[1:]
    masked = (name for name in names if f"{name}_mask" in names)
    return tuple(("" if name == names[0] else name, f"{name}_mask") for name in masked)


def shapes_by_name(
    arguments: dict[str, Any], wanted: tuple[str, ...]
) -> dict[str, Any]:
    """Returns {"a_shape": the shape of a} for those arguments that are wanted."""
    return {
        f"{name}_shape": map_structure(lambda x: x.shape, x)
        for name, x in arguments.items()
        if f"{name}_shape" in wanted and x is not None
    }


def by_keyword(
    call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Returns the first argument of a call method in args, the others in kwargs."""
    names = positions_of(call)
    if not args:
        if names and names[0] in kwargs:
            rest = {key: x for key, x in kwargs.items() if key != names[0]}
            return (kwargs[names[0]],), rest
        return args, kwargs
    others = dict(zip(names[1:], args[1:], strict=False))
    if len(args) > len(names) or others.keys() & kwargs.keys():
        return args, kwargs  # `*args`, or a mistake that Python will name
    return args[:1], others | kwargs
