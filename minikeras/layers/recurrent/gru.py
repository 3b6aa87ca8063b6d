"""GRU: a state that gates keep or overwrite."""

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
from minikeras.values.types import Identifier, ShapeLike


class GRUCell(Cell):
    """One step of a GRU.

        z, r = σ(x_z + h U_z + b_z),  σ(x_r + h U_r + b_r),   x = inputs · kernel + a
        g = tanh(x_g + s)
        s = r · (h U_g + b_g) if reset_after, else (r · h) U_g
        h' = z · h + (1 - z) · g

    σ is `recurrent_activation`, tanh `activation`.  The columns of the kernels are
    those of z, r and g; U is the recurrent kernel.  The bias has the rows a and b if
    `reset_after`, else a only.

    Shapes: inputs (n, inputs), states [h] (n, units) → (h', [h']).
    Raises: ValueError if units is no positive integer.
    Source: Cho et al., Learning phrase representations using RNN encoder-decoder
    (2014).
    """

    parts = 3

    def __init__(
        self,
        units: int,
        activation: Identifier | None = "tanh",
        recurrent_activation: Identifier | None = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Identifier = "glorot_uniform",
        recurrent_initializer: Identifier = "orthogonal",
        bias_initializer: Identifier = "zeros",
        kernel_regularizer: Identifier | None = None,
        recurrent_regularizer: Identifier | None = None,
        bias_regularizer: Identifier | None = None,
        kernel_constraint: Identifier | None = None,
        recurrent_constraint: Identifier | None = None,
        bias_constraint: Identifier | None = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        reset_after: bool = True,
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
        self.reset_after = reset_after

    def bias_shape(self) -> ShapeLike:
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    def biases(self) -> tuple[Tensor | None, Tensor | None]:
        """Returns what is added to the inputs' part and to the state's part."""
        if self.bias is None or not self.reset_after:
            return self.bias, None
        return self.bias[0], self.bias[1]

    def call(
        self, inputs: Tensor, states: Any, training: bool = False
    ) -> tuple[Tensor, list[Tensor]]:
        h = states[0] if isinstance(states, (list, tuple)) else states
        units = self.units
        bias, recurrent_bias = self.biases()
        x = affine(self.dropped(inputs, training), self.kernel, bias)
        x_z, x_r, x_g = ops.split(x, 3, axis=-1)
        given = self.recurrent_dropped(h, training)
        if self.reset_after:
            inner = affine(given, self.recurrent_kernel, recurrent_bias)
            inner_z, inner_r, inner_g = ops.split(inner, 3, axis=-1)
        else:
            inner = ops.matmul(given, self.recurrent_kernel[:, : 2 * units])
            inner_z, inner_r = ops.split(inner, 2, axis=-1)
        z = self.recurrent_activation(ops.add(x_z, inner_z))
        r = self.recurrent_activation(ops.add(x_r, inner_r))
        if self.reset_after:
            s = ops.multiply(r, inner_g)
        else:
            candidate = self.recurrent_kernel[:, 2 * units :]
            s = ops.matmul(ops.multiply(r, given), candidate)
        g = self.activation(ops.add(x_g, s))
        h = ops.add(ops.multiply(z, h), ops.multiply(ops.subtract(1.0, z), g))
        return h, [h]

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            **self.serialized("units", "activation", "recurrent_activation"),
            **self.serialized("use_bias", *INITIALIZERS, *REGULARIZERS),
            **self.serialized(*CONSTRAINTS, *DROPOUTS, "reset_after", "seed"),
        }


class GRU(OwnCellRNN):
    """Gated recurrent units over sequences: an `RNN` with a `GRUCell`.

    With the activations it has by default, all steps are one call of a kernel; others
    go step by step.  `use_cudnn` is for backends on GPUs: here it changes nothing.

    Shapes: sequences (n, steps, inputs) → (n, units), or (n, steps, units) with
    return_sequences; with return_state also the last h (n, units).
    Raises: ValueError if units is no positive integer, or the initial state does not
    fit.
    Source: Cho et al., Learning phrase representations using RNN encoder-decoder
    (2014).
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
        reset_after: bool = True,
        use_cudnn: str | bool = "auto",
        **kwargs: Any,
    ) -> None:
        check_use_cudnn(use_cudnn)
        self.use_cudnn = use_cudnn
        cell = GRUCell(
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
            reset_after=reset_after,
            dtype=kwargs.get("dtype"),
            trainable=kwargs.get("trainable", True),
            name="gru_cell",
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
    reset_after = of_cell("reset_after")

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
        outputs, h, _ = recurrent.gru(
            cell.dropped(sequences, training),
            cell.kernel,
            *initial_state,
            mask,
            *cell.biases(),
            cell.recurrent_kernel,
            reset_after=cell.reset_after,
        )
        return h, outputs, [h]

    def get_config(self) -> dict[str, Any]:
        cell = self.cell
        return {
            **super().get_config(),
            **cell.serialized("units", "activation", "recurrent_activation"),
            **cell.serialized("use_bias", *INITIALIZERS, *REGULARIZERS),
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
            **cell.serialized(*CONSTRAINTS, *DROPOUTS, "reset_after", "seed"),
        }


def affine(x: Tensor, kernel: Tensor, bias: Tensor | None) -> Tensor:
    """Returns x · kernel + bias."""
    out = ops.matmul(x, kernel)
    return out if bias is None else ops.add(out, bias)
