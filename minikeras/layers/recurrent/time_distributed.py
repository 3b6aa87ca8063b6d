"""TimeDistributed: a layer applied to every step by itself."""

from typing import Any

from minikeras.layers.layer import Layer
from minikeras.layers.recurrent.rnn import first_mask
from minikeras.layers.signatures import arguments_of
from minikeras.layers.state import descendants
from minikeras.layers.wrapper import Wrapper
from minikeras.ops import functions as ops
from minikeras.values.symbolic import KerasTensor
from minikeras.values.tensor import Tensor
from minikeras.values.types import Shape


class TimeDistributed(Wrapper):
    """Applies one layer to each step of sequences.

        y_t = layer(x_t)

    A mask goes on to whatever comes next, and to the layer if it takes one; the outputs
    of steps that it hides are those of any other step.  All steps go through the layer
    together, as one large batch, unless that would make a difference: where the layer
    averages over its batch, or keeps statistics of it, they go one by one.

    Shapes: x (n, steps, ...) → y (n, steps, ...), with the layer's output shape; a mask
    is (n, steps, ...).
    Raises: ValueError if the layer is none, the inputs have less than three axes, or a
    mask has not one value for each step.
    Source: Keras, `keras.layers.TimeDistributed`.
    """

    def __init__(self, layer: Layer, **kwargs: Any) -> None:
        if not isinstance(layer, Layer):
            raise ValueError(
                "Please initialize `TimeDistributed` layer with a `keras.layers.Layer` "
                f"instance. Received: {layer!r}"
            )
        super().__init__(layer, **kwargs)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        check_axes(input_shape)
        super().build((input_shape[0], *input_shape[2:]))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        check_axes(input_shape)
        n, steps = input_shape[:2]
        inner = self.layer.compute_output_shape((n, *input_shape[2:]))
        return (inner[0], steps, *inner[1:])

    def call(
        self, inputs: Tensor, training: bool | None = None, mask: Any = None
    ) -> Tensor:
        check_axes(inputs.shape)
        mask = first_mask(mask)
        n, steps = inputs.shape[:2]
        if mask is not None:
            check_mask(mask.shape, inputs.shape)
        if inputs.symbolic:
            y = self.layer(inputs[:, 0], training=training)
            return KerasTensor((n, steps, *y.shape[1:]), y.dtype)
        if self._together():
            rows = ops.reshape(inputs, (n * steps, *inputs.shape[2:]))
            y = self._apply(rows, mask, training)
            return ops.reshape(y, (n, steps, *y.shape[1:]))
        each = [self._apply(inputs[:, t], at(mask, t), training) for t in range(steps)]
        return ops.stack(each, axis=1)

    def _apply(self, inputs: Tensor, mask: Any, training: bool | None) -> Tensor:
        """Calls the layer, with the mask of these inputs if it takes one."""
        if mask is not None and "mask" in arguments_of(type(self.layer).call):
            return self.layer(inputs, training=training, mask=ops.reshape(mask, (-1,)))
        return self.layer(inputs, training=training)

    def _together(self) -> bool:
        """Tells whether steps may share a batch: nothing is averaged over it."""
        inside = [self.layer, *descendants(self.layer)]
        averages = any(layer.activity_regularizer is not None for layer in inside)
        return not averages and all(w.can_train for w in self.layer.weights)


def at(mask: Any, t: int) -> Any:
    """Returns the mask of a step, None if there is no mask."""
    return None if mask is None else mask[:, t]


def check_axes(shape: Shape) -> None:
    """Refuses inputs that have no axis of steps, or nothing behind it."""
    if len(shape) < 3:
        raise ValueError(
            "`TimeDistributed` Layer should be passed an `input_shape` with at least 3 "
            f"dimensions, received: {shape}"
        )


def check_mask(mask: Shape, inputs: Shape) -> None:
    """Refuses masks that do not have a value for each step of each sample."""
    sizes = zip(mask, inputs[:2], strict=False)
    if len(mask) < 2 or any(n != m and None not in (n, m) for n, m in sizes):
        raise ValueError(
            "The mask of TimeDistributed needs a value for each step: shape "
            f"{inputs[:2]}, for inputs of shape {inputs}; got shape {mask}."
        )
