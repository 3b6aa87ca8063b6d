"""Branches and loops as functions: here they are Python's own, and run at once.

Keras has them because its other backends compile them; a program written with them runs
here too, and can be stepped through.
"""

import operator
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, SupportsIndex

from minikeras import tree
from minikeras.ops.shape import stack
from minikeras.values.symbolic import KerasTensor
from minikeras.values.tensor import as_tensor
from minikeras.values.types import Structure, TensorLike


def cond(
    pred: TensorLike, true_fn: Callable[[], Any], false_fn: Callable[[], Any]
) -> Any:
    """Returns true_fn() if the condition holds, else false_fn()."""
    return true_fn() if pred else false_fn()


def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    maximum_iterations: int | None = None,
) -> Any:
    """Repeats loop_vars = body(*loop_vars) as long as cond(*loop_vars) holds.

    `loop_vars` is a list or tuple, or a single value.
    """
    single = not isinstance(loop_vars, (list, tuple))
    values = tree.map_structure(as_tensor, (loop_vars,) if single else tuple(loop_vars))
    count = 0
    while cond(*values) and (maximum_iterations is None or count < maximum_iterations):
        values = body(*values)
        values = tuple(values) if isinstance(values, (list, tuple)) else (values,)
        values = tree.map_structure(as_tensor, values)
        count += 1
    return values[0] if single else values


def fori_loop(
    lower: SupportsIndex,
    upper: SupportsIndex,
    body_fun: Callable[[int, Any], Any],
    init_val: Any,
) -> Any:
    """Repeats value = body_fun(i, value) for i from `lower` to `upper` - 1."""
    value = init_val
    for i in range(operator.index(lower), operator.index(upper)):
        value = body_fun(i, value)
    return value


def scan(
    f: Callable[[Any, Any], tuple[Any, Any]],
    init: Any,
    xs: Structure | None = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: int = 1,
) -> tuple[Any, Any]:
    """Runs carry, y = f(carry, x) over the slices x of xs along axis 0.

    Returns the last carry, and all y stacked.  Without xs, `length` says how often;
    with `reverse` it begins at the end.  `unroll` tells a compiler how to loop: any
    value here gives the same result.

    Raises: ValueError if neither xs nor length says how often, or they disagree.
    """
    if xs is None and length is None:
        raise ValueError("scan needs xs or length, to know how often to run.")
    slices = [None] * operator.index(length or 0) if xs is None else slices_of(xs)
    if length is not None and length != len(slices):
        raise ValueError(f"scan got length={length}, but xs have {len(slices)} slices.")
    carry, results = init, []
    for x in reversed(slices) if reverse else slices:
        carry, y = f(carry, x)
        results.append(y)
    return carry, stacked(results[::-1] if reverse else results)


def map(f: Callable[[Any], Any], xs: Structure) -> Any:
    """Applies f to each slice of xs along axis 0, and stacks the results."""
    return applied(f, xs)


def vectorized_map(function: Callable[[Any], Any], elements: Structure) -> Any:
    """Applies a function to each slice along axis 0, and stacks the results."""
    return applied(function, elements)


def applied(f: Callable[[Any], Any], xs: Structure) -> Any:
    """Applies f to each slice; to the first alone if it is not known how many."""
    leaves = [as_tensor(leaf) for leaf in tree.flatten(xs)]
    if any(leaf.symbolic and leaf.shape[:1] == (None,) for leaf in leaves):
        first = f(tree.map_structure(itemgetter(0), xs))
        return tree.map_structure(
            lambda y: KerasTensor((None, *y.shape), y.dtype), first
        )
    return stacked([f(x) for x in slices_of(xs)])


def slices_of(xs: Structure) -> list[Any]:
    """Returns the list of slices along axis 0, each of the structure of xs.

    Raises: ValueError if there are no arrays, or their lengths differ.
    """
    xs = tree.map_structure(as_tensor, xs)
    lengths = {len(leaf) for leaf in tree.flatten(xs)}
    if len(lengths) != 1:
        raise ValueError(f"Arrays of one length are needed; got {sorted(lengths)}.")
    return [tree.map_structure(itemgetter(i), xs) for i in range(lengths.pop())]


def stacked(results: Sequence[Any]) -> Any:
    """Returns one structure of stacked arrays from a list of such structures.

    Raises: ValueError if the list is empty: nobody knows what would have been in it.
    """
    if not results:
        raise ValueError("There is nothing to stack: no slice, so no result.")
    first = results[0]
    if first is None:
        return None
    if isinstance(first, dict):
        return {key: stacked([result[key] for result in results]) for key in first}
    if isinstance(first, (list, tuple)):
        return type(first)(stacked(parts) for parts in zip(*results, strict=True))
    return stack(results)
