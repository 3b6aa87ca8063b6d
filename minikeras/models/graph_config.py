"""Graphs of layers as configurations and back, in Keras's format.

Each layer is written down with the calls of it that the model has; a tensor among the
arguments of a call is written as (name of the layer that made it, number of its call,
number of the result).
"""

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from typing import Any

from minikeras.models.graph import Graph
from minikeras.ops.operation import Operation
from minikeras.ops.public import KINDS, PublicOperation
from minikeras.saving.objects import deserialize_keras_object, serialize_keras_object
from minikeras.saving.places import ConfigurationError, reading, shown
from minikeras.tree import flatten, like, map_structure
from minikeras.values.node import Node, is_symbolic
from minikeras.values.symbolic import KerasTensor

KEYS = {"name", "layers", "input_layers", "output_layers"}
Place = tuple[str, int, int]  # of a tensor, as above
Call = tuple[str, int]  # a layer's name, and the number of a call of it


def describes_graph(config: Mapping[str, Any]) -> bool:
    """Whether a configuration is that of a graph."""
    return isinstance(config, Mapping) and config.keys() >= KEYS


def graph_config(graph: Graph, inputs: Any, outputs: Any) -> dict[str, Any]:
    """Returns {layers, input_layers, output_layers} for a graph."""
    calls = Numbering(graph)
    layers = []
    for operation in graph.operations:
        config = described_operation(operation)
        config["name"] = operation.name
        config["inbound_nodes"] = [
            {
                "args": calls.described(list(node.args)),
                "kwargs": calls.described(node.kwargs),
            }
            for node in calls.of[operation]
            if not node.is_input
        ]
        layers.append(config)
    return {
        "layers": layers,
        "input_layers": map_structure(calls.place_at_end, inputs),
        "output_layers": map_structure(calls.place_at_end, outputs),
    }


def described_operation(operation: Any) -> dict[str, Any]:
    """Returns the configuration of a layer, or of an operation under Keras's name."""
    if not isinstance(operation, PublicOperation):
        config: dict[str, Any] = serialize_keras_object(operation)
        return config
    return {
        "module": operation.kind.module,
        "class_name": operation._class_name,
        "config": serialize_keras_object(operation.get_config()),
        "registered_name": operation._class_name,
    }


class Numbering:
    """The numbers of the calls that a graph has, counted per operation.

    An operation may have been called elsewhere too: those calls do not count.
    """

    def __init__(self, graph: Graph) -> None:
        inside = set(graph.nodes)
        self.of: dict[Any, list[Node]] = {
            operation: [node for node in operation._inbound_nodes if node in inside]
            for operation in graph.operations
        }
        self.numbers: dict[Node, int] = {
            node: number
            for nodes in self.of.values()
            for number, node in enumerate(nodes)
        }

    def place(self, tensor: KerasTensor) -> list[Any]:
        """Returns where a tensor is from."""
        operation, index, position = tensor._keras_history
        node = operation._inbound_nodes[index]
        return [operation.name, self.numbers[node], position]

    def place_at_end(self, tensor: KerasTensor) -> list[Any]:
        """Returns where an input or output of the graph is from.

        Here, and not among arguments, Keras counts the calls of a model that is a graph
        from 1.
        """
        name, number, position = self.place(tensor)
        return [name, number + first_number(tensor._keras_history[0]), position]

    def described(self, part: Any) -> Any:
        """Returns arguments as a configuration."""
        if isinstance(part, KerasTensor):
            return {
                "class_name": "__keras_tensor__",
                "config": {
                    "shape": list(part.shape),
                    "dtype": part.dtype,
                    "keras_history": self.place(part),
                },
            }
        if isinstance(part, dict):
            return {key: self.described(x) for key, x in part.items()}
        if isinstance(part, (list, tuple)):
            return [self.described(x) for x in part]
        return serialize_keras_object(part)


def graph_from_config(
    config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None
) -> tuple[Any, Any]:
    """Makes the layers, calls them, and returns the inputs and outputs of the graph.

    A call is made as soon as the tensors that it needs are there; nothing recurses.

    Raises: ValueError for a call that needs what no other call makes.
    """
    with reading(config, "A graph"):
        builder = Builder(config["layers"], custom_objects)
        builder.run()
        ends = [builder.tensors(config[f"{end}_layers"]) for end in ("input", "output")]
    return ends[0], ends[1]


class Builder:
    """Makes a graph from its configuration, call by call."""

    def __init__(self, layers: Any, custom_objects: Mapping[str, Any] | None) -> None:
        self.layers: dict[str, Any] = {}
        self.calls: dict[Call, tuple[list[Any], dict[str, Any]]] = {}
        self.described: dict[Call, dict[str, Any]] = {}  # the calls as they are written
        self.results: dict[Call, list[KerasTensor]] = {}
        for config in listed(layers, "layers"):
            check_described(config)
            name = config["name"]
            if name in self.layers:
                raise ConfigurationError(
                    f"Two layers of the model are called {shown(name)}.", config
                )
            with reading(config, f"Layer {shown(name)}"):
                described = without_calls(config, custom_objects)
                layer = deserialize_keras_object(described, custom_objects)
            if not isinstance(layer, Operation):
                raise ConfigurationError(
                    f"Expected a layer or an operation; got {shown(layer)}.", config
                )
            self.layers[name] = layer
            for number, call in enumerate(config["inbound_nodes"]):
                args = deserialize_keras_object(call["args"], custom_objects)
                kwargs = deserialize_keras_object(call["kwargs"], custom_objects)
                self.calls[name, number] = args, kwargs
                self.described[name, number] = call
            if not config["inbound_nodes"]:
                if not layer._inbound_nodes:
                    raise ConfigurationError(
                        f"Layer {shown(name)} is never called, and is no input.", config
                    )
                self.results[name, 0] = layer._inbound_nodes[0].outputs

    def run(self) -> None:
        """Makes all calls, each after those that it needs."""
        waiting: dict[Call, int] = {}
        followers: dict[Call, list[Call]] = defaultdict(list)
        for call in self.calls:
            needed = {x for x in self.needed(call) if x not in self.results}
            waiting[call] = len(needed)
            for other in needed:
                followers[other].append(call)
        ready = deque(call for call, count in waiting.items() if not count)
        while ready:
            call = ready.popleft()
            self.make(call)
            for follower in followers[call]:
                waiting[follower] -= 1
                if not waiting[follower]:
                    ready.append(follower)
        stuck = [call for call in self.calls if call not in self.results]
        if stuck:
            name, number = stuck[0]
            raise ConfigurationError(
                f"Call {number} of layer {shown(name)} needs what no other call makes: "
                f"{shown(sorted(self.needed(stuck[0]) - self.results.keys()))}.",
                self.described[stuck[0]],
            )

    def needed(self, call: Call) -> set[Call]:
        """Returns the calls that must be made before: earlier ones of the layer too."""
        name, number = call
        needed = {place[:2] for place in places_in(self.calls[call])}
        return needed | {(name, number - 1)} if number else needed

    def make(self, call: Call) -> None:
        """Calls a layer on the tensors that are there by now."""
        what = f"Call {call[1]} of layer {shown(call[0])}"
        with reading(self.described[call], what):
            args, kwargs = map_structure(self.filled, self.calls[call])
            if not is_symbolic((args, kwargs)):
                # It would compute here and now, arrays as large as the file likes.
                raise ValueError(f"{what} is given no tensor.")
            outputs = self.layers[call[0]](*args, **kwargs)
        self.results[call] = flatten(outputs)

    def filled(self, part: Any) -> Any:
        """Returns the tensor that a part of the arguments stands for."""
        place = place_of(part)
        return part if place is None else self.tensor(place)

    def tensor(self, place: Place) -> KerasTensor:
        """Returns the tensor in a place.

        Raises: ValueError if there is none.
        """
        name, number, position = place
        results = self.results.get((name, number), [])
        if not 0 <= position < len(results):
            raise ValueError(f"There is no tensor {shown(list(place))} in the model.")
        return results[position]

    def tensors(self, structure: Any) -> Any:
        """Returns a structure of tensors for a structure of their places."""
        if isinstance(structure, dict):
            return {key: self.tensors(part) for key, part in structure.items()}
        if not isinstance(structure, (list, tuple)) or not structure:
            raise ValueError(f"Expected places of tensors; got {shown(structure)}.")
        if isinstance(structure[0], str):
            name, number, position = checked_place(structure)
            number -= first_number(self.layers.get(name))
            return self.tensor((name, number, position))
        return like(structure, map(self.tensors, structure))


def listed(value: Any, key: str) -> list[Any]:
    """Returns a list of a configuration.

    Raises: ValueError if it is none.
    """
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"Expected a list of {key}; got {shown(value)}.")
    return list(value)


def check_described(config: Any) -> None:
    """Refuses what is no configuration of a layer and its calls."""
    if not isinstance(config, dict) or not isinstance(config.get("name"), str):
        raise ConfigurationError(
            f"A layer of a graph is a dict with a name; got {shown(config)}.", config
        )
    calls = config.get("inbound_nodes")
    if not isinstance(calls, (list, tuple)):
        raise ConfigurationError(
            f"The inbound_nodes of layer {shown(config['name'])} are a list of its "
            f"calls; got {shown(calls)}.",
            config,
        )
    for call in calls:
        if not isinstance(call, dict):
            raise ConfigurationError(
                f"The calls of layer {shown(config['name'])} are written as versions "
                "of Keras before 3 did. Save the model anew with Keras 3.",
                config,
            )
        args, kwargs = call.get("args"), call.get("kwargs")
        if not isinstance(args, (list, tuple)) or not isinstance(kwargs, dict):
            raise ConfigurationError(
                "A call is a dict with a list of args and a dict of kwargs; got "
                f"{shown(call)}.",
                call,
            )


def first_number(operation: Any) -> int:
    """Returns the number of the first call where a graph begins or ends."""
    return getattr(operation, "first_number", 0)


def without_calls(
    config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None
) -> Mapping[str, Any]:
    """Returns the configuration of a layer, or operation, without that of its calls."""
    extra = ("inbound_nodes", "name")
    described = {key: value for key, value in config.items() if key not in extra}
    if (config.get("module"), config.get("class_name")) in KINDS:
        # Operations, which know nothing of files, are given their settings as they are.
        settings = deserialize_keras_object(config.get("config"), custom_objects)
        described["config"] = settings
    return described


def places_in(structure: Any) -> Iterator[Place]:
    """Yields the places of the tensors among arguments."""
    for leaf in flatten(structure):
        place = place_of(leaf)
        if place is not None:
            yield place


def place_of(leaf: Any) -> Place | None:
    """Returns where an argument was from when it was saved; None if it is no tensor."""
    if not isinstance(leaf, KerasTensor):
        return None
    return checked_place(getattr(leaf, "_saved_history", None))


def checked_place(place: Any) -> Place:
    """Returns a place as a tuple.

    Raises: ValueError if it is none.
    """
    if (
        not isinstance(place, (list, tuple))
        or len(place) != 3
        or [type(part) for part in place] != [str, int, int]
    ):
        raise ValueError(f"Expected [layer, call, result]; got {shown(place)}.")
    return place[0], place[1], place[2]
