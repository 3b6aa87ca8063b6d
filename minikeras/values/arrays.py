"""Plain arrays from whatever users write numbers as, by Keras's rules for dtypes."""

import numpy as np

from minikeras.autograd.value import Value
from minikeras.values.backends import ARRAY_KERNELS
from minikeras.values.dtypes import (
    DTYPES,
    NAMES,
    floatx,
    result_type,
    standardize_dtype,
)
from minikeras.values.types import DType, TensorLike


def as_array(value: TensorLike, dtype: DType | None = None) -> np.ndarray:
    """Returns an ndarray of numbers, by Keras's rules for what a number becomes."""
    if dtype is None and type(value) is np.ndarray and value.dtype in NAMES:
        return value
    if isinstance(value, Value):
        # A symbolic one says that it has no numbers.
        value = value.numpy() if value.symbolic else value.data  # type: ignore[attr-defined]
    if dtype is not None:
        dtype = standardize_dtype(dtype)
    if isinstance(value, (bool, int, float)):
        dtype = dtype or result_type(number_type(value))
        return ARRAY_KERNELS.kernels.full(shape=(), value=value, dtype=dtype)
    is_array = isinstance(value, (np.ndarray, np.generic))
    if isinstance(value, (list, tuple)):
        value = [np.asarray(x) if isinstance(x, Value) else x for x in value]
    array = np.asarray(value)
    if not is_array and dtype is None:
        dtype = {"f": floatx(), "i": "int32"}.get(array.dtype.kind)
    if (
        dtype is None and array.dtype.name not in DTYPES
    ) or array.dtype.kind in "OUSMm":
        raise TypeError(
            f"A Tensor holds numbers; got {type(value).__name__} of dtype "
            f"{array.dtype}. Encode text and categories as numbers first."
        )
    if not is_array and dtype == "int32" and array.size:
        check_fits(array)
    if dtype is None and not array.dtype.isnative:
        dtype = array.dtype.name  # in the order of bytes that kernels know
    return array if dtype is None else array.astype(dtype, copy=False)


def check_fits(integers: np.ndarray) -> None:
    """Refuses Python integers that int32, which they become, cannot hold."""
    limits = np.iinfo("int32")
    if integers.dtype.kind in "iu" and not (
        limits.min <= integers.min() and integers.max() <= limits.max
    ):
        raise OverflowError(
            "Python integers become int32, and one of these is too large for it. "
            "Pass dtype='int64'."
        )


def number_type(value: float) -> str | type:
    """Returns what a Python number is to `result_type`: "bool", int or float.

    numpy.float64 is a Python float too, as Keras has it.
    """
    if isinstance(value, bool):
        return "bool"
    return int if isinstance(value, int) else float


def as_number(value: float) -> float:
    """Returns a Python number; numpy.float64 is one that has a dtype of its own."""
    return float(value) if isinstance(value, np.float64) else value
