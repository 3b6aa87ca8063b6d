"""Bidirectional: a recurrent layer in both directions of time."""

from typing import Any, Self

from minikeras.layers.context import building
from minikeras.layers.layer import Layer
from minikeras.layers.recurrent.gru import GRU
from minikeras.layers.recurrent.lstm import LSTM
from minikeras.layers.recurrent.rnn import RNN, listed
from minikeras.layers.serialization import deserialize, serialize
from minikeras.ops import functions as ops
from minikeras.tree import flatten
from minikeras.values.tensor import Tensor
from minikeras.values.types import Shape

MERGE_MODES = ("sum", "mul", "ave", "concat", None)
SHARED = ("return_sequences", "return_state", "stateful")
WITH_CUDNN = (GRU, LSTM)


class Bidirectional(Layer):
    """Reads sequences forward with one layer, backward with another, and merges.

        y = merge(forward(x), backward(x))

    The backward layer is a copy of the given one, unless `backward_layer` is given.
    With return_sequences its outputs are turned round, so that each stands at the step
    that it belongs to.  `merge_mode`: "concat" along the last axis, "sum", "mul",
    "ave", or None for both.

    Shapes: as the layer's; the last axis is twice as long for "concat".
    Raises: ValueError if the layers differ where they must agree, or both read in the
    same direction.
    Source: Schuster & Paliwal, Bidirectional recurrent neural networks (1997).
    """

    def __init__(
        self,
        layer: RNN,
        merge_mode: str | None = "concat",
        weights: Any = None,
        backward_layer: RNN | None = None,
        **kwargs: Any,
    ) -> None:
        check_is_recurrent(layer)
        check_is_recurrent(backward_layer or layer)
        if merge_mode not in MERGE_MODES:
            raise ValueError(
                f"Invalid merge mode. Received: {merge_mode}. Merge mode should be one "
                f"of {MERGE_MODES}"
            )
        super().__init__(**kwargs)
        self.forward_layer = renamed("forward", layer)
        if backward_layer is None:
            backwards = not layer.go_backwards
            self.backward_layer = renamed("backward", layer, go_backwards=backwards)
        else:
            self.backward_layer = backward_layer
        check_agreement(self.forward_layer, self.backward_layer)
        self.merge_mode = merge_mode
        for shared in SHARED:
            setattr(self, shared, getattr(layer, shared))
        if self.return_sequences:
            # Turned round, repeated outputs would stand before what they repeat.
            self.forward_layer.zero_output_for_mask = True
            self.backward_layer.zero_output_for_mask = True
        self.supports_masking = True
        self.input_spec = layer.input_spec
        self._first_weights = weights

    return_sequences: bool
    return_state: bool
    stateful: bool

    def build(self, sequences_shape: Shape, initial_state_shape: Any = None) -> None:
        for layer in (self.forward_layer, self.backward_layer):
            if not layer.built:
                with building(layer):
                    layer.build(sequences_shape)
        if self._first_weights is not None:
            self.set_weights(self._first_weights)
            self._first_weights = None

    def compute_output_shape(
        self, sequences_shape: Shape, initial_state_shape: Any = None
    ) -> Any:
        shape = self.forward_layer.compute_output_shape(sequences_shape)
        states: tuple[Any, ...] = ()
        if self.return_state:
            shape, *forward_states = shape
            _, *backward = self.backward_layer.compute_output_shape(sequences_shape)
            states = (*forward_states, *backward)
        if self.merge_mode is None:
            return (shape, shape, *states)
        if self.merge_mode == "concat":
            shape = (*shape[:-1], 2 * shape[-1])
        return (shape, *states) if states else shape

    def compute_mask(self, _: Any, mask: Any) -> Any:
        mask = mask[0] if isinstance(mask, (list, tuple)) else mask
        output_mask = mask if self.return_sequences else None
        masks = [output_mask] if self.merge_mode else [output_mask, output_mask]
        if self.return_state:
            count = len(flatten(listed(self.forward_layer.state_size)))
            return [*masks, *([None] * 2 * count)]
        return masks[0] if self.merge_mode else masks

    def call(
        self,
        sequences: Tensor,
        initial_state: Any = None,
        mask: Any = None,
        training: bool | None = None,
    ) -> Any:
        forward_state = backward_state = None
        if initial_state is not None:
            states = listed(initial_state)
            half = len(states) // 2
            forward_state, backward_state = states[:half], states[half:]
        arguments = {"mask": mask, "training": training}
        y = self.forward_layer(sequences, initial_state=forward_state, **arguments)
        y_back = self.backward_layer(
            sequences, initial_state=backward_state, **arguments
        )
        states = []
        if self.return_state:
            (y, *states), (y_back, *others) = y, y_back
            states = [*states, *others]
        if self.return_sequences:
            y_back = ops.flip(y_back, 1)
        if self.merge_mode is None:
            return (y, y_back, *states)
        merged = merge(self.merge_mode, y, y_back)
        return (merged, *states) if states else merged

    def reset_state(self) -> None:
        """Sets the states of both layers to zero."""
        self.forward_layer.reset_state()
        self.backward_layer.reset_state()

    reset_states = reset_state

    @property
    def states(self) -> list[Any] | None:
        """The Variables with the last states of both layers, if they are stateful."""
        if self.forward_layer.states is None:
            return None
        return [*self.forward_layer.states, *(self.backward_layer.states or [])]

    def get_config(self) -> dict[str, Any]:
        config = {
            **super().get_config(),
            "merge_mode": self.merge_mode,
            "layer": serialize(self.forward_layer),
            "backward_layer": serialize(self.backward_layer),
        }
        return config

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> Self:
        layers = {
            key: deserialize(config[key], custom_objects)
            for key in ("layer", "backward_layer")
            if config.get(key) is not None
        }
        return cls(**{**config, **layers})


def renamed(direction: str, layer: RNN, **changed: Any) -> RNN:
    """Returns a copy of a layer with the direction in its name, and new weights."""
    config = layer.get_config()
    name = config["name"].removeprefix(f"{direction}_")
    # A cell of a user is in no table.
    cells = [layer.cell, *getattr(layer.cell, "cells", ())]
    copied = type(layer).from_config(
        {**config, "name": f"{direction}_{name}", **changed},
        custom_objects={type(cell).__name__: type(cell) for cell in cells},
    )
    if isinstance(layer, WITH_CUDNN) and isinstance(copied, WITH_CUDNN):
        copied.use_cudnn = layer.use_cudnn  # no part of the configuration
    return copied


def check_is_recurrent(layer: Any) -> None:
    """Refuses what does not read sequences step by step."""
    if not isinstance(layer, Layer):
        raise ValueError(
            "Please initialize `Bidirectional` layer with a `keras.layers.Layer` "
            f"instance. Received: {layer!r}"
        )
    if not isinstance(layer, RNN):
        raise ValueError(
            f"Bidirectional needs recurrent layers, such as LSTM(8); got {layer!r}."
        )


def check_agreement(forward: RNN, backward: RNN) -> None:
    """Refuses layers that cannot be merged."""
    if forward.go_backwards == backward.go_backwards:
        raise ValueError(
            "Forward layer and backward layer should have different `go_backwards` "
            f"value. Received: forward_layer.go_backwards {forward.go_backwards}, "
            f"backward_layer.go_backwards={backward.go_backwards}"
        )
    for name in SHARED:
        if getattr(forward, name) != getattr(backward, name):
            raise ValueError(
                "Forward layer and backward layer are expected to have the same value "
                f'for attribute "{name}", got "{getattr(forward, name)}" for forward '
                f'layer and "{getattr(backward, name)}" for backward layer'
            )


def merge(mode: str, x: Tensor, y: Tensor) -> Tensor:
    """Returns two outputs as one."""
    if mode == "concat":
        return ops.concatenate([x, y], axis=-1)
    if mode == "mul":
        return ops.multiply(x, y)
    total = ops.add(x, y)
    return ops.divide(total, 2) if mode == "ave" else total
