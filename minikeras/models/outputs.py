"""The outputs of a model, by name and place: what was given for which of them.

Losses, metrics, targets and weights of samples may all be given for all outputs at
once, as a list in their order, as a dict by their names, or nested like the outputs.
"""

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from minikeras.tree import is_nested, sorted_by_key

# The keys and positions that lead to an output: () to the only one.
Path: TypeAlias = tuple[Any, ...]


class Outputs:
    """The outputs of a model in order, as a batch of predictions shows them.

    `names` are those of a functional model; the keys of a dict of outputs go first.
    """

    def __init__(self, y_pred: Any, names: Sequence[str] | None = None) -> None:
        self.paths = list(paths_in(y_pred))
        self.several = len(self.paths) > 1
        self.flat = all(len(path) <= 1 for path in self.paths)
        self.names: list[str | None] = [None] * len(self.paths)
        if names and len(names) == len(self.paths):
            self.names = list(names)
        self.is_dict = self.flat and isinstance(y_pred, dict)
        if self.is_dict:
            self.names = [str(path[0]) for path in self.paths]
        # What a dict of losses, metrics, ... may have as keys.
        self.keys = [path[0] for path in self.paths] if self.is_dict else self.names

    def __len__(self) -> int:
        return len(self.paths)

    def label(self, position: int) -> str | None:
        """Returns the name of an output with its path, as the log of its loss has it.

        None if the outputs have no names.
        """
        path, name = self.paths[position], self.names[position]
        if path and isinstance(path[-1], int):
            path = (*path[:-1], name)
        return None if None in path else "/".join(map(str, path)) or name

    def of(self, position: int) -> str:
        """Returns " for output 'a'", or nothing where there is only one."""
        if not self.several:
            return ""
        return f" for output {self.label(position) or position!r}"

    def within(self, path: Path) -> list[int]:
        """Returns the positions of the outputs at a path, or below it."""
        return [i for i, inner in enumerate(self.paths) if inner[: len(path)] == path]

    def spread(self, given: Any, what: str) -> list[Any]:
        """Returns what is given for each output; None where a dict has nothing for it.

        `what` is the argument that it came in.

        Raises: ValueError if it has not the structure of the outputs.
        """
        if not self.several and not isinstance(given, (dict, list, tuple)):
            return [given]
        if self.flat and isinstance(given, dict):
            if self.keys == [None] and len(given) == 1:
                return list(given.values())
            if set(given) <= set(self.keys):
                return [given.get(key) for key in self.keys]
        elif self.flat and isinstance(given, (list, tuple)):
            if len(given) == len(self):
                return list(given)
        elif not self.flat:
            try:
                return [at(given, path) for path in self.paths]
            except (LookupError, TypeError):
                parts = given if isinstance(given, (list, tuple)) else ()
                if len(parts) == len(self) and not any(map(is_nested, parts)):
                    return list(parts)
        raise self.mismatch(given, what)

    def mismatch(self, given: Any, what: str) -> ValueError:
        """Returns the error for an argument that does not fit the outputs."""
        names = [self.label(i) or i for i in range(len(self))]
        form = "a dict by these names" if None not in self.names else "a list"
        return ValueError(
            f"`{what}` does not fit the outputs of the model. Expected for its "
            f"{len(self)} outputs {names} {form}, with an entry for each, or one "
            f"nested like them; got {summary_of(given)}."
        )


def paths_in(structure: Any) -> Iterator[Path]:
    """Yields the paths to the leaves, in the order of `tree.flatten`.

    >>> list(paths_in({"b": 1, "a": [2, 3]}))
    [('a', 0), ('a', 1), ('b',)]
    """
    return paths_as_given(sorted_by_key(structure))


def paths_as_given(structure: Any) -> Iterator[Path]:
    """Yields the paths to the leaves, those in dicts in the order that these have.

    >>> list(paths_as_given({"b": 1, "a": [2, 3]}))
    [('b',), ('a', 0), ('a', 1)]
    """
    if isinstance(structure, dict):
        items: Any = structure.items()
    elif isinstance(structure, (list, tuple)):
        items = enumerate(structure)
    else:
        yield ()
        return
    for key, part in items:
        for path in paths_as_given(part):
            yield (key, *path)


def at(structure: Any, path: Path) -> Any:
    """Returns what is at a path.

    Raises: LookupError or TypeError if nothing is.
    """
    for key in path:
        if isinstance(structure, str):
            raise TypeError("A name has no parts.")
        structure = structure[key]
    return structure


def summary_of(given: Any) -> str:
    """Returns a structure as a reader of an error wants it: keys, sizes and shapes."""
    if isinstance(given, dict):
        parts = ", ".join(f"{key!r}: {summary_of(x)}" for key, x in given.items())
        return f"{{{parts}}}"
    if isinstance(given, (list, tuple)):
        return f"[{', '.join(map(summary_of, given))}]"
    shape = getattr(given, "shape", None)
    return repr(given) if shape is None else f"an array of shape {tuple(shape)}"
