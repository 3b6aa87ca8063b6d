"""The one shape that every differentiable operation has."""

from typing import Any

from minikeras.autograd.recording import mode, users_line
from minikeras.autograd.value import Node, Output, Reader, Value

NO_PARAMETERS: dict[str, Any] = {}  # of all calls that have none


class Primitive:
    """An operation with its derivative: a rule, written once, in a vocabulary `k`.

    A subclass defines two methods side by side and has no state:

        forward(k, *inputs, **parameters) -> out
        vjp(k, wanted, grad, out, *inputs, **parameters) -> one gradient per input

    with grad = ∂L/∂out.  `k` is a kernel set: an object whose attributes are functions
    with agreed names, so the same text runs on floats, on arrays, on shapes, or on
    values that record themselves (which is how second derivatives come about).
    `wanted[i]` is true if input i needs its gradient; the others may be None, and so
    may a gradient that is zero everywhere.  Broadcasting never appears in a rule:
    `backward` sums each gradient to its input's shape.  A rule that needs an
    intermediate result in its vjp returns it as a further output: then `out` is a
    tuple, and so is `grad`, with None where nothing flowed.
    """

    def forward(self, k, *inputs, **parameters):
        """Computes the result from plain inputs."""
        raise NotImplementedError(
            f"{self} defines no forward(k, *inputs, **parameters)."
        )

    def vjp(self, k, wanted, grad, out, /, *inputs, **parameters):
        """Computes the vector-Jacobian product gradᵀ · ∂out/∂input for each input."""
        raise NotImplementedError(
            f"{self} has no derivative: it defines no vjp. Wrap its input in "
            "stop_gradient(...) if none is meant to flow."
        )

    def explain(self, *inputs):
        """Raises a ValueError that says more than the one of a kernel, where it can."""

    def __call__(self, *inputs: Any, **parameters: Any) -> Any:
        """Runs `forward`, and records the call if a gradient can flow through it.

        The result has the class of the inputs, which also says what to compute with.
        """
        kind: Any = None
        recorded = False
        read: Any = ()  # the mutable constants
        data = []
        parents = []
        for x in inputs:
            if isinstance(x, Value):
                if type(x) is not kind and (kind is None or x.symbolic):
                    kind = x.result
                node = x.node
                if node is not None:
                    recorded = True
                elif x.mutable:
                    read = (*read, x)
                data.append(x.data)
                parents.append(node)
            else:
                data.append(x)
                parents.append(None)
        if kind is None:
            raise TypeError(
                f"{self} needs a Scalar or Tensor among its inputs; got "
                f"{', '.join(type(x).__name__ for x in inputs) or 'none'}. "
                "Convert one of them first."
            )
        k = kind.active.kernels
        try:
            if len(data) == 2 and not parameters:  # as below, but sooner: a star costs
                out = self.forward(k, data[0], data[1])
            else:
                out = self.forward(k, *data, **parameters)
        except ValueError:
            self.explain(*data)
            raise
        node = None
        if recorded and mode.recording:
            node = Reader() if read else Node()
            node.primitive = self
            # Tuples, not lists: they take less memory, and the cyclic collector soon
            # leaves alone those that hold but numbers.
            node.data = tuple(data)
            node.parents = tuple(parents)
            node.parameters = parameters or NO_PARAMETERS
            node.out = out
            node.grad = None
            if read:
                for variable in read:
                    variable.readers.add(node)
            if mode.debug:
                node.where = users_line()
        if type(out) is tuple:
            return results(kind, out, node)
        value = kind.__new__(kind)  # as wrap does
        value.data = out
        value.node = node
        return value

    def __repr__(self) -> str:
        return type(self).__name__


def results(kind: type[Value], out: tuple[Any, ...], node: Node | None) -> Any:
    """Returns a value for each of the results of one call."""
    return tuple(
        kind.wrap(part, None if node is None else Output(node, i))
        for i, part in enumerate(out)
    )
