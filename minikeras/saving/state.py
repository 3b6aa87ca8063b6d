"""The state of a model, taken out of it and put back: weights, optimizer, randomness.

All that is to be put back is looked at before any of it is: a state that does not fit
leaves the model as it was.
"""

import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np

from minikeras.saving.errors import SavingError
from minikeras.saving.h5_file import Group, StoredArray, StoredGroups
from minikeras.saving.parts import saved_parts
from minikeras.saving.saveable import Saveable, check_own_variables
from minikeras.values.variable import Variable

MOST_SHOWN = 5  # how many parts that do not fit an error tells of


def state_of(model: Saveable, left_out: Iterable[Any] = ()) -> dict[str, Group]:
    """Returns {path: the arrays of a part} for all parts of a model."""
    groups = {}
    for path, part in saved_parts(model, left_out):
        store: dict[str, Any] = {}
        part.save_own_variables(store)
        name = getattr(part, "name", None)
        if store or isinstance(name, str):
            arrays = {key: as_numbers(path, x) for key, x in store.items()}
            groups[path] = Group(arrays, name if isinstance(name, str) else None)
    return groups


def as_numbers(path: str, value: Any) -> np.ndarray:
    """Returns what a layer has put into its store as an array."""
    array = value.numpy() if hasattr(value, "numpy") else np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise ValueError(
            f"save_own_variables of {path!r} may put arrays of numbers into the store; "
            f"got dtype {array.dtype}."
        )
    return np.asarray(array)


def restore(
    model: Saveable,
    groups: StoredGroups,
    file: Any,
    skip_mismatch: bool = False,
    left_out: Iterable[Any] = (),
) -> None:
    """Puts the arrays of an open file into a model, but for the parts left out.

    With `skip_mismatch` parts that do not fit are left as they are, with a warning.

    Raises: SavingError that tells which parts do not fit.
    """
    fitting: list[tuple[Variable, StoredArray]] = []
    special: list[tuple[str, Saveable]] = []
    failures: list[str] = []
    for path, part in saved_parts(model, left_out):
        store = groups.get(path, {})
        if part._stays_as_it_is(store):
            continue
        if type(part).load_own_variables is not Saveable.load_own_variables:
            special.append((path, part))
            continue
        variables = part._saved_variables()
        try:
            check_own_variables(part, variables, store)
        except ValueError as error:
            failures.append(f"{path or 'the model itself'}: {error}")
            continue
        fitting += [(v, store[str(i)]) for i, v in enumerate(variables)]
    if not skip_mismatch:
        refuse(failures, file)
    values = [(variable, stored.read()) for variable, stored in fitting]
    before = variables_of(model) if special else []
    for variable, value in values:
        check_range(variable, value, file)
    for variable, value in values:
        variable.assign(value)
    for path, part in special:
        try:
            part.load_own_variables(Opened(groups.get(path, {})))
        except Exception as error:
            failures.append(f"{path}: {error}")
    if failures and not skip_mismatch:
        for variable, value in before:
            variable.assign(value)
        refuse(failures, file)
    if failures:
        warnings.warn(told(failures), UserWarning, stacklevel=4)


class Opened(dict[str, np.ndarray]):
    """The arrays of one part, as a `load_own_variables` of one's own gets them."""

    def __init__(self, store: dict[str, StoredArray]) -> None:
        super().__init__({key: stored.read() for key, stored in store.items()})


def variables_of(model: Saveable) -> list[tuple[Variable, np.ndarray]]:
    """Returns all Variables of a model and its optimizer, with copies of the values."""
    variables = []
    for _, part in saved_parts(model):
        variables += part._saved_variables()
    return [(variable, np.array(variable.numpy())) for variable in variables]


def check_range(variable: Variable, value: np.ndarray, file: Any) -> None:
    """Refuses integers that the Variable cannot hold."""
    if value.dtype.kind not in "iu" or value.dtype == variable.dtype or not value.size:
        return
    limits = np.iinfo(variable.dtype)
    if value.min() < limits.min or value.max() > limits.max:
        raise SavingError(
            file,
            f"{variable.path} has dtype {variable.dtype}, which cannot hold the "
            f"numbers in the file, from {value.min()} to {value.max()}.",
        )


def refuse(failures: list[str], file: Any) -> None:
    """Raises SavingError if there are failures."""
    if failures:
        raise SavingError(file, told(failures))


def told(failures: list[str]) -> str:
    """Returns failures as a text."""
    count = len(failures)
    shown = " ".join(failures[:MOST_SHOWN])
    rest = f" And {count - MOST_SHOWN} more." if count > MOST_SHOWN else ""
    return (
        f"{count} part{'s' if count > 1 else ''} of the model could not be loaded. "
        f"{shown}{rest}"
    )
