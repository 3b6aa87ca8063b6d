"""Comparison, logic and selection, element by element; comparisons give bool."""

from minikeras.ops.indexing import nonzero
from minikeras.primitives import elementwise
from minikeras.values.tensor import as_tensor, as_tensors, cast, promote


def equal(x1, x2):
    """Says where x1 = x2."""
    return elementwise.equal(*promote(x1, x2))


def not_equal(x1, x2):
    """Says where x1 ≠ x2."""
    return elementwise.not_equal(*promote(x1, x2))


def less(x1, x2):
    """Says where x1 < x2."""
    return elementwise.less(*promote(x1, x2))


def less_equal(x1, x2):
    """Says where x1 ≤ x2."""
    return elementwise.less_equal(*promote(x1, x2))


def greater(x1, x2):
    """Says where x1 > x2."""
    return elementwise.greater(*promote(x1, x2))


def greater_equal(x1, x2):
    """Says where x1 ≥ x2."""
    return elementwise.greater_equal(*promote(x1, x2))


def isclose(x1, x2, rtol=1e-5, atol=1e-8, equal_nan=False):
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


def isnan(x):
    """Says where x is nan."""
    return elementwise.isnan(as_tensor(x))


def isinf(x):
    """Says where x is inf or -inf."""
    return elementwise.isinf(as_tensor(x))


def isfinite(x):
    """Says where x is neither infinite nor nan."""
    return elementwise.isfinite(as_tensor(x))


def logical_and(x1, x2):
    """Says where both are true; of numbers, all but 0 are."""
    return elementwise.logical_and(truth(x1), truth(x2))


def logical_or(x1, x2):
    """Says where at least one is true; of numbers, all but 0 are."""
    return elementwise.logical_or(truth(x1), truth(x2))


def logical_xor(x1, x2):
    """Says where exactly one is true; of numbers, all but 0 are."""
    return elementwise.logical_xor(truth(x1), truth(x2))


def logical_not(x):
    """Says where x is false; of numbers, only 0 is."""
    return elementwise.logical_not(truth(x))


def where(condition, x1=None, x2=None):
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


def truth(x):
    """Returns x as a Tensor of bool: whether it differs from 0."""
    return cast(as_tensor(x), "bool")
