"""A chain of layers: each one's output is the next one's input."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Self

from minikeras import dtype_policies
from minikeras.autograd.recording import no_grad
from minikeras.layers import deserialize, serialize
from minikeras.layers.context import building
from minikeras.layers.input_layer import InputLayer
from minikeras.layers.input_spec import InputSpec
from minikeras.layers.layer import Layer
from minikeras.layers.masks import mask_of
from minikeras.layers.shapes import as_shape, is_nested, map_shapes
from minikeras.models.graph_config import listed
from minikeras.models.model import Model
from minikeras.ops.shape import expand_dims, squeeze
from minikeras.saving.places import reading, shown
from minikeras.tree import flatten, map_structure
from minikeras.values.node import Node, nodes_recorded
from minikeras.values.symbolic import KerasTensor
from minikeras.values.tensor import Tensor
from minikeras.values.types import Shape, ShapeLike


class Sequential(Model):
    """A model that is a list of layers.

    Start it with an `Input` and it is built as layers are added; without one it is
    built by the first batch.

    A first layer that takes a list or dict of inputs has no Input before it.

    Shapes: those of the first layer's input and the last layer's output.
    Raises: ValueError for what is no layer, or a name that is taken.

    >>> from minikeras import Input, layers
    >>> model = Sequential([Input((3,)), layers.Dense(2)])
    >>> model.output_shape
    (None, 2)
    """

    saved_first = ("layers",)
    not_saved = ("_entrance",)

    def __init__(
        self,
        layers: Iterable[Layer | KerasTensor] | None = None,
        trainable: bool = True,
        name: str | None = None,
    ) -> None:
        if isinstance(layers, Layer):
            raise ValueError(
                "Sequential takes a list of layers: Sequential([a, b]); got the layer "
                f"{layers!r}."
            )
        super().__init__(trainable=trainable, name=name)
        self._chain: list[Layer] = []
        # Of each name the first place, to tell at once whether it is taken.
        self._places: dict[str, int] = {}
        # Known once the shape of the input is.
        self._entrance: InputLayer | None = None
        self._has_input = False  # whether the user gave it
        # The symbolic input, then the output of every layer.
        self._tensors: list[KerasTensor] = []
        for layer in layers or []:
            self._append(layer)
        self._build_chain()

    def add(self, layer: Layer | KerasTensor, rebuild: bool = True) -> None:
        """Appends a layer, and builds it if the shape of the input is known."""
        self._append(layer)
        if rebuild:
            self._build_chain()

    def pop(self, rebuild: bool = True) -> Layer:
        """Removes the last layer and returns it.

        Raises: IndexError if there is none.
        """
        if not self._chain:
            raise IndexError(
                f'There is no layer to pop: Sequential "{self.name}" is empty.'
            )
        layer = self._chain.pop()
        if self._places.get(layer.name) == len(self._chain):
            del self._places[layer.name]
        self.forget_programs()
        del self._tensors[len(self._chain) + 1 :]
        self.built = False
        if rebuild:
            self._build_chain()
        return layer

    def _append(self, layer: Layer | KerasTensor) -> None:
        if isinstance(layer, KerasTensor) and layer._keras_history is not None:
            layer = layer._keras_history.operation
        if not isinstance(layer, Layer):
            raise ValueError(
                "Only instances of `Layer` can be added to a Sequential model. "
                f"Received: {layer!r} (of type {type(layer)})"
            )
        if isinstance(layer, InputLayer):
            self._enter(layer)
            return
        if not self._chain and self._entrance is None and layer._input_shape_argument:
            self._enter(
                InputLayer(layer._input_shape_argument, dtype=layer.compute_dtype)
            )
        place = self._places.setdefault(layer.name, len(self._chain))
        if place < len(self._chain) and self._chain[place] is not layer:
            raise ValueError(
                "All layers of a Sequential model need different names; "
                f"{layer.name!r} is taken. Names: {sorted(self._places)}"
            )
        if self._entrance is None:
            self.built = False
        self._chain.append(layer)
        self.forget_programs()

    def _enter(self, layer: InputLayer) -> None:
        if self._entrance is not None or self._chain:
            raise ValueError(
                f'Sequential "{self.name}" has already been configured to use input '
                "shape "
                f"{self._entrance and self._entrance.batch_shape}: an Input goes "
                "first, and there is one."
            )
        self._entrance = layer
        self._has_input = True
        self._tensors = [layer.output]

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Calls the layers of a copy on symbolic tensors of its own."""
        vars(self).update(state)
        if self._entrance is not None:
            Node(self._entrance, outputs=self._tensors[0])
            del self._tensors[1:]
            self._build_chain()

    def _build_chain(self) -> None:
        """Builds the layers that were not built yet, if the input is known.

        A model that goes first, and knows its input, says what it is.
        """
        if self._entrance is None and len(self._chain) > 1:
            first: Any = self._chain[0]
            if isinstance(getattr(first, "input_shape", None), tuple):
                self._entrance = InputLayer(
                    batch_shape=first.input_shape, dtype=first.inputs[0].dtype
                )
                self._tensors = [self._entrance.output]
        if self._entrance is not None and self._chain:
            with building(self):
                self._note_path()
                self._call_chain()

    def _call_chain(self) -> None:
        """Calls the layers that were not called yet on the symbolic input.

        One that does not say what it makes of symbolic inputs ends that: from there on
        layers are built when they are called on numbers.
        """
        with nodes_recorded(True), suppress(NotImplementedError):
            for layer in self._chain[len(self._tensors) - 1 :]:
                self._tensors.append(layer(self._tensors[-1]))
        if self._has_input:  # a shape that was only seen is no promise
            shape = self._tensors[0].shape
            sizes = {axis: side for axis, side in enumerate(shape) if axis and side}
            self.input_spec = InputSpec(
                shape=(None, *shape[1:]), axes=sizes, allow_last_axis_squeeze=True
            )
        self.built = True

    def build(self, input_shape: ShapeLike | None = None) -> None:
        """Builds all layers for inputs of a shape, the batch axis first; or for a list
        or dict of inputs, of which the first layer takes several.

        Raises: ValueError if there are no layers or the shape is another than before.
        """
        if isinstance(input_shape, dict) or (input_shape and is_nested(input_shape)):
            self._build_open(
                map_shapes(lambda shape: KerasTensor(shape, self.dtype), input_shape)
            )
            return
        self._enter_late(tuple(input_shape or self.input_shape))
        self._build_chain()

    def build_from(self, inputs: Any) -> None:
        """Builds all layers for these inputs, and for any number of samples."""
        if not isinstance(inputs, Tensor):
            self._build_open(
                map_structure(
                    lambda x: KerasTensor((None, *x.shape[1:]), x.dtype), inputs
                )
            )
            return
        self._enter_late((None, *inputs.shape[1:]), inputs.dtype)
        self._call_chain()

    def _build_open(self, inputs: Any) -> None:
        """Builds all layers for a structure of inputs, which no one tensor enters."""
        self._require_layers()
        self._build_shapes = {"input_shape": map_structure(lambda x: x.shape, inputs)}
        with building(self), no_grad(), nodes_recorded(False):
            for layer in self._chain:
                inputs = layer(inputs)
        self.built = True

    def _require_layers(self) -> None:
        """Raises ValueError if there are none."""
        if not self._chain:
            raise ValueError(
                f"Sequential model {self.name} cannot be built because it has no "
                "layers. Call `model.add(layer)`."
            )

    def _enter_late(self, input_shape: Shape, dtype: str | None = None) -> None:
        """Makes the entrance, or checks that its shape is the same."""
        self._require_layers()
        if self._entrance is None:
            dtype = dtype or self._chain[0].compute_dtype
            self._entrance = InputLayer(batch_shape=input_shape, dtype=dtype)
            self._tensors = [self._entrance.output]
        elif input_shape[1:] != self.input_shape[1:]:
            raise ValueError(
                f"Sequential {self.name!r} has already been configured to use input "
                f"shape {self.input_shape}. You cannot build it with input_shape "
                f"{input_shape}"
            )

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Returns the shape of the output for inputs of a shape."""
        if self.built:
            return super().compute_output_shape(input_shape)
        self._require_layers()
        for layer in self._chain:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape

    def compute_output_spec(
        self, inputs: Any, training: bool | None = None, mask: Any = None, **kwargs: Any
    ) -> Any:
        """Returns the symbolic outputs for symbolic inputs, and remembers nothing."""
        return super().compute_output_spec(
            inputs, training=training, mask=mask, **kwargs
        )

    def _convert_arguments(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Takes a list of one input for that input.

        Raises: ValueError for several where one is known to enter.
        """
        args, kwargs = super()._convert_arguments(args, kwargs)
        inputs = args[0]
        if isinstance(inputs, (list, tuple)) and len(inputs) == 1:
            inputs = inputs[0]
        several = not isinstance(inputs, Tensor)
        if several and (self._entrance is not None or not flatten(inputs)):
            raise ValueError(
                f'Sequential "{self.name}" takes one input; got a '
                f"{type(inputs).__name__} of {len(flatten(inputs))}. Models of several "
                "inputs are made with Model(inputs, outputs)."
            )
        return (inputs, *args[1:]), kwargs

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if mask is not None and mask_of(inputs) is None:
            inputs = inputs.result.wrap(inputs.data, inputs.node)
            inputs._keras_mask = mask
        if self._has_input and len(inputs.shape) != len(self._tensors[0].shape):
            # A last axis of size 1 may be missing, or too much.
            missing = len(inputs.shape) < len(self._tensors[0].shape)
            inputs = expand_dims(inputs, -1) if missing else squeeze(inputs, -1)
        for layer in self._chain:
            inputs = layer(inputs, training=training)
        return inputs

    def _listed_layers(self) -> list[Layer]:
        """Returns the layers, without the input."""
        return list(self._chain)

    @property
    def inputs(self) -> list[KerasTensor]:
        """The symbolic input, in a list."""
        return [self._symbolic("inputs")[0]]

    @property
    def outputs(self) -> list[KerasTensor]:
        """The symbolic output, in a list."""
        return [self._last_symbolic("outputs")]

    @property
    def input_shape(self) -> Shape:
        """The shape of the input; None is the size of the batch."""
        return self._symbolic("input_shape")[0].shape

    @property
    def output_shape(self) -> Shape:
        """The shape of the output; None is the size of the batch."""
        return self._last_symbolic("output_shape").shape

    def _instead_of(self, wanted: str) -> str:
        """Says that a model knows its own ends, whoever called it."""
        if not self._tensors:
            return super()._instead_of(wanted)
        return f"its own are in the list `{wanted}s`, so take .{wanted}s[0]"

    def _symbolic(self, name: str) -> list[KerasTensor]:
        if not self._tensors:
            raise AttributeError(
                f'Sequential "{self.name}" has no {name} yet: it is not built. '
                "Start it with an Input, or call it on data."
            )
        return self._tensors

    def _last_symbolic(self, name: str) -> KerasTensor:
        tensors = self._symbolic(name)
        if len(tensors) <= len(self._chain):
            raise AttributeError(
                f'Sequential "{self.name}" has no {name}: layer '
                f'"{self._chain[len(tensors) - 1].name}" does not say what it makes of '
                "symbolic inputs."
            )
        return tensors[-1]

    def get_config(self) -> dict[str, Any]:
        """Returns the configurations of all layers, in order, the input first."""
        entrance = [] if self._entrance is None else [self._entrance]
        config = {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": dtype_policies.serialize(self.dtype_policy),
            "layers": [serialize(layer) for layer in [*entrance, *self._chain]],
        }
        if self._entrance is not None:
            config["build_input_shape"] = self.input_shape
        return config

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> Self:
        """Makes a model, with new weights, from what `get_config` returned."""
        if not isinstance(config, dict) or not {"name", "layers"} <= config.keys():
            raise ValueError(
                "The configuration of a Sequential has 'name' and 'layers'; got "
                f"{shown(config)}."
            )
        with reading(config, cls.__name__):
            model = cls(name=config["name"], trainable=config.get("trainable", True))
            for layer in listed(config["layers"], "layers"):
                model.add(deserialize(layer, custom_objects), rebuild=False)
            model._build_chain()
            if not model.built and config.get("build_input_shape"):
                model.build(as_shape(config["build_input_shape"]))
        return model

    def get_build_config(self) -> dict[str, Any] | None:
        """Returns the shape of the input, None if it is not known."""
        if self.built and self._entrance is None:
            return dict(self._build_shapes)
        return {"input_shape": self.input_shape} if self.built else None
