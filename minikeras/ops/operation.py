"""What can be called on symbolic tensors, and remembers it: layers and operations."""

from collections.abc import Callable
from typing import Any, NoReturn, Self

from minikeras.autograd.recording import no_grad
from minikeras.ops.constructor_arguments import (
    accepted_by,
    arguments_by_name,
    is_plain,
)
from minikeras.values.naming import auto_name
from minikeras.values.node import (
    Calls,
    Node,
    is_symbolic,
    nodes_recorded,
    recording,
    without_history,
)


class Operation:
    """Something with a name that computes tensors from tensors: `call` says how.

    Called on symbolic tensors it computes shapes and dtypes, and the call becomes a
    node of a graph that a `Function` or a `Model` can be made of.

    >>> from minikeras import Function, Input, ops
    >>> class Twice(Operation):
    ...     def call(self, x):
    ...         return ops.multiply(x, 2.0)
    >>> x = Input((3,))
    >>> Function(x, Twice()(x))(ops.ones((1, 3)))
    Tensor([[2. 2. 2.]], dtype=float32)

    Raises: ValueError for a name that is no string, or has a slash.
    """

    _arguments: dict[str, Any]

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Notes the arguments of a class that defines no get_config."""
        operation = super().__new__(cls)
        if cls.get_config is Operation.get_config:
            operation._arguments = arguments_by_name(cls.__init__, args, kwargs)
        return operation

    def __init__(self, name: str | None = None) -> None:
        if name is not None and (not isinstance(name, str) or "/" in name):
            raise ValueError(
                "The name of a layer or operation is a string without a slash; got "
                f"{name!r}."
            )
        self.name = name or auto_name(self._class_name)
        self._calls = Calls()

    @property
    def _class_name(self) -> str:
        """The name of what this is, as configurations and summaries have it."""
        return type(self).__name__

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Computes the results."""
        raise NotImplementedError(
            f"{self._class_name} defines no call(...): say there what it computes."
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Runs `call`; on symbolic tensors it makes a node as well."""
        if recording.nodes and is_symbolic((args, kwargs)):
            return self.symbolic_call(*args, **kwargs)
        return self.call(*args, **kwargs)

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        """Returns symbolic results, and makes a node of the call."""
        outputs = self.compute_output_spec(*args, **kwargs)
        outputs = without_history(outputs, (args, kwargs))
        Node(self, args, kwargs, outputs)
        return outputs

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Returns symbolic results, by running `call` on shapes."""
        with no_grad(), nodes_recorded(False):
            return self.call(*args, **kwargs)

    def quantized_call(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuses: nothing is quantized here.

        Raises: NotImplementedError, always.
        """
        raise NotImplementedError(
            f"{self._class_name} computes with the numbers that it has: nothing is "
            "quantized here. Call it as it is."
        )

    def rematerialized_call(
        self, fn: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Callable[..., Any]:
        """Returns `fn`: nothing is computed twice to save memory.

        That is what Keras does outside of a RematScope, and there is none here.
        """
        return fn

    def get_config(self) -> dict[str, Any]:
        """Returns what `from_config` needs to make an equal one.

        By itself it knows arguments that are numbers, strings or None, and lists,
        tuples and dicts of them.

        Raises: NotImplementedError if there are others.
        """
        if type(self).get_config is not Operation.get_config:
            return {"name": self.name}
        names, takes_all = accepted_by(type(self).__init__)
        arguments = {name: x for name, x in self._arguments.items() if name != "name"}
        unknown = [name for name, x in arguments.items() if not is_plain(x)]
        if unknown:
            raise NotImplementedError(
                f"{self._class_name} was made with arguments that are no plain values "
                f"({', '.join(sorted(unknown))}): it must define get_config()."
            )
        return ({"name": self.name} if takes_all or "name" in names else {}) | arguments

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Makes an operation from what `get_config` returned."""
        return cls(**config)

    # Where it was called --------------------------------------------------------------

    @property
    def _inbound_nodes(self) -> list[Node]:
        return self._calls.inbound

    @property
    def _outbound_nodes(self) -> list[Node]:
        return self._calls.outbound

    @property
    def input(self) -> Any:
        """The symbolic tensor of the first call, or the list of them."""
        return single(self._first_call("input").input_tensors)

    @property
    def output(self) -> Any:
        """The symbolic result of the first call, or the list of them."""
        return single(self._first_call("output").outputs)

    def _first_call(self, wanted: str) -> Node:
        if not self._inbound_nodes:
            # Python appends ". Did you mean: …?", so there is no full stop.
            raise AttributeError(
                f"The layer {self.name} has never been called on a symbolic tensor, "
                f"and thus has no defined {wanted}: {self._instead_of(wanted)}"
            )
        return self._inbound_nodes[0]

    def _instead_of(self, wanted: str) -> str:
        """Says what to do where there is no `input` or `output`."""
        return "start its model with an Input"

    def __repr__(self) -> str:
        return f"<Operation name={self.name}>"


def single(tensors: list[Any]) -> Any:
    """Returns the only one of a list, or the list."""
    return tensors[0] if len(tensors) == 1 else tensors
