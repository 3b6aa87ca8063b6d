"""What arguments may be, in words that signatures share; for readers and type checkers.

Names here are broad on purpose: that a list holds numbers, or that a name is one that
is known, is checked when it is used, with an error that says what was expected.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from minikeras.autograd.value import Value

# What becomes a Tensor: a value, an array, a number, a list of numbers of any depth.
TensorLike: TypeAlias = (
    Value | np.ndarray | np.generic | float | list[Any] | tuple[Any, ...]
)

# A TensorLike, or lists, tuples and dicts of them, nested: what a layer may be given.
Structure: TypeAlias = TensorLike | dict[Any, Any]

# The size along each axis; None where it is not known yet.
Shape: TypeAlias = tuple[int | None, ...]

# The same as an argument, where a list will do.
ShapeLike: TypeAlias = Sequence[int | None]

# One axis or several; beside it, None says all of them.
Axis: TypeAlias = int | tuple[int, ...] | list[int]

# A dtype by its name, which is what we return, or as NumPy or Python write it.
DType: TypeAlias = str | np.dtype[Any] | type

# What the functions called `get` take: a name, a configuration, or the thing itself,
# which can be called: a function, a class, an initializer, a loss, ...
Identifier: TypeAlias = str | dict[str, Any] | Callable[..., Any]
