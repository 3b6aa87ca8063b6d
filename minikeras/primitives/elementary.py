"""The elementary functions: powers, exponentials, logarithms, angles, erf.

They belong to the family `elementwise`, which offers them under its name; their file is
their own because arithmetic and they would not fit in one.  Throughout g = ∂L/∂out, and
out has the shape of x, or the one that x and y broadcast to.
"""

import math

from minikeras.autograd.primitive import Primitive
from minikeras.primitives.broadcasting import Broadcasting

ONE_OVER_LN_2 = 1.0 / math.log(2.0)
ONE_OVER_LN_10 = 1.0 / math.log(10.0)
TWO_OVER_SQRT_PI = 2.0 / math.sqrt(math.pi)


class Power(Broadcasting):
    """Raises x to the power y.

        out = xʸ;   ∂L/∂x = g · y xʸ⁻¹,   ∂L/∂y = g · out log x

    A factor of 0 wins over an infinite one: ∂x⁰/∂x = 0 and ∂0ʸ/∂y = 0 for y > 0.
    """

    def forward(self, k, x, y):
        return k.power(x, y)

    def vjp(self, k, wanted, grad, out, x, y):
        x_grad = y_grad = None
        if wanted[0]:
            slope = k.multiply(y, k.power(x, self.exponent_below(k, x, y)))
            x_grad = k.multiply(grad, slope)
        if wanted[1]:
            # x may be a plain number, whose logarithm alone would be a float64.
            base = k.multiply(x, k.ones_like(y))
            base = k.where(k.equal(out, 0.0), 1.0, base)  # 0 · log 0 would be nan
            y_grad = k.multiply(grad, k.multiply(out, k.log(base)))
        return x_grad, y_grad

    @staticmethod
    def exponent_below(k, x, y):
        """y - 1, but 0 for 0⁰, because 0 · 0⁻¹ would be nan."""
        if isinstance(y, (int, float)):
            return y - 1 if y != 0 else y
        zero_to_zero = k.logical_and(k.equal(x, 0.0), k.equal(y, 0.0))
        return k.where(zero_to_zero, 0.0, k.subtract(y, k.ones_like(x)))


class Arctan2(Broadcasting):
    """The angle, from -π to π, of the point that is y to the right and x up.

    tan out = x / y;   ∂L/∂x = g · y / (x² + y²),   ∂L/∂y = -g · x / (x² + y²)
    """

    def forward(self, k, x, y):
        return k.arctan2(x, y)

    def vjp(self, k, wanted, grad, out, x, y):
        one = k.ones_like(grad)  # a plain number becomes an array of grad's dtype
        x, y = k.multiply(x, one), k.multiply(y, one)
        scaled = k.divide(grad, k.add(k.square(x), k.square(y)))
        return (
            k.multiply(scaled, y) if wanted[0] else None,
            k.negative(k.multiply(scaled, x)) if wanted[1] else None,
        )


class Rsqrt(Primitive):
    """out = 1 / √x;   ∂L/∂x = -½ g · out / x."""

    def forward(self, k, x):
        return k.rsqrt(x)

    def vjp(self, k, wanted, grad, out, x):
        return (k.multiply(grad, k.multiply(-0.5, k.divide(out, x))),)


class Exp(Primitive):
    """out = eˣ;   ∂L/∂x = g · out."""

    def forward(self, k, x):
        return k.exp(x)

    def vjp(self, k, wanted, grad, out, x):
        return (k.multiply(grad, out),)


class Expm1(Primitive):
    """out = eˣ - 1, accurate near 0;   ∂L/∂x = g · eˣ."""

    def forward(self, k, x):
        return k.expm1(x)

    def vjp(self, k, wanted, grad, out, x):
        return (k.multiply(grad, k.exp(x)),)


class Log(Primitive):
    """out = log x, the natural logarithm;   ∂L/∂x = g / x."""

    def forward(self, k, x):
        return k.log(x)

    def vjp(self, k, wanted, grad, out, x):
        return (k.divide(grad, x),)


class Log1p(Primitive):
    """out = log(1 + x), accurate near 0;   ∂L/∂x = g / (1 + x)."""

    def forward(self, k, x):
        return k.log1p(x)

    def vjp(self, k, wanted, grad, out, x):
        return (k.divide(grad, k.add(x, 1.0)),)


class Log2(Primitive):
    """out = log x / log 2;   ∂L/∂x = g / (x log 2)."""

    def forward(self, k, x):
        return k.log2(x)

    def vjp(self, k, wanted, grad, out, x):
        return (k.multiply(ONE_OVER_LN_2, k.divide(grad, x)),)


class Log10(Primitive):
    """out = log x / log 10;   ∂L/∂x = g / (x log 10)."""

    def forward(self, k, x):
        return k.log10(x)

    def vjp(self, k, wanted, grad, out, x):
        return (k.multiply(ONE_OVER_LN_10, k.divide(grad, x)),)


class Sin(Primitive):
    """out = sin x;   ∂L/∂x = g · cos x."""

    def forward(self, k, x):
        return k.sin(x)

    def vjp(self, k, wanted, grad, out, x):
        return (k.multiply(grad, k.cos(x)),)


class Cos(Primitive):
    """out = cos x;   ∂L/∂x = -g · sin x."""

    def forward(self, k, x):
        return k.cos(x)

    def vjp(self, k, wanted, grad, out, x):
        return (k.negative(k.multiply(grad, k.sin(x))),)


class Tan(Primitive):
    """out = tan x;   ∂L/∂x = g · (1 + out²)."""

    def forward(self, k, x):
        return k.tan(x)

    def vjp(self, k, wanted, grad, out, x):
        return (k.multiply(grad, k.add(k.square(out), 1.0)),)


class Arcsin(Primitive):
    """out = arcsin x, from -π/2 to π/2;   ∂L/∂x = g / √(1 - x²)."""

    def forward(self, k, x):
        return k.arcsin(x)

    def vjp(self, k, wanted, grad, out, x):
        return (k.divide(grad, k.sqrt(one_minus_square(k, x))),)


class Arccos(Primitive):
    """out = arccos x, from 0 to π;   ∂L/∂x = -g / √(1 - x²)."""

    def forward(self, k, x):
        return k.arccos(x)

    def vjp(self, k, wanted, grad, out, x):
        return (k.negative(k.divide(grad, k.sqrt(one_minus_square(k, x)))),)


class Arctan(Primitive):
    """out = arctan x, from -π/2 to π/2;   ∂L/∂x = g / (1 + x²)."""

    def forward(self, k, x):
        return k.arctan(x)

    def vjp(self, k, wanted, grad, out, x):
        return (k.divide(grad, k.add(k.square(x), 1.0)),)


class Sinh(Primitive):
    """out = (eˣ - e⁻ˣ) / 2;   ∂L/∂x = g · cosh x."""

    def forward(self, k, x):
        return k.sinh(x)

    def vjp(self, k, wanted, grad, out, x):
        return (k.multiply(grad, k.cosh(x)),)


class Cosh(Primitive):
    """out = (eˣ + e⁻ˣ) / 2;   ∂L/∂x = g · sinh x."""

    def forward(self, k, x):
        return k.cosh(x)

    def vjp(self, k, wanted, grad, out, x):
        return (k.multiply(grad, k.sinh(x)),)


class Tanh(Primitive):
    """out = sinh x / cosh x;   ∂L/∂x = g · (1 - out²)."""

    def forward(self, k, x):
        return k.tanh(x)

    def vjp(self, k, wanted, grad, out, x):
        return (k.tanh_grad(grad, out),)


class Arcsinh(Primitive):
    """The inverse of sinh;   ∂L/∂x = g / √(x² + 1)."""

    def forward(self, k, x):
        return k.arcsinh(x)

    def vjp(self, k, wanted, grad, out, x):
        return (k.divide(grad, k.sqrt(k.add(k.square(x), 1.0))),)


class Arccosh(Primitive):
    """The inverse of cosh, from 0 on;   ∂L/∂x = g / √(x² - 1)."""

    def forward(self, k, x):
        return k.arccosh(x)

    def vjp(self, k, wanted, grad, out, x):
        square_minus_one = k.multiply(k.subtract(x, 1.0), k.add(x, 1.0))
        return (k.divide(grad, k.sqrt(square_minus_one)),)


class Arctanh(Primitive):
    """The inverse of tanh;   ∂L/∂x = g / (1 - x²)."""

    def forward(self, k, x):
        return k.arctanh(x)

    def vjp(self, k, wanted, grad, out, x):
        return (k.divide(grad, one_minus_square(k, x)),)


class Erf(Primitive):
    """out = 2/√π ∫ exp(-t²) dt from 0 to x;   ∂L/∂x = g · 2/√π exp(-x²)."""

    def forward(self, k, x):
        return k.erf(x)

    def vjp(self, k, wanted, grad, out, x):
        slope = k.multiply(TWO_OVER_SQRT_PI, k.exp(k.negative(k.square(x))))
        return (k.multiply(grad, slope),)


def one_minus_square(k, x):
    """1 - x² as (1 - x)(1 + x), which is accurate near x = ±1."""
    return k.multiply(k.subtract(1.0, x), k.add(x, 1.0))


power = Power()
arctan2 = Arctan2()
rsqrt = Rsqrt()
exp = Exp()
expm1 = Expm1()
log = Log()
log1p = Log1p()
log2 = Log2()
log10 = Log10()
sin = Sin()
cos = Cos()
tan = Tan()
arcsin = Arcsin()
arccos = Arccos()
arctan = Arctan()
sinh = Sinh()
cosh = Cosh()
tanh = Tanh()
arcsinh = Arcsinh()
arccosh = Arccosh()
arctanh = Arctanh()
erf = Erf()
