"""A graph of operations as one function of its inputs."""

from collections.abc import Callable, Sequence
from typing import Any

from minikeras.models.graph import Graph
from minikeras.models.plan import Plan
from minikeras.ops.operation import Operation
from minikeras.tree import (
    flatten,
    flatten_with_path,
    map_structure,
    pack_like,
    same_structure,
    sorted_by_key,
)
from minikeras.values.node import Node
from minikeras.values.symbolic import KerasTensor
from minikeras.values.tensor import as_tensor


class Function(Operation):
    """What leads from symbolic inputs to outputs, to be done again with numbers.

    Both are a symbolic tensor or a structure of them.  It has no state: a `Model` of
    the same graph has the weights of its layers.

    >>> from minikeras import KerasTensor, ops
    >>> x, y = KerasTensor((None, 2)), KerasTensor((None, 2))
    >>> Function([x, y], ops.multiply(x + y, 2.0))([ops.ones((1, 2))] * 2)
    Tensor([[4. 4.]], dtype=float32)

    Raises: ValueError if there are no inputs or no outputs, if an output needs more
    than the inputs, and if two operations have one name.
    """

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None) -> None:
        super().__init__(name=name)
        self.body = Body(inputs, outputs)

    @property
    def inputs(self) -> list[KerasTensor]:
        """The symbolic inputs, in a flat list."""
        return self.body.graph.inputs

    @property
    def outputs(self) -> list[KerasTensor]:
        """The symbolic outputs, in a flat list."""
        return self.body.graph.outputs

    @property
    def operations(self) -> list[Any]:
        """The layers and operations of the graph, from inputs to outputs."""
        return list(self.body.graph.operations)

    def call(self, inputs: Any) -> Any:
        """Computes the outputs."""
        self.body.check_structure(inputs)
        tensors = [x if x is None else as_tensor(x) for x in flatten(inputs)]
        for x, entrance in zip(tensors, self.inputs, strict=True):
            if x is not None and not fits(x.shape, entrance.shape):
                raise ValueError(
                    f"{self._class_name} was passed incompatible inputs. For input "
                    f"'{entrance.name}', expected shape {entrance.shape}, but received "
                    f"instead a tensor with shape {x.shape}."
                )
        return self.body.run(tensors, None)

    def compute_output_spec(self, inputs: Any) -> Any:
        """Returns the symbolic outputs for symbolic inputs."""
        return super().compute_output_spec(inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Returns the shapes of the outputs for shapes of the inputs."""
        return self.body.output_shape(input_shape, self.compute_output_spec)

    def get_config(self) -> dict[str, Any]:
        """Raises NotImplementedError: a model of the graph has a configuration."""
        raise NotImplementedError(
            f'Function "{self.name}" has no configuration: make a Model(inputs, '
            "outputs) of the same tensors."
        )


class Body:
    """A graph, its plan, and the structures that its inputs and outputs have."""

    def __init__(self, inputs: Any, outputs: Any) -> None:
        for kind, given in (("inputs", inputs), ("outputs", outputs)):
            check_symbolic(kind, given)
        self.inputs = map_structure(lambda x: x, inputs)
        self.outputs = map_structure(lambda x: x, outputs)
        self.returned = sorted_by_key(self.outputs)  # as Keras orders what it computes
        self.graph = Graph(flatten(inputs), flatten(outputs))
        self.plan = Plan(self.graph)

    def run(self, inputs: Sequence[Any], training: bool | None) -> Any:
        """Returns the outputs, in their structure, for a flat list of inputs."""
        outputs = self.plan.run(inputs, training)
        if isinstance(self.outputs, KerasTensor):
            return outputs[0]
        return pack_like(self.returned, outputs)

    def retrace(self, inputs: Any, call: Callable[[Node, Any, Any], Any]) -> Any:
        """Returns the outputs for inputs, where `call(node, args, kwargs)` does each
        step.
        """
        known = {
            id(x): y for x, y in zip(self.graph.inputs, flatten(inputs), strict=True)
        }

        def of(x: Any) -> Any:
            return known[id(x)] if isinstance(x, KerasTensor) else x

        for node in self.graph.calls():
            args = map_structure(of, node.args)
            outputs = call(node, args, map_structure(of, node.kwargs))
            for x, y in zip(node.outputs, flatten(outputs), strict=True):
                known[id(x)] = y
        return map_structure(of, self.outputs)

    def check_structure(self, inputs: Any) -> None:
        """Raises ValueError if inputs have another structure than the graph's."""
        if not same_structure(inputs, self.inputs):
            raise ValueError(self.mismatch(inputs))

    def mismatch(self, inputs: Any) -> str:
        """Returns what to say of inputs of another structure."""
        return (
            "The structure of `inputs` doesn't match the expected structure.\n"
            f"Expected: {names_in(self.inputs)}\nReceived: inputs={shapes_in(inputs)}"
        )

    def output_shape(self, shapes: Any, spec: Callable[[Any], Any]) -> Any:
        """Returns the shapes of the outputs for shapes of the inputs."""
        flat = shapes_at_leaves(shapes, self.inputs)
        inputs = pack_like(
            self.inputs,
            [
                KerasTensor(shape, x.dtype)
                for shape, x in zip(flat, self.graph.inputs, strict=True)
            ],
        )
        return map_structure(lambda x: x.shape, spec(inputs))

    def path_of(self, number: int) -> str:
        """Returns where in the structure of inputs one of the flat list is."""
        path, _ = flatten_with_path(self.inputs)[number]
        return ".".join(map(str, path))


def check_symbolic(kind: str, structure: Any) -> None:
    """Raises ValueError unless there are symbolic tensors in a structure, only."""
    leaves = flatten(structure)
    if not leaves:
        raise ValueError(f"`{kind}` argument cannot be empty; got {structure!r}.")
    for x in leaves:
        if not isinstance(x, KerasTensor):
            raise ValueError(
                f"All `{kind}` values must be KerasTensors. Received: {kind}="
                f"{structure} including invalid value {x} of type {type(x)}. Start "
                "with an Input, and call layers on it."
            )


def shapes_at_leaves(shapes: Any, structure: Any) -> list[tuple[Any, ...]]:
    """Returns the shapes that stand for the leaves of a structure.

    Raises: ValueError if there are more or fewer.
    """
    if isinstance(structure, dict) and isinstance(shapes, dict):
        return [
            shape
            for key in sorted(structure)
            for shape in shapes_at_leaves(shapes[key], structure[key])
        ]
    if isinstance(structure, (list, tuple)):
        if len(structure) == 1 and not isinstance(shapes[0], (list, tuple, dict)):
            shapes = [shapes]
        return [
            shape
            for part, inner in zip(shapes, structure, strict=True)
            for shape in shapes_at_leaves(part, inner)
        ]
    return [tuple(shapes)]


def fits(shape: Sequence[Any], expected: Sequence[Any]) -> bool:
    """Whether a shape is the expected one; a size that is not known fits every one."""
    return len(shape) == len(expected) and all(
        side == wanted or side is None or wanted is None
        for side, wanted in zip(shape, expected, strict=True)
    )


def names_in(structure: Any) -> Any:
    """Returns a structure with names for tensors."""
    return map_structure(lambda x: "None" if x is None else x.name, structure)


def shapes_in(structure: Any) -> Any:
    """Returns a structure with shapes for tensors."""
    return map_structure(
        lambda x: f"Tensor(shape={x.shape})" if hasattr(x, "shape") else repr(x),
        structure,
    )
