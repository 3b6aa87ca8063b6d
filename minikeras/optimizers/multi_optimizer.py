"""Several optimizers at work on one model, each on weights of its own."""

import re
from collections.abc import (
    Callable,
    Iterable,
    Iterator,
    Mapping,
    MutableMapping,
    Sequence,
)
from typing import Any, Self, TypeAlias

from minikeras.optimizers.loss_scale import LossScaleOptimizer
from minikeras.optimizers.optimizer import Optimizer
from minikeras.optimizers.serialization import deserialize, serialize
from minikeras.optimizers.settings import LearningRate
from minikeras.saving.objects import deserialize_any, serialize_keras_object
from minikeras.values.tensor import Tensor
from minikeras.values.types import TensorLike
from minikeras.values.variable import Variable

OptimizerOf: TypeAlias = Callable[[Variable], Optimizer]


class OptimizerMap(MutableMapping[str, Optimizer]):
    """Says which optimizer a weight has, by its path: `map(variable)` → optimizer.

    A key is a path, or a regular expression that all of a path matches; a weight that
    no key is for has the default.  Otherwise it is a dict from keys to optimizers.

    >>> from minikeras.optimizers import SGD, Adam
    >>> chosen = OptimizerMap(SGD(), {"encoder/.*": Adam()})
    >>> type(chosen["encoder/dense/kernel"]).__name__, type(chosen["dense"]).__name__
    ('Adam', 'SGD')

    Raises: TypeError if the default is no optimizer, ValueError for a key that is
    taken, for what cannot be part of another optimizer, and for a path that several
    keys match.
    """

    def __init__(
        self,
        default_optimizer: Optimizer,
        optimizer_map: Mapping[str, Optimizer] | None = None,
    ) -> None:
        if not isinstance(default_optimizer, Optimizer):
            raise TypeError(
                f"The default must be an optimizer; got {default_optimizer!r}."
            )
        if not isinstance(optimizer_map or {}, Mapping):
            raise TypeError(
                "optimizer_map must be a dict {path or regular expression: optimizer}; "
                f"got {optimizer_map!r}."
            )
        self.default_optimizer = default_optimizer
        self._optimizer_map: dict[str, Optimizer] = {}
        for key, optimizer in (optimizer_map or {}).items():
            self[key] = optimizer

    def __getitem__(self, key: str) -> Optimizer:
        if key in self._optimizer_map:
            return self._optimizer_map[key]
        matching = [x for x in self._optimizer_map if re.fullmatch(x, key)]
        if len(matching) > 1:
            raise ValueError(
                f"Several optimizers are for {key}: those of {', '.join(matching)}. "
                "Let one expression match."
            )
        return self._optimizer_map[matching[0]] if matching else self.default_optimizer

    def __setitem__(self, key: str, optimizer: Optimizer) -> None:
        if not isinstance(key, str):
            raise ValueError(f"A key is a path or a regular expression; got {key!r}.")
        if key in self._optimizer_map:
            raise ValueError(f"{key!r} has an optimizer already. Delete it first.")
        check_part(optimizer, key)
        self._optimizer_map[key] = optimizer

    def __delitem__(self, key: str) -> None:
        del self._optimizer_map[key]

    def __len__(self) -> int:
        return len(self._optimizer_map)

    def __iter__(self) -> Iterator[str]:
        return iter(self._optimizer_map)

    def __call__(self, variable: Variable) -> Optimizer:
        return self[variable.path]

    def optimizers(self) -> list[Optimizer]:
        """Returns all optimizers, the default last."""
        return [*self._optimizer_map.values(), self.default_optimizer]

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of the constructor."""
        return {
            "default_optimizer": serialize(self.default_optimizer),
            "optimizer_map": {
                key: serialize(optimizer)
                for key, optimizer in self._optimizer_map.items()
            },
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> Self:
        """Makes a map from what `get_config` returned."""
        return cls(
            deserialize(config["default_optimizer"], custom_objects),
            {
                key: deserialize(optimizer, custom_objects)
                for key, optimizer in config["optimizer_map"].items()
            },
        )


class MultiOptimizer(Optimizer):
    """Hands each gradient to the optimizer of its weight.

    `optimizer_map` is an OptimizerMap, or a function from a weight to its optimizer.
    Each has a learning rate of its own; this one has none.

    Raises: ValueError for a weight whose optimizer is none.
    """

    def __init__(
        self,
        optimizer_map: OptimizerMap | OptimizerOf,
        loss_scale_factor: float | None = None,
        name: str | None = None,
    ) -> None:
        if not callable(optimizer_map):
            raise ValueError(
                "MultiOptimizer needs an OptimizerMap, or a function from a weight to "
                f"its optimizer; got {optimizer_map!r}."
            )
        self.optimizers: list[Optimizer] = []
        super().__init__(0.0, loss_scale_factor=loss_scale_factor, name=name)
        self._optimizer_map = optimizer_map
        if isinstance(optimizer_map, OptimizerMap):
            for optimizer in optimizer_map.optimizers():
                self._enter(optimizer)

    def _enter(self, optimizer: Optimizer) -> int:
        """Returns the number of an optimizer, which is new or known."""
        for number, known in enumerate(self.optimizers):
            if known is optimizer:
                return number
        optimizer.loss_scale_factor = self.loss_scale_factor
        self.optimizers.append(optimizer)
        return len(self.optimizers) - 1

    def build(self, variables: Sequence[Variable]) -> None:
        """Finds the optimizer of each weight, and builds all of them."""
        if self.built:
            return
        self._chosen = []  # the number of the optimizer, by the position of the weight
        for variable in variables:
            optimizer = self._optimizer_map(variable)
            check_part(optimizer, variable.path)
            self._chosen.append(self._enter(optimizer))
        for number, optimizer in enumerate(self.optimizers):
            chosen = [
                x for x, n in zip(variables, self._chosen, strict=True) if n == number
            ]
            if chosen:
                optimizer.build(chosen)
        super().build(variables)

    @property
    def variables(self) -> list[Variable]:
        """Its own Variables, then those of the optimizers inside."""
        inside = [x for optimizer in self.optimizers for x in optimizer.variables]
        return [*super().variables, *inside]

    @property
    def learning_rate(self) -> Tensor:
        """There is none: AttributeError."""
        raise AttributeError(
            "A MultiOptimizer has no learning rate: each of its `optimizers` has one."
        )

    @learning_rate.setter
    def learning_rate(self, value: LearningRate | TensorLike) -> None:
        raise AttributeError(
            "A MultiOptimizer has no learning rate: set that of one of its "
            "`optimizers`."
        )

    @property
    def loss_scale_factor(self) -> float | None:
        """What the loss is multiplied by; all `optimizers` divide by it."""
        return self._loss_scale_factor

    @loss_scale_factor.setter
    def loss_scale_factor(self, value: float | None) -> None:
        self._loss_scale_factor = value
        for optimizer in self.optimizers:
            optimizer.loss_scale_factor = value

    def has_phases(self) -> bool:
        """No: those inside are asked themselves."""
        return False

    def apply(
        self,
        grads: Sequence[Any],
        trainable_variables: Sequence[Variable] | None = None,
    ) -> None:
        """Runs a step of every optimizer that has a gradient for one of its weights.

        Raises: what the optimizers inside do.
        """
        if not len(grads):
            return
        variables = self._weights_for(grads, trainable_variables)
        given: list[list[tuple[Any, Variable]]] = [[] for _ in self.optimizers]
        for gradient, variable in zip(grads, variables, strict=True):
            number = self._chosen[self._get_variable_index(variable)]
            given[number].append((gradient, variable))
        for optimizer, pairs in zip(self.optimizers, given, strict=True):
            if pairs:
                optimizer.apply_gradients(pairs)
        self._count_step()

    def averages(self) -> list[tuple[Variable, Variable]]:
        """Returns all weights that have moving averages, with these."""
        return [pair for optimizer in self.optimizers for pair in optimizer.averages()]

    def finalize_variable_values(self, var_list: Iterable[Variable]) -> None:
        """Ends a training, as the optimizers inside do."""
        variables = list(var_list)
        for number, optimizer in enumerate(self.optimizers):
            own = [
                x
                for x in variables
                if self._chosen[self._get_variable_index(x)] == number
            ]
            optimizer.finalize_variable_values(own)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of the constructor."""
        return {
            "optimizer_map": serialize_keras_object(self._optimizer_map),
            "loss_scale_factor": self.loss_scale_factor,
            "name": self.name,
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> Self:
        """Makes an optimizer from what `get_config` returned."""
        known = {"OptimizerMap": OptimizerMap}
        chosen = deserialize_any(config["optimizer_map"], custom_objects or {}, known)
        return cls(**{**config, "optimizer_map": chosen})


def check_part(optimizer: Any, of: str) -> None:
    """Raises ValueError for what cannot be inside of a MultiOptimizer."""
    kind = type(optimizer).__name__
    if not isinstance(optimizer, Optimizer):
        raise ValueError(f"There must be an optimizer for {of}; got {optimizer!r}.")
    if isinstance(optimizer, (LossScaleOptimizer, MultiOptimizer)):
        raise ValueError(
            f"A {kind} cannot be inside of another optimizer; {of} has one."
        )
