"""Keras's `backend` namespace: settings and dtypes, under its names there."""

import gc
from typing import Any

from minikeras.config import backend as backend
from minikeras.config import epsilon as epsilon
from minikeras.config import floatx as floatx
from minikeras.config import image_data_format as image_data_format
from minikeras.config import set_epsilon as set_epsilon
from minikeras.config import set_floatx as set_floatx
from minikeras.config import set_image_data_format as set_image_data_format
from minikeras.dtype_policies import reset_dtype_policy
from minikeras.values import dtypes as rules
from minikeras.values.dtypes import standardize_dtype as standardize_dtype
from minikeras.values.naming import get_uid as get_uid
from minikeras.values.naming import reset_names
from minikeras.values.symbolic import KerasTensor
from minikeras.values.types import DType

CAPPED = {"float64": "float32", "int64": "int32", "uint64": "uint32"}


def clear_session(free_memory: bool = True) -> None:
    """Starts automatic names anew, and forgets the dtype policy that was set.

    What models share across the process is no more than that: they are freed when
    nobody holds them.  With `free_memory` what is in reference cycles is freed, too.
    """
    reset_names()
    reset_dtype_policy()
    if free_memory:
        gc.collect()


def is_float_dtype(dtype: DType) -> bool:
    """Returns whether a dtype is a floating-point one."""
    return rules.is_float(standardize_dtype(dtype))


def is_int_dtype(dtype: DType) -> bool:
    """Returns whether a dtype is an integer one; bool is not.

    >>> is_int_dtype("uint8"), is_int_dtype("bool")
    (True, False)
    """
    return rules.is_int(standardize_dtype(dtype))


def is_keras_tensor(x: Any) -> bool:
    """Returns whether x is symbolic: a KerasTensor."""
    return isinstance(x, KerasTensor)


def result_type(*dtypes: DType) -> str:
    """Returns the dtype of an operation on several, at most 32 bits wide, as in Keras.

    The operations of minikeras themselves keep 64 bits.  The Python types int and float
    stand for numbers written in the program.

    >>> result_type("int64", "float16"), result_type("float64", int)
    ('float16', 'float32')
    """
    # By identity: NumPy says that its float64 equals float.
    names: list[Any] = [
        x if x is int or x is float else standardize_dtype(x) for x in dtypes
    ]
    found = rules.result_type(*names)
    return CAPPED.get(found, found)
