"""What can be saved: layers, optimizers and random states, by their own variables."""

from collections.abc import Mapping, MutableMapping
from typing import Any, ClassVar

from minikeras.values.variable import Variable


class Saveable:
    """Something with Variables of its own, kept in a file under "0", "1", and so on.

    A subclass may override `save_own_variables` and `load_own_variables` together, and
    use other names.
    """

    # Attributes whose parts are saved before all others, and those that are left out.
    saved_first: ClassVar[tuple[str, ...]] = ()
    not_saved: ClassVar[tuple[str, ...]] = ()
    # Said by Layer and its like: their own properties have no parts to be saved.
    common_base: ClassVar[bool] = True

    def _saved_variables(self) -> list[Variable]:
        """Returns the Variables of its own that are saved, in order."""
        raise NotImplementedError(f"{type(self).__name__} does not list its variables.")

    def _stays_as_it_is(self, store: Mapping[str, Any]) -> bool:
        """Whether loading leaves this alone, for the file knows nothing of it."""
        return False

    def save_own_variables(self, store: MutableMapping[str, Any]) -> None:
        """Puts the values of its own Variables into a store, {name: array}."""
        for number, variable in enumerate(self._saved_variables()):
            store[str(number)] = variable

    def load_own_variables(self, store: Mapping[str, Any]) -> None:
        """Assigns to its own Variables what `save_own_variables` has put into a store.

        Raises: ValueError for another number of arrays, or other shapes; then nothing
        has been assigned.
        """
        variables = self._saved_variables()
        check_own_variables(self, variables, store)
        for number, variable in enumerate(variables):
            variable.assign(store[str(number)])


def check_own_variables(
    saveable: Any, variables: list[Variable], store: Mapping[str, Any]
) -> None:
    """Refuses a store that does not fit the Variables of a layer, before any is read.

    Raises: ValueError that names the Variables.
    """
    name = getattr(saveable, "name", type(saveable).__name__)
    kind = type(saveable).__name__
    names = [str(number) for number in range(len(variables))]
    if set(store) != set(names):
        unbuilt = "" if getattr(saveable, "built", True) else ", for it is not built"
        raise ValueError(
            f"{kind} {name!r} has {len(variables)} variables{unbuilt}; the file has "
            f"{len(store)}."
        )
    for key, variable in zip(names, variables, strict=True):
        shape, dtype = tuple(store[key].shape), str(store[key].dtype)
        if shape != variable.shape:
            raise ValueError(
                f"{kind} {name!r}: {variable.path} has shape {variable.shape}; the "
                f"file has shape {shape}."
            )
        if not fits(dtype, variable.dtype):
            raise ValueError(
                f"{kind} {name!r}: {variable.path} has dtype {variable.dtype}; the "
                f"file has {dtype}."
            )


def fits(given: str, wanted: str) -> bool:
    """Whether numbers of a dtype may be assigned to a Variable of another one.

    Floats may become other floats, integers other integers: no kind another.

    >>> fits("float64", "float32"), fits("int32", "uint32"), fits("int32", "float32")
    (True, True, False)
    """
    return kind_of(given) == kind_of(wanted) != "other"


def kind_of(dtype: str) -> str:
    """Returns "float", "int", "bool" or "other"."""
    name = dtype.lstrip("u").rstrip("0123456789")
    return {"bfloat": "float"}.get(name, name if name in KINDS else "other")


KINDS = ("float", "int", "bool")
