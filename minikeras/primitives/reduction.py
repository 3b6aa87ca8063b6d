"""Reductions: many numbers become one, over all axes or some.

Their gradients go the other way: one number is spread over the many it came from.
"""

import math

from minikeras.autograd.primitive import Primitive


class Sum(Primitive):
    """Adds up the elements along `axis` (None, an int or a tuple).

        out = Σ_i x_i
        ∂L/∂x_i = g,   g = ∂L/∂out

    Shapes: x (a, n, b) → out (a, b) for axis=1, or (a, 1, b) with `keepdims`.
    Raises: ValueError if x has no such axis.
    """

    def forward(self, k, x, *, axis, keepdims):
        return k.sum(x, axis=axis, keepdims=keepdims)

    def vjp(self, k, wanted, grad, out, x, *, axis, keepdims):
        return (spread(k, grad, x, axis, keepdims),)


class Mean(Primitive):
    """Averages the elements along `axis` (None, an int or a tuple).

        out = Σ_i x_i / n
        ∂L/∂x_i = g / n,   g = ∂L/∂out

    Shapes: x (a, n, b) → out (a, b) for axis=1, or (a, 1, b) with `keepdims`.
    Raises: ValueError if x has no such axis.
    """

    def forward(self, k, x, *, axis, keepdims):
        return k.mean(x, axis=axis, keepdims=keepdims)

    def vjp(self, k, wanted, grad, out, x, *, axis, keepdims):
        grad = k.divide(grad, reduced_size(x, axis))
        return (spread(k, grad, x, axis, keepdims),)


class Variance(Primitive):
    """The mean squared distance to the mean along `axis`: the population's variance.

        out = Σ_i (x_i - m)² / n,   m = Σ_i x_i / n
        ∂L/∂x_i = g · 2 (x_i - m) / n,   g = ∂L/∂out

    The derivative through m is 0, because the x_i - m add up to 0.

    Shapes: x (a, n, b) → out (a, b) for axis=1, or (a, 1, b) with `keepdims`.
    Raises: ValueError if x has no such axis.
    """

    def forward(self, k, x, *, axis, keepdims):
        return k.variance(x, axis=axis, keepdims=keepdims)

    def vjp(self, k, wanted, grad, out, x, *, axis, keepdims):
        grad = with_axes(k, grad, x, axis, keepdims)
        centred = k.subtract(x, k.mean(x, axis=axis, keepdims=True))
        grad = k.divide(k.multiply(grad, 2.0), reduced_size(x, axis))
        return (k.multiply(grad, centred),)


class Prod(Primitive):
    """Multiplies the elements along `axis` (None, an int or a tuple).

        out = Π_i x_i
        ∂L/∂x_i = g · Π_{j≠i} x_j,   g = ∂L/∂out

    The product of the others is never computed as out / x_i, so zeros are no exception.

    Shapes: x (a, n, b) → out (a, b) for axis=1, or (a, 1, b) with `keepdims`.
    Raises: ValueError if x has no such axis.
    """

    def forward(self, k, x, *, axis, keepdims):
        return k.prod(x, axis=axis, keepdims=keepdims)

    def vjp(self, k, wanted, grad, out, x, *, axis, keepdims):
        grad = with_axes(k, grad, x, axis, keepdims)
        # One axis after the other: first an element is left out of its line, then this
        # line's product out of the product of all lines.
        for i in reduced_axes(x, axis):
            grad = k.multiply(grad, product_of_others(k, x, i))
            x = k.prod(x, axis=i, keepdims=True)
        return (grad,)


class LogSumExp(Primitive):
    """The logarithm of a sum of exponentials along `axis`, without overflow.

        out = log Σ_i exp(x_i)
        ∂L/∂x_i = g · exp(x_i - out),   g = ∂L/∂out

    Where every x_i is -inf, so is out, and the gradient is 0.

    Shapes: x (a, n, b) → out (a, b) for axis=1, or (a, 1, b) with `keepdims`.
    Raises: ValueError if x has no such axis.
    Source: Goodfellow et al., Deep Learning, section 4.1.
    """

    def forward(self, k, x, *, axis, keepdims):
        return k.logsumexp(x, axis=axis, keepdims=keepdims)

    def vjp(self, k, wanted, grad, out, x, *, axis, keepdims):
        grad = with_axes(k, grad, x, axis, keepdims)
        out = with_axes(k, out, x, axis, keepdims)
        finite = k.where(k.isfinite(out), out, 0.0)  # -inf - -inf would be nan
        return (k.multiply(grad, k.exp(k.subtract(x, finite))),)


class CumSum(Primitive):
    """Running sums along one axis, from its start, or from its end if `reverse`.

        out_i = Σ_{j≤i} x_j
        ∂L/∂x_j = Σ_{i≥j} g_i,   g = ∂L/∂out

    Shapes: out has the shape of x.
    Raises: ValueError if x has no such axis.
    """

    def forward(self, k, x, *, axis, reverse):
        return k.cumsum(x, axis=axis, reverse=reverse)

    def vjp(self, k, wanted, grad, out, x, *, axis, reverse):
        return (k.cumsum(grad, axis=axis, reverse=not reverse),)


class CumProd(Primitive):
    """Running products along one axis, from its start, or from its end if `reverse`.

        out_i = Π_{j≤i} x_j
        ∂L/∂x_j = p_j · r_j,   p_j = Π_{i<j} x_i,   r_j = g_j + x_{j+1} · r_{j+1},
        g = ∂L/∂out

    Nothing is divided by, so zeros are no exception.

    Shapes: out has the shape of x.
    Raises: ValueError if x has no such axis.
    """

    def forward(self, k, x, *, axis, reverse):
        return k.cumprod(x, axis=axis, reverse=reverse)

    def vjp(self, k, wanted, grad, out, x, *, axis, reverse):
        if not shape_of(x):
            return (grad,)
        if reverse:
            x, grad = k.flip(x, axis=axis), k.flip(grad, axis=axis)
        before = product_before(k, x, axis)
        result = k.multiply(before, suffix_recurrence(k, x, grad, axis))
        return (k.flip(result, axis=axis) if reverse else result,)


class SumToShapeOf(Primitive):
    """Undoes broadcasting: sums x over the axes along which `like` was repeated.

        out_j = Σ x_i   over all places i that element j of `like` was repeated to
        ∂L/∂x_i = g_j,   g = ∂L/∂out

    Shapes: out has the shape of `like`, () for a number; x is what that broadcasts to.
    Raises: ValueError if the shape of `like` does not broadcast to that of x.
    """

    def forward(self, k, x, like):
        return k.sum_to_shape_of(x, like)

    def vjp(self, k, wanted, grad, out, x, like):
        shape = shape_of(x)
        return (k.broadcast_to(grad, shape=shape) if shape else grad, None)


class Max(Primitive):
    """The largest element along `axis` (None, an int or a tuple); nan if there is one.

        out = max_i x_i
        ∂L/∂x_i = g / t  where x_i = out, else 0,   g = ∂L/∂out

    t is the number of elements that are equal to the maximum: ties share.  Where the
    maximum is nan, so is the gradient.

    Shapes: x (a, n, b) → out (a, b) for axis=1, or (a, 1, b) with `keepdims`.
    Raises: ValueError if x has no such axis, or it is empty.
    """

    def forward(self, k, x, *, axis, keepdims):
        return k.max(x, axis=axis, keepdims=keepdims)

    def vjp(self, k, wanted, grad, out, x, *, axis, keepdims):
        return (share(k, grad, out, x, axis, keepdims),)


class Min(Primitive):
    """The smallest element along `axis` (None, an int or a tuple); nan if there is one.

        out = min_i x_i
        ∂L/∂x_i = g / t  where x_i = out, else 0,   g = ∂L/∂out

    t is the number of elements that are equal to the minimum: ties share.  Where the
    minimum is nan, so is the gradient.

    Shapes: x (a, n, b) → out (a, b) for axis=1, or (a, 1, b) with `keepdims`.
    Raises: ValueError if x has no such axis, or it is empty.
    """

    def forward(self, k, x, *, axis, keepdims):
        return k.min(x, axis=axis, keepdims=keepdims)

    def vjp(self, k, wanted, grad, out, x, *, axis, keepdims):
        return (share(k, grad, out, x, axis, keepdims),)


class ArgMax(Primitive):
    """The index of the first maximum along one axis, or of the flattened x (None).

    The first nan counts as the maximum.  No gradient: the result is an integer.

    Shapes: x (a, n, b) → out (a, b) of int32 for axis=1, or (a, 1, b) with `keepdims`.
    Raises: ValueError if x has no such axis, or it is empty.
    """

    def forward(self, k, x, *, axis, keepdims):
        return k.argmax(x, axis=axis, keepdims=keepdims)

    def vjp(self, k, wanted, grad, out, x, *, axis, keepdims):
        return (None,)


class ArgMin(Primitive):
    """The index of the first minimum along one axis, or of the flattened x (None).

    The first nan counts as the minimum.  No gradient: the result is an integer.

    Shapes: x (a, n, b) → out (a, b) of int32 for axis=1, or (a, 1, b) with `keepdims`.
    Raises: ValueError if x has no such axis, or it is empty.
    """

    def forward(self, k, x, *, axis, keepdims):
        return k.argmin(x, axis=axis, keepdims=keepdims)

    def vjp(self, k, wanted, grad, out, x, *, axis, keepdims):
        return (None,)


class All(Primitive):
    """Whether every element along `axis` (None, an int or a tuple) is true.

    Of nothing, every one is.  No gradient: the result is a truth value.

    Shapes: x (a, n, b) → out (a, b) of bool for axis=1, or (a, 1, b) with `keepdims`.
    Raises: ValueError if x has no such axis.
    """

    def forward(self, k, x, *, axis, keepdims):
        return k.all(x, axis=axis, keepdims=keepdims)

    def vjp(self, k, wanted, grad, out, x, *, axis, keepdims):
        return (None,)


class Any(Primitive):
    """Whether some element along `axis` (None, an int or a tuple) is true.

    Of nothing, none is.  No gradient: the result is a truth value.

    Shapes: x (a, n, b) → out (a, b) of bool for axis=1, or (a, 1, b) with `keepdims`.
    Raises: ValueError if x has no such axis.
    """

    def forward(self, k, x, *, axis, keepdims):
        return k.any(x, axis=axis, keepdims=keepdims)

    def vjp(self, k, wanted, grad, out, x, *, axis, keepdims):
        return (None,)


def spread(k, grad, x, axis, keepdims):
    """Repeats the gradient of each sum for all the elements that went into it."""
    shape = shape_of(x)
    if not shape:
        return grad
    return k.broadcast_to(with_axes(k, grad, x, axis, keepdims), shape=shape)


def share(k, grad, out, x, axis, keepdims):
    """Divides the gradient of each extreme among the elements equal to it."""
    grad = with_axes(k, grad, x, axis, keepdims)
    out = with_axes(k, out, x, axis, keepdims)
    ties = k.cast(k.equal(x, out), dtype=x.dtype)
    count = k.sum(ties, axis=axis, keepdims=True)
    return k.divide(k.multiply(ties, grad), count)


def with_axes(k, reduced, x, axis, keepdims):
    """Puts back, with size 1, the axes that a reduction of x took out."""
    if keepdims or not shape_of(x):
        return reduced
    return k.expand_dims(reduced, axis=reduced_axes(x, axis))


def product_of_others(k, x, axis):
    """Returns, for each element, the product of all the others along the axis."""
    after = k.cumprod(shifted(k, x, axis, -1, 1.0), axis=axis, reverse=True)
    return k.multiply(product_before(k, x, axis), after)


def product_before(k, x, axis):
    """Returns, for each element, the product of those before it along the axis."""
    return k.cumprod(shifted(k, x, axis, 1, 1.0), axis=axis, reverse=False)


def suffix_recurrence(k, x, grad, axis):
    """Solves r_i = g_i + x_{i+1} · r_{i+1} along the axis, in log₂ n steps.

    Once s terms of each r_i are there, r_i + a_i · r_{i+s} has 2s of them, where a_i is
    the product of the s elements after i.

    Source: Hillis and Steele, Data parallel algorithms (1986).
    """
    terms = 1
    factor = shifted(k, x, axis, -1, 0.0)
    while terms < x.shape[axis]:
        grad = k.add(grad, k.multiply(factor, shifted(k, grad, axis, -terms, 0.0)))
        factor = k.multiply(factor, shifted(k, factor, axis, -terms, 0.0))
        terms *= 2
    return grad


def shifted(k, x, axis, by, value):
    """Moves elements along the axis; `value` moves in, what moves out is dropped."""
    ndim, side = len(x.shape), x.shape[axis]
    around = (by, 0) if by > 0 else (0, -by)
    kept = slice(side) if by > 0 else slice(-by, side - by)
    width = tuple(around if i == axis % ndim else (0, 0) for i in range(ndim))
    key = tuple(kept if i == axis % ndim else slice(None) for i in range(ndim))
    return k.getitem(k.pad(x, pad_width=width, value=value), key=key)


def reduced_size(x, axis):
    """Returns how many elements go into each sum."""
    shape = shape_of(x)
    return math.prod(shape[i] for i in reduced_axes(x, axis))


def reduced_axes(x, axis):
    """Returns the axes that `axis` stands for as a tuple, counted from 0."""
    ndim = len(shape_of(x))
    if axis is None:
        return tuple(range(ndim))
    axes = (axis,) if isinstance(axis, int) else axis
    return tuple(i % ndim for i in axes)


def shape_of(x):
    """Returns the shape of an array, or () of a number."""
    return getattr(x, "shape", ())


sum = Sum()
mean = Mean()
variance = Variance()
prod = Prod()
logsumexp = LogSumExp()
cumsum = CumSum()
cumprod = CumProd()
sum_to_shape_of = SumToShapeOf()
max = Max()
min = Min()
argmax = ArgMax()
argmin = ArgMin()
all = All()
any = Any()
