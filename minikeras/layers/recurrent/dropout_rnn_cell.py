"""What cells drop while training, the same in all steps of a sequence.

Apart from the cells of minikeras, so that one of one's own can have it too.
"""

from typing import Any

from minikeras.ops import functions as ops
from minikeras.random import SeedGenerator
from minikeras.values.tensor import Tensor


class DropoutRNNCell:
    """The part of a cell that draws masks for its inputs and its state.

    A cell with this as a second base has the attributes `dropout`, `recurrent_dropout`
    and `seed_generator`, and multiplies by the masks while training.  They are drawn
    once; an `RNN` has them forgotten before and after its steps.

    Shapes: those of the inputs and of the state of one step, (n, ...).
    Source: Gal and Ghahramani, A theoretically grounded application of dropout in
    recurrent neural networks (2016).
    """

    dropout: float
    recurrent_dropout: float
    seed_generator: SeedGenerator
    compute_dtype: Any
    _dropout_mask: Tensor | None = None
    _recurrent_dropout_mask: Tensor | None = None

    def get_dropout_mask(self, step_input: Tensor) -> Tensor | None:
        """Returns what to multiply the inputs of each step by: 0 where they are
        dropped, else 1 / (1 - dropout).  None if dropout is 0.
        """
        if self.dropout > 0.0 and step_input.symbolic:
            return ops.ones_like(step_input)
        if self.dropout > 0.0 and self._dropout_mask is None:
            self._dropout_mask = self._drawn(step_input, self.dropout)
        return self._dropout_mask

    def get_recurrent_dropout_mask(self, step_input: Tensor) -> Tensor | None:
        """Returns the same for a state, by `recurrent_dropout`."""
        rate = self.recurrent_dropout
        if rate > 0.0 and step_input.symbolic:
            return ops.ones_like(step_input)
        if rate > 0.0 and self._recurrent_dropout_mask is None:
            self._recurrent_dropout_mask = self._drawn(step_input, rate)
        return self._recurrent_dropout_mask

    def _drawn(self, like: Tensor, rate: float) -> Tensor:
        """Returns a new mask, in the shape of inputs or states."""
        return self.seed_generator.dropout_mask(like.shape, rate, self.compute_dtype)

    def reset_dropout_mask(self) -> None:
        """Lets the next step draw anew what is dropped of the inputs."""
        self._dropout_mask = None

    def reset_recurrent_dropout_mask(self) -> None:
        """Lets the next step draw anew what is dropped of the state."""
        self._recurrent_dropout_mask = None
