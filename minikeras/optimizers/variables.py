"""What an optimizer keeps from step to step: its Variables, under Keras's names.

Separate from `settings` and `optimizer`, which say what happens in a step.
"""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from minikeras import initializers
from minikeras.saving.saveable import Saveable
from minikeras.values.dtypes import floatx
from minikeras.values.tensor import as_array
from minikeras.values.types import DType, Identifier, ShapeLike, TensorLike
from minikeras.values.variable import Variable


class OptimizerVariables(Saveable):
    """Makes, changes, saves and loads Variables.

    Each is called after its weight: `sequential_dense_kernel_momentum`.
    """

    name: str
    built: bool

    def __init__(self) -> None:
        self._variables: list[Variable] = []

    def __getattr__(self, name: str) -> Any:
        """Is asked only for what is missing."""
        if "_variables" in vars(self) or name.startswith("__"):
            # Again, for the error's own words: a property may have raised it.
            return object.__getattribute__(self, name)
        raise RuntimeError(
            f"The optimizer {type(self).__name__} has not called "
            "`super().__init__(learning_rate)`: make it the first statement of "
            "`__init__()`."
        )

    @property
    def variables(self) -> list[Variable]:
        """All Variables: counter and learning rate, then what each weight has."""
        return list(self._variables)

    def add_variable(
        self,
        shape: ShapeLike,
        initializer: Identifier = "zeros",
        dtype: DType | None = None,
        aggregation: str = "none",
        layout: Any = None,
        name: str | None = None,
    ) -> Variable:
        """Makes a Variable; `aggregation` and `layout` mean nothing on one device."""
        variable = Variable(
            initializers.get(initializer),
            shape,
            "int32" if dtype == "int" else dtype or floatx(),
            trainable=False,
            name=name,
        )
        return self._track(variable, f"{self.name}/{variable.name}")

    def add_variable_from_reference(
        self,
        reference_variable: Variable,
        name: str | None = None,
        initializer: Identifier = "zeros",
    ) -> Variable:
        """Makes a Variable of the shape and dtype of a weight, and named after it."""
        return self.add_variable(
            reference_variable.shape,
            initializer,
            reference_variable.dtype,
            name=f"{reference_variable.path.replace('/', '_')}_{name or 'var'}",
        )

    def add_optimizer_variables(
        self,
        trainable_variables: Iterable[Variable],
        name: str | Sequence[str],
        initializer: Identifier | Sequence[Identifier] = "zeros",
    ) -> Any:
        """Makes a Variable for each weight, and returns the list of them.

        Given several names, it makes so many for each weight, and returns a tuple of
        lists; then there may be as many initializers.

        Raises: ValueError if there are more or fewer initializers than names.
        """
        names = [name] if isinstance(name, str) else list(name)
        if isinstance(initializer, (list, tuple)):
            starts = list(initializer)
        else:
            starts = [initializer] * len(names)
        if len(starts) != len(names):
            raise ValueError(
                "add_optimizer_variables needs one initializer, or as many as names; "
                f"got name={name!r} and initializer={initializer!r}."
            )
        slots: tuple[list[Variable], ...] = tuple([] for _ in names)
        for weight in trainable_variables:
            for slot, slot_name, start in zip(slots, names, starts, strict=True):
                slot.append(self.add_variable_from_reference(weight, slot_name, start))
        return slots[0] if isinstance(name, str) else slots

    def _track(self, variable: Variable, path: str) -> Variable:
        """Enters a Variable in the list, under a path."""
        variable.path = path
        self._variables.append(variable)
        return variable

    def _untrack(self, variable: Variable) -> None:
        """Takes a Variable out of the list: by identity, for == is elementwise."""
        self._variables = [x for x in self._variables if x is not variable]

    # Changing them --------------------------------------------------------------------

    def assign(self, variable: Variable, value: TensorLike) -> None:
        """Sets a Variable."""
        variable.assign(value)

    def assign_add(self, variable: Variable, value: TensorLike) -> None:
        """Adds to a Variable."""
        variable.assign_add(value)

    def assign_sub(self, variable: Variable, value: TensorLike) -> None:
        """Subtracts from a Variable."""
        variable.assign_sub(value)

    # Saving them ----------------------------------------------------------------------

    def set_weights(self, weights: Sequence[TensorLike]) -> None:
        """Sets all Variables, in the order of `variables`.

        Raises: ValueError if there are none yet, or if number or shapes do not fit.
        """
        self._require_built("set_weights(weights)")
        self._set_all([as_array(weight) for weight in weights], "weights")

    def _saved_variables(self) -> list[Variable]:
        return self.variables

    def _stays_as_it_is(self, store: Mapping[str, Any]) -> bool:
        """Whether the file has the state of an optimizer that was built otherwise.

        One that had not made a step when it was saved has no slots there.
        """
        wanted = len(self._saved_variables())
        if len(store) == wanted:
            return False
        if store:
            warnings.warn(
                f"The state of optimizer {self.name!r} is not loaded: it has {wanted} "
                f"variables, and the file {len(store)}. It starts anew.",
                UserWarning,
                stacklevel=5,  # the caller of load_weights
            )
        return True

    def _require_built(self, call: str) -> None:
        if not self.built:
            raise ValueError(
                f"{self.name} has no variables before it is built; call "
                f"build(trainable_variables) before {call}."
            )

    def _set_all(self, values: Sequence[np.ndarray], source: str) -> None:
        """Sets all Variables, once all fit."""
        variables = self.variables
        if len(values) != len(variables):
            raise ValueError(
                f"{self.name} has {len(variables)} variables; got {len(values)} in "
                f"{source}."
            )
        for variable, value in zip(variables, values, strict=True):
            if variable.shape != value.shape:
                raise ValueError(
                    f"{variable.path} has shape {variable.shape}; its value in "
                    f"{source} has shape {value.shape}."
                )
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
