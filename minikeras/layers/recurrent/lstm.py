"""LSTM: a state and a cell that gates write, keep and read."""

from collections.abc import Callable
from typing import Any

from minikeras import activations, regularizers
from minikeras.layers.recurrent.cell import (
    CONSTRAINTS,
    DROPOUTS,
    INITIALIZERS,
    REGULARIZERS,
    Cell,
)
from minikeras.layers.recurrent.own_cell import (
    OwnCellRNN,
    check_use_cudnn,
    is_standard,
    of_cell,
)
from minikeras.layers.recurrent.rnn import States
from minikeras.ops import functions as ops
from minikeras.primitives import recurrent
from minikeras.values.tensor import Tensor
from minikeras.values.types import Identifier


class LSTMCell(Cell):
    """One step of an LSTM.

        i, f, o = σ(z_i), σ(z_f), σ(z_o),   z = x · kernel + h · recurrent_kernel + bias
        c' = f · c + i · tanh(z_c),   h' = o · tanh(c')

    σ is `recurrent_activation`, tanh `activation`.  The columns of the kernels are
    those of i, f, c and o.  With `unit_forget_bias` the bias of f begins as 1: a cell
    forgets only what it has learned to forget.

    Shapes: inputs (n, inputs), states [h, c] (n, units) → (h', [h', c']).
    Raises: ValueError if units is no positive integer.
    Source: Hochreiter & Schmidhuber, Long short-term memory (1997).
    """

    parts = 4

    def __init__(
        self,
        units: int,
        activation: Identifier | None = "tanh",
        recurrent_activation: Identifier | None = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Identifier = "glorot_uniform",
        recurrent_initializer: Identifier = "orthogonal",
        bias_initializer: Identifier = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Identifier | None = None,
        recurrent_regularizer: Identifier | None = None,
        bias_regularizer: Identifier | None = None,
        kernel_constraint: Identifier | None = None,
        recurrent_constraint: Identifier | None = None,
        bias_constraint: Identifier | None = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            units,
            activation,
            use_bias,
            kernel_initializer,
            recurrent_initializer,
            bias_initializer,
            kernel_regularizer,
            recurrent_regularizer,
            bias_regularizer,
            kernel_constraint,
            recurrent_constraint,
            bias_constraint,
            dropout,
            recurrent_dropout,
            seed,
            **kwargs,
        )
        self.recurrent_activation = activations.get(recurrent_activation)
        self.unit_forget_bias = unit_forget_bias
        self.state_size = [units, units]

    def first_bias(self) -> Callable[..., Any]:
        if not self.unit_forget_bias:
            return super().first_bias()
        return self._bias_that_remembers

    def _bias_that_remembers(self, shape: Any, dtype: str) -> Tensor:
        """Returns the first bias, with 1 for the forget gate."""
        units = self.units
        before = self.bias_initializer((units,), dtype=dtype)
        behind = self.bias_initializer((2 * units,), dtype=dtype)
        ones = ops.ones((units,), dtype=dtype)
        return ops.concatenate([before, ones, behind])

    def call(
        self, inputs: Tensor, states: Any, training: bool = False
    ) -> tuple[Tensor, list[Tensor]]:
        h, c = states
        inputs = self.dropped(inputs, training)
        given = self.recurrent_dropped(h, training)
        z = ops.add(
            ops.matmul(inputs, self.kernel), ops.matmul(given, self.recurrent_kernel)
        )
        if self.bias is not None:
            z = ops.add(z, self.bias)
        z_i, z_f, z_c, z_o = ops.split(z, 4, axis=-1)
        i, f, o = map(self.recurrent_activation, (z_i, z_f, z_o))
        c = ops.add(ops.multiply(f, c), ops.multiply(i, self.activation(z_c)))
        h = ops.multiply(o, self.activation(c))
        return h, [h, c]

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            **self.serialized("units", "activation", "recurrent_activation"),
            **self.serialized("use_bias", "unit_forget_bias", *INITIALIZERS),
            **self.serialized(*REGULARIZERS, *CONSTRAINTS, *DROPOUTS, "seed"),
        }


class LSTM(OwnCellRNN):
    """Long short-term memory over sequences: an `RNN` with an `LSTMCell`.

    With the activations it has by default, all steps are one call of a kernel; others
    go step by step.  `use_cudnn` is for backends on GPUs: here it changes nothing.

    Shapes: sequences (n, steps, inputs) → (n, units), or (n, steps, units) with
    return_sequences; with return_state also the last h and c (n, units).
    Raises: ValueError if units is no positive integer, or the initial state does not
    fit.
    Source: Hochreiter & Schmidhuber, Long short-term memory (1997).
    """

    def __init__(
        self,
        units: int,
        activation: Identifier | None = "tanh",
        recurrent_activation: Identifier | None = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Identifier = "glorot_uniform",
        recurrent_initializer: Identifier = "orthogonal",
        bias_initializer: Identifier = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Identifier | None = None,
        recurrent_regularizer: Identifier | None = None,
        bias_regularizer: Identifier | None = None,
        activity_regularizer: Identifier | None = None,
        kernel_constraint: Identifier | None = None,
        recurrent_constraint: Identifier | None = None,
        bias_constraint: Identifier | None = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        use_cudnn: str | bool = "auto",
        **kwargs: Any,
    ) -> None:
        check_use_cudnn(use_cudnn)
        self.use_cudnn = use_cudnn
        cell = LSTMCell(
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
            recurrent_activation=recurrent_activation,
            unit_forget_bias=unit_forget_bias,
            dtype=kwargs.get("dtype"),
            trainable=kwargs.get("trainable", True),
            name="lstm_cell",
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

    recurrent_activation = of_cell("recurrent_activation")
    unit_forget_bias = of_cell("unit_forget_bias")

    def inner_loop(
        self,
        sequences: Tensor,
        initial_state: States,
        mask: Any,
        training: bool = False,
    ) -> tuple[Tensor, Tensor, States]:
        cell = self.cell
        if not is_standard(cell, training):
            return super().inner_loop(sequences, initial_state, mask, training)
        x = cell.dropped(sequences, training)
        outputs, h, c, _, _ = recurrent.lstm(
            x, cell.kernel, *initial_state, mask, cell.bias, cell.recurrent_kernel
        )
        return h, outputs, [h, c]

    def get_config(self) -> dict[str, Any]:
        cell = self.cell
        return {
            **super().get_config(),
            **cell.serialized("units", "activation", "recurrent_activation"),
            **cell.serialized("use_bias", *INITIALIZERS, "unit_forget_bias"),
            **cell.serialized(*REGULARIZERS),
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
            **cell.serialized(*CONSTRAINTS, *DROPOUTS, "seed"),
        }
