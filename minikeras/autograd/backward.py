"""Reverse mode: sends gradients from a result back to everything it was computed from.

One loop, written as a generator of steps, serves `backward()`, the functional
interface, the stepper and the explorer.  It needs four words of its vocabulary `k`:
`add`, `sum_to_shape_of`, `ones_like` and `zeros_like`.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from minikeras.autograd.value import AnyNode, Leaf, Node, Output, Value


def count_uses(
    root: AnyNode, targets: Collection[AnyNode] = (), only_fresh: bool = False
) -> dict[AnyNode, int]:
    """Returns {node: how many calls between it and the root will send it a gradient}.

    Those with one are left out, and leaves, which wait for nobody.  The walk ends at
    leaves and at `targets`.  Its stack is a list, so a chain may be as long as memory
    allows.

    Raises: RuntimeError if part of the graph was freed; with `only_fresh` also if a
    Variable in it was assigned since.
    """
    uses = dict.fromkeys((root, *targets), 0)
    unvisited: list[Any] = [] if root in targets else [root]
    while unvisited:
        node = unvisited.pop()
        if node.parents is None:
            raise freed(node)
        for parent in node.parents:
            if parent is None:
                continue
            if type(parent) is Leaf:
                if only_fresh and parent.stale is not None:
                    raise assigned_between(parent.stale)
            elif parent in uses:
                uses[parent] += 1
            else:
                uses[parent] = 1
                unvisited.append(parent)
    return {node: count for node, count in uses.items() if count > 1}


def topological_order(root: AnyNode) -> list[AnyNode]:
    """Returns the nodes below `root`, each before those it was made from."""
    order = []
    leaves: dict[AnyNode, None] = {}
    uses = count_uses(root)
    ready = [root]
    while ready:
        node = ready.pop()
        order.append(node)
        for parent in node.parents:
            if type(parent) is Leaf:
                leaves[parent] = None
            elif parent is not None:
                left = uses.pop(parent, 1) - 1
                if left:
                    uses[parent] = left
                else:
                    ready.append(parent)
    return [*order, *leaves]


def backward_steps(
    root: AnyNode,
    grad: Any,
    k: Any,
    *,
    kind: type[Value] | None = None,
    targets: dict[AnyNode, Any] | None = None,
    retain_graph: bool = False,
) -> Iterator[tuple[Node, Any, Any]]:
    """Walks from `root` to the leaves, and yields (node, grad, input_grads) at each
    call.

    A node's turn comes when everyone who used it has sent a gradient: that is Kahn's
    algorithm, and the order it makes is topological.  Then

        input_grads = vjp(k, wanted, grad, out, *inputs)

    and each of them is summed to the shape of its input and added to what is there.

    With `kind`, a class of values, everything runs on recorded values of that class, so
    the gradients can be differentiated again; `k` is then `kind.recorded`.  With
    `targets`, a dict whose keys are nodes, gradients are stored there and no leaf is
    touched.  Without `retain_graph` each node is released behind the walk.
    """
    add, sum_to_shape_of = k.add, k.sum_to_shape_of
    has_axes = type(grad) is not float  # or there is nothing to sum over
    uses = count_uses(root, targets or (), only_fresh=targets is None)
    waiting: dict[Any, Any] = {}  # what has come so far, where more may come
    ready: list[tuple[Any, Any]] = []  # whose turn it is, and all that came
    if type(root) is Leaf:
        waiting[root] = grad
    else:
        ready.append((root, grad))
    while ready:
        node, grad = ready.pop()
        if targets is not None and node in targets:
            targets[node] = grad
            continue
        if kind is None:
            node.grad = grad  # a recorded gradient leads back here: it would be a cycle
        if type(node) is Output:
            source, index = node.source, node.index
            parts = waiting.pop(source, None) or [None] * len(source.out)
            before = parts[index]  # a vjp that used `out` made an Output of its own
            if grad is not None:
                parts[index] = grad if before is None else add(before, grad)
            left = uses.pop(source, 1) - 1
            if left:
                uses[source] = left
                waiting[source] = parts
            else:
                flowed = any(part is not None for part in parts)
                ready.append((source, tuple(parts) if flowed else None))
            continue
        parents, data, out = node.parents, node.data, node.out
        if kind is not None:
            data, out = as_values(kind, node)
        try:
            if grad is None:
                input_grads: Any = [None] * len(parents)  # only to count down
            else:
                primitive, parameters = node.primitive, node.parameters
                if len(data) == 2 and not parameters:  # as below, but sooner
                    input_grads = primitive.vjp(k, parents, grad, out, data[0], data[1])
                else:
                    input_grads = primitive.vjp(
                        k, parents, grad, out, *data, **parameters
                    )
                if type(input_grads) is not tuple or len(input_grads) != len(parents):
                    check_gradients(input_grads, parents)
            for parent, x, part in zip(parents, node.data, input_grads):  # noqa: B905
                if parent is None:
                    continue
                if has_axes and part is not None:
                    part = sum_to_shape_of(part, x)
                if type(parent) is Leaf or parent in uses:  # more may come
                    before = waiting.get(parent)
                    if before is not None:
                        # A new sum, never +=: `before` may be another's array, too.
                        part = before if part is None else add(before, part)
                    waiting[parent] = part
                    if type(parent) is Leaf:
                        continue
                    uses[parent] -= 1
                    if uses[parent]:
                        continue
                    del uses[parent], waiting[parent]  # it ends when it is done
                ready.append((parent, part))
        except Exception as error:
            error.add_note(describe(node))
            raise
        yield node, grad, input_grads
        if not retain_graph:
            # Released: a second backward through here is an error.
            node.data = node.parents = node.out = None
    for leaf, grad in waiting.items():
        if grad is None:
            continue
        if targets is None:
            leaf.grad = grad if leaf.grad is None else add(leaf.grad, grad)
        elif leaf in targets:
            targets[leaf] = grad


def as_values(kind: type[Value], node: Node) -> tuple[list[Value], Any]:
    """Returns a node's inputs and result as values that lead back to their origin.

    An input that was left out stays None.
    """
    inputs: list[Any] = [
        None if x is None else kind.wrap(x, parent)
        for x, parent in zip(node.data, node.parents)  # noqa: B905
    ]
    if type(node.out) is tuple:
        out: Any = tuple(kind.wrap(x, Output(node, i)) for i, x in enumerate(node.out))
    else:
        out = kind.wrap(node.out, node)
    return inputs, out


def check_gradients(input_grads: Any, parents: Sequence[Any]) -> None:
    """Refuses what a rule returned if it is not one gradient per input."""
    if type(input_grads) is not tuple and type(input_grads) is not list:
        raise TypeError(
            f"vjp returned a {type(input_grads).__name__}. Return a tuple with one "
            "gradient per input, also if there is only one."
        )
    if len(input_grads) != len(parents):
        raise ValueError(
            f"vjp returned {len(input_grads)} gradients for {len(parents)} inputs. "
            "Return one per input, None for those that need none."
        )


def freed(node: Node) -> RuntimeError:
    """Returns the error for a graph that a walk has been through already."""
    return RuntimeError(
        f"The graph through {node.primitive} was freed by an earlier backward(). Pass "
        "retain_graph=True to the first call, or compute the value again."
    )


def assigned_between(path: str) -> RuntimeError:
    """Returns the error for a graph made with weights that are no longer there."""
    return RuntimeError(
        f"The Variable {path} was assigned between the forward pass and backward(), so "
        "its gradient would mix the old and the new value. Call backward() before you "
        "assign."
    )


def describe(node: Node) -> str:
    """Says which call was being differentiated, and where it was recorded."""
    where = getattr(node, "where", None)
    place = (
        f"recorded at {where}"
        if where
        else "run it under debug_mode() to see on which line"
    )
    return f"In the derivative of {node.primitive}, {place}."
