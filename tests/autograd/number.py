"""A class of values with six operations, so that the engine is tested by itself.

Nothing of `primitives` or `kernels` is in here: what fails is the engine.
"""

import math
import threading
from types import SimpleNamespace

from minikeras.autograd import Leaf, Primitive, Value, backward_steps

FLOATS = SimpleNamespace(
    add=lambda x, y: x + y,
    multiply=lambda x, y: x * y,
    power=lambda x, *, n: x**n,
    exp=math.exp,
    sum=lambda x, *, axis, keepdims: x,
    identity=lambda x: x,
    sum_to_shape_of=lambda x, like: x,
    ones_like=lambda x: 1.0,
    zeros_like=lambda x: 0.0,
)


class Add(Primitive):
    """Returns one and the same gradient for both inputs, as the real one does."""

    def forward(self, k, x, y):
        return k.add(x, y)

    def vjp(self, k, wanted, grad, out, x, y):
        return grad, grad


class Multiply(Primitive):
    def forward(self, k, x, y):
        return k.multiply(x, y)

    def vjp(self, k, wanted, grad, out, x, y):
        return (
            k.multiply(grad, y) if wanted[0] else None,
            k.multiply(grad, x) if wanted[1] else None,
        )


class Power(Primitive):
    """x to the power of a fixed integer n."""

    def forward(self, k, x, *, n):
        return k.power(x, n=n)

    def vjp(self, k, wanted, grad, out, x, *, n):
        if n == 0:
            return (None,)
        return (k.multiply(grad, k.multiply(k.power(x, n=n - 1), float(n))),)


class Exp(Primitive):
    def forward(self, k, x):
        return k.exp(x)

    def vjp(self, k, wanted, grad, out, x):
        return (k.multiply(grad, out),)


class Identity(Primitive):
    def forward(self, k, x):
        return x

    def vjp(self, k, wanted, grad, out, x):
        return (grad,)


class Sum(Primitive):
    """The sum of one number."""

    def forward(self, k, x, *, axis, keepdims):
        return x

    def vjp(self, k, wanted, grad, out, x, *, axis, keepdims):
        return (grad,)


class SumToShapeOf(Primitive):
    def forward(self, k, x, like):
        return x

    def vjp(self, k, wanted, grad, out, x, like):
        return grad, None


class Twice(Primitive):
    """Returns two results: 2x and 3x."""

    def forward(self, k, x):
        return k.multiply(x, 2.0), k.multiply(x, 3.0)

    def vjp(self, k, wanted, grad, out, x):
        parts = [
            k.multiply(g, factor)
            for g, factor in zip(grad, (2.0, 3.0), strict=True)
            if g is not None
        ]
        return (parts[0] if len(parts) == 1 else k.add(*parts),)


add, multiply, power, exp, twice = Add(), Multiply(), Power(), Exp(), Twice()

RECORDED = SimpleNamespace(
    add=add,
    multiply=multiply,
    power=power,
    exp=exp,
    sum=Sum(),
    identity=Identity(),
    sum_to_shape_of=SumToShapeOf(),
    ones_like=lambda x: Number.wrap(1.0),
    zeros_like=lambda x: Number.wrap(0.0),
)


class Active(threading.local):
    kernels = FLOATS


class Number(Value):
    """A float that remembers how it was computed."""

    __slots__ = ()

    active = Active()
    recorded = RECORDED
    shape = ()

    def __init__(self, data, requires_grad=True):
        self.data = data
        self.node = Leaf() if requires_grad else None

    def __add__(self, other):
        return add(self, other)

    __radd__ = __add__

    def __mul__(self, other):
        return multiply(self, other)

    __rmul__ = __mul__

    def __pow__(self, n):
        return power(self, n=n)

    def is_single(self):
        return True

    def cotangent(self, grad):
        return grad.data if isinstance(grad, Value) else grad

    @staticmethod
    def basis(data):
        yield 1.0

    @staticmethod
    def assemble(derivatives, result, x):
        return derivatives[0]

    def backward(self, grad=1.0, *, retain_graph=False):
        for _ in backward_steps(self.node, grad, FLOATS, retain_graph=retain_graph):
            pass


Number.result = Number
