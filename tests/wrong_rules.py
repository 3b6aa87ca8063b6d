"""Rules with one mistake each: primitives whose vjp is not the derivative of forward.

`tests/test_mutations.py` shows that the laws of `tests/gradients.py` catch them.
"""

import numpy as np

from minikeras.autograd import Value
from minikeras.kernels.kernel_set import KernelSet
from minikeras.kernels.reference import reference
from minikeras.primitives import (
    activation,
    attention,
    elementary,
    elementwise,
    indexing,
    matmul,
    reduction,
)


class WrongSign(elementwise.Subtract):
    def vjp(self, k, wanted, grad, out, x, y):
        return grad, grad


class ForgetsAFactor(elementwise.Square):
    def vjp(self, k, wanted, grad, out, x):
        return (k.multiply(grad, x),)


class SwapsItsInputs(elementwise.Divide):
    def vjp(self, k, wanted, grad, out, x, y):
        return super().vjp(k, wanted, grad, out, x, y)[::-1]


class UsesTheInputForTheOutput(elementary.Exp):
    def vjp(self, k, wanted, grad, out, x):
        return (k.multiply(grad, x),)


class ForgetsTheChainRule(elementary.Tanh):
    """Right wherever the cotangent is 1."""

    def vjp(self, k, wanted, grad, out, x):
        return super().vjp(k, wanted, k.ones_like(grad), out, x)


class TakesTheLastAxis(activation.Softmax):
    def vjp(self, k, wanted, grad, out, x, *, axis):
        return super().vjp(k, wanted, grad, out, x, axis=-1)


class ForgetsTheScale(attention.Attention):
    """Right where it is 1, and for the values."""

    def vjp(self, k, wanted, grad, out, query, key, value, *, causal, scale):
        gradients = super().vjp(
            k, wanted, grad, out, query, key, value, causal=causal, scale=scale
        )
        shares = [k.divide(x, scale) if scale else x for x in gradients[:2]]
        return (*shares, gradients[2])


class ForgetsHowWeightsChange(attention.AttentionGrad):
    """Right for what comes from grad and values; the weights are no constants."""

    def vjp(self, k, wanted, upstream, out, grad, query, key, value, **how):
        gradients = super().vjp(
            k, wanted, upstream, out, grad, query, key, value, **how
        )
        return gradients[0], None, None, gradients[3]


class AveragesOverEverything(reduction.Mean):
    """Right for axis=None."""

    def vjp(self, k, wanted, grad, out, x, *, axis, keepdims):
        grad = k.divide(grad, x.size)
        return (reduction.spread(k, grad, x, axis, keepdims),)


class DividesByOneLess(reduction.Variance):
    """As the variance of a sample does."""

    def vjp(self, k, wanted, grad, out, x, *, axis, keepdims):
        [slope] = super().vjp(k, wanted, grad, out, x, axis=axis, keepdims=keepdims)
        n = x.size // out.size
        return (k.multiply(slope, n / max(1, n - 1)),)


class RunsTheSameWay(reduction.CumSum):
    def vjp(self, k, wanted, grad, out, x, *, axis, reverse):
        return (k.cumsum(grad, axis=axis, reverse=reverse),)


class TurnsTheSumAround(matmul.Matmul):
    """Right where there is one product to sum."""

    def vjp(self, k, wanted, grad, out, x, y):
        first, second = super().vjp(k, wanted, grad, out, x, y)
        return k.flip(first, axis=-1), second


class PutsItBackAtTheOtherEnd(indexing.GetItem):
    """Right for keys that take the middle, or everything."""

    def vjp(self, k, wanted, grad, out, x, *, key):
        [slope] = super().vjp(k, wanted, grad, out, x, key=key)
        return (k.flip(slope, axis=None),)


class GivesTheWholeToBoth(elementwise.Maximum):
    """Right wherever there is no tie."""

    def vjp(self, k, wanted, grad, out, x, y):
        return (
            k.multiply(grad, k.cast(k.greater_equal(x, y), dtype=x.dtype)),
            k.multiply(grad, k.cast(k.greater_equal(y, x), dtype=y.dtype)),
        )


class GivesTheWholeToAll(reduction.Max):
    """Right wherever there is no tie."""

    def vjp(self, k, wanted, grad, out, x, *, axis, keepdims):
        grad = reduction.with_axes(k, grad, x, axis, keepdims)
        out = reduction.with_axes(k, out, x, axis, keepdims)
        return (k.multiply(grad, k.cast(k.equal(x, out), dtype=x.dtype)),)


class WritesIntoTheCotangent(elementwise.Multiply):
    def vjp(self, k, wanted, grad, out, x, y):
        if grad.flags.writeable:
            grad *= 1.0000001
        return super().vjp(k, wanted, grad, out, x, y)


class ClipsItsGradient(elementary.Sin):
    def vjp(self, k, wanted, grad, out, x):
        [slope] = super().vjp(k, wanted, grad, out, x)
        return (k.clip(slope, minimum=-2.0, maximum=2.0),)


class AddsAConstant(elementary.Sin):
    def vjp(self, k, wanted, grad, out, x):
        [slope] = super().vjp(k, wanted, grad, out, x)
        return (k.add(slope, 1e-12),)


class ComputesInFloat64(elementary.Cos):
    def vjp(self, k, wanted, grad, out, x):
        [slope] = super().vjp(k, wanted, grad, out, x)
        return (k.cast(slope, dtype="float64"),)


class LooksAtTheOtherWish(elementwise.Multiply):
    def vjp(self, k, wanted, grad, out, x, y):
        return super().vjp(k, wanted[::-1], grad, out, x, y)


class IsConstantToItself(elementary.Sin):
    """Right once; its derivative is then taken for a constant."""

    def vjp(self, k, wanted, grad, out, x):
        x = x.detach() if isinstance(x, Value) else x
        return (k.multiply(grad, k.cos(x)),)


def takes_the_first(x, like, *, out=None):
    """Takes one of the gradients that broadcasting repeated, where all are added up."""
    place = [slice(0, 1) if n == 1 else slice(None) for n in like.shape]
    return np.array(x[(0,) * (x.ndim - like.ndim) + tuple(place)])


def sums_nothing(x, like, *, out=None):
    return x


def adds_in_place(x, y, *, out=None):
    """What += does to a gradient that somebody else holds too."""
    x += y
    return x


def computes_in_float16(x, *, out=None):
    """Only where float32 is asked for."""
    if x.dtype == np.float32:
        x = x.astype(np.float16).astype(np.float32)
    return reference.sin(x, out=out)


IN_FLOAT16 = KernelSet("wrong", {"sin": computes_in_float16}, over=reference)
TAKING_THE_FIRST = KernelSet(
    "wrong", {"sum_to_shape_of": takes_the_first}, over=reference
)
NOT_SUMMING = KernelSet("wrong", {"sum_to_shape_of": sums_nothing}, over=reference)
ADDING_IN_PLACE = KernelSet("wrong", {"add": adds_in_place}, over=reference)
