"""To Tensors and back, what a Tensor is, and where gradients stop or are made."""

from collections.abc import Callable
from typing import Any

import numpy as np

from minikeras.autograd import custom, functional
from minikeras.autograd.value import Value
from minikeras.values.dtypes import standardize_dtype
from minikeras.values.tensor import Tensor, as_float, as_tensor
from minikeras.values.tensor import cast as cast_tensor
from minikeras.values.types import DType, TensorLike
from minikeras.values.variable import Variable


def convert_to_tensor(
    x: TensorLike,
    dtype: DType | None = None,
    sparse: bool | None = None,
    ragged: bool | None = None,
) -> Tensor:
    """Returns a Tensor of numbers, lists or arrays.

    Python floats become `floatx`, ints int32; arrays keep their dtype and are not
    copied.

    Raises: ValueError if `sparse` or `ragged` is asked for: there are no such Tensors.
    """
    if sparse or ragged:
        raise ValueError(
            "minikeras has neither sparse nor ragged Tensors; only dense ones."
        )
    x = x.value if isinstance(x, Variable) else x
    return as_tensor(x, None if dtype is None else standardize_dtype(dtype))


def convert_to_numpy(x: TensorLike) -> np.ndarray:
    """Returns an ndarray, a copy if x is a Variable, whose numbers will change.

    Raises: TypeError if x is symbolic.
    """
    array = as_tensor(x).numpy()
    return array.copy() if isinstance(x, Variable) else array


def cast(x: TensorLike, dtype: DType) -> Tensor:
    """Returns the numbers in another dtype; fractions are cut off for integers."""
    return cast_tensor(convert_to_tensor(x), standardize_dtype(dtype))


def is_tensor(x: Any) -> bool:
    """Says whether x is a Tensor with numbers in it; a Variable only holds one."""
    return isinstance(x, Tensor) and not (x.symbolic or isinstance(x, Variable))


def shape(x: TensorLike) -> tuple[Any, ...]:
    """Returns the size along each axis, a tuple; None where it is not known yet."""
    return as_tensor(x).shape


def ndim(x: TensorLike) -> int:
    """Returns the number of axes."""
    return as_tensor(x).ndim


def size(x: TensorLike) -> Any:
    """Returns the number of elements, None if it is not known yet."""
    return as_tensor(x).size


def dtype(x: TensorLike) -> str:
    """Returns the name of the dtype, such as "float32"."""
    return as_tensor(x).dtype


def stop_gradient(variable: TensorLike) -> Tensor:
    """Returns the same numbers as a constant: no gradient flows back through it."""
    return as_tensor(variable).detach()


def custom_gradient(f: Callable[..., Any]) -> Callable[..., Any]:
    """Makes a function's own gradient the one that is used; a decorator.

    f(*args) returns the result and a function from ∂L/∂result to ∂L/∂arg for every arg.

    >>> from minikeras import ops
    >>> @custom_gradient
    ... def straight_through(x):
    ...     return ops.round(x), lambda upstream: upstream
    >>> grad(straight_through)(0.3)
    Tensor(1., dtype=float32)
    """
    return custom.custom_gradient(f)


def grad(
    fn: Callable[..., Any], argnums: int | tuple[int, ...] = 0
) -> Callable[..., Any]:
    """Returns the function that computes ∂fn/∂argument; `fn` returns one number.

    `argnums` says which argument; a tuple of them gives a tuple of gradients.

    >>> grad(lambda x: x**3)(2.0)
    Tensor(12., dtype=float32)

    Raises: ValueError if the result is not a single number.
    """
    return with_values(functional.grad(fn, argnums), argnums)


def value_and_grad(
    fn: Callable[..., Any], argnums: int | tuple[int, ...] = 0
) -> Callable[..., tuple[Any, Any]]:
    """Returns the function that computes the pair (fn, ∂fn/∂argument).

    >>> value_and_grad(lambda x: x * x)(3.0)
    (Tensor(9., dtype=float32), Tensor(6., dtype=float32))

    Raises: ValueError if the result is not a single number.
    """
    return with_values(functional.value_and_grad(fn, argnums), argnums)


def with_values(
    function: Callable[..., Any], argnums: int | tuple[int, ...]
) -> Callable[..., Any]:
    """Returns the function for arguments that may also be arrays, lists or numbers."""
    watched = argnums if isinstance(argnums, tuple) else (argnums,)

    def called_with_values(*args: Any, **kwargs: Any) -> Any:
        wanted = {i % len(args) for i in watched if -len(args) <= i < len(args)}
        values = (
            as_float(x) if i in wanted and not isinstance(x, Value) else x
            for i, x in enumerate(args)
        )
        return function(*values, **kwargs)

    return called_with_values
