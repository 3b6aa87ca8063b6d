"""What the cells of LSTM, GRU and SimpleRNN share: weights, dropout, a first state."""

from collections.abc import Callable
from typing import Any

from minikeras import activations, constraints, initializers, regularizers
from minikeras.layers.layer import Layer
from minikeras.layers.recurrent.dropout_rnn_cell import DropoutRNNCell
from minikeras.ops import functions as ops
from minikeras.random import SeedGenerator
from minikeras.values.symbolic import KerasTensor
from minikeras.values.tensor import Tensor, cast
from minikeras.values.types import Identifier, Shape, ShapeLike


class Cell(DropoutRNNCell, Layer):
    """One step of a recurrent layer: (inputs, states) → (output, new states).

    A subclass says in `parts` how many vectors of `units` numbers a step computes from
    its inputs: the gates.  `dropout` zeroes a part of the inputs, `recurrent_dropout`
    of what the state contributes; the same numbers in all steps of a sequence.

    Shapes: inputs (n, inputs), each state (n, units) → output (n, units); kernel
    (inputs, parts·units), recurrent_kernel (units, parts·units).
    Raises: ValueError if units is no positive integer.
    """

    parts = 1

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
        kernel_constraint: Identifier | None = None,
        recurrent_constraint: Identifier | None = None,
        bias_constraint: Identifier | None = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.pop("implementation", None)  # all of them compute the same
        super().__init__(**kwargs)
        if not isinstance(units, int) or units <= 0:
            raise ValueError(
                "Received an invalid value for argument `units`, expected a positive "
                f"integer, got {units!r}."
            )
        self.units = units
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.recurrent_initializer = initializers.get(recurrent_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.recurrent_regularizer = regularizers.get(recurrent_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.recurrent_constraint = constraints.get(recurrent_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.dropout = min(1.0, max(0.0, dropout))
        self.recurrent_dropout = min(1.0, max(0.0, recurrent_dropout))
        self.seed = seed
        self.seed_generator = SeedGenerator(seed)
        self.state_size: Any = units
        self.output_size = units
        self.reset_dropout_mask()
        self.reset_recurrent_dropout_mask()

    def build(self, input_shape: Shape) -> None:
        inputs = input_shape[-1]
        if inputs is None:
            raise ValueError(
                f'{type(self).__name__} "{self.name}" needs to know the size of the '
                f"last axis of its input; got shape {input_shape}."
            )
        self.kernel = self.add_weight(
            (inputs, self.parts * self.units),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
        )
        self.recurrent_kernel = self.add_weight(
            (self.units, self.parts * self.units),
            self.recurrent_initializer,
            regularizer=self.recurrent_regularizer,
            constraint=self.recurrent_constraint,
            name="recurrent_kernel",
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                self.bias_shape(),
                self.first_bias(),
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )

    def bias_shape(self) -> ShapeLike:
        """Returns the shape of the bias."""
        return (self.parts * self.units,)

    def first_bias(self) -> Callable[..., Any]:
        """Returns the initializer of the bias."""
        initializer: Callable[..., Any] = self.bias_initializer
        return initializer

    def get_initial_state(self, batch_size: int | None = None) -> list[Tensor]:
        """Returns zeros for each state; symbolic ones if the batch size is unknown."""
        sizes = self.state_size if isinstance(self.state_size, list) else [self.units]
        return [zeros((batch_size, size), self.compute_dtype) for size in sizes]

    # Dropout --------------------------------------------------------------------------

    def dropped(self, inputs: Tensor, training: bool) -> Tensor:
        """Returns the inputs of a step, or of all steps, without what is dropped."""
        if not training or self.dropout == 0.0 or inputs.symbolic:
            return inputs
        sequences = inputs.ndim == 3
        mask: Any = self.get_dropout_mask(inputs[:, 0] if sequences else inputs)
        return ops.multiply(inputs, ops.expand_dims(mask, 1) if sequences else mask)

    def recurrent_dropped(self, state: Tensor, training: bool) -> Tensor:
        """Returns a state without what is dropped before it meets the kernel."""
        if not training or self.recurrent_dropout == 0.0 or state.symbolic:
            return state
        mask: Any = self.get_recurrent_dropout_mask(state)
        return ops.multiply(state, mask)

    # Configuration --------------------------------------------------------------------

    def serialized(self, *names: str) -> dict[str, Any]:
        """Returns the configuration of some of the arguments, in this order."""
        return {name: serialized_argument(name, getattr(self, name)) for name in names}


def serialized_argument(name: str, value: Any) -> Any:
    """Returns what a configuration says of an argument, by what its name ends with."""
    for ending, module in SERIALIZERS.items():
        if name.endswith(ending):
            return module(value)
    return value


SERIALIZERS: dict[str, Callable[[Any], Any]] = {
    "activation": activations.serialize,
    "initializer": initializers.serialize,
    "regularizer": regularizers.serialize,
    "constraint": constraints.serialize,
}
# Arguments that are in the configuration of all cells, one after the other.
INITIALIZERS = ("kernel_initializer", "recurrent_initializer", "bias_initializer")
REGULARIZERS = ("kernel_regularizer", "recurrent_regularizer", "bias_regularizer")
CONSTRAINTS = ("kernel_constraint", "recurrent_constraint", "bias_constraint")
DROPOUTS = ("dropout", "recurrent_dropout")


def zeros(shape: ShapeLike, dtype: str) -> Tensor:
    """Returns zeros; a symbolic tensor if a size is unknown."""
    if None in shape:
        return KerasTensor(shape, dtype)
    return ops.zeros(shape, dtype=dtype)


def as_floats(x: Tensor, dtype: str) -> Tensor:
    """Returns a Tensor in the dtype of the layer: integers too."""
    return x if x.dtype == dtype else cast(x, dtype)
