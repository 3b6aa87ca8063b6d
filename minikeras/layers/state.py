"""The state of a layer: its own Variables, and those of the layers inside."""

from collections.abc import Iterable, Iterator
from typing import Any, NoReturn, TypeVar

import numpy as np

from minikeras import constraints, initializers, regularizers
from minikeras.layers.context import building
from minikeras.layers.precision import Precision
from minikeras.metrics.metric import Metric
from minikeras.random import SeedGenerator
from minikeras.saving.saveable import Saveable
from minikeras.values.autocast import AutocastVariable
from minikeras.values.dtypes import FLOATS, standardize_dtype
from minikeras.values.types import DType, Identifier, ShapeLike
from minikeras.values.variable import Variable

Thing = TypeVar("Thing")


class State(Precision, Saveable):
    """The part of a layer that has weights.

    Nothing is registered: what belongs to a layer is what its attributes hold, also in
    lists, tuples and dicts.
    """

    built: bool
    _trainable: bool
    _path: str | None

    # Making it ------------------------------------------------------------------------

    def add_weight(
        self,
        *args: Any,
        shape: int | ShapeLike | None = None,
        initializer: Identifier | None = None,
        dtype: DType | None = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Identifier | None = None,
        constraint: Identifier | None = None,
        aggregation: str | None = "none",
        overwrite_with_gradient: bool = False,
        name: str | None = None,
    ) -> Variable:
        """Creates a Variable that belongs to this layer, and returns it.

        `shape`, `initializer` and `dtype` may be given by position.  Without a shape it
        is one number.  `initializer` defaults to glorot_uniform for floats, zeros for
        the rest.  In mixed precision `call` reads it in the dtype that it computes in,
        unless `autocast` is False.  `aggregation` is for many devices, and means
        nothing on one.

        Raises: ValueError once the layer has been built, for a shape with unknown
        sides, for a name in its place, and for a Variable that is to be overwritten by
        its gradient: there is no quantized training.
        """
        if args:
            shape, initializer, dtype = by_position(
                args, shape=shape, initializer=initializer, dtype=dtype
            )
        if overwrite_with_gradient:
            raise ValueError(
                "overwrite_with_gradient=True is for the scales of quantized training, "
                "which there is none of here."
            )
        if self.built:
            raise ValueError(
                f'You cannot add new elements of state to layer "{self.name}": it is '
                "already built. Create all weights in __init__() or build()."
            )
        sides = self._shape_of_weight(shape, name)
        dtype = standardize_dtype(dtype or self.variable_dtype)
        if initializer is None:
            initializer = "glorot_uniform" if dtype in FLOATS else "zeros"
        kind: type[Variable] = Variable
        if self._mixes and autocast and dtype in FLOATS:
            kind = AutocastVariable
        with building(self):
            variable = kind(
                initializers.get(initializer),
                sides,
                dtype,
                trainable=trainable and self._trainable,
                autocast=autocast,
                aggregation=aggregation,
                name=name,
            )
        variable.can_train = trainable
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        self._own_weights.append(variable)
        return variable

    def _shape_of_weight(self, shape: Any, name: str | None) -> tuple[int, ...]:
        """Returns the shape of a weight as a tuple of ints.

        Raises: ValueError for what is none.
        """
        if shape is None:
            return ()
        sides = (shape,) if isinstance(shape, int) else shape
        if (
            not isinstance(sides, (tuple, list))
            or not all(isinstance(side, (int, np.integer)) for side in sides)
            or any(side < 0 for side in sides)
        ):
            raise ValueError(
                f'Layer "{self.name}": the shape of weight {name!r} must be fully '
                f"known, a tuple of sizes; got {shape!r}."
            )
        return tuple(int(side) for side in sides)

    def add_variable(
        self,
        shape: int | ShapeLike,
        initializer: Identifier,
        dtype: DType | None = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Identifier | None = None,
        constraint: Identifier | None = None,
        name: str | None = None,
    ) -> Variable:
        """Does what `add_weight` does, under its old name."""
        return self.add_weight(
            shape,
            initializer,
            dtype,
            trainable=trainable,
            autocast=autocast,
            regularizer=regularizer,
            constraint=constraint,
            name=name,
        )

    def add_metric(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuses: a metric is an attribute of a layer, or is given to compile().

        Raises: NotImplementedError, always.
        """
        raise NotImplementedError(
            "add_metric() is no more, in Keras either: make a metric in __init__, as "
            "self.accuracy = metrics.Mean(), and call its update_state(); or give it "
            "to compile(metrics=[...])."
        )

    # What there is --------------------------------------------------------------------

    @property
    def variables(self) -> list[Variable]:
        """All Variables, the states of random generators among them; own ones first."""
        parts = (part for layer in walk(self) for part in parts_of(layer))
        return unique(part for part in parts if isinstance(part, Variable))

    @property
    def weights(self) -> list[Variable]:
        """The Variables that are saved with the model: all but random states."""
        return unique(v for layer in walk(self) for v in layer._saved_variables())

    @property
    def trainable_weights(self) -> list[Variable]:
        """The weights that training changes."""
        return [v for v in self.weights if v.trainable]

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The weights that training leaves alone."""
        return [v for v in self.weights if not v.trainable]

    @property
    def trainable_variables(self) -> list[Variable]:
        """The Variables that training changes."""
        return [v for v in self.variables if v.trainable]

    @property
    def non_trainable_variables(self) -> list[Variable]:
        """The Variables that gradients do not change."""
        return [v for v in self.variables if not v.trainable]

    @property
    def metrics(self) -> list[Metric]:
        """The metrics that are attributes, own ones first, then of layers inside."""
        return unique(
            metric
            for layer in walk(self)
            for value in vars(layer).values()
            for metric in parts_in(value, Metric)
        )

    @property
    def metrics_variables(self) -> list[Variable]:
        """The Variables of all metrics; they are not among `variables`."""
        return [v for metric in self.metrics for v in metric.variables]

    @property
    def path(self) -> str | None:
        """The names of the layers that it was built in, and its own, None before.

        >>> from minikeras.layers import Dense
        >>> layer = Dense(2, name="scores")
        >>> layer.build((None, 3))
        >>> layer.path, layer.kernel.path
        ('scores', 'scores/kernel')
        """
        return self._path

    @property
    def _layers(self) -> "list[Any]":
        return unique(part for part in parts_of(self) if isinstance(part, State))

    @property
    def trainable(self) -> bool:
        """Whether training may change the weights; setting it reaches all inside."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        for layer in walk(self):
            layer._trainable = bool(value)
            for part in parts_of(layer):
                if isinstance(part, Variable) and part.can_train:
                    part.trainable = value

    def _freeze_what_is_new(self) -> None:
        """Lets layers that were made late not train either, if this one does not."""
        if not self._trainable:
            self.trainable = False

    # Its values -----------------------------------------------------------------------

    def get_weights(self) -> list[np.ndarray]:
        """Returns the values of `weights`, as copies."""
        return [variable.numpy() for variable in self.weights]

    def set_weights(self, weights: list[Any]) -> None:
        """Assigns to `weights`, from a list of arrays in the same order.

        Raises: ValueError for another number of arrays or another shape; then nothing
        has been assigned.
        """
        variables = self.weights
        if len(weights) != len(variables):
            raise ValueError(
                f'You called `set_weights(weights)` on layer "{self.name}" with a '
                f"weight list of length {len(weights)}, but the layer was expecting "
                f"{len(variables)} weights."
            )
        weights = [np.asarray(weight) for weight in weights]
        for variable, weight in zip(variables, weights, strict=True):
            if variable.shape != weight.shape:
                raise ValueError(
                    f'Layer "{self.name}": weight {variable.path} has shape '
                    f"{variable.shape}, incompatible with the provided {weight.shape}."
                )
        for variable, weight in zip(variables, weights, strict=True):
            variable.assign(weight)

    def count_params(self) -> int:
        """Returns the number of elements of all weights.

        Raises: ValueError if the layer is not built.
        """
        if not self.built:
            raise ValueError(
                f'You tried to call `count_params` on layer "{self.name}", but the '
                "layer isn't built. Call it on data, or build(input_shape)."
            )
        return sum(variable.size for variable in self.weights)

    def _saved_variables(self) -> list[Variable]:
        """The Variables of its own that are saved; those of layers inside are not."""
        own = [
            part for part in parts_of(self, seeds=False) if isinstance(part, Variable)
        ]
        own.sort(key=lambda variable: not variable.can_train)
        return unique(own)


def by_position(args: tuple[Any, ...], **named: Any) -> list[Any]:
    """Returns arguments of add_weight, the first of which were given by position.

    Raises: TypeError for too many; ValueError for one that was given twice, and for a
    name that comes first, as in versions of Keras before 3.
    """
    if len(args) > len(named):
        raise TypeError(
            f"add_weight() takes {', '.join(named)} by position, and all else by "
            f"keyword; got {len(args)} positional arguments."
        )
    if isinstance(args[0], str):
        raise ValueError(
            "`name` must be passed as a keyword argument: add_weight(shape=..., "
            f"name={args[0]!r})."
        )
    for name, value in zip(named, args, strict=False):
        if named[name] is not None:
            raise ValueError(
                f"add_weight() was given `{name}` by position and by keyword."
            )
        named[name] = value
    return list(named.values())


def parts_of(layer: State, seeds: bool = True) -> Iterator[Variable | State]:
    """Yields the Variables and layers that are attributes of a layer, in order."""
    for value in vars(layer).values():
        for part in parts_in(value, (Variable, State, SeedGenerator)):
            if not isinstance(part, SeedGenerator):
                yield part
            elif seeds:
                yield part.state


def parts_in(value: Any, kinds: Any, around: tuple[Any, ...] = ()) -> Iterator[Any]:
    """Yields what is of some kinds in an attribute, looking into containers.

    A container that is `around` this one, and so contains itself, is not entered again.
    """
    if isinstance(value, kinds):
        yield value
    elif isinstance(value, (list, tuple, dict)):
        if any(value is container for container in around):
            return
        for part in value.values() if isinstance(value, dict) else value:
            yield from parts_in(part, kinds, (*around, value))


def walk(layer: State) -> Iterator[Any]:
    """Yields a layer and all those inside of it, at any depth, outer ones first.

    Each comes once, at its first place.
    """
    seen: set[int] = set()
    waiting = [layer]
    while waiting:
        layer = waiting.pop()
        if id(layer) not in seen:
            seen.add(id(layer))
            yield layer
            waiting += reversed(layer._layers)


def descendants(layer: State) -> list[Any]:
    """Returns all layers inside a layer, at any depth."""
    return list(walk(layer))[1:]


def unique(things: Iterable[Thing]) -> list[Thing]:
    """Returns things without repetition, by identity, in order of first appearance."""
    return list({id(thing): thing for thing in things}.values())
