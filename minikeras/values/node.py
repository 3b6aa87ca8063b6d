"""How symbolic tensors came to be: the nodes of a graph of operations.

A node is one call of an operation on symbolic tensors.  It keeps what the operation was
called with, so that a model can call it again with numbers.  (The nodes of `autograd`
are calls of primitives, and live for one step; these live as long as the model.)
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from minikeras.tree import flatten
from minikeras.values.symbolic import KerasTensor


class KerasHistory(NamedTuple):
    """Which result of which call a symbolic tensor is."""

    operation: Any
    node_index: int  # into the calls of the operation
    tensor_index: int  # into the flat list of results


class Calls:
    """The nodes that an operation is part of: its calls, and the calls on its results.

    An object of its own, for lists on a layer would be looked through for weights, and
    a layer is the same whatever models it has been used in.
    """

    __slots__ = ("inbound", "outbound")

    def __init__(self) -> None:
        self.inbound: list[Node] = []
        self.outbound: list[Node] = []

    def __deepcopy__(self, memo: dict[int, Any]) -> "Calls":
        return Calls()  # a copied operation was never called

    def __reduce__(self) -> Any:
        return Calls, ()


class Node:
    """One call of an operation on symbolic tensors.

    Enters itself in the calls of the operation, and tells each result where it is from:
    unless an input was made with `record_history=False`.

    Raises: ValueError if a result is not symbolic.
    """

    __slots__ = (
        "args",
        "index",
        "input_tensors",
        "is_bare",
        "kwargs",
        "operation",
        "outputs",
    )

    def __init__(
        self,
        operation: Any,
        call_args: tuple[Any, ...] = (),
        call_kwargs: dict[str, Any] | None = None,
        outputs: Any = (),
    ) -> None:
        self.operation = operation
        self.args = tuple(call_args)
        self.kwargs = dict(call_kwargs or {})
        self.input_tensors = list(symbolic_in((self.args, self.kwargs)))
        self.outputs: list[KerasTensor] = flatten(outputs)
        # Whether the result is a tensor, and no list or dict of them.
        self.is_bare = isinstance(outputs, KerasTensor)
        for x in self.outputs:
            if not isinstance(x, KerasTensor):
                raise ValueError(
                    f'"{operation.name}" of {type(operation).__name__} was called on '
                    "symbolic tensors, so all it returns must be tensors; got "
                    f"{x!r}.{' Does its call end with a return?' * (x is None)}"
                )
        self.enter()

    def enter(self) -> None:
        """Enters this call with the operation and the tensors that it connects."""
        if not all(x.record_history for x in self.input_tensors):
            return
        self.index = len(self.operation._inbound_nodes)
        self.operation._inbound_nodes.append(self)
        for x in self.input_tensors:
            if x._keras_history is not None:
                x._keras_history.operation._outbound_nodes.append(self)
        for i, x in enumerate(self.outputs):
            x._keras_history = KerasHistory(self.operation, self.index, i)

    @property
    def output_tensors(self) -> list[KerasTensor]:
        """The results, in a flat list."""
        return self.outputs

    @property
    def is_input(self) -> bool:
        """Whether a graph begins here."""
        return not self.input_tensors

    @property
    def parent_nodes(self) -> "list[Node]":
        """The calls that the tensors this one was called with are from."""
        nodes = (node_of(x) for x in self.input_tensors)
        return [node for node in nodes if node is not None]

    def __repr__(self) -> str:
        return f"<Node operation={self.operation.name}, id={id(self)}>"


def node_of(x: KerasTensor) -> Node | None:
    """Returns the call that a symbolic tensor is a result of, None if it is of none."""
    history = x._keras_history
    return None if history is None else history.operation._inbound_nodes[history[1]]


def symbolic_in(structure: Any) -> Iterator[KerasTensor]:
    """Yields the symbolic tensors in a structure, in order."""
    if isinstance(structure, KerasTensor):
        yield structure
    elif isinstance(structure, dict):
        for key in sorted(structure, key=str):
            yield from symbolic_in(structure[key])
    elif isinstance(structure, (list, tuple)):
        for part in structure:
            yield from symbolic_in(part)


def is_symbolic(structure: Any) -> bool:
    """Whether there is a symbolic tensor in a structure."""
    if isinstance(structure, (list, tuple)):
        return any(map(is_symbolic, structure))
    if isinstance(structure, dict):
        return any(map(is_symbolic, structure.values()))
    return isinstance(structure, KerasTensor)


class _Recording(threading.local):
    """Whether calls on symbolic tensors become nodes in this thread."""

    nodes = True


recording = _Recording()


@contextmanager
def nodes_recorded(wanted: bool) -> Iterator[None]:
    """Makes nodes of the calls in a block, or does not.

    Inside of a call that becomes a node, nothing else does: it will all be done again.
    """
    before, recording.nodes = recording.nodes, wanted
    try:
        yield
    finally:
        recording.nodes = before


def without_history(outputs: Any, inputs: Any) -> Any:
    """Returns the results of a call, with new tensors for those that are known already.

    An operation may return what it was given, which is not the result of this call.
    """
    return replaced(outputs, {id(x) for x in symbolic_in(inputs)})


def replaced(part: Any, seen: set[int]) -> Any:
    """Returns a part of the results, without what has a history or was seen."""
    if isinstance(part, dict):
        return {key: replaced(x, seen) for key, x in part.items()}
    if isinstance(part, tuple) and hasattr(part, "_fields"):
        return type(part)(*(replaced(x, seen) for x in part))
    if isinstance(part, (list, tuple)):
        return type(part)(replaced(x, seen) for x in part)
    if isinstance(part, KerasTensor):
        if part._keras_history is not None or id(part) in seen:
            part = part.renewed()
        seen.add(id(part))
    return part


def get_source_inputs(tensor: KerasTensor) -> list[KerasTensor]:
    """Returns the symbolic inputs that a tensor follows from, as they are met.

    What no call has made is its own source.

    >>> from minikeras import Input
    >>> x, y = Input((2,), name="x"), Input((2,), name="y")
    >>> [source.name for source in get_source_inputs(x + y * x)]
    ['x', 'y']

    Raises: TypeError for what is no symbolic tensor.
    """
    if not isinstance(tensor, KerasTensor):
        raise TypeError(
            "get_source_inputs() takes a symbolic tensor, which follows from an "
            f"Input(); got a {type(tensor).__name__}."
        )
    sources: list[KerasTensor] = []
    seen: set[Node] = set()
    waiting = [tensor]
    while waiting:
        x = waiting.pop()
        node = node_of(x)
        if node is None and all(x is not source for source in sources):
            sources.append(x)
        if node is None or node in seen:
            continue
        seen.add(node)
        if node.is_input:
            sources += node.outputs
        waiting += reversed(node.input_tensors)
    return sources
