"""Nested structures of lists, tuples and dicts, walked leaf by leaf."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any


def map_structure(
    func: Callable[..., Any], *structures: Any, none_is_leaf: bool = True
) -> Any:
    """Applies a function to every leaf; the structure of the result is the same.

    Several structures give the function a leaf of each.  With `none_is_leaf=False` None
    stays None.

    >>> map_structure(str, {"a": [1, 2], "b": 3})
    {'a': ['1', '2'], 'b': '3'}
    >>> map_structure(max, [1, (5,)], [2, (4,)])
    [2, (5,)]

    Raises: ValueError if there is no structure, or they are not alike.
    """
    if len(structures) != 1:
        return map_several(func, structures, none_is_leaf)
    [structure] = structures
    if structure is None and not none_is_leaf:
        return None
    if isinstance(structure, dict):
        return {
            key: map_structure(func, part, none_is_leaf=none_is_leaf)
            for key, part in structure.items()
        }
    if isinstance(structure, (list, tuple)):
        parts = (
            map_structure(func, part, none_is_leaf=none_is_leaf) for part in structure
        )
        return like(structure, parts)
    return func(structure)


def map_several(
    func: Callable[..., Any], structures: tuple[Any, ...], none_is_leaf: bool
) -> Any:
    """Applies a function to the leaves of several structures that are alike."""
    if not structures:
        raise ValueError("map_structure needs at least one structure; got none.")
    first = structures[0]
    if first is None and not none_is_leaf:
        return None
    if not is_nested(first):
        return func(*structures)
    for other in structures[1:]:
        if type(other) is not type(first) or keys_of(other) != keys_of(first):
            raise ValueError(
                "map_structure needs structures that are alike; got "
                f"{first!r} and {other!r}."
            )
    if isinstance(first, dict):
        return {
            key: map_several(func, tuple(x[key] for x in structures), none_is_leaf)
            for key in first
        }
    rows = zip(*structures, strict=True)
    return like(first, (map_several(func, row, none_is_leaf) for row in rows))


def keys_of(structure: Any) -> Any:
    """Returns what two structures have to agree in: the keys, or the length."""
    return structure.keys() if isinstance(structure, dict) else len(structure)


def like(sequence: Any, parts: Iterable[Any]) -> Any:
    """Returns parts as a list, tuple or named tuple as the given one is."""
    if hasattr(sequence, "_fields"):
        return type(sequence)(*parts)
    return type(sequence)(parts)


def is_nested(structure: Any) -> bool:
    """Returns whether this is a list, tuple or dict, and no leaf.

    >>> is_nested(()), is_nested("leaf")
    (True, False)
    """
    return isinstance(structure, (list, tuple, dict))


def pack_sequence_as(structure: Any, flat_sequence: Iterable[Any]) -> Any:
    """Returns a structure of the same shape with other leaves, in flatten's order.

    The keys of its dicts are in that order, too.

    >>> pack_sequence_as({"b": 1, "a": [2]}, [10, 20])
    {'a': [10], 'b': 20}

    Raises: ValueError for another number of leaves.
    """
    leaves = list(flat_sequence)
    wanted = len(flatten(structure))
    if len(leaves) != wanted:
        raise ValueError(
            f"pack_sequence_as needs {wanted} leaves for this structure; got "
            f"{len(leaves)}."
        )
    return pack_like(sorted_by_key(structure), leaves)


def pack_like(structure: Any, leaves: Iterable[Any]) -> Any:
    """Returns a structure of the same shape with other leaves, in flatten's order.

    Its dicts stay in the order that they have.

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
    if isinstance(part, (list, tuple)):
        return like(part, (filled(x, leaves) for x in part))
    return next(leaves)


def sorted_by_key(structure: Any) -> Any:
    """Returns a structure with its dicts in the order in which `flatten` walks them.

    >>> sorted_by_key({"b": 1, "a": [{"d": 2, "c": 3}]})
    {'a': [{'c': 3, 'd': 2}], 'b': 1}
    """
    if isinstance(structure, dict):
        return {key: sorted_by_key(structure[key]) for key in sorted(structure)}
    if isinstance(structure, (list, tuple)):
        return like(structure, map(sorted_by_key, structure))
    return structure


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
