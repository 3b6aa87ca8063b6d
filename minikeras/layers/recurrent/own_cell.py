"""What LSTM, GRU and SimpleRNN share: they make their cell, and have its settings."""

from typing import Any

from minikeras import activations
from minikeras.layers.input_spec import InputSpec
from minikeras.layers.recurrent.cell import Cell
from minikeras.layers.recurrent.rnn import RNN


def of_cell(name: str) -> Any:
    """Returns a property that is the attribute of the layer's cell."""
    return property(lambda layer: getattr(layer.cell, name))


class OwnCellRNN(RNN):
    """An `RNN` that makes its cell itself, and has the settings of that.

    Shapes: sequences (n, steps, inputs) → (n, units), or (n, steps, units) with
    return_sequences; behind it the states with return_state.
    """

    def __init__(self, cell: Cell, **kwargs: Any) -> None:
        kwargs.pop("implementation", None)  # all of them compute the same
        super().__init__(cell, **kwargs)
        self.input_spec = InputSpec(ndim=3)

    units = of_cell("units")
    activation = of_cell("activation")
    use_bias = of_cell("use_bias")
    kernel_initializer = of_cell("kernel_initializer")
    recurrent_initializer = of_cell("recurrent_initializer")
    bias_initializer = of_cell("bias_initializer")
    kernel_regularizer = of_cell("kernel_regularizer")
    recurrent_regularizer = of_cell("recurrent_regularizer")
    bias_regularizer = of_cell("bias_regularizer")
    kernel_constraint = of_cell("kernel_constraint")
    recurrent_constraint = of_cell("recurrent_constraint")
    bias_constraint = of_cell("bias_constraint")
    dropout = of_cell("dropout")
    recurrent_dropout = of_cell("recurrent_dropout")
    seed = of_cell("seed")


def is_standard(cell: Any, training: bool) -> bool:
    """Whether a primitive does all steps of an LSTM or GRU as this cell does them."""
    return (
        cell.activation is activations.tanh
        and cell.recurrent_activation is activations.sigmoid
        and not (training and cell.recurrent_dropout)
    )


def check_use_cudnn(use_cudnn: Any) -> None:
    """Refuses what is no choice."""
    if use_cudnn not in ("auto", True, False):
        raise ValueError(
            "Invalid value received for argument `use_cudnn`. Expected one of 'auto', "
            f"True, False. Received: use_cudnn={use_cudnn!r}"
        )
