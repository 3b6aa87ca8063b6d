"""The same model once more, with new weights: `clone_model`."""

from collections.abc import Callable
from typing import Any

from minikeras.layers.input_layer import Input, InputLayer
from minikeras.layers.layer import Layer
from minikeras.models.functional import Functional, takes_a_graph
from minikeras.models.model import Model
from minikeras.models.sequential import Sequential
from minikeras.ops.operation import Operation
from minikeras.ops.public import PublicOperation
from minikeras.saving.objects import deserialize_keras_object, serialize_keras_object
from minikeras.tree import flatten, map_structure, same_structure
from minikeras.values.node import Node
from minikeras.values.symbolic import KerasTensor

CloneFunction = Callable[[Any], Any]
CallFunction = Callable[..., Any]


def clone_model(
    model: Model,
    input_tensors: Any = None,
    clone_function: CloneFunction | None = None,
    call_function: CallFunction | None = None,
    recursive: bool = False,
    **kwargs: Any,
) -> Model:
    """Returns a model of new layers that are connected as those of another one.

    `clone_function(layer)` returns what goes in the place of a layer; by default an
    equal one with new weights.  `call_function(layer, *args, **kwargs)` calls it, in a
    graph only, and may do more.  `input_tensors` are symbolic tensors to begin with.
    With `recursive` models inside are gone through too, not cloned as one layer.

    A layer that the model has twice is cloned once.

    >>> from minikeras import Input, Sequential, layers
    >>> model = Sequential([Input((3,)), layers.Dense(2)])
    >>> clone_model(model).output_shape
    (None, 2)

    Raises: ValueError for arguments that this kind of model has no use for, and for
    `input_tensors` of another structure than the model's input.
    """
    cache = kwargs.pop("cache", None)
    if kwargs:
        raise ValueError(
            f"Unexpected keyword argument(s): {', '.join(sorted(kwargs))}."
        )
    cloner = Cloner(clone_function, call_function, recursive, cache)
    if isinstance(model, Sequential):
        if call_function is not None:
            raise ValueError(
                "`call_function` is for graphs: a Sequential model lists its layers, "
                f'and calls them by itself; got the Sequential "{model.name}".'
            )
        return cloner.chain(model, input_tensors)
    if isinstance(model, Functional):
        return cloner.graph(model, input_tensors)
    given = {
        "input_tensors": input_tensors,
        "clone_function": clone_function,
        "call_function": call_function,
    }
    if useless := [name for name, value in given.items() if value is not None]:
        raise ValueError(
            f"{' and '.join(useless)} can be given for Sequential models and graphs: "
            f"how the layers of {type(model).__name__} are connected is only known to "
            "its call()."
        )
    clone: Model = deserialize_keras_object(
        serialize_keras_object(model), {type(model).__name__: type(model)}
    )
    return clone


class Cloner:
    """What is done with each layer, and what came of those that were met."""

    def __init__(
        self,
        clone_function: CloneFunction | None,
        call_function: CallFunction | None,
        recursive: bool,
        cache: dict[int, Any] | None,
    ) -> None:
        self.clone_function = clone_function or equal_layer
        self.call_function = call_function
        self.recursive = recursive
        self.clones: dict[int, Any] = {} if cache is None else cache

    def clone(self, layer: Any) -> Any:
        """Returns what goes in the place of a layer: the same for the same."""
        if id(layer) not in self.clones:
            if self.recursive and isinstance(layer, Sequential):
                clone: Any = self.chain(layer, None)
            elif self.recursive and isinstance(layer, Functional):
                clone = self.graph(layer, None)
            else:
                clone = self.clone_function(layer)
            self.clones[id(layer)] = clone
        return self.clones[id(layer)]

    def chain(self, model: Sequential, input_tensors: Any) -> Sequential:
        """Returns a chain of clones."""
        layers: list[Any] = [self.clone(layer) for layer in model.layers]
        if input_tensors is not None:
            layers.insert(0, Input(tensor=single_tensor(input_tensors)))
        elif model._entrance is not None:
            layers.insert(0, InputLayer.from_config(model._entrance.get_config()))
        clone = Sequential(layers, name=model.name, trainable=model.trainable)
        return compiled_like(clone, model)

    def graph(self, model: Functional, input_tensors: Any) -> Model:
        """Returns a graph in which clones are called as the layers of another."""
        if input_tensors is None:
            input_tensors = map_structure(new_input, model.input)
        elif not all(isinstance(x, KerasTensor) for x in flatten(input_tensors)):
            raise ValueError(
                "All entries in `input_tensors` must be KerasTensors; got "
                f"{input_tensors!r}."
            )
        elif not same_structure(input_tensors, model.input):
            raise ValueError(
                "`input_tensors` must have the same structure as model.input, "
                f"{model.input!r}; got {input_tensors!r}."
            )
        outputs = model.body.retrace(input_tensors, self.call)
        cls = type(model) if takes_a_graph(type(model)) else Functional
        clone = cls(input_tensors, outputs, name=model.name)
        return compiled_like(clone, model)

    def call(self, node: Node, args: Any, kwargs: dict[str, Any]) -> Any:
        """Calls the clone of a layer as the layer was called."""
        clone = self.clone(node.operation)
        if self.call_function is not None:
            return self.call_function(clone, *args, **kwargs)
        return clone(*args, **kwargs)


def equal_layer(layer: Any) -> Any:
    """Returns an equal layer, or operation, with new weights."""
    if isinstance(layer, PublicOperation):
        return layer.kind.from_config(layer.get_config())
    cls: type[Layer | Operation] = type(layer)
    return cls.from_config(layer.get_config())


def new_input(x: KerasTensor) -> KerasTensor:
    """Returns a new input that is like another one."""
    optional = x._keras_history.operation.optional
    return Input(batch_shape=x.shape, dtype=x.dtype, name=x.name, optional=optional)


def single_tensor(tensors: Any) -> KerasTensor:
    """Returns the symbolic tensor that a chain is to begin with.

    Raises: ValueError if there are several, or it is none.
    """
    if isinstance(tensors, (list, tuple)):
        if len(tensors) != 1:
            raise ValueError(
                "Argument `input_tensors` must contain a single tensor for a "
                f"Sequential model; got {len(tensors)}."
            )
        tensors = tensors[0]
    if not isinstance(tensors, KerasTensor):
        raise ValueError(
            "Argument `input_tensors` must be a KerasTensor. Received invalid value: "
            f"input_tensors={tensors!r}"
        )
    return tensors


def compiled_like(clone: Any, model: Model) -> Any:
    """Compiles a model as another one was, if it was."""
    if model.compiled:
        clone.compile_from_config(model.get_compile_config())
    return clone
