"""RNN: any cell, step by step over sequences; and what LSTM and GRU share with it."""

from typing import Any, Self

from minikeras.layers.context import building
from minikeras.layers.input_spec import InputSpec
from minikeras.layers.layer import Layer
from minikeras.layers.recurrent.cell import as_floats, zeros
from minikeras.layers.recurrent.stacked import StackedRNNCells
from minikeras.layers.serialization import deserialize, serialize
from minikeras.ops import functions as ops
from minikeras.tree import flatten, map_structure, pack_like
from minikeras.values.symbolic import KerasTensor
from minikeras.values.tensor import Tensor
from minikeras.values.types import Shape
from minikeras.values.variable import Variable

States = list[Any]  # Tensors, or lists of them where cells are stacked


class RNN(Layer):
    """Runs a cell over the steps of sequences, and hands its states on.

        output_t, states_t = cell(x_t, states_{t-1})

    A cell is a layer (or any object) with `call(inputs, states)` and a `state_size`; a
    list of cells is stacked.  It may have an `output_size`, and a
    `get_initial_state(batch_size)` where zeros will not do.

    `return_sequences`: the outputs of all steps, not only of the last.
    `return_state`: the last states too, behind the output.
    `go_backwards`: from the last step to the first; so are the outputs.
    `stateful`: the last states of a batch are the first of the next one.
    `zero_output_for_mask`: outputs of masked steps are 0, not those of the step before.
    `unroll` is for backends that compile loops: here both ways do the same.

    A step whose mask is False leaves the states as they are.

    Shapes: sequences (n, steps, ...), mask (n, steps) → (n, units), or (n, steps,
    units) with return_sequences; behind it the states with return_state.
    Raises: ValueError if the cell has no `call` or `state_size`, or if the initial
    state does not fit.
    Source: Keras, `keras.layers.RNN`.
    """

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        **kwargs: Any,
    ) -> None:
        if isinstance(cell, (list, tuple)):
            cell = StackedRNNCells(cell)
        if not callable(getattr(cell, "call", None)):
            raise ValueError(
                f"Argument `cell` should have a `call` method. Received: cell={cell!r}"
            )
        if not hasattr(cell, "state_size"):
            raise ValueError(
                "The RNN cell should have a `state_size` attribute (an integer, or a "
                f"list of them, one per state). Received: cell={cell!r}"
            )
        super().__init__(**kwargs)
        self.cell = cell
        self.return_sequences = return_sequences
        self.return_state = return_state
        self.go_backwards = go_backwards
        self.stateful = stateful
        self.unroll = unroll
        self.zero_output_for_mask = zero_output_for_mask
        self.supports_masking = True
        self._memory: Memory | None = None

    @property
    def state_size(self) -> Any:
        """The size of the state, or a list of the sizes of the states."""
        return self.cell.state_size

    @property
    def states(self) -> States | None:
        """The Variables with the last states, if the layer is stateful and built."""
        return None if self._memory is None else self._memory.states

    # Building -------------------------------------------------------------------------

    def build(self, sequences_shape: Shape, initial_state_shape: Any = None) -> None:
        if isinstance(self.cell, Layer) and not self.cell.built:
            with building(self.cell):
                self.cell.build((sequences_shape[0], *sequences_shape[2:]))
        if self.stateful:
            if sequences_shape[0] is None:
                raise ValueError(
                    "When using `stateful=True` in a RNN, the batch size must be "
                    f"static. Found dynamic batch size: sequence.shape="
                    f"{sequences_shape}. Give the Input a batch_size."
                )
            self._memory = Memory(self, self.get_initial_state(sequences_shape[0]))
        if self.input_spec is not None:
            size = self.cell.kernel.shape[0]
            self.input_spec = InputSpec(ndim=3, axes={-1: size})

    def compute_output_shape(
        self, sequences_shape: Shape, initial_state_shape: Any = None
    ) -> Any:
        n, steps = sequences_shape[:2]
        sizes = listed(self.state_size)
        size = getattr(self.cell, "output_size", flatten(sizes)[0])
        output = (n, steps, size) if self.return_sequences else (n, size)
        if not self.return_state:
            return output
        shapes = map_structure(lambda size: (n, size), sizes)
        return (output, *shapes)

    def compute_mask(self, _: Any, mask: Any) -> Any:
        output_mask = first_mask(mask) if self.return_sequences else None
        if self.return_state:
            return [output_mask, *(None for _ in flatten(listed(self.state_size)))]
        return output_mask

    # States ---------------------------------------------------------------------------

    def get_initial_state(self, batch_size: int | None) -> States:
        """Returns the states before the first step: the cell's choice, or zeros."""
        choose = getattr(self.cell, "get_initial_state", None)
        if choose is not None:
            return listed(choose(batch_size=batch_size))
        return map_structure(
            lambda size: zeros((batch_size, size), self.compute_dtype),
            listed(self.state_size),
        )

    def reset_state(self) -> None:
        """Sets the states of a stateful layer to zero."""
        for state in flatten(self.states or []):
            state.assign(ops.zeros_like(state))

    reset_states = reset_state

    def _first_states(self, sequences: Tensor, initial_state: Any) -> States:
        """Returns the states to begin with, in the dtype of the layer."""
        n = sequences.shape[0]
        if initial_state is not None:
            states = listed(initial_state)
        elif self.states is None:
            return self.get_initial_state(n)
        else:
            states = self.states
            remembered = flatten(states)[0].shape[0]
            if n != remembered:
                raise ValueError(
                    "If an RNN is stateful, the batch size of the input sequences must "
                    f"be the same as that of the state: {remembered}. Received batch "
                    f"size: {n}. Call build() for another one, or pad the batch."
                )
        sizes = flatten(listed(self.state_size))
        shapes = [x.shape for x in flatten(states)]
        if not all(map(fits, shapes, [(n, size) for size in sizes])) or len(
            shapes
        ) != len(sizes):
            raise ValueError(
                f'{type(self).__name__} "{self.name}" needs an initial state of the '
                f"shapes {[(n, size) for size in sizes]}; got {shapes}."
            )
        return map_structure(lambda x: as_floats(x, self.compute_dtype), states)

    # The call -------------------------------------------------------------------------

    def call(
        self,
        sequences: Tensor,
        initial_state: Any = None,
        mask: Any = None,
        training: bool = False,
    ) -> Any:
        sequences = as_floats(sequences, self.compute_dtype)
        if sequences.shape[1] == 0:
            raise ValueError(
                f'{type(self).__name__} "{self.name}" needs sequences of at least one '
                f"step; got shape {sequences.shape}."
            )
        states = self._first_states(sequences, initial_state)
        mask = first_mask(mask)
        mask = None if mask is None else self._mask_of_steps(mask, sequences)
        if self.go_backwards:
            sequences = ops.flip(sequences, 1)
            mask = None if mask is None else ops.flip(mask, 1)
        self._forget_dropout()
        last, outputs, states = self.inner_loop(sequences, states, mask, training)
        self._forget_dropout()
        if mask is not None:
            starts_at_zero = initial_state is None and self.states is None
            last, outputs = self._masked(last, outputs, mask, starts_at_zero)
        for remembered, state in zip(
            flatten(self.states or []), flatten(states), strict=False
        ):
            remembered.assign(state)
        output = outputs if self.return_sequences else last
        return (output, *states) if self.return_state else output

    def _mask_of_steps(self, mask: Tensor, sequences: Tensor) -> Tensor:
        """Returns whether each step counts (n, steps); one row may do for all."""
        n, steps = sequences.shape[:2]
        if mask.ndim == 3 and mask.shape[2] == 1:
            mask = ops.squeeze(mask, 2)
        if not fits(mask.shape, (n, steps)) and not fits(mask.shape, (1, steps)):
            raise ValueError(
                f'{type(self).__name__} "{self.name}" needs a mask that says of each '
                f"step of each sample whether it counts, (samples, steps) = "
                f"{(n, steps)}; got shape {mask.shape}."
            )
        if n is not None and mask.shape[0] == 1:
            mask = ops.broadcast_to(mask, (n, steps))
        return mask if mask.dtype == "bool" else ops.cast(mask, "bool")

    def _forget_dropout(self) -> None:
        """Lets the cell draw anew what it drops."""
        for forget in ("reset_dropout_mask", "reset_recurrent_dropout_mask"):
            getattr(self.cell, forget, do_nothing)()

    def inner_loop(
        self,
        sequences: Tensor,
        initial_state: States,
        mask: Any,
        training: bool = False,
    ) -> tuple[Tensor, Tensor, States]:
        """Returns the last output, all outputs and the last states.

        Sequences and mask come in the order in which they are to be read.
        """
        states = initial_state
        outputs: list[Tensor] = []
        # Of symbolic sequences one step says it all.
        steps = 1 if sequences.symbolic else sequences.shape[1]
        for t in range(steps):
            inputs = sequences[:, t]
            output, new_states = self._step(inputs, states, training)
            if mask is not None:
                counts = mask[:, t]
                before = outputs[-1] if outputs else ops.zeros_like(output)
                output = where(counts, output, before)
                merged = map(where_of(counts), flatten(new_states), flatten(states))
                new_states = pack_like(new_states, merged)
            states = new_states
            outputs.append(output)
        if sequences.symbolic:
            shape = (output.shape[0], sequences.shape[1], *output.shape[1:])
            return output, KerasTensor(shape, output.dtype), states
        return outputs[-1], ops.stack(outputs, axis=1), states

    def _step(
        self, inputs: Tensor, states: States, training: bool
    ) -> tuple[Tensor, States]:
        """Calls the cell; its new states come as a list."""
        if isinstance(self.cell, Layer):
            output, states = self.cell(inputs, states, training=training)
        else:
            output, states = self.cell.call(inputs, states)
        return output, listed(states)

    def _masked(
        self, last: Tensor, outputs: Tensor, mask: Tensor, starts_at_zero: bool
    ) -> tuple[Tensor, Tensor]:
        """Returns the outputs with 0 where there is none: at masked steps if that is
        asked for, else at those before the first that counts.
        """
        if self.zero_output_for_mask:
            nothing = ops.zeros_like(last)
            outputs = where(mask, outputs, ops.zeros_like(outputs))
            return where(mask[:, -1], last, nothing), outputs
        if not starts_at_zero:
            begun = ops.greater(ops.cumsum(ops.cast(mask, "int32"), axis=1), 0)
            outputs = where(begun, outputs, ops.zeros_like(outputs))
            last = where(begun[:, -1], last, ops.zeros_like(last))
        return last, outputs

    # Configuration --------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        config = {
            **super().get_config(),
            "return_sequences": self.return_sequences,
            "return_state": self.return_state,
            "go_backwards": self.go_backwards,
            "stateful": self.stateful,
            "unroll": self.unroll,
            "zero_output_for_mask": self.zero_output_for_mask,
        }
        if type(self) is RNN:
            config["cell"] = serialize(self.cell)
        return config

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> Self:
        if "cell" in config:
            cell = deserialize(config["cell"], custom_objects)
            config = {**config, "cell": cell}
        return cls(**config)


class Memory:
    """The states that a stateful layer remembers; they are no weights of it."""

    def __init__(self, layer: RNN, states: States) -> None:
        self.states: States = map_structure(
            lambda state: self.variable(layer.name, state), states
        )

    @staticmethod
    def variable(layer_name: str, state: Tensor) -> Variable:
        """Returns a Variable with a state in it."""
        variable = Variable(state.numpy(), trainable=False, name="rnn_state")
        variable.path = f"{layer_name}/rnn_state"
        return variable


def listed(states: Any) -> list[Any]:
    """Returns states, or their sizes, as a list, also if there is only one."""
    return list(states) if isinstance(states, (list, tuple)) else [states]


def first_mask(mask: Any) -> Any:
    """Returns the mask of the sequences, where states have brought theirs along."""
    return mask[0] if isinstance(mask, (list, tuple)) else mask


def fits(shape: Shape, wanted: Shape) -> bool:
    """Tells whether two shapes can be the same one; None stands for any size."""
    return len(shape) == len(wanted) and all(
        n == m or n is None or m is None for n, m in zip(shape, wanted, strict=True)
    )


def where(condition: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Returns x where the condition holds, else y; it lacks the last axes of x."""
    axes = tuple(range(condition.ndim, x.ndim))
    return ops.where(ops.expand_dims(condition, axes), x, y)


def where_of(condition: Tensor) -> Any:
    """Returns `where` with this condition."""
    return lambda x, y: where(condition, x, y)


def do_nothing() -> None:
    """Is what a cell without dropout forgets."""
