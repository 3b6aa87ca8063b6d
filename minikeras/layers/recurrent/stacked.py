"""Several cells as one: the output of each is the input of the next."""

from typing import Any, Self

from minikeras.layers.context import building
from minikeras.layers.layer import Layer
from minikeras.layers.recurrent.cell import zeros
from minikeras.layers.serialization import deserialize, serialize
from minikeras.values.tensor import Tensor
from minikeras.values.types import Shape


class StackedRNNCells(Layer):
    """Runs a step of one cell after the other.

    Shapes: as the first cell's inputs → as the last cell's output; the states are a
    list with the states of each cell.
    Raises: ValueError if one of them has no `call` or no `state_size`.
    Source: Keras, `keras.layers.StackedRNNCells`.
    """

    def __init__(self, cells: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for cell in cells:
            for needed in ("call", "state_size"):
                if not hasattr(cell, needed):
                    raise ValueError(
                        f"All cells must have a `{needed}`. Received cell without it: "
                        f"{cell!r}"
                    )
        self.cells = list(cells)

    @property
    def state_size(self) -> list[Any]:
        """The size, or list of sizes, of each cell's states."""
        return [cell.state_size for cell in self.cells]

    @property
    def output_size(self) -> int:
        """The size of the last cell's output."""
        last = self.cells[-1]
        if hasattr(last, "output_size"):
            size: int = last.output_size
            return size
        sizes = last.state_size
        return sizes[0] if isinstance(sizes, (list, tuple)) else sizes

    def get_initial_state(self, batch_size: int | None = None) -> list[Any]:
        """Returns the first states of every cell."""
        return [
            first_states(cell, batch_size, self.compute_dtype) for cell in self.cells
        ]

    def build(self, input_shape: Shape) -> None:
        for cell in self.cells:
            if isinstance(cell, Layer) and not cell.built:
                with building(cell):
                    cell.build(input_shape)
            size = getattr(cell, "output_size", cell.state_size)
            size = size[0] if isinstance(size, (list, tuple)) else size
            input_shape = (input_shape[0], size)

    def call(
        self, inputs: Tensor, states: Any, training: bool = False
    ) -> tuple[Tensor, list[Any]]:
        new_states = []
        for cell, own in zip(self.cells, states, strict=True):
            own = list(own) if isinstance(own, (list, tuple)) else [own]
            if isinstance(cell, Layer):
                inputs, new = cell(inputs, own, training=training)
            else:
                inputs, new = cell.call(inputs, own)
            new_states.append(new if isinstance(new, list) else [new])
        return inputs, new_states

    def reset_dropout_mask(self) -> None:
        """Lets every cell draw anew what it drops of its inputs."""
        for cell in self.cells:
            if hasattr(cell, "reset_dropout_mask"):
                cell.reset_dropout_mask()

    def reset_recurrent_dropout_mask(self) -> None:
        """Lets every cell draw anew what it drops of its state."""
        for cell in self.cells:
            if hasattr(cell, "reset_recurrent_dropout_mask"):
                cell.reset_recurrent_dropout_mask()

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "cells": [serialize(cell) for cell in self.cells],
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> Self:
        cells = [deserialize(cell, custom_objects) for cell in config["cells"]]
        return cls(**{**config, "cells": cells})


def first_states(cell: Any, batch_size: int | None, dtype: str) -> list[Any]:
    """Returns the states of a cell before the first step: its choice, or zeros."""
    if hasattr(cell, "get_initial_state"):
        states = cell.get_initial_state(batch_size=batch_size)
        return list(states) if isinstance(states, (list, tuple)) else [states]
    sizes = cell.state_size
    sizes = sizes if isinstance(sizes, (list, tuple)) else [sizes]
    return [zeros((batch_size, size), dtype) for size in sizes]
