"""The state of a model, taken out of it and put back: weights, optimizer, randomness.

All that is to be put back is looked at before any of it is: a state that does not fit
leaves the model as it was, and so does Ctrl-C.
"""

import signal
import threading
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from minikeras.saving.errors import SavingError
from minikeras.saving.h5_file import Group, StoredArray, StoredGroups
from minikeras.saving.parts import parts_with_places, saved_parts
from minikeras.saving.saveable import Saveable, check_own_variables
from minikeras.values.variable import Variable

Values = list[tuple[Variable, np.ndarray]]

MOST_SHOWN = 5  # how many parts that do not fit an error tells of


def state_of(model: Saveable, left_out: Iterable[Any] = ()) -> dict[str, Group]:
    """Returns {path: the arrays of a part} for all parts of a model."""
    groups = {}
    for path, part in saved_parts(model, left_out):
        store: dict[str, Any] = {}
        part.save_own_variables(store)
        name = getattr(part, "name", None)
        if store or isinstance(name, str):
            check_keys(path, store)
            arrays = {key: as_numbers(path, x) for key, x in store.items()}
            groups[path] = Group(arrays, name if isinstance(name, str) else None)
    return groups


def check_keys(path: str, store: dict[str, Any]) -> None:
    """Refuses names that HDF5 would take for a path: it could not be read again."""
    for key in store:
        if not isinstance(key, str) or key in ("", ".", "..") or set(key) & set("/\0"):
            raise ValueError(
                f"save_own_variables of {path!r} may put arrays into the store under "
                f"names without slashes; got {key!r}."
            )


def as_numbers(path: str, value: Any) -> np.ndarray:
    """Returns what a layer has put into its store as an array."""
    array = value.numpy() if hasattr(value, "numpy") else np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise ValueError(
            f"save_own_variables of {path!r} may put arrays of numbers into the store; "
            f"got dtype {array.dtype}."
        )
    return np.asarray(array)


@dataclass
class Checked:
    """What is to be assigned: it was read and looked at, and needs no file any more."""

    file: Any
    skip_mismatch: bool
    values: Values
    special: list[tuple[str, Saveable, dict[str, np.ndarray]]]
    failures: list[str]


def check(
    model: Saveable,
    groups: StoredGroups,
    file: Any,
    skip_mismatch: bool = False,
    left_out: Iterable[Any] = (),
) -> Checked:
    """Reads what an open file has for a model, but for the parts left out.

    Names and shapes are compared before anything is read.  With `skip_mismatch` parts
    that do not fit will be left as they are.

    Raises: SavingError that tells which parts do not fit.
    """
    fitting: list[tuple[Variable, StoredArray]] = []
    special: list[tuple[str, Saveable, dict[str, StoredArray]]] = []
    failures: list[str] = []
    for paths, part in parts_with_places(model, left_out):
        path = next((place for place in paths if place in groups), paths[0])
        store = groups.get(path, {})
        if part._stays_as_it_is(store):
            continue
        if type(part).load_own_variables is not Saveable.load_own_variables:
            special.append((path, part, store))
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
    groups.verify()
    return Checked(
        file,
        skip_mismatch,
        [(v, converted(v, stored.read(), file)) for v, stored in fitting],
        [
            (path, part, {key: stored.read() for key, stored in store.items()})
            for path, part, store in special
        ],
        failures,
    )


def assign(checked: Checked) -> None:
    """Gives a model what was read for it; warns of what was left as it is.

    After an exception all of the model is as it was.
    """
    failures = checked.failures
    before: Values = []
    try:
        assign_all(checked.values, before)
        for path, part, store in checked.special:
            own = values_in(part)
            before += own
            try:
                part.load_own_variables(store)
            except Exception as error:
                failures.append(f"{path}: {error}")
                put_back(own)
        if not checked.skip_mismatch:
            refuse(failures, checked.file)
    except BaseException:
        put_back(before)
        raise
    if failures:
        warnings.warn(told(failures), UserWarning, stacklevel=4)


def values_in(part: Saveable) -> Values:
    """Returns the Variables of a part and all inside, with copies of their values."""
    return [
        (variable, variable.numpy())
        for _, inner in saved_parts(part)
        for variable in inner._saved_variables()
    ]


def assign_all(values: Values, before: Values) -> None:
    """Gives Variables the values of a list, and moves their old ones to another."""
    values.reverse()  # the list of new ones gets shorter as that of old ones grows
    with uninterrupted():
        while values:
            variable, value = values.pop()
            before.append((variable, variable.numpy()))
            variable.assign(value)


def put_back(values: Values) -> None:
    """Gives Variables the values that they had: of several of one, the first."""
    with uninterrupted():
        for variable, value in reversed(values):
            variable.assign(value)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """A block that Ctrl-C does not end half way: it comes when the block is done."""
    handler = signal.getsignal(signal.SIGINT)
    here = threading.current_thread() is threading.main_thread()
    if not here or not callable(handler):
        yield
        return
    heard: list[Any] = []
    signal.signal(signal.SIGINT, lambda *arguments: heard.append(arguments))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if heard:
            handler(*heard[0])


def converted(variable: Variable, value: np.ndarray, file: Any) -> np.ndarray:
    """Returns numbers in the dtype of a Variable: to assign them can't fail any more.

    Raises: SavingError if it cannot hold them.
    """
    if value.dtype == variable.dtype:
        return value
    if value.dtype.kind in "iu" and value.size:
        limits = np.iinfo(variable.dtype)
        fit = limits.min <= value.min() and value.max() <= limits.max
    else:
        fit = True
    with np.errstate(all="ignore"):  # what is too large becomes infinite
        numbers = value.astype(variable.dtype)
    if not fit or (np.isinf(numbers) & ~np.isinf(value)).any():
        raise SavingError(
            file,
            f"{variable.path} has dtype {variable.dtype}, which cannot hold the "
            f"numbers in the file, from {value.min()} to {value.max()}.",
        )
    return numbers


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
