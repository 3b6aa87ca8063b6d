"""The values of all Variables of a model as nested dicts, by the paths of these."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minikeras.values.tensor import Tensor
from minikeras.values.variable import Variable

FORMATS = ("backend_tensor", "numpy_array")


def values_by_path(variables: Sequence[Variable], value_format: str) -> dict[str, Any]:
    """Returns copies of the values: that of "dense/kernel" is at ["dense"]["kernel"].

    Raises: ValueError for an unknown format, and for two Variables of one path.

    >>> values_by_path([Variable(1.0, name="a")], "numpy_array")
    {'a': array(1., dtype=float32)}
    """
    if value_format not in FORMATS:
        raise ValueError(
            f"value_format must be 'backend_tensor' or 'numpy_array'; got "
            f"{value_format!r}."
        )
    tree: dict[str, Any] = {}
    for variable in variables:
        *folders, name = variable.path.split("/")
        place = tree
        for folder in folders:
            place = place.setdefault(folder, {})
        if name in place:
            raise ValueError(
                f"Two Variables have the path {variable.path!r}, and would have one "
                "place in the tree. Give the layers, or metrics, different names."
            )
        value = variable.numpy().copy()
        place[name] = value if value_format == "numpy_array" else Tensor(value)
    return tree


def assignments(
    variables: Sequence[Variable], tree: dict[str, Any]
) -> list[tuple[Variable, Any]]:
    """Returns which Variable is to get which value of a tree, without assigning any.

    Raises: ValueError for a path that no Variable has, and for another shape.
    """
    by_path = {variable.path: variable for variable in variables}
    found = []
    for path, value in leaves_of(tree):
        if path not in by_path:
            raise ValueError(
                f"No Variable has the path {path!r}; there are {sorted(by_path)}."
            )
        variable = by_path[path]
        if np.shape(value) != variable.shape:
            raise ValueError(
                f"The shape of {path} is {variable.shape}; got a value of shape "
                f"{np.shape(value)}."
            )
        found.append((variable, value))
    return found


def leaves_of(tree: dict[str, Any], above: str = "") -> list[tuple[str, Any]]:
    """Returns (path, value) for all values in nested dicts.

    >>> leaves_of({"a": {"b": 1}, "c": 2})
    [('a/b', 1), ('c', 2)]
    """
    found: list[tuple[str, Any]] = []
    for name, part in tree.items():
        path = f"{above}{name}"
        found += (
            leaves_of(part, f"{path}/") if isinstance(part, dict) else [(path, part)]
        )
    return found
