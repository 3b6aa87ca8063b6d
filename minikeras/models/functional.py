"""Models that are graphs of layers: `Model(inputs, outputs)`."""

import inspect
import warnings
from collections.abc import Iterable
from typing import Any

from minikeras.layers.context import context
from minikeras.layers.input_layer import Input
from minikeras.layers.layer import Layer
from minikeras.models.function import Body, check_symbolic, fits
from minikeras.models.graph import nodes_between
from minikeras.models.graph_config import (
    graph_config,
)
from minikeras.models.model import Model
from minikeras.models.trainer import Trainer
from minikeras.ops.shape import expand_dims, squeeze
from minikeras.tree import (
    flatten,
    flatten_with_path,
    map_structure,
    pack_like,
    same_structure,
)
from minikeras.values.naming import path_of
from minikeras.values.node import Node, node_of
from minikeras.values.symbolic import KerasTensor
from minikeras.values.tensor import Tensor, as_tensor, cast


class Functional(Model):
    """A model of the calls that lead from symbolic inputs to outputs.

    Inputs and outputs are symbolic tensors, or lists, dicts and nested structures of
    them.  The inputs may be results of layers: then the model is that part of the
    graph, and shares the layers.

    >>> from minikeras import Input, layers
    >>> x = Input((3,), name="x")
    >>> hidden = layers.Dense(4, activation="relu")(x)
    >>> model = Model(x, [hidden, layers.Dense(2)(hidden)])
    >>> model.output_shape
    [(None, 4), (None, 2)]

    Raises: ValueError for what is no symbolic tensor, for an output that needs more
    than the inputs, and if two layers have one name.
    """

    saved_first = ("layers",)
    not_saved = ("operations", "_operations")
    first_number = 1  # of its calls, where the configuration of a graph ends with one

    def __init__(
        self,
        inputs: Any,
        outputs: Any,
        name: str | None = None,
        trainable: bool | None = None,
        **kwargs: Any,
    ) -> None:
        Trainer.__init__(self, name=name, **kwargs)
        check_symbolic("inputs", inputs)
        check_symbolic("outputs", outputs)
        warn_of_other_names(inputs)
        if not all(map(is_entrance, flatten(inputs))):
            inputs, outputs = copied_graph(inputs, outputs)
        self.body = Body(inputs, outputs)
        self._operations = self.body.graph.operations  # their weights are the model's
        self.built = True
        self._path = path_of(self.name)
        if trainable is not None:
            self.trainable = trainable

    # The graph ------------------------------------------------------------------------

    @property
    def operations(self) -> list[Any]:
        """The layers and operations of the graph, from inputs to outputs."""
        return list(self._operations)

    def _listed_layers(self) -> list[Layer]:
        """Returns the layers of the graph, the inputs among them."""
        return [x for x in self._operations if isinstance(x, Layer)]

    @property
    def inputs(self) -> list[KerasTensor]:
        """The symbolic inputs, in a flat list."""
        return list(self.body.graph.inputs)

    @property
    def outputs(self) -> list[KerasTensor]:
        """The symbolic outputs, in a flat list."""
        return list(self.body.graph.outputs)

    @property
    def input(self) -> Any:
        """The symbolic inputs, in the structure that was given."""
        return self.body.inputs

    @property
    def output(self) -> Any:
        """The symbolic outputs, in the structure that was given."""
        return self.body.outputs

    @property
    def input_names(self) -> list[str]:
        """The names of the inputs."""
        return [x.name for x in self.inputs]

    @property
    def output_names(self) -> list[str]:
        """The names of the layers and operations that the outputs are from."""
        return [x._keras_history.operation.name for x in self.outputs]

    @property
    def input_shape(self) -> Any:
        """The shape of the input; a list of them for several."""
        return one_or_all([x.shape for x in self.inputs])

    @property
    def output_shape(self) -> Any:
        """The shape of the output; a list of them for several."""
        return one_or_all([x.shape for x in self.outputs])

    # The call -------------------------------------------------------------------------

    def build(self, input_shape: Any = None) -> None:
        """Does nothing: the layers were built as they were called."""
        self.built = True

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        tensors = self._standardized(inputs)
        if mask is not None:
            tensors = [
                with_mask(x, part)
                for x, part in zip(tensors, flatten(mask), strict=True)
            ]
        if training is not None and context.training is not training:
            return self._call_with(tensors, training)
        outputs = self.body.run(tensors, training)
        if isinstance(outputs, (list, tuple)) and len(outputs) == 1:
            return outputs[0]
        return outputs

    def _call_with(self, tensors: list[Any], training: bool) -> Any:
        """Runs the layers in training or not, whatever calls around this one say."""
        outer, context.training = context.training, training
        try:
            return self.call(pack_like(self.body.inputs, tensors), training)
        finally:
            context.training = outer

    def _convert_arguments(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Leaves the inputs to `call`, which knows the dtype of each."""
        if not args and "inputs" in kwargs:
            args = (kwargs.pop("inputs"),)
        return args, kwargs

    def _with_mask(self, inputs: Any, outputs: Any, mask: Any) -> Any:
        """Returns the outputs with the masks that the layers inside gave them."""
        return outputs

    def _standardized(self, inputs: Any) -> list[Any]:
        """Returns the inputs as a flat list of Tensors that the graph can begin with.

        A dict is looked through by the names of the inputs. A last axis of size 1 is
        added or left out where the number of axes differs by it.

        Raises: ValueError for another structure, shape or number of axes.
        """
        expected = self.body.graph.inputs
        if len(expected) == 1 and isinstance(inputs, Tensor):
            flat = [inputs]
        else:
            inputs = self._by_name(inputs)
            self._check_structure(inputs)
            flat = flatten(inputs)
        return [
            self._fitting(x, entrance, number)
            for number, (x, entrance) in enumerate(zip(flat, expected, strict=True))
        ]

    def _by_name(self, inputs: Any) -> Any:
        """Returns inputs in the structure of the model's, if they were given by name,
        or bare where there is one.
        """
        structure = self.body.inputs
        if isinstance(inputs, dict) and not isinstance(structure, dict):
            entrances = [structure] if isinstance(structure, KerasTensor) else structure
            if all(isinstance(x, KerasTensor) and x.name in inputs for x in entrances):
                return pack_like(structure, [inputs[x.name] for x in entrances])
            if all(isinstance(x, KerasTensor) for x in entrances):
                raise self._missing([x.name for x in entrances], inputs)
        if isinstance(inputs, dict) and isinstance(structure, dict):
            if structure.keys() < inputs.keys():
                self._warn_of_structure(inputs)
            if structure.keys() <= inputs.keys():
                return {key: inputs[key] for key in structure}
            raise self._missing(structure, inputs)
        if len(self.body.graph.inputs) == 1 and not isinstance(inputs, dict):
            [leaf] = flatten(inputs) if len(flatten(inputs)) == 1 else [inputs]
            if not isinstance(structure, dict):
                return pack_like(structure, [leaf])
        if isinstance(inputs, (list, tuple)) and isinstance(structure, dict):
            flat = flatten(inputs)
            if len(flat) == len(flatten(structure)) and list(structure) == sorted(
                structure
            ):
                self._warn_of_structure(inputs)
                return pack_like(structure, flat)
        return inputs

    def _check_structure(self, inputs: Any) -> None:
        """Raises ValueError for inputs of another structure; warns if the right number
        of them, without names, is nested otherwise.
        """
        if same_structure(inputs, self.body.inputs):
            return
        leaves = flatten_with_path(inputs) + flatten_with_path(self.body.inputs)
        named = any(isinstance(key, str) for path, _ in leaves for key in path)
        if named or len(leaves) != 2 * len(self.body.graph.inputs):
            raise ValueError(self.body.mismatch(inputs))
        self._warn_of_structure(inputs)

    def _warn_of_structure(self, inputs: Any) -> None:
        warnings.warn(self.body.mismatch(inputs), UserWarning, stacklevel=5)

    def _missing(self, names: Iterable[str], inputs: dict[str, Any]) -> ValueError:
        """Returns the error for inputs of which one is not there."""
        missing = next(name for name in names if name not in inputs)
        return ValueError(
            f'Model "{self.name}": Missing data for input "{missing}". You passed a '
            f"data dictionary with keys {list(inputs)}. Expected the following keys: "
            f"{list(names)}"
        )

    def _fitting(self, x: Any, entrance: KerasTensor, number: int) -> Any:
        """Returns an input as a Tensor with the dtype and axes of its entrance."""
        if x is None:
            if entrance._keras_history.operation.optional:
                return None
            raise ValueError(
                f"Model \"{self.name}\": The input '{entrance.name}' is not optional, "
                "but None was passed. Please provide a valid tensor."
            )
        if not isinstance(x, Tensor):
            x = as_tensor(x)
        if x.dtype != entrance.dtype:
            x = with_mask(cast(x, entrance.dtype), getattr(x, "_keras_mask", None))
        shape, expected = x.shape, entrance.shape
        if shape[1:] == expected[1:] and len(shape) == len(expected):
            return x  # the usual case; any number of samples will do
        if len(shape) == len(expected) + 1 and shape[-1] == 1:
            x = squeeze(x, -1)
        elif len(shape) == len(expected) - 1 and expected[-1] == 1:
            x = expand_dims(x, -1)
        if not fits(x.shape[1:], expected[1:]) or x.ndim != len(expected):
            path = self.body.path_of(number)
            at = f" and path '{path}'" if path else ""
            raise ValueError(
                f"Model \"{self.name}\": the input with name '{entrance.name}'{at} is "
                f"incompatible with the model: expected shape={expected}, found "
                f"shape={shape}."
            )
        return x

    # Configuration --------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """Returns the layers and how they are connected.

        A subclass with a constructor of its own has a configuration of its own.
        """
        if not takes_a_graph(type(self)):
            return super().get_config()
        body = self.body
        return {
            "name": self.name,
            "trainable": self.trainable,
            **graph_config(body.graph, body.inputs, body.outputs),
        }

    def get_build_config(self) -> dict[str, Any]:
        """Returns what Keras writes for a graph, which is built as it is made."""
        return {"input_shape": None}

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Returns the shapes of the outputs for shapes of the inputs."""
        return self.body.output_shape(input_shape, self.compute_output_spec)


def takes_a_graph(cls: type[Any]) -> bool:
    """Whether the constructor of a class takes inputs and outputs, by these names or
    because it takes anything.
    """
    parameters = inspect.signature(cls.__init__).parameters
    kinds = {parameter.kind for parameter in parameters.values()}
    anything = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    return (
        cls.__init__ is Functional.__init__
        or list(parameters)[1:3] == ["inputs", "outputs"]
        or anything <= kinds
    )


def one_or_all(shapes: list[Any]) -> Any:
    """Returns the only one of a list, or the list."""
    return shapes[0] if len(shapes) == 1 else shapes


def with_mask(x: Any, mask: Any) -> Any:
    """Returns a Tensor that carries a mask: the same one if it does, or there is none.

    Another one if not, for the one that a user gave is the user's.
    """
    if mask is None or getattr(x, "_keras_mask", None) is mask:
        return x
    x = x.renewed() if isinstance(x, KerasTensor) else x.result.wrap(x.data, x.node)
    x._keras_mask = as_tensor(mask)
    return x


def is_entrance(x: KerasTensor) -> bool:
    """Whether a symbolic tensor is from an Input.

    Raises: ValueError if it is from nowhere.
    """
    node = node_of(x)
    if node is None:
        raise ValueError(
            f"The inputs of a Model come from Input, or from layers; {x!r} comes from "
            "neither. Use Input(tensor=...) to start with it."
        )
    return node.is_input


def warn_of_other_names(inputs: Any) -> None:
    """Warns if the keys of a dict of inputs are not their names."""
    for key, x in inputs.items() if isinstance(inputs, dict) else ():
        if isinstance(x, KerasTensor) and x.name != key:
            warnings.warn(
                "When providing `inputs` as a dict, all keys in the dict must match "
                f"the names of the corresponding tensors. Received key '{key}' mapping "
                f"to value {x} which has name '{x.name}'. Change the tensor name to "
                f"'{key}' (via `Input(..., name='{key}')`)",
                UserWarning,
                stacklevel=4,
            )


def copied_graph(inputs: Any, outputs: Any) -> tuple[Any, Any]:
    """Returns inputs and outputs of the same calls once more, from new Inputs on.

    Makes a model of a part of a graph: the layers are the same, each with one more
    node for every call.
    """
    nodes, _ = nodes_between(inputs, outputs)
    copies: dict[int, KerasTensor] = {}

    def copy_of(x: Any) -> Any:
        if not isinstance(x, KerasTensor):
            return x
        if id(x) not in copies:
            copies[id(x)] = KerasTensor(x.shape, x.dtype, name=f"{x.name}_clone")
        return copies[id(x)]

    for x in flatten(inputs):
        node = node_of(x)
        if node is not None and node.is_input:
            copies[id(x)] = x
        else:
            copies[id(x)] = Input(
                batch_shape=x.shape, dtype=x.dtype, name=f"{x.name}CLONE"
            )
    for node in nodes:
        if node.is_input:
            continue
        results = [copy_of(x) for x in node.outputs]
        if any(x._keras_history is not None for x in results):
            continue  # what is an input is not computed
        Node(
            node.operation,
            map_structure(copy_of, node.args),
            map_structure(copy_of, node.kwargs),
            results[0] if node.is_bare else results,
        )
    return map_structure(copy_of, inputs), map_structure(copy_of, outputs)
