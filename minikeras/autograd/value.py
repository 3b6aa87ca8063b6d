"""The things that flow through a computation: values, and the records that link them.

Kept apart from the rules (`primitive`) and from the walk (`backward`) so that the
picture of a graph fits on one screen: a `Value` points to the `Node` that made it, a
`Node` points to the nodes of its inputs, and nothing points forward.  There are
therefore no reference cycles: a graph is freed the moment its last value is dropped.
"""

from typing import Any, Self, TypeAlias, Union, final

# What a value's `node` may be.
AnyNode: TypeAlias = Union["Leaf", "Node", "Output"]


class Value:
    """A number or an array, and how it came to be.

    `data` is the plain result, a float or an ndarray.  `node` is None for a constant, a
    `Leaf` for something to differentiate with respect to, a `Node` for the result of a
    recorded call and an `Output` for one result of a call that returned several.

    A class of values says what it computes with, in class attributes:

    - `active.kernels`: the kernel set of this thread (plain results);
    - `recorded`: the vocabulary of primitives on values of this class (results that can
      be differentiated again);
    - `result`: the class that results have; a Variable's results are Tensors;
    - `symbolic`: true if `data` is only a shape, and so is everything computed with it;
    - `mutable`: true if `data` may be changed in place later: a Variable.
    """

    __slots__ = ("data", "node")

    data: Any
    node: AnyNode | None

    active: Any
    recorded: Any
    result: type[Any]
    symbolic = False
    mutable = False

    @classmethod
    def wrap(cls, data: Any, node: AnyNode | None = None) -> Self:
        """Makes a value of this class from a plain result, without converting it."""
        value = cls.__new__(cls)
        value.data = data
        value.node = node
        return value

    @property
    def requires_grad(self) -> bool:
        """Whether a gradient can flow back through this value."""
        return self.node is not None

    @property
    def grad(self) -> Any:
        """∂L/∂self after `L.backward()`, or None; a leaf adds up over calls."""
        grad = None if self.node is None else self.node.grad
        if grad is None or isinstance(grad, Value):
            return grad
        return self.result.wrap(grad)

    def zero_grad(self) -> None:
        """Forgets the gradient, so that the next `backward` starts from nothing."""
        if self.node is not None:
            self.node.grad = None


@final
class Leaf:
    """Where a graph begins: gradients arrive here and add up."""

    __slots__ = ("grad", "stale")

    parents = ()

    def __init__(self, grad: Any = None) -> None:
        self.grad = grad
        # The path of a Variable that was assigned since: graphs of its old value end.
        self.stale: str | None = None


class Node:
    """One recorded call of a primitive: all that its `vjp` will ask for.

    `data` and `parents` run in parallel, one entry per input: the plain input, and the
    node it came from (None where no gradient is wanted).  Both, and `out`, are None
    once the graph is freed.  The user's line is kept in `where` in debug mode only.

    The call fills it in: an `__init__` would be one more frame per operation.
    """

    __slots__ = ("data", "grad", "out", "parameters", "parents", "primitive", "where")

    primitive: Any
    data: Any
    parents: Any
    parameters: dict[str, Any]
    out: Any
    grad: Any
    where: str


@final
class Reader(Node):
    """A Node that reads a mutable constant, and can be told before that changes."""

    __slots__ = ("__weakref__",)


@final
class Output:
    """The i-th result of a call that returned a tuple."""

    __slots__ = ("grad", "index", "parents", "source")

    def __init__(self, source: Node, index: int) -> None:
        self.source = source
        self.parents = (source,)
        self.index = index
        self.grad: Any = None
