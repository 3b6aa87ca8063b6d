"""Layers composed of what there is: of a function, and of other layers in a row."""

from collections.abc import Callable, Sequence
from inspect import signature
from typing import Any, Self

from minikeras.layers.layer import Layer
from minikeras.layers.serialization import deserialize, serialize
from minikeras.layers.signatures import arguments_of
from minikeras.saving.objects import deserialize_keras_object, serialize_keras_object

FUNCTIONS = ("function", "output_shape", "mask")  # may be functions in a configuration


class Lambda(Layer):
    """Applies a function of one's own.

        y = function(x, **arguments)

    The function also gets `mask` and `training` if it has arguments of these names.
    `output_shape` is a shape without the batch axis, or a function of the input shape;
    by itself it is found by running the function on symbolic inputs.  `mask` is that of
    the output, or a function (inputs, mask) → mask.

    A function with a name can be saved, and is found again among `custom_objects` or
    the registered ones; a lambda cannot.

    Shapes: x (...) → what the function returns.
    Raises: TypeError if the function is none.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Any = None,
        mask: Any = None,
        arguments: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not callable(function):
            raise TypeError(
                f"Lambda needs a function; got {function!r} of type "
                f"{type(function).__name__}."
            )
        self.function = function
        self.arguments = arguments or {}
        self._output_shape = output_shape
        self.mask = mask
        self.supports_masking = mask is not None

    def call(self, inputs: Any, mask: Any = None, training: bool | None = None) -> Any:
        given = {"mask": mask, "training": training}
        taken = signature(self.function).parameters
        added = {name: x for name, x in given.items() if name in taken}
        return self.function(inputs, **(added | self.arguments))

    def says_output_shape(self) -> bool:
        return self._output_shape is not None

    def compute_output_shape(self, input_shape: Any) -> Any:
        if self._output_shape is None:
            return super().compute_output_shape(input_shape)
        if callable(self._output_shape):
            return self._output_shape(input_shape)
        batch = input_shape[0]
        while isinstance(batch, (tuple, list)):  # several inputs
            batch = batch[0]
        return (batch, *self._output_shape)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return self.mask(inputs, mask) if callable(self.mask) else self.mask

    def get_config(self) -> dict[str, Any]:
        config = {
            **super().get_config(),
            "function": serialize_keras_object(self.function),
        }
        if self._output_shape is not None:
            config["output_shape"] = serialize_keras_object(self._output_shape)
        if self.mask is not None:
            config["mask"] = serialize_keras_object(self.mask)
        return {**config, "arguments": serialize_keras_object(self.arguments)}

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> Self:
        """Makes a layer of the functions that a configuration names.

        Raises: ValueError for a lambda, which is Python bytecode there.
        """
        config = dict(config)
        for name in (*FUNCTIONS, "arguments"):
            if name in config:
                config[name] = deserialize_keras_object(config[name], custom_objects)
        if isinstance(config.get("output_shape"), list):
            config["output_shape"] = tuple(config["output_shape"])
        return cls(**config)


class Pipeline(Layer):
    """Applies layers one after the other: a chain that is one layer.

    Made for the preparation of data, so it trains unless it is told otherwise; a model
    is a `Sequential`.

    Shapes: the first layer's input → the last layer's output.
    Raises: ValueError if one of them is no layer.
    """

    def __init__(self, layers: Sequence[Layer], name: str | None = None) -> None:
        super().__init__(name=name)
        for layer in layers:
            if not isinstance(layer, Layer):
                raise ValueError(
                    f"Pipeline takes layers; got {layer!r} of type "
                    f"{type(layer).__name__}."
                )
        self.layers = list(layers)
        self.supports_masking = True

    def call(self, inputs: Any, training: bool = True, mask: Any = None) -> Any:
        for layer in self.layers:
            accepted = arguments_of(type(layer).call)
            given = {"training": training, "mask": mask}
            inputs = layer(inputs, **{k: x for k, x in given.items() if k in accepted})
        return inputs

    def get_config(self) -> dict[str, Any]:
        return {
            "layers": [serialize(layer) for layer in self.layers],
            "name": self.name,
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> Self:
        """Makes the layers, then their chain."""
        layers = [deserialize(layer, custom_objects) for layer in config["layers"]]
        return cls(layers, config.get("name"))
