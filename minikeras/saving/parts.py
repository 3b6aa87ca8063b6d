"""Which parts of a model are saved, and under which path: Keras's rules.

The children of a layer are its attributes, by name; the members of a list, tuple or
dict go by their class, numbered: `layers/dense`, `layers/dense_1`.  A part that is
found twice is saved where it was found first, and loaded from any of its places.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from minikeras.saving.saveable import Saveable
from minikeras.values.naming import snake_case

CONTAINERS = (list, tuple, dict)


def saved_parts(
    root: Saveable, left_out: Iterable[Any] = ()
) -> Iterator[tuple[str, Saveable]]:
    """Yields (path, part) for all parts that have Variables of their own, each once.

    A part comes before those inside of it; what is left out is so with all inside.
    """
    found: set[int] = set()
    for path, part in all_places(root, left_out):
        if id(part) not in found:
            found.add(id(part))
            yield path, part


def parts_with_places(
    root: Saveable, left_out: Iterable[Any] = ()
) -> list[tuple[list[str], Saveable]]:
    """Returns (paths, part) for the same parts: where each is saved comes first.

    Another model may have saved it under another one of its names.
    """
    found: dict[int, tuple[list[str], Saveable]] = {}
    for path, part in all_places(root, left_out):
        paths, _ = found.setdefault(id(part), ([], part))
        paths.append(path)
    return list(found.values())


def all_places(
    root: Saveable, left_out: Iterable[Any]
) -> Iterator[tuple[str, Saveable]]:
    """Yields (path, part) whenever a part is met; inside of it goes the first time.

    Iterative: models may be deep.
    """
    # By id, and kept alive, so that no id is given out again.
    seen: dict[int, Any] = {id(part): part for part in left_out}
    unwanted = set(seen)
    waiting: list[Iterator[tuple[str, Any]]] = [iter([("", root)])]
    while waiting:
        path, part = next(waiting[-1], (None, None))
        if path is None:
            waiting.pop()
            continue
        if isinstance(part, Saveable):
            if id(part) not in unwanted:
                yield path, part
            inside = children(path, part)
        else:
            inside = members(path, part)
        if id(part) not in seen:
            seen[id(part)] = part
            waiting.append(inside)


def children(path: str, part: Saveable) -> Iterator[tuple[str, Any]]:
    """Yields the parts and containers that are attributes of a part, private last."""
    names = {*vars(part), *own_properties(type(part))} - set(part.not_saved)
    first = list(part.saved_first)
    for name in [*first, *sorted(names - set(first), key=private_last)]:
        try:
            child = getattr(part, name)
        except Exception:
            continue  # a property that has no value yet
        if isinstance(child, (Saveable, *CONTAINERS)):
            yield joined(path, name), child


def own_properties(cls: type) -> tuple[str, ...]:
    """Returns the properties of a class, without those of Layer or Optimizer."""
    names = []
    for base in cls.__mro__:
        if vars(base).get("common_base"):
            break
        names += [name for name, x in vars(base).items() if isinstance(x, property)]
    return tuple(names)


def members(path: str, container: Any) -> Iterator[tuple[str, Any]]:
    """Yields the parts and containers in a list, tuple or dict."""
    counts: Counter[str] = Counter()
    for member in container.values() if isinstance(container, dict) else container:
        if isinstance(member, Saveable):
            name = snake_case(type(member).__name__)
        elif isinstance(member, CONTAINERS):
            name = "container"
        else:
            continue
        number = counts[name]
        counts[name] += 1
        yield joined(path, f"{name}_{number}" if number else name), member


def private_last(name: str) -> str:
    """Returns what to sort attributes by."""
    return f"~{name}" if name.startswith("_") else name


def joined(path: str, name: str) -> str:
    """Returns the path of something inside of a path."""
    return f"{path}/{name}" if path else name
