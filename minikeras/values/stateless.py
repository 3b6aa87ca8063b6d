"""State from outside: Variables that stand for given values in a block."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Self

import numpy as np

from minikeras.autograd.value import Leaf
from minikeras.values.autocast import autocast
from minikeras.values.tensor import Tensor, as_tensor, cast
from minikeras.values.types import TensorLike
from minikeras.values.variable import Variable, lending


class StatelessScope:
    """A `with` block in which Variables have other values, and keep none.

    `state_mapping` is pairs (variable, value).  In the block the variable has that
    value, and gradients flow to where the value is from; what is assigned stays in the
    scope, also to Variables that are not among the pairs.  `get_current_value` tells
    it, in the block and after.  With `collect_losses` what layers add to the loss is in
    `losses`.  Variables that are made in the block are as they are elsewhere, whatever
    `initialize_variables` is.

    The Variables are lent for the block: other threads see it, too.

    >>> count = Variable(1.0)
    >>> with StatelessScope([(count, 5.0)]) as scope:
    ...     count.assign_add(1.0)
    <Variable path=variable, shape=(), dtype=float32, value=6.0>
    >>> scope.get_current_value(count), count.numpy()
    (Tensor(6.0, dtype=float32), array(1., dtype=float32))

    Raises: ValueError for pairs of something else, and for another shape.
    """

    def __init__(
        self,
        state_mapping: Iterable[tuple[Variable, TensorLike]] | None = None,
        collect_losses: bool = False,
        initialize_variables: bool = True,
    ) -> None:
        self.collect_losses = collect_losses
        self.initialize_variables = initialize_variables
        self.losses: list[Any] = []
        self._given = [checked_pair(*pair) for pair in state_mapping or ()]
        self._lent: dict[int, tuple[Variable, Any, Any]] = {}  # and what they had
        self._found: dict[int, tuple[Variable, Tensor]] = {}  # once it is over

    def __enter__(self) -> Self:
        self._outer, lending.scope = lending.scope, self
        for variable, value in self._given:
            self.lend(variable)
            variable.data, variable.node = np.array(value.data), value.node
        return self

    def __exit__(self, *exception: object) -> None:
        lending.scope = self._outer
        with autocast(None):
            for key, (variable, data, node) in self._lent.items():
                self._found[key] = variable, Tensor.wrap(variable.data, variable.node)
                variable.data, variable.node = data, node
        self._lent.clear()

    def lend(self, variable: Variable) -> None:
        """Gives a Variable a buffer for this block, unless it has one."""
        if id(variable) not in self._lent:
            with autocast(None):
                self._lent[id(variable)] = variable, variable.data, variable.node
                variable.data = np.array(variable.data)
                if type(variable.node) is Leaf:
                    variable.node = Leaf()  # its own is not out of date by this

    def get_current_value(self, ref: Variable) -> Tensor | None:
        """Returns the value that a Variable has in the block, or had at its end.

        Before it, that is the value given; None if it was neither given nor assigned.
        """
        if id(ref) in self._lent:
            return ref.value
        if id(ref) in self._found:
            return self._found[id(ref)][1]
        return next((value for given, value in self._given if given is ref), None)


@contextmanager
def no_scope() -> Iterator[None]:
    """A `with` block whose assignments last, in a StatelessScope too."""
    outer, lending.scope = lending.scope, None
    try:
        yield
    finally:
        lending.scope = outer


def checked_pair(variable: Any, value: Any) -> tuple[Variable, Tensor]:
    """Returns a Variable and its value as a Tensor of its shape and dtype."""
    if not isinstance(variable, Variable):
        raise ValueError(
            "state_mapping is pairs (variable, value); got "
            f"{variable!r} of type {type(variable).__name__} where a Variable goes."
        )
    with autocast(None):
        value = cast(as_tensor(value), variable.dtype)
    if value.shape != variable.shape:
        raise ValueError(
            f"The value for {variable.path} has shape {value.shape}; expected "
            f"{variable.shape}."
        )
    return variable, value
