"""SimpleRNN: a state that is made anew from inputs and itself in every step."""

from typing import Any

from minikeras import regularizers
from minikeras.layers.recurrent.cell import (
    CONSTRAINTS,
    DROPOUTS,
    INITIALIZERS,
    REGULARIZERS,
    Cell,
)
from minikeras.layers.recurrent.own_cell import OwnCellRNN
from minikeras.ops import functions as ops
from minikeras.values.tensor import Tensor
from minikeras.values.types import Identifier


class SimpleRNNCell(Cell):
    """One step of a SimpleRNN.

        h' = activation(x · kernel + bias + h · recurrent_kernel)

    Shapes: inputs (n, inputs), states [h] (n, units) → (h', [h']).
    Raises: ValueError if units is no positive integer.
    Source: Elman, Finding structure in time (1990).
    """

    def call(
        self, inputs: Tensor, states: Any, training: bool = False
    ) -> tuple[Tensor, list[Tensor]]:
        h = states[0] if isinstance(states, (list, tuple)) else states
        x = ops.matmul(self.dropped(inputs, training), self.kernel)
        if self.bias is not None:
            x = ops.add(x, self.bias)
        given = self.recurrent_dropped(h, training)
        h = self.activation(ops.add(x, ops.matmul(given, self.recurrent_kernel)))
        return h, [h]

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            **self.serialized("units", "activation", "use_bias", *INITIALIZERS),
            **self.serialized(*REGULARIZERS, *CONSTRAINTS, *DROPOUTS, "seed"),
        }


class SimpleRNN(OwnCellRNN):
    """The plain recurrent layer: an `RNN` with a `SimpleRNNCell`.

    Shapes: sequences (n, steps, inputs) → (n, units), or (n, steps, units) with
    return_sequences; with return_state also the last h (n, units).
    Raises: ValueError if units is no positive integer, or the initial state does not
    fit.
    Source: Elman, Finding structure in time (1990).
    """

    def __init__(
        self,
        units: int,
        activation: Identifier | None = "tanh",
        use_bias: bool = True,
        kernel_initializer: Identifier = "glorot_uniform",
        recurrent_initializer: Identifier = "orthogonal",
        bias_initializer: Identifier = "zeros",
        kernel_regularizer: Identifier | None = None,
        recurrent_regularizer: Identifier | None = None,
        bias_regularizer: Identifier | None = None,
        activity_regularizer: Identifier | None = None,
        kernel_constraint: Identifier | None = None,
        recurrent_constraint: Identifier | None = None,
        bias_constraint: Identifier | None = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        cell = SimpleRNNCell(
            units,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            seed=seed,
            dtype=kwargs.get("dtype"),
            trainable=kwargs.get("trainable", True),
            name="simple_rnn_cell",
        )
        super().__init__(
            cell,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            unroll=unroll,
            activity_regularizer=activity_regularizer,
            **kwargs,
        )

    def get_config(self) -> dict[str, Any]:
        cell = self.cell
        return {
            **super().get_config(),
            **cell.serialized("units", "activation", "use_bias", *INITIALIZERS),
            **cell.serialized(*REGULARIZERS),
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
            **cell.serialized(*CONSTRAINTS, *DROPOUTS),
        }
