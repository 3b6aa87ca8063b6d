"""The file of a backup: all of a training's state in one file, whole or not at all.

One file, since two that are written one after the other may not belong together.
"""

import json
import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from minikeras.saving.durable import write_durably
from minikeras.saving.errors import SavingError
from minikeras.saving.h5_file import Group, h5_image, open_h5

ARRAY = "array"  # {"array": n} stands for the n-th array of the state


@dataclass(frozen=True)
class Backup:
    """What was read: the values of Variables, and the rest as it was given."""

    arrays: list[np.ndarray]
    text: str
    arrays_of_state: list[np.ndarray]

    def state(self) -> Any:
        """Returns the state, made anew at each call: who gets it may change it."""
        return with_arrays(json.loads(self.text), self.arrays_of_state)


def write_backup(path: str, arrays: list[np.ndarray], state: Any) -> None:
    """Writes a backup in the place of the one before, in one step.

    Raises: TypeError for a state with something else in it than dicts with strings as
    keys, lists, strings, numbers, None and arrays.
    """
    arrays_of_state: list[np.ndarray] = []
    text = json.dumps(without_arrays(state, arrays_of_state))
    words = np.frombuffer(text.encode(), "uint8")
    image = h5_image(
        {
            "variables": Group(numbered(arrays)),
            "arrays_of_state": Group(numbered(arrays_of_state)),
            "state": Group({"json": words}),
        }
    )
    write_durably(path, lambda file: file.write(image))


def read_backup(path: str) -> Backup:
    """Reads a backup.

    Raises: SavingError if the file is damaged, or is none.
    """
    with open_h5(path, os.path.getsize(path), path) as groups:
        groups.verify()
        stored = groups.get("state", {}).get("json")
        text = "null" if stored is None else bytes(stored.read()).decode()
        if not isinstance(json.loads(text), dict):  # what is no JSON, the block refuses
            raise SavingError(path, "This is no backup of a training.")
        return Backup(
            in_order(groups.get("variables", {})),
            text,
            in_order(groups.get("arrays_of_state", {})),
        )


def numbered(arrays: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Returns arrays by their positions, as strings."""
    return {str(position): array for position, array in enumerate(arrays)}


def in_order(stored: dict[str, Any]) -> list[np.ndarray]:
    """Reads numbered arrays."""
    return [stored[str(position)].read() for position in range(len(stored))]


def without_arrays(state: Any, arrays: list[np.ndarray]) -> Any:
    """Returns a state that JSON can hold, and adds its arrays to a list.

    >>> arrays = []
    >>> without_arrays({"best": [np.ones(2)], "wait": 3}, arrays), len(arrays)
    ({'best': [{'array': 0}], 'wait': 3}, 1)
    """
    if isinstance(state, dict):
        if not all(isinstance(key, str) for key in state) or set(state) == {ARRAY}:
            raise TypeError(
                "The state of a callback has strings as keys, and not "
                f"{ARRAY!r} alone; got {list(state)!r}."
            )
        return {key: without_arrays(part, arrays) for key, part in state.items()}
    if isinstance(state, (list, tuple)):
        return [without_arrays(part, arrays) for part in state]
    if isinstance(state, np.ndarray):
        arrays.append(state)
        return {ARRAY: len(arrays) - 1}
    if isinstance(state, np.generic):
        return state.item()
    if state is None or isinstance(state, (str, bool, int, float)):
        return state
    raise TypeError(
        "The state of a callback is made of dicts, lists, strings, numbers, None and "
        f"arrays; got {state!r} of type {type(state).__name__}."
    )


def with_arrays(state: Any, arrays: list[np.ndarray]) -> Any:
    """Returns a state with its arrays."""
    if isinstance(state, dict):
        if set(state) == {ARRAY}:
            return arrays[state[ARRAY]]
        return {key: with_arrays(part, arrays) for key, part in state.items()}
    if isinstance(state, list):
        return [with_arrays(part, arrays) for part in state]
    return state
