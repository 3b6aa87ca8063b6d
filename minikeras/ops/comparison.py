"""Comparison, logic and selection, element by element; comparisons give bool."""

from typing import Any

from minikeras.ops.indexing import nonzero
from minikeras.primitives import elementwise
from minikeras.values.tensor import Tensor, as_tensor, as_tensors, cast, promote
from minikeras.values.types import TensorLike


def equal(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Says where x1 = x2."""
    return elementwise.equal(*promote(x1, x2))


def not_equal(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Says where x1 ≠ x2."""
    return elementwise.not_equal(*promote(x1, x2))


def less(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Says where x1 < x2."""
    return elementwise.less(*promote(x1, x2))


def less_equal(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Says where x1 ≤ x2."""
    return elementwise.less_equal(*promote(x1, x2))


def greater(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Says where x1 > x2."""
    return elementwise.greater(*promote(x1, x2))


def greater_equal(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Says where x1 ≥ x2."""
    return elementwise.greater_equal(*promote(x1, x2))


def isclose(
    x1: TensorLike,
    x2: TensorLike,
    rtol: float = 1e-5,
    atol: float = 1e-8,
    equal_nan: bool = False,
) -> Tensor:
    """Says where two numbers are nearly equal: |x1 - x2| ≤ atol + rtol·|x2|.

    An infinity is close to itself only; nan to nan only if `equal_nan`.
    """
    x1, x2 = as_tensors(promote(x1, x2, 0.0))[:2]
    finite = elementwise.isfinite(x2)
    # inf - inf is invalid; where x2 is not finite, equality decides.
    number = elementwise.where(finite, x2, 0.0)
    difference = elementwise.abs(elementwise.subtract(x1, number))
    allowed = elementwise.add(elementwise.multiply(elementwise.abs(x2), rtol), atol)
    near = elementwise.logical_and(elementwise.less_equal(difference, allowed), finite)
    close = elementwise.logical_or(near, elementwise.equal(x1, x2))
    if not equal_nan:
        return close
    both_nan = elementwise.logical_and(elementwise.isnan(x1), elementwise.isnan(x2))
    return elementwise.logical_or(close, both_nan)


def isnan(x: TensorLike) -> Tensor:
    """Says where x is nan."""
    return elementwise.isnan(as_tensor(x))


def isinf(x: TensorLike) -> Tensor:
    """Says where x is inf or -inf."""
    return elementwise.isinf(as_tensor(x))


def isfinite(x: TensorLike) -> Tensor:
    """Says where x is neither infinite nor nan."""
    return elementwise.isfinite(as_tensor(x))


def logical_and(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Says where both are true; of numbers, all but 0 are."""
    return elementwise.logical_and(truth(x1), truth(x2))


def logical_or(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Says where at least one is true; of numbers, all but 0 are."""
    return elementwise.logical_or(truth(x1), truth(x2))


def logical_xor(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Says where exactly one is true; of numbers, all but 0 are."""
    return elementwise.logical_xor(truth(x1), truth(x2))


def logical_not(x: TensorLike) -> Tensor:
    """Says where x is false; of numbers, only 0 is."""
    return elementwise.logical_not(truth(x))


def where(
    condition: TensorLike, x1: TensorLike | None = None, x2: TensorLike | None = None
) -> Any:  # a tuple for a condition alone
    """Chooses x1 where the condition is true and x2 elsewhere.

    Shapes: all three broadcast together.  With the condition alone, the result is
    `nonzero(condition)`.
    Raises: ValueError if only one of x1 and x2 is given.
    """
    if x1 is None and x2 is None:
        return nonzero(condition)
    if x1 is None or x2 is None:
        raise ValueError(
            "where needs both x1 and x2, or neither; got "
            f"x1={'None' if x1 is None else 'given'}, "
            f"x2={'None' if x2 is None else 'given'}."
        )
    x1, x2 = promote(x1, x2)
    return elementwise.where(truth(condition), x1, x2)


def truth(x: TensorLike) -> Tensor:
    """Returns x as a Tensor of bool: whether it differs from 0."""
    return cast(as_tensor(x), "bool")
