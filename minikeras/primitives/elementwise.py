"""Elementwise arithmetic, comparison and selection: each number by itself.

The elementary functions (exp, sin, …) are defined in `elementary`.  Throughout
g = ∂L/∂out, and out has the shape of x, or the one that all inputs broadcast to.
"""

from minikeras.autograd.primitive import Primitive
from minikeras.primitives.broadcasting import Broadcasting
from minikeras.primitives.elementary import arccos as arccos
from minikeras.primitives.elementary import arccosh as arccosh
from minikeras.primitives.elementary import arcsin as arcsin
from minikeras.primitives.elementary import arcsinh as arcsinh
from minikeras.primitives.elementary import arctan as arctan
from minikeras.primitives.elementary import arctan2 as arctan2
from minikeras.primitives.elementary import arctanh as arctanh
from minikeras.primitives.elementary import cos as cos
from minikeras.primitives.elementary import cosh as cosh
from minikeras.primitives.elementary import erf as erf
from minikeras.primitives.elementary import exp as exp
from minikeras.primitives.elementary import expm1 as expm1
from minikeras.primitives.elementary import log as log
from minikeras.primitives.elementary import log1p as log1p
from minikeras.primitives.elementary import log2 as log2
from minikeras.primitives.elementary import log10 as log10
from minikeras.primitives.elementary import power as power
from minikeras.primitives.elementary import rsqrt as rsqrt
from minikeras.primitives.elementary import sin as sin
from minikeras.primitives.elementary import sinh as sinh
from minikeras.primitives.elementary import tan as tan
from minikeras.primitives.elementary import tanh as tanh


class Add(Broadcasting):
    """out = x + y;   ∂L/∂x = ∂L/∂y = g."""

    def forward(self, k, x, y):
        return k.add(x, y)

    def vjp(self, k, wanted, grad, out, x, y):
        return grad, grad


class Subtract(Broadcasting):
    """out = x - y;   ∂L/∂x = g,   ∂L/∂y = -g."""

    def forward(self, k, x, y):
        return k.subtract(x, y)

    def vjp(self, k, wanted, grad, out, x, y):
        return grad, k.negative(grad) if wanted[1] else None


class Multiply(Broadcasting):
    """out = x · y;   ∂L/∂x = g · y,   ∂L/∂y = g · x."""

    def forward(self, k, x, y):
        return k.multiply(x, y)

    def vjp(self, k, wanted, grad, out, x, y):
        return (
            k.multiply(grad, y) if wanted[0] else None,
            k.multiply(grad, x) if wanted[1] else None,
        )


class Divide(Broadcasting):
    """out = x / y;   ∂L/∂x = g / y,   ∂L/∂y = -g · out / y."""

    def forward(self, k, x, y):
        return k.divide(x, y)

    def vjp(self, k, wanted, grad, out, x, y):
        scaled = k.divide(grad, y)
        return scaled, k.negative(k.multiply(scaled, out)) if wanted[1] else None


class Remainder(Broadcasting):
    """out = x - y ⌊x / y⌋, with the sign of y;   ∂L/∂x = g,   ∂L/∂y = -g · ⌊x / y⌋."""

    def forward(self, k, x, y):
        return k.remainder(x, y)

    def vjp(self, k, wanted, grad, out, x, y):
        if not wanted[1]:
            return grad, None
        return grad, k.negative(k.multiply(grad, k.floor_divide(x, y)))


class Maximum(Broadcasting):
    """The larger of x and y.

    ∂L/∂x is g where x is larger, ½ g where they are equal, else 0; so for y.
    """

    def forward(self, k, x, y):
        return k.maximum(x, y)

    def vjp(self, k, wanted, grad, out, x, y):
        return (
            k.multiply(grad, k.share_of_maximum(x, y)) if wanted[0] else None,
            k.multiply(grad, k.share_of_maximum(y, x)) if wanted[1] else None,
        )


class Minimum(Broadcasting):
    """The smaller of x and y.

    ∂L/∂x is g where x is smaller, ½ g where they are equal, else 0; so for y.
    """

    def forward(self, k, x, y):
        return k.minimum(x, y)

    def vjp(self, k, wanted, grad, out, x, y):
        return (
            k.multiply(grad, k.share_of_maximum(y, x)) if wanted[0] else None,
            k.multiply(grad, k.share_of_maximum(x, y)) if wanted[1] else None,
        )


class Negative(Primitive):
    """out = -x;   ∂L/∂x = -g."""

    def forward(self, k, x):
        return k.negative(x)

    def vjp(self, k, wanted, grad, out, x):
        return (k.negative(grad),)


class Abs(Primitive):
    """out = |x|;   ∂L/∂x = g · sign x, which is 0 at 0."""

    def forward(self, k, x):
        return k.abs(x)

    def vjp(self, k, wanted, grad, out, x):
        return (k.multiply(grad, k.sign(x)),)


class Square(Primitive):
    """out = x²;   ∂L/∂x = 2 g · x."""

    def forward(self, k, x):
        return k.square(x)

    def vjp(self, k, wanted, grad, out, x):
        return (k.multiply(grad, k.multiply(2.0, x)),)


class Sqrt(Primitive):
    """out = √x;   ∂L/∂x = ½ g / out."""

    def forward(self, k, x):
        return k.sqrt(x)

    def vjp(self, k, wanted, grad, out, x):
        return (k.multiply(0.5, k.divide(grad, out)),)


class Reciprocal(Primitive):
    """out = 1 / x;   ∂L/∂x = -g · out²."""

    def forward(self, k, x):
        return k.reciprocal(x)

    def vjp(self, k, wanted, grad, out, x):
        return (k.negative(k.multiply(grad, k.square(out))),)


class Clip(Primitive):
    """x, or the border that it is beyond;   ∂L/∂x = g from border to border, else 0."""

    def forward(self, k, x, *, minimum, maximum):
        return k.clip(x, minimum=minimum, maximum=maximum)

    def vjp(self, k, wanted, grad, out, x, *, minimum, maximum):
        above, below = k.greater_equal(x, minimum), k.less_equal(x, maximum)
        return (k.where(k.logical_and(above, below), grad, 0.0),)


class Where(Broadcasting):
    """x where the condition is true, else y;   ∂L/∂x = g where x was taken, else 0."""

    def forward(self, k, condition, x, y):
        return k.where(condition, x, y)

    def vjp(self, k, wanted, grad, out, condition, x, y):
        return (
            None,
            k.where(condition, grad, 0.0) if wanted[1] else None,
            k.where(condition, 0.0, grad) if wanted[2] else None,
        )


class Cast(Primitive):
    """x as another dtype;   ∂L/∂x = g in the dtype of x, none through integers."""

    def forward(self, k, x, *, dtype):
        return k.cast(x, dtype=dtype)

    def vjp(self, k, wanted, grad, out, x, *, dtype):
        if not str(dtype).startswith("float"):
            return (None,)
        # A Python float has no dtype; it is a float64.
        return (k.cast(grad, dtype=getattr(x, "dtype", "float64")),)


class Copy(Primitive):
    """x in memory of its own;   ∂L/∂x = g."""

    def forward(self, k, x):
        return k.copy(x)

    def vjp(self, k, wanted, grad, out, x):
        return (grad,)


class Identity(Primitive):
    """x itself, as another value of the graph;   ∂L/∂x = g.  It needs no kernel."""

    def forward(self, k, x):
        return x

    def vjp(self, k, wanted, grad, out, x):
        return (grad,)


class Stepwise(Broadcasting):
    """A function that is constant but for jumps: the derivative is 0 between them."""

    def vjp(self, k, wanted, grad, out, *inputs):
        return (None,) * len(inputs)


class Sign(Stepwise):
    """1, 0 or -1, as x is above, at or below 0."""

    def forward(self, k, x):
        return k.sign(x)


class Floor(Stepwise):
    """The next integer at or below x."""

    def forward(self, k, x):
        return k.floor(x)


class Ceil(Stepwise):
    """The next integer at or above x."""

    def forward(self, k, x):
        return k.ceil(x)


class Round(Stepwise):
    """The integer next to x; of two equally near, the even one."""

    def forward(self, k, x):
        return k.round(x)


class FloorDivide(Stepwise):
    """out = ⌊x / y⌋."""

    def forward(self, k, x, y):
        return k.floor_divide(x, y)


class ShareOfMaximum(Stepwise):
    """1 where x > y, ½ where x = y, else 0: the part of x in ∂max(x, y)."""

    def forward(self, k, x, y):
        return k.share_of_maximum(x, y)


class Equal(Stepwise):
    """x = y, as bool."""

    def forward(self, k, x, y):
        return k.equal(x, y)


class NotEqual(Stepwise):
    """x ≠ y, as bool."""

    def forward(self, k, x, y):
        return k.not_equal(x, y)


class Less(Stepwise):
    """x < y, as bool."""

    def forward(self, k, x, y):
        return k.less(x, y)


class LessEqual(Stepwise):
    """x ≤ y, as bool."""

    def forward(self, k, x, y):
        return k.less_equal(x, y)


class Greater(Stepwise):
    """x > y, as bool."""

    def forward(self, k, x, y):
        return k.greater(x, y)


class GreaterEqual(Stepwise):
    """x ≥ y, as bool."""

    def forward(self, k, x, y):
        return k.greater_equal(x, y)


class LogicalAnd(Stepwise):
    """x ∧ y, of bools."""

    def forward(self, k, x, y):
        return k.logical_and(x, y)


class LogicalOr(Stepwise):
    """x ∨ y, of bools."""

    def forward(self, k, x, y):
        return k.logical_or(x, y)


class LogicalXor(Stepwise):
    """Whether one of two bools is true and the other is not."""

    def forward(self, k, x, y):
        return k.logical_xor(x, y)


class LogicalNot(Stepwise):
    """¬x, of bools."""

    def forward(self, k, x):
        return k.logical_not(x)


class IsNan(Stepwise):
    """Whether x is not a number."""

    def forward(self, k, x):
        return k.isnan(x)


class IsInf(Stepwise):
    """Whether x is ±inf."""

    def forward(self, k, x):
        return k.isinf(x)


class IsFinite(Stepwise):
    """Whether x is neither nan nor ±inf."""

    def forward(self, k, x):
        return k.isfinite(x)


add = Add()
subtract = Subtract()
multiply = Multiply()
divide = Divide()
floor_divide = FloorDivide()
remainder = Remainder()
maximum = Maximum()
minimum = Minimum()
share_of_maximum = ShareOfMaximum()
negative = Negative()
abs = Abs()
sign = Sign()
square = Square()
sqrt = Sqrt()
reciprocal = Reciprocal()
floor = Floor()
ceil = Ceil()
round = Round()
clip = Clip()
equal = Equal()
not_equal = NotEqual()
less = Less()
less_equal = LessEqual()
greater = Greater()
greater_equal = GreaterEqual()
logical_and = LogicalAnd()
logical_or = LogicalOr()
logical_xor = LogicalXor()
logical_not = LogicalNot()
isnan = IsNan()
isinf = IsInf()
isfinite = IsFinite()
where = Where()
cast = Cast()
copy = Copy()
identity = Identity()
