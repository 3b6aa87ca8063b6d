"""What Python and NumPy see of a Tensor: numbers, lengths, arrays, text.

Separate from the Tensor's own arithmetic: whatever takes numbers out of the engine is
here.  All of it goes through `numpy()`, so that a recording, which must not let them
out, has one place to refuse.
"""

from typing import Any

import numpy as np


class Readable:
    """An array that Python and NumPy can look at; `data` is where it is."""

    __slots__ = ()

    data: Any
    active: Any

    def numpy(self) -> np.ndarray:
        """Returns the data as an ndarray; not a copy."""
        on_read = self.active.kernels.on_read
        if on_read is not None:
            on_read()
        return self.data

    def item(self) -> Any:
        """Returns the single element as a Python number."""
        if self.data.size != 1:
            raise ValueError(
                f"item() needs a single element; this has shape {self.data.shape}."
            )
        return self.numpy().item()

    def __float__(self) -> float:
        if self.data.size != 1:
            raise TypeError(no_single_number("float", self.data.shape))
        return float(self.item())

    def __int__(self) -> int:
        if self.data.size != 1:
            raise TypeError(no_single_number("int", self.data.shape))
        return int(self.item())

    def __index__(self) -> int:
        if self.data.dtype.kind not in "iu":
            raise TypeError(
                f"Only an integer Tensor can be an index; got {self.data.dtype.name}."
            )
        return self.item()

    def __bool__(self) -> bool:
        if self.data.size != 1:
            raise ValueError(
                f"The truth of a Tensor of shape {self.data.shape} is ambiguous: use "
                "ops.any(x) or ops.all(x)."
            )
        return bool(self.item())

    def __len__(self) -> int:
        if self.data.ndim == 0:
            raise TypeError("A Tensor without axes has no length.")
        return self.data.shape[0]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any
    ) -> Any:
        """np.multiply(tensor, array) is Tensor arithmetic, as array * tensor is.

        Functions that are no operator see the array.
        """
        names = OPERATORS.get(ufunc.__name__)
        if names and method == "__call__" and not kwargs:
            x, y = inputs
            forwards, backwards = names
            if isinstance(x, Readable):
                return getattr(x, forwards)(y)
            return getattr(y, backwards)(x)
        return getattr(ufunc, method)(*map(np.asarray, inputs), **kwargs)

    def __format__(self, specification: str) -> str:
        if specification and self.data.size == 1:
            return format(self.item(), specification)
        return super().__format__(specification)

    def __repr__(self) -> str:
        text = np.array2string(self.numpy(), separator=" ", prefix="Tensor(")
        return f"Tensor({text}, dtype={self.data.dtype.name})"


# The methods of x and of y that compute ufunc(x, y).
OPERATORS = {
    "add": ("__add__", "__radd__"),
    "subtract": ("__sub__", "__rsub__"),
    "multiply": ("__mul__", "__rmul__"),
    "divide": ("__truediv__", "__rtruediv__"),
    "floor_divide": ("__floordiv__", "__rfloordiv__"),
    "remainder": ("__mod__", "__rmod__"),
    "power": ("__pow__", "__rpow__"),
    "matmul": ("__matmul__", "__rmatmul__"),
    "equal": ("__eq__", "__eq__"),
    "not_equal": ("__ne__", "__ne__"),
    "less": ("__lt__", "__gt__"),
    "less_equal": ("__le__", "__ge__"),
    "greater": ("__gt__", "__lt__"),
    "greater_equal": ("__ge__", "__le__"),
    "bitwise_and": ("__and__", "__rand__"),
    "bitwise_or": ("__or__", "__ror__"),
    "bitwise_xor": ("__xor__", "__rxor__"),
}


def no_single_number(wanted: str, shape: tuple[int, ...]) -> str:
    """Says why an array is no Python number, and what to take instead."""
    return (
        f"{wanted}() needs a single number; this has shape {shape}. Index it, reduce "
        "it with ops.mean or ops.sum, or take numpy()."
    )
