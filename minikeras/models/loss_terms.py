"""Which loss is for which outputs: what compile() was given, walked beside them.

The rules are Keras's: a list of as many losses as there are outputs is for these in
order; a list where the outputs have none adds its losses up; and a function may compare
a whole structure of outputs with targets of that structure.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from minikeras.losses.loss import Loss
from minikeras.models.outputs import Outputs, Path, at, paths_as_given, paths_in
from minikeras.tree import is_nested, map_structure, pack_like


class Term(NamedTuple):
    """The loss of one output or of a structure of them, and its weight in the total."""

    path: Path  # in the outputs
    positions: list[int]  # of the outputs that are there
    function: Loss
    weight: Any  # None, a number, or a Tensor that a callback may assign
    label: str  # what logs call it
    structure: Any  # of the outputs that are there; None for one

    def part(self, leaves: list[Any]) -> Any:
        """Returns what the loss is of: a leaf, or leaves in their structure."""
        if self.structure is None:
            return leaves[self.positions[0]]
        inside = [leaves[position] for position in self.positions]
        return pack_like(self.structure, inside)


class Assignment(NamedTuple):
    """A loss as it was given, what it is for, and where it was found."""

    path: Path  # in the outputs
    loss: Any
    place: Path  # in the argument


def assignments(given: Any, y_pred: Any, outputs: Outputs) -> list[Assignment]:
    """Returns the losses that were given, each with its part of the outputs.

    Raises: ValueError if they have not the structure of the outputs.
    """
    if is_one(given):
        return [Assignment(path, given, path) for path in paths_as_given(y_pred)]
    if isinstance(given, dict) and not isinstance(y_pred, dict):
        given = in_order(given, outputs)
    elif outputs.paths == [()] and len(given) != 1:
        raise outputs.mismatch(given, "loss")
    found = list(assigned(given, y_pred, (), ()))
    if any(x is None for x in found):
        raise outputs.mismatch(given, "loss")
    return [x for x in found if x is not None and x.loss is not None]


def assigned(
    given: Any, y_pred: Any, path: Path, place: Path
) -> Iterator[Assignment | None]:
    """Yields the losses for a part of the outputs, and None where one has no part."""
    if is_one(given):
        if is_nested(y_pred) and isinstance(given, str):
            yield None  # a name stands for the loss of one output
        else:
            yield Assignment(path, given, place)
        return
    if isinstance(given, dict):
        if not isinstance(y_pred, dict) or not given.keys() <= y_pred.keys():
            yield None
            return
        for key, loss in given.items():
            if loss is not None:
                yield from assigned(loss, y_pred[key], (*path, key), (*place, key))
        return
    inner = list(paths_in(y_pred))
    if len(inner) == len(given) and all(map(is_one, given)):
        for number, (loss, rest) in enumerate(zip(given, inner, strict=True)):
            yield Assignment((*path, *rest), loss, (*place, number))
    elif not isinstance(y_pred, type(given)):
        for number, loss in enumerate(given):
            yield from assigned(loss, y_pred, path, (*place, number))
    elif len(given) != len(y_pred):
        yield None
    else:
        for number, loss in enumerate(given):
            key = (number,)
            yield from assigned(loss, y_pred[number], path + key, place + key)


def is_one(given: Any) -> bool:
    """Whether something stands for one loss, not for a structure of them."""
    if isinstance(given, dict):
        return "class_name" in given
    return not isinstance(given, (list, tuple))


def in_order(given: dict[str, Any], outputs: Outputs) -> list[Any]:
    """Returns losses, given by the names of outputs that are no dict, as a list.

    Raises: ValueError if a name is missing, or is none.
    """
    if outputs.keys == [None] and len(given) == 1:
        return list(given.values())
    if None in outputs.names:
        raise outputs.mismatch(given, "loss")
    if set(given) != set(outputs.names):
        raise ValueError(
            f"Expected keys {outputs.names} in loss dict, but found "
            f"loss.keys()={list(given)}. Give None for an output without loss."
        )
    return [given[str(name)] for name in outputs.names]


def weights_at(weights: Any, found: list[Assignment], outputs: Outputs) -> list[Any]:
    """Returns the weight of each loss: given for the outputs, or like the losses.

    Raises: ValueError if there is not a weight for each.
    """
    paths = [assignment.path for assignment in found]
    if set(paths) <= set(outputs.paths) and len(set(paths)) == len(paths):
        spread = outputs.spread(weights, "loss_weights")
        return [spread[outputs.paths.index(path)] for path in paths]
    if isinstance(weights, dict) and not outputs.is_dict and None not in outputs.names:
        weights = [weights.get(name) for name in outputs.names]
    try:
        return [at(weights, assignment.place) for assignment in found]
    except (LookupError, TypeError):
        raise ValueError(
            "`loss_weights` needs a number for each loss, in the structure that the "
            f"losses have; got {weights!r}."
        ) from None


def structure_at(path: Path, y_pred: Any) -> Any:
    """Returns the structure of the outputs at a path, without them; None for one."""
    part = at(y_pred, path)
    return map_structure(lambda leaf: 0, part) if is_nested(part) else None


def label_of(
    assignment: Assignment, positions: list[int], outputs: Outputs, otherwise: str
) -> str:
    """Returns what logs call a loss: by its output, by its path, or by all names."""
    if assignment.path in outputs.paths:
        return outputs.label(positions[0]) or otherwise
    if assignment.path:
        return "/".join(map(str, assignment.path))
    return otherwise if None in outputs.names else "_".join(map(str, outputs.names))
