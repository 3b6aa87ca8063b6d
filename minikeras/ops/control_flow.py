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
from minikeras.values.node import is_symbolic
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
    xs = tree.map_structure(as_tensor, xs, none_is_leaf=False)
    count = operator.index(length or 0) if xs is None else length_of(xs)
    if length is not None and length != count:
        raise ValueError(f"scan got length={length}, but xs have {count} slices.")
    symbolic = is_symbolic((init, xs))
    carry, results = init, []
    for i in reversed(range(count)) if reverse else range(count):
        before = carry
        carry, y = f(before, None if xs is None else slice_of(xs, i))
        results.append(y)
        if symbolic and shapes_in(before) == shapes_in(carry):
            break  # so it goes on: one step says it all
    together = stacked(results[::-1] if reverse else results)
    return carry, symbolic_rows(together, count) if symbolic else together


def map(f: Callable[[Any], Any], xs: Structure) -> Any:
    """Applies f to each slice of xs along axis 0, and stacks the results."""
    return applied(f, xs)


def vectorized_map(function: Callable[[Any], Any], elements: Structure) -> Any:
    """Applies a function to each slice along axis 0, and stacks the results."""
    return applied(function, elements)


def applied(f: Callable[[Any], Any], xs: Structure) -> Any:
    """Applies f to each slice; to the first alone if they are symbolic."""
    xs = tree.map_structure(as_tensor, xs)
    if not is_symbolic(xs):
        return stacked([f(slice_of(xs, i)) for i in range(length_of(xs))])
    unknown = any(leaf.shape[:1] == (None,) for leaf in tree.flatten(xs))
    count = None if unknown else length_of(xs)
    return symbolic_rows(stacked([] if count == 0 else [f(slice_of(xs, 0))]), count)


def length_of(xs: Structure) -> int:
    """Returns how many slices Tensors have along axis 0.

    Raises: ValueError if there are no Tensors, or their lengths differ.
    """
    lengths = {len(leaf) for leaf in tree.flatten(xs)}
    if len(lengths) != 1:
        raise ValueError(f"Arrays of one length are needed; got {sorted(lengths)}.")
    return lengths.pop()


def slice_of(xs: Structure, i: int) -> Any:
    """Returns the i-th slice of Tensors along axis 0, in their structure."""
    return tree.map_structure(itemgetter(i), xs)


def shapes_in(structure: Structure) -> Any:
    """Returns the shapes and dtypes in a structure."""
    tensors = tree.map_structure(as_tensor, structure, none_is_leaf=False)
    return tree.map_structure(lambda x: (x.shape, x.dtype), tensors, none_is_leaf=False)


def symbolic_rows(rows: Structure, count: int | None) -> Any:
    """Returns symbolic arrays like those of a few rows, with `count` of them."""
    return tree.map_structure(
        lambda y: KerasTensor((count, *y.shape[1:]), y.dtype), rows, none_is_leaf=False
    )


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
