"""A layer that can be trained: `Model`, to subclass."""

from collections.abc import Callable, Sequence
from typing import Any

from minikeras.layers.layer import Layer
from minikeras.layers.shapes import map_shapes
from minikeras.models.graph_config import KEYS, describes_graph, graph_from_config
from minikeras.models.saved_model import SavedModel
from minikeras.saving.places import shown
from minikeras.tree import map_structure
from minikeras.utils.summary import print_summary
from minikeras.values.symbolic import KerasTensor


class Model(SavedModel):
    """A layer of layers with `compile`, `fit`, `evaluate` and `predict`.

    A subclass makes its layers in `__init__` and puts them together in `call`:

    >>> from minikeras import layers
    >>> class TwoLayers(Model):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.hidden = layers.Dense(4, activation="relu")
    ...         self.scores = layers.Dense(2)
    ...
    ...     def call(self, inputs):
    ...         return self.scores(self.hidden(inputs))
    >>> TwoLayers().compute_output_shape((None, 3))
    (None, 2)

    `Model(inputs, outputs)` is a model of the calls between symbolic tensors, a
    `Functional`; so is a subclass that hands these to `super().__init__`.

    >>> from minikeras import Input
    >>> x = Input((3,))
    >>> Model(x, layers.Dense(2)(x), name="graph")
    <Functional name=graph, built=True>
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Makes a `Functional` of `Model(inputs, outputs)`."""
        if cls is Model and gives_a_graph(args, kwargs):
            return super().__new__(functional_class())
        return super().__new__(cls, *args, **kwargs)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if gives_a_graph(args, kwargs):
            make_functional(type(self))
            functional_class().__init__(self, *args, **kwargs)
            return
        if args or not {"inputs", "outputs"}.isdisjoint(kwargs):
            raise (TypeError if args else ValueError)(
                "A Model is made of both its inputs and its outputs, as in "
                "Model(inputs, outputs), or by a subclass whose __init__ passes to "
                f"super().__init__() neither; got {len(args)} without a name and "
                f"{sorted(kwargs)}."
            )
        super().__init__(**kwargs)

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> Any:
        """Makes a model, with new weights, from what `get_config` returned."""
        if not describes_graph(config):
            if cls is functional_class():
                raise ValueError(
                    f"The configuration of a graph has {sorted(KEYS)}; got "
                    f"{shown(config)}."
                )
            return super().from_config(config)
        inputs, outputs = graph_from_config(config, custom_objects)
        # What the class adds to the configuration, its constructor takes.
        rest = {key: x for key, x in config.items() if key not in KEYS}
        return cls(inputs, outputs, name=config["name"], **rest)

    @property
    def layers(self) -> list[Layer]:
        """The layers directly inside."""
        return self._listed_layers()

    @layers.setter
    def layers(self, value: Any) -> None:
        raise AttributeError(
            f"`layers` of {type(self).__name__} lists all layers there are, found by "
            "themselves: please use another name for an attribute of your own."
        )

    def _listed_layers(self) -> list[Layer]:
        """Returns what `layers` is."""
        return self._layers

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Returns a layer by its name or its place.

        Raises: ValueError if there is none, or both or neither are given.
        """
        if (name is None) == (index is None):
            raise ValueError(
                f"Give a name or an index; got name={name!r}, index={index!r}."
            )
        if index is not None:
            if not -len(self.layers) <= index < len(self.layers):
                raise ValueError(
                    f"Was asked to retrieve layer at index {index} but model only has "
                    f"{len(self.layers)} layers."
                )
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise ValueError(
            f"No such layer: {name}. Existing layers are: "
            f"{[layer.name for layer in self.layers]}."
        )

    def build(self, input_shape: Any) -> None:
        """Builds all layers inside, by a call on symbolic inputs of the shape."""
        if type(self).call is Layer.call:
            raise NotImplementedError(
                f"{type(self).__name__} defines no call(inputs): say there how its "
                "layers go together."
            )
        self.built = (
            True  # it has no weights of its own to create; the layers inside do
        )
        self(map_shapes(lambda shape: KerasTensor(shape, self.dtype), input_shape))

    def build_from(self, inputs: Any) -> None:
        """Runs the model's own `build`; without one the layers inside are built when
        they are called.
        """
        if type(self).build is not Model.build:
            super().build_from(inputs)
        self._build_shapes = {"input_shape": map_structure(lambda x: x.shape, inputs)}
        self.built = True

    def get_quantization_layer_structure(self, mode: str | None = None) -> None:
        """Returns None, as a model does in Keras that says nothing of quantization.

        Nothing asks here: nothing is quantized.
        """

    def summary(
        self,
        line_length: int | None = None,
        positions: Sequence[float] | None = None,
        print_fn: Callable[[str], Any] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Sequence[str] | None = None,
    ) -> None:
        """Prints the layers, their output shapes and their numbers of parameters.

        `print_fn` gets the whole text in one call; by default it goes to the screen.
        `layer_range` names the first and the last layer to show.
        """
        print_summary(
            self,
            line_length=line_length,
            positions=positions,
            print_fn=print_fn,
            expand_nested=expand_nested,
            show_trainable=show_trainable,
            layer_range=layer_range,
        )


def gives_a_graph(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether the arguments of a constructor are the inputs and outputs of a graph."""
    return (
        len(args) == 2
        or (len(args) == 1 and "outputs" in kwargs)
        or ("inputs" in kwargs and "outputs" in kwargs)
    )


def functional_class() -> type[Any]:
    """Returns the class of models that are graphs."""
    # Not above: a Functional is a Model.
    from minikeras.models.functional import Functional

    return Functional


def make_functional(cls: type[Any]) -> None:
    """Makes a subclass of Model one of Functional: its constructor gave a graph.

    As in Keras this is for good, and holds for the class, whose other instances do the
    same.
    """
    functional = functional_class()
    if not issubclass(cls, functional):
        for base in cls.__mro__:
            if Model in base.__bases__ and not issubclass(functional, base):
                base.__bases__ = tuple(
                    functional if x is Model else x for x in base.__bases__
                )
