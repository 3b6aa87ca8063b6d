"""Nested structures of lists, tuples and dicts, walked leaf by leaf."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any


def map_structure(function: Callable[..., Any], structure: Any) -> Any:
    """Applies a function to every leaf; the structure of the result is the same.

    >>> map_structure(str, {"a": [1, 2], "b": 3})
    {'a': ['1', '2'], 'b': '3'}
    """
    if isinstance(structure, dict):
        return {key: map_structure(function, part) for key, part in structure.items()}
    if isinstance(structure, tuple) and hasattr(structure, "_fields"):
        return type(structure)(*(map_structure(function, part) for part in structure))
    if isinstance(structure, (list, tuple)):
        return type(structure)(map_structure(function, part) for part in structure)
    return function(structure)


def pack_like(structure: Any, leaves: Iterable[Any]) -> Any:
    """Returns a structure of the same shape with other leaves, in flatten's order.

    >>> pack_like({"b": 1, "a": [2]}, [10, 20])
    {'b': 20, 'a': [10]}
    """
    return filled(structure, iter(leaves))


def filled(part: Any, leaves: Iterator[Any]) -> Any:
    """Returns a part of a structure, with as many leaves as it needs taken.

    Not a function inside of `pack_like`: that would be a cycle, with the leaves in it.
    """
    if isinstance(part, dict):
        found = {key: filled(part[key], leaves) for key in sorted(part)}
        return {key: found[key] for key in part}
    if isinstance(part, tuple) and hasattr(part, "_fields"):
        return type(part)(*(filled(x, leaves) for x in part))
    if isinstance(part, (list, tuple)):
        return type(part)(filled(x, leaves) for x in part)
    return next(leaves)


def flatten(structure: Any) -> list[Any]:
    """Returns the leaves in order; the keys of a dict in sorted order, as in Keras.

    >>> flatten({"b": 1, "a": [2, (3, 4)]})
    [2, 3, 4, 1]
    """
    if isinstance(structure, dict):
        return [leaf for key in sorted(structure) for leaf in flatten(structure[key])]
    if isinstance(structure, (list, tuple)):
        return [leaf for part in structure for leaf in flatten(part)]
    return [structure]


def flatten_with_path(structure: Any, path: tuple[Any, ...] = ()) -> list[Any]:
    """Returns (path, leaf) pairs in flatten's order.

    >>> flatten_with_path({"b": 1, "a": [2]})
    [(('a', 0), 2), (('b',), 1)]
    """
    if isinstance(structure, dict):
        parts = [(key, structure[key]) for key in sorted(structure)]
    elif isinstance(structure, (list, tuple)):
        parts = list(enumerate(structure))
    else:
        return [(path, structure)]
    return [
        found for key, part in parts for found in flatten_with_path(part, (*path, key))
    ]


def same_structure(structure: Any, other: Any) -> bool:
    """Whether two structures have leaves at the same places; a list may be a tuple.

    >>> same_structure({"a": [1, 2]}, {"a": (3, 4)}), same_structure([1], 1)
    (True, False)
    """
    if isinstance(structure, dict) and isinstance(other, dict):
        return structure.keys() == other.keys() and all(
            same_structure(part, other[key]) for key, part in structure.items()
        )
    if isinstance(structure, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(structure) == len(other) and all(
            same_structure(x, y) for x, y in zip(structure, other, strict=True)
        )
    return not isinstance(structure, (dict, list, tuple)) and not isinstance(
        other, (dict, list, tuple)
    )
