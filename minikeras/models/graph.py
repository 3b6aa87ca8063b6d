"""The graph between symbolic inputs and outputs: which calls it has, in which order.

Nothing here recurses: a graph may be thousands of calls deep.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from minikeras.tree import flatten
from minikeras.values.node import Node, node_of
from minikeras.values.symbolic import KerasTensor


class Graph:
    """The calls that lead from inputs to outputs, ordered as Keras does.

    The depth of a call is the longest way from it to an output. `nodes` are in order
    of falling depth, and so are the `operations`, each of which is there once.

    Raises: ValueError if an output needs more than the inputs, or if two operations
    have one name.
    """

    def __init__(
        self, inputs: Sequence[KerasTensor], outputs: Sequence[KerasTensor]
    ) -> None:
        self.inputs = list(inputs)
        self.outputs = list(outputs)
        found, seen = nodes_between(inputs, outputs)
        depths = depths_of(found)
        # An input that no output needs is there all the same.
        for x in inputs:
            node = node_of(x)
            if node is not None and node.is_input and node not in depths.by_node:
                depths.add_entrance(node)
                seen.setdefault(node.operation, -1)
        self.nodes: list[Node] = sorted(
            depths.by_node, key=lambda x: -depths.by_node[x]
        )
        self.operations: list[Any] = sorted(
            depths.by_operation, key=lambda x: (-depths.by_operation[x], seen[x])
        )
        self.depths = depths.by_node
        # What calls are given beside tensors; a recorded step looks for Variables, and
        # for functions that are not minikeras's, in attributes.
        self.constants = [
            x
            for node in self.nodes
            for x in flatten([node.args, list(node.kwargs.values())])
            if not isinstance(x, (KerasTensor, bool, int, float, str, type(None)))
        ]
        self.check_names()
        self.check_connections()

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Enters the nodes of a copied graph in the calls of the copied operations."""
        vars(self).update(state)
        for node in sorted(self.nodes, key=lambda node: node.index):
            node.enter()

    def calls(self) -> Iterator[Node]:
        """Yields the nodes in which something is computed, in order."""
        return (node for node in self.nodes if not node.is_input)

    def check_names(self) -> None:
        """Raises ValueError if two operations have one name."""
        counts = Counter(operation.name for operation in self.operations)
        for name, count in counts.items():
            if count > 1:
                raise ValueError(
                    f'The name "{name}" is used {count} times in the model. All '
                    "operation names should be unique: give one of the layers another "
                    "name=..."
                )

    def check_connections(self) -> None:
        """Raises ValueError if a call needs a tensor that the inputs do not lead to."""
        known = {id(x) for x in self.inputs}
        done: list[str] = []
        for node in self.nodes:
            for x in node.input_tensors:
                if id(x) not in known:
                    raise ValueError(disconnected(x, node, self.inputs, done))
            if not node.is_input:
                known.update(map(id, node.outputs))
                done.append(node.operation.name)
        for x in self.outputs:
            if id(x) not in known:
                raise ValueError(disconnected(x, None, self.inputs, done))


def disconnected(
    x: KerasTensor, node: Node | None, inputs: list[KerasTensor], done: list[str]
) -> str:
    """Returns what to say of a tensor that the inputs do not lead to."""
    source = node_of(x)
    needed = "is an output" if node is None else f'"{node.operation.name}" needs it'
    made_by = (
        "no layer or operation made it"
        if source is None
        else f'"{source.operation.name}" makes it'
    )
    names = ", ".join(repr(entrance.name) for entrance in inputs)
    last = f" Reached were {', '.join(done[-10:])}." if done else ""
    return (
        f"The graph is disconnected: {x!r} {needed}, {made_by}, and it does not follow "
        f"from the inputs, which are {names}.{last} Is an Input missing?"
    )


class Depths:
    """The longest ways to an output, by node and by operation."""

    def __init__(self) -> None:
        self.by_node: dict[Node, int] = {}
        self.by_operation: dict[Any, int] = {}

    def add_entrance(self, node: Node) -> None:
        """Adds an entrance that leads nowhere."""
        self.by_node[node] = 0
        self.by_operation.setdefault(node.operation, 0)


def depths_of(nodes: list[Node]) -> Depths:
    """Returns the depths of nodes that are sorted from inputs to outputs.

    An operation that is called several times has the largest depth of its calls, and a
    call is as deep as its operation was when its turn came.
    """
    depths = Depths()
    inside = set(nodes)
    for node in reversed(nodes):
        depth = max(
            depths.by_node.get(node, 0), depths.by_operation.get(node.operation, 0)
        )
        depths.by_operation[node.operation] = depth
        depths.by_node[node] = depth
        for parent in node.parent_nodes:
            if parent in inside:
                known = depths.by_node.get(parent, 0)
                depths.by_node[parent] = max(depth + 1, known)
    return depths


def nodes_between(inputs: Any, outputs: Any) -> tuple[list[Node], dict[Any, int]]:
    """Returns the calls that outputs follow from, each after those it needs.

    Beside them {operation: place in the order in which they were met}. The walk goes
    backwards, depth first, and stops at the inputs.
    """
    entrances = {id(x) for x in flatten(inputs)}
    ordered: list[Node] = []
    seen: dict[Any, int] = {}
    entered: set[Node] = set()
    for output in flatten(outputs):
        waiting: list[tuple[Node, Iterator[KerasTensor]]] = []
        enter(output, entrances, entered, seen, waiting)
        while waiting:
            node, rest = waiting[-1]
            x = next(rest, None)
            if x is None:
                waiting.pop()
                ordered.append(node)
            else:
                enter(x, entrances, entered, seen, waiting)
    return ordered, seen


def enter(
    x: KerasTensor,
    entrances: set[int],
    entered: set[Node],
    seen: dict[Any, int],
    waiting: list[tuple[Node, Iterator[KerasTensor]]],
) -> None:
    """Puts the call that a tensor is from on the stack, unless it was there before."""
    node = node_of(x)
    if node is None or node in entered:
        return
    if id(x) in entrances and not node.is_input:
        return
    entered.add(node)
    seen.setdefault(node.operation, len(seen))
    waiting.append((node, iter(node.input_tensors)))
