"""A graph as a list of steps: what a model runs when it is called on numbers.

The graph is walked once, when the plan is made.  A step takes its inputs from numbered
places and puts its results into others; a place is used again when what was in it is
needed no more, so that a long chain holds two arrays at a time, not all of them.
"""

from collections.abc import Callable, Sequence
from typing import Any

from minikeras.layers.layer import Layer
from minikeras.layers.signatures import arguments_of
from minikeras.models.graph import Graph
from minikeras.tree import flatten, map_structure
from minikeras.values.node import Node
from minikeras.values.symbolic import KerasTensor


class Place:
    """Stands in arguments for the tensor in a numbered place."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number


class Arguments:
    """What an operation is called with: constants, and the places of tensors."""

    __slots__ = ("args", "kwargs", "takes_training")

    def __init__(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], takes_training: bool
    ) -> None:
        self.args = args
        self.kwargs = kwargs
        self.takes_training = takes_training

    def fill_in(
        self, values: list[Any], training: bool | None
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Returns the arguments with the tensors in their places.

        `training` of the model counts more than what a layer was called with when the
        model was made, as in Keras.
        """
        args = tuple([filled(x, values) for x in self.args])
        kwargs = {name: filled(x, values) for name, x in self.kwargs.items()}
        if training is not None and self.takes_training:
            kwargs["training"] = training
        return args, kwargs


def filled(part: Any, values: list[Any]) -> Any:
    """Returns a part of the arguments with the tensors in their places."""
    kind = type(part)
    if kind is Place:
        return values[part.number]
    if kind is list:
        return [filled(x, values) for x in part]
    if kind is dict:
        return {key: filled(x, values) for key, x in part.items()}
    if isinstance(part, tuple):
        parts = [filled(x, values) for x in part]
        return kind(*parts) if hasattr(part, "_fields") else tuple(parts)
    return part


# (what to call, its only tensor's place, its only result's place, the rest or None)
Step = tuple[Callable[..., Any], int, int, Arguments | None, list[int]]


class Plan:
    """The steps of a graph, in order, and where its inputs and outputs are."""

    __slots__ = ("inputs", "outputs", "places", "steps")

    def __init__(self, graph: Graph) -> None:
        allotment = Allotment(graph)
        self.inputs = [allotment.new(x) for x in graph.inputs]
        self.steps: list[Step] = []
        for number, node in enumerate(graph.calls()):
            self.steps.append(step_of(node, allotment))
            allotment.release(number)
        self.outputs = [allotment.of[id(x)] for x in graph.outputs]
        self.places = allotment.count

    def run(self, inputs: Sequence[Any], training: bool | None) -> list[Any]:
        """Returns the outputs for inputs; both are flat."""
        values: list[Any] = [None] * self.places
        for place, x in zip(self.inputs, inputs, strict=True):
            values[place] = x
        for function, source, target, arguments, targets in self.steps:
            if arguments is None:
                values[target] = function(values[source])
                continue
            args, kwargs = arguments.fill_in(values, training)
            outputs = function(*args, **kwargs)
            if target >= 0:
                values[target] = outputs
                continue
            for place, x in zip(targets, flatten(outputs), strict=True):
                values[place] = x
        return [values[place] for place in self.outputs]


class Allotment:
    """Which tensor is in which place, while the steps are made."""

    def __init__(self, graph: Graph) -> None:
        self.of: dict[int, int] = {}  # the place of a tensor, by its id
        self.count = 0
        self.free: list[int] = []
        last: dict[int, int] = {}  # the last step that needs a tensor
        for number, node in enumerate(graph.calls()):
            # Results that nobody needs are done with at once.
            for x in (*node.outputs, *node.input_tensors):
                last[id(x)] = number
        for x in (*graph.inputs, *graph.outputs):
            last.pop(id(x), None)
        self.ends: dict[int, list[int]] = {}
        for tensor, number in last.items():
            self.ends.setdefault(number, []).append(tensor)

    def new(self, x: KerasTensor) -> int:
        """Returns a place for a tensor."""
        if self.free:
            place = self.free.pop()
        else:
            place = self.count
            self.count += 1
        self.of[id(x)] = place
        return place

    def release(self, number: int) -> None:
        """Frees the places of what no step after this one needs."""
        self.free += [self.of[tensor] for tensor in self.ends.get(number, ())]


def step_of(node: Node, allotment: Allotment) -> Step:
    """Returns the step that does what a node stands for."""
    operation = node.operation
    kwargs = needed(operation, node.kwargs)
    args = map_structure(lambda x: place_of(x, allotment), node.args)
    kwargs = map_structure(lambda x: place_of(x, allotment), kwargs)
    targets = [allotment.new(x) for x in node.outputs]
    target = targets[0] if node.is_bare else -1
    function = operation.eager if hasattr(operation, "eager") else operation
    if not kwargs and target >= 0 and len(args) == 1 and type(args[0]) is Place:
        return function, args[0].number, target, None, targets
    takes_training = isinstance(operation, Layer) and "training" in arguments_of(
        type(operation).call
    )
    return function, -1, target, Arguments(args, kwargs, takes_training), targets


def place_of(x: Any, allotment: Allotment) -> Any:
    """Returns the place of a symbolic tensor; what is none stays."""
    return Place(allotment.of[id(x)]) if isinstance(x, KerasTensor) else x


def needed(operation: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
    """Returns keyword arguments without those a layer fills in by itself."""
    if not isinstance(operation, Layer):
        return kwargs
    filled_in = {
        "mask": None,
        "training": arguments_of(type(operation).call).get("training"),
    }
    return {
        name: x
        for name, x in kwargs.items()
        if name not in filled_in or x is not filled_in[name]
    }
