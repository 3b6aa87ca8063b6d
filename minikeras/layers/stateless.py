"""Layers as functions of their state: what went in, what comes out, nothing kept."""

from collections.abc import Sequence
from typing import Any

from minikeras.layers.penalties import Penalties, clear_losses
from minikeras.values.stateless import StatelessScope
from minikeras.values.types import TensorLike
from minikeras.values.variable import Variable


class Stateless(Penalties):
    """The part of a layer that runs it on given values of its Variables."""

    def stateless_call(
        self,
        trainable_variables: Sequence[TensorLike],
        non_trainable_variables: Sequence[TensorLike],
        *args: Any,
        return_losses: bool = False,
        **kwargs: Any,
    ) -> tuple[Any, ...]:
        """Calls the layer with other values of its Variables, and changes none.

        Returns (outputs, non_trainable_variables), the latter as the call leaves them;
        with `return_losses` the losses of the call, too.  The values are Tensors or
        arrays in the order of `trainable_variables` and `non_trainable_variables`;
        gradients flow to those that ask for them.

        Raises: ValueError if the layer is not built, or for another number of values.
        """
        if not self.built:
            raise ValueError(
                f'Layer "{self.name}" must be built for stateless_call(): call it on '
                "data first, or build(input_shape)."
            )
        pairs = [
            *paired(self, "trainable_variables", trainable_variables),
            *paired(self, "non_trainable_variables", non_trainable_variables),
        ]
        clear_losses(self)
        with StatelessScope(pairs) as scope:
            outputs = self(*args, **kwargs)  # type: ignore[operator]
            losses = list(self.losses) if return_losses else []
        left = [scope.get_current_value(v) for v in self.non_trainable_variables]
        return (outputs, left, losses) if return_losses else (outputs, left)


def paired(
    layer: Penalties, kind: str, values: Sequence[TensorLike]
) -> list[tuple[Variable, TensorLike]]:
    """Returns Variables of a kind with their values.

    Raises: ValueError for another number of them.
    """
    variables = getattr(layer, kind)
    if len(values) != len(variables):
        raise ValueError(
            f'Argument `{kind}` of stateless_call() has a value for each of layer "'
            f"{layer.name}\"'s {kind}: {len(variables)}, not {len(values)}."
        )
    return list(zip(variables, values, strict=True))
