"""Shapes: the same numbers in another arrangement, with others, or instead of others.

Nearly all of these are views: no number is copied, and neither is its gradient.
"""

from minikeras.autograd.primitive import Primitive


class Reshape(Primitive):
    """Gives the elements, in C order, another shape; one side may be -1: what is left.

        out = x
        ∂L/∂x = g in the shape of x,   g = ∂L/∂out

    Shapes: x and out have the same number of elements.
    Raises: ValueError if they cannot have.
    """

    def forward(self, k, x, *, shape):
        return k.reshape(k.contiguous(x), shape=shape)

    def vjp(self, k, wanted, grad, out, x, *, shape):
        return (k.reshape(k.contiguous(grad), shape=x.shape),)


class ExpandDims(Primitive):
    """Inserts axes of size 1, at the places `axis` (an int or a tuple) of the result.

        out = x
        ∂L/∂x = g without these axes,   g = ∂L/∂out

    Shapes: x (a, b) → out (a, 1, b) for axis=1.
    Raises: ValueError if the result has no such axis.
    """

    def forward(self, k, x, *, axis):
        return k.expand_dims(x, axis=axis)

    def vjp(self, k, wanted, grad, out, x, *, axis):
        return (k.squeeze(grad, axis=axis),)


class Squeeze(Primitive):
    """Takes out the axes `axis` (an int or a tuple), whose size must be 1.

        out = x
        ∂L/∂x = g with these axes,   g = ∂L/∂out

    Shapes: x (a, 1, b) → out (a, b) for axis=1.
    Raises: ValueError if x has no such axis, or it is longer.
    """

    def forward(self, k, x, *, axis):
        return k.squeeze(x, axis=axis)

    def vjp(self, k, wanted, grad, out, x, *, axis):
        return (k.expand_dims(grad, axis=axis),)


class Transpose(Primitive):
    """Puts the axes in another order: axis i of the result is axis axes[i] of x.

        out = xᵀ
        ∂L/∂x = gᵀ, by the inverse order,   g = ∂L/∂out

    Shapes: x (a, b, c) → out (c, a, b) for axes=(2, 0, 1), (c, b, a) for None.
    Raises: ValueError if `axes` does not name every axis once.
    """

    def forward(self, k, x, *, axes):
        return k.transpose(x, axes=axes)

    def vjp(self, k, wanted, grad, out, x, *, axes):
        if axes is not None:
            positive = [i % len(axes) for i in axes]
            axes = tuple(positive.index(i) for i in range(len(axes)))
        return (k.transpose(grad, axes=axes),)


class SwapLast(Primitive):
    """Swaps the last two axes: transposes each matrix of a stack.

        out_ij = x_ji
        ∂L/∂x_ji = g_ij,   g = ∂L/∂out

    Shapes: x (..., n, m) → out (..., m, n).
    Raises: ValueError if x has fewer than two axes.
    """

    def forward(self, k, x):
        if len(x.shape) < 2:
            raise ValueError(f"swap_last needs two axes or more; got shape {x.shape}.")
        return k.swap_last(x)

    def vjp(self, k, wanted, grad, out, x):
        return (k.swap_last(grad),)


class BroadcastTo(Primitive):
    """Repeats x along new axes in front and along its axes of size 1, to fill `shape`.

        out = x, repeated
        ∂L/∂x = Σ g over the repetitions,   g = ∂L/∂out

    The sum is not here: the engine sums every gradient to the shape of its input.

    Shapes: x (1, b) → out (a, n, b) for shape=(a, n, b).
    Raises: ValueError if the shape of x does not broadcast to `shape`.
    """

    def forward(self, k, x, *, shape):
        return k.broadcast_to(x, shape=shape)

    def vjp(self, k, wanted, grad, out, x, *, shape):
        return (grad,)


class Flip(Primitive):
    """Reverses the order of the elements along `axis`: an int, a tuple, None for all.

        out_i = x_{n-1-i}
        ∂L/∂x_i = g_{n-1-i},   g = ∂L/∂out

    Shapes: out has the shape of x.
    Raises: ValueError if x has no such axis.
    """

    def forward(self, k, x, *, axis):
        return k.flip(x, axis=axis)

    def vjp(self, k, wanted, grad, out, x, *, axis):
        return (k.flip(grad, axis=axis),)


class Contiguous(Primitive):
    """Copies x into C order, unless it is so already.

        out = x
        ∂L/∂x = g,   g = ∂L/∂out

    Shapes: out has the shape of x.
    """

    def forward(self, k, x):
        return k.contiguous(x)

    def vjp(self, k, wanted, grad, out, x):
        return (grad,)


class Concatenate(Primitive):
    """Puts arrays one after the other along an axis that they have.

        out = [x₁ x₂ …]
        ∂L/∂x_i = the part of g where x_i lies,   g = ∂L/∂out

    Shapes: x₁ (a, n, b), x₂ (a, m, b) → out (a, n+m, b) for axis=1.
    Raises: ValueError if the shapes differ on another axis.
    """

    def forward(self, k, *arrays, axis):
        return k.concatenate(*arrays, axis=axis)

    def vjp(self, k, wanted, grad, out, *arrays, axis):
        before = (slice(None),) * (axis % len(grad.shape))
        parts = []
        start = 0
        for needed, x in zip(wanted, arrays, strict=True):
            stop = start + x.shape[axis]
            part = None
            if needed:  # in one piece: what comes next may want rows of numbers
                part = k.getitem(grad, key=(*before, slice(start, stop)))
                part = k.contiguous(part)
            parts.append(part)
            start = stop
        return tuple(parts)


class Pad(Primitive):
    """Surrounds x by a constant: pad_width[i] is (how many before, how many after).

        out = x inside, `value` around
        ∂L/∂x = g inside,   g = ∂L/∂out

    Shapes: x (n, m) → out (a+n+b, c+m+d) for pad_width=((a, b), (c, d)).
    Raises: ValueError if `pad_width` is not a pair of numbers from 0 on for each axis.
    """

    def forward(self, k, x, *, pad_width, value):
        return k.pad(x, pad_width=pad_width, value=value)

    def vjp(self, k, wanted, grad, out, x, *, pad_width, value):
        sides = zip(x.shape, pad_width, strict=True)
        inside = tuple(slice(before, before + n) for n, (before, _) in sides)
        return (k.contiguous(k.getitem(grad, key=inside)),)


class OnesLike(Primitive):
    """1 everywhere, in the shape and dtype of x, on which it does not depend.

        ∂L/∂x = 0

    Shapes: out has the shape of x.
    """

    def forward(self, k, x):
        return k.ones_like(x)

    def vjp(self, k, wanted, grad, out, x):
        return (None,)


class ZerosLike(Primitive):
    """0 everywhere, in the shape and dtype of x, on which it does not depend.

        ∂L/∂x = 0

    Shapes: out has the shape of x.
    """

    def forward(self, k, x):
        return k.zeros_like(x)

    def vjp(self, k, wanted, grad, out, x):
        return (None,)


reshape = Reshape()
expand_dims = ExpandDims()
squeeze = Squeeze()
transpose = Transpose()
swap_last = SwapLast()
broadcast_to = BroadcastTo()
flip = Flip()
contiguous = Contiguous()
concatenate = Concatenate()
pad = Pad()
ones_like = OnesLike()
zeros_like = ZerosLike()
