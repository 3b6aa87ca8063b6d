"""Arithmetic, rounding, exponentials and angles, element by element.

Where an operation takes two arguments they broadcast, and have their common dtype by
Keras's rules; 64-bit numbers stay 64-bit.  What yields fractions makes floats of
integers.
"""

import numpy as np

from minikeras.ops.core import convert_to_tensor
from minikeras.ops.shape import stack
from minikeras.primitives import elementwise, reduction, shape
from minikeras.values.tensor import (
    Tensor,
    as_float,
    as_tensor,
    as_tensors,
    cast,
    promote,
    promote_to_float,
)
from minikeras.values.types import TensorLike


def add(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Adds: x1 + x2."""
    return elementwise.add(*promote(x1, x2))


def subtract(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Subtracts: x1 - x2."""
    return elementwise.subtract(*promote(x1, x2))


def multiply(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Multiplies: x1 · x2."""
    return elementwise.multiply(*promote(x1, x2))


def divide(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Divides: x1 / x2, a float; by zero it is ±inf, and 0/0 is nan."""
    return elementwise.divide(*promote_to_float(x1, x2))


def true_divide(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Divides, as `divide` does."""
    return elementwise.divide(*promote_to_float(x1, x2))


def divide_no_nan(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Divides: x1 / x2, and 0 where x2 = 0."""
    x1, x2 = as_tensors(promote_to_float(x1, x2))
    zero = elementwise.equal(x2, 0.0)
    # Both branches of a where have gradients, so the division must be a finite one.
    safe = elementwise.where(zero, 1.0, x2)
    return elementwise.where(zero, 0.0, elementwise.divide(x1, safe))


def floor_divide(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Divides and rounds down: ⌊x1 / x2⌋, in the dtype of the arguments."""
    return elementwise.floor_divide(*promote(x1, x2, 0)[:2])


def mod(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Returns what is left of a division: x1 - x2·⌊x1 / x2⌋, with the sign of x2."""
    return elementwise.remainder(*promote(x1, x2, 0)[:2])


def power(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Raises x1 to the power of x2; integers stay integers."""
    base, exponent = promote(x1, x2, 0)[:2]
    result = base if isinstance(exponent, (int, float)) else exponent
    if result.data.dtype.kind == "f":
        return elementwise.power(base, exponent)
    base = cast(as_tensor(base), "float64")
    exponent = cast(as_tensor(exponent), "float64")
    return cast(elementwise.power(base, exponent), result.dtype)


def maximum(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Returns the larger of two; nan if one is.

    ∂/∂x1 = 1 where x1 > x2, ½ where they are equal, else 0
    """
    return elementwise.maximum(*promote(x1, x2))


def minimum(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Returns the smaller of two; nan if one is.  Its gradient is that of `maximum`."""
    return elementwise.minimum(*promote(x1, x2))


def negative(x: TensorLike) -> Tensor:
    """Changes the sign: -x."""
    return elementwise.negative(as_tensor(x))


def abs(x: TensorLike) -> Tensor:
    """Returns the absolute value |x|; its derivative at 0 is 0."""
    return elementwise.abs(as_tensor(x))


def absolute(x: TensorLike) -> Tensor:
    """Returns the absolute value |x|; its derivative at 0 is 0."""
    return elementwise.abs(as_tensor(x))


def sign(x: TensorLike) -> Tensor:
    """Returns -1, 0 or 1; bool is its own sign."""
    x = as_tensor(x)
    return x if x.data.dtype.kind == "b" else elementwise.sign(x)


def square(x: TensorLike) -> Tensor:
    """Squares: x²; bool becomes int32."""
    x = as_tensor(x)
    return elementwise.square(x if x.data.dtype.kind != "b" else cast(x, "int32"))


def sqrt(x: TensorLike) -> Tensor:
    """Returns the square root, nan for negative x."""
    return elementwise.sqrt(as_float(x))


def rsqrt(x: TensorLike) -> Tensor:
    """Returns 1 / √x."""
    return elementwise.rsqrt(as_float(x))


def reciprocal(x: TensorLike) -> Tensor:
    """Returns 1 / x."""
    return elementwise.reciprocal(as_float(x))


def floor(x: TensorLike) -> Tensor:
    """Rounds down to a whole number, kept as a float."""
    return elementwise.floor(as_float(x))


def ceil(x: TensorLike) -> Tensor:
    """Rounds up to a whole number, kept as a float."""
    return elementwise.ceil(as_float(x))


def round(x: TensorLike, decimals: int = 0) -> Tensor:
    """Rounds to `decimals` places after the point, halves to the even neighbour.

    With negative `decimals` it rounds to tens, hundreds …  The derivative is 0.
    """
    x = as_tensor(x)
    if decimals == 0:
        return elementwise.round(x)
    scale = 10.0**decimals
    rounded = elementwise.round(elementwise.multiply(as_float(x), scale))
    return cast(elementwise.divide(rounded, scale), x.dtype)


def clip(x: TensorLike, x_min: TensorLike, x_max: TensorLike) -> Tensor:
    """Limits x to [x_min, x_max]; the gradient passes inside and at the borders.

    The limits are numbers, or arrays that broadcast with x.  bool becomes int32.
    """
    if isinstance(x_min, (int, float)) and isinstance(x_max, (int, float)):
        x = promote(x, x_min, x_max, 0)[0]
        return elementwise.clip(as_tensor(x), minimum=x_min, maximum=x_max)
    return minimum(maximum(x, x_min), x_max)


def nan_to_num(
    x: TensorLike,
    nan: float = 0.0,
    posinf: float | None = None,
    neginf: float | None = None,
) -> Tensor:
    """Replaces nan, inf and -inf, by default by 0 and the limits of the dtype."""
    x = as_tensor(x)
    if x.data.dtype.kind != "f":
        return x
    limits = np.finfo(x.dtype)
    posinf = float(limits.max) if posinf is None else posinf
    neginf = float(limits.min) if neginf is None else neginf
    x = elementwise.where(elementwise.isnan(x), nan, x)
    x = elementwise.where(elementwise.equal(x, float("inf")), posinf, x)
    return elementwise.where(elementwise.equal(x, -float("inf")), neginf, x)


def copy(x: TensorLike) -> Tensor:
    """Copies: the same numbers in memory of their own."""
    return elementwise.copy(as_tensor(x))


def conj(x: TensorLike) -> Tensor:
    """Returns the complex conjugate, which of a real number is the number itself."""
    return convert_to_tensor(x)


def exp(x: TensorLike) -> Tensor:
    """Returns e to the power of x."""
    return elementwise.exp(as_float(x))


def exp2(x: TensorLike) -> Tensor:
    """Returns 2 to the power of x."""
    return elementwise.power(2.0, as_float(x))


def expm1(x: TensorLike) -> Tensor:
    """Returns eˣ - 1, exact for small x too."""
    return elementwise.expm1(as_float(x))


def log(x: TensorLike) -> Tensor:
    """Returns the natural logarithm: -inf at 0, nan for negative x."""
    return elementwise.log(as_float(x))


def log1p(x: TensorLike) -> Tensor:
    """Returns log(1 + x), exact for small x too."""
    return elementwise.log1p(as_float(x))


def log2(x: TensorLike) -> Tensor:
    """Returns the logarithm to base 2."""
    return elementwise.log2(as_float(x))


def log10(x: TensorLike) -> Tensor:
    """Returns the logarithm to base 10."""
    return elementwise.log10(as_float(x))


def logaddexp(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Returns log(exp(x1) + exp(x2)), without an exponential that overflows."""
    x1, x2 = as_tensors(promote_to_float(x1, x2))
    pair = stack(
        [
            elementwise.add(x1, shape.zeros_like(x2)),  # broadcasts
            elementwise.add(x2, shape.zeros_like(x1)),
        ]
    )
    return reduction.logsumexp(pair, axis=0, keepdims=False)


def sin(x: TensorLike) -> Tensor:
    """Returns the sine of an angle in radians."""
    return elementwise.sin(as_float(x))


def cos(x: TensorLike) -> Tensor:
    """Returns the cosine of an angle in radians."""
    return elementwise.cos(as_float(x))


def tan(x: TensorLike) -> Tensor:
    """Returns the tangent of an angle in radians."""
    return elementwise.tan(as_float(x))


def arcsin(x: TensorLike) -> Tensor:
    """Returns the angle in [-π/2, π/2] whose sine is x; nan outside of [-1, 1]."""
    return elementwise.arcsin(as_float(x))


def arccos(x: TensorLike) -> Tensor:
    """Returns the angle in [0, π] whose cosine is x; nan outside of [-1, 1]."""
    return elementwise.arccos(as_float(x))


def arctan(x: TensorLike) -> Tensor:
    """Returns the angle in (-π/2, π/2) whose tangent is x."""
    return elementwise.arctan(as_float(x))


def arctan2(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Returns the angle in [-π, π] of the point with ordinate x1 and abscissa x2."""
    return elementwise.arctan2(*promote_to_float(x1, x2))


def sinh(x: TensorLike) -> Tensor:
    """Returns the hyperbolic sine, (eˣ - e⁻ˣ) / 2."""
    return elementwise.sinh(as_float(x))


def cosh(x: TensorLike) -> Tensor:
    """Returns the hyperbolic cosine, (eˣ + e⁻ˣ) / 2."""
    return elementwise.cosh(as_float(x))


def tanh(x: TensorLike) -> Tensor:
    """Returns the hyperbolic tangent, sinh(x) / cosh(x)."""
    return elementwise.tanh(as_float(x))


def arcsinh(x: TensorLike) -> Tensor:
    """Returns the number whose hyperbolic sine is x."""
    return elementwise.arcsinh(as_float(x))


def arccosh(x: TensorLike) -> Tensor:
    """Returns the number ≥ 0 whose hyperbolic cosine is x; nan for x < 1."""
    return elementwise.arccosh(as_float(x))


def arctanh(x: TensorLike) -> Tensor:
    """Returns the number whose hyperbolic tangent is x; nan outside of [-1, 1]."""
    return elementwise.arctanh(as_float(x))


def erf(x: TensorLike) -> Tensor:
    """Returns the error function, 2/√π ∫₀ˣ exp(-t²) dt."""
    return elementwise.erf(as_float(x))
