"""Indexing: elements picked by position; gradients go back to where each came from."""

from minikeras.autograd.primitive import Primitive


class GetItem(Primitive):
    """Picks a part of x by ints, slices, None (a new axis) and Ellipsis: a view.

        out = x[key]
        ∂L/∂x = 0, with g at [key],   g = ∂L/∂out

    Shapes: x (n, m) → out (m,) for key 0, (n, 1, 2) for (…, None, slice(2)).
    Raises: IndexError if an int is out of range, there are too many, or the key holds
    anything else.
    """

    def forward(self, k, x, *, key):
        check_key(key)
        return k.getitem(x, key=key)

    def vjp(self, k, wanted, grad, out, x, *, key):
        return (k.getitem_grad(grad, x, key=key),)


class GetItemGrad(Primitive):
    """Puts grad at [key] into zeros of the shape of x: the gradient of `getitem`.

        out = 0, with grad at [key]
        ∂L/∂grad = g[key],   g = ∂L/∂out

    Shapes: grad has the shape of x[key]; out has that of x.
    """

    def forward(self, k, grad, x, *, key):
        return k.getitem_grad(grad, x, key=key)

    def vjp(self, k, wanted, upstream, out, grad, x, *, key):
        return (k.getitem(upstream, key=key), None)


class Take(Primitive):
    """Picks slices of x by integers, along one axis; negative ones count from the end.

        out_ab = x_{a, indices_b}
        ∂L/∂x_ai = Σ g_ab over all b with indices_b = i,   g = ∂L/∂out

    Shapes: x (a, n, c), indices (i, j) → out (a, i, j, c) for axis=1.
    Raises: IndexError if an index is not in [-n, n).
    """

    def forward(self, k, x, indices, *, axis):
        return k.take(x, indices, axis=axis)

    def vjp(self, k, wanted, grad, out, x, indices, *, axis):
        return (k.take_grad(grad, x, indices, axis=axis), None)


class TakeGrad(Primitive):
    """Adds the slices of grad to zeros of the shape of x: the gradient of `take`.

        out_ai = Σ grad_ab over all b with indices_b = i
        ∂L/∂grad_ab = g_{a, indices_b},   g = ∂L/∂out

    Shapes: grad has the shape that take(x, indices) has; out has that of x.
    Raises: IndexError if an index is not in [-n, n).
    """

    def forward(self, k, grad, x, indices, *, axis):
        return k.take_grad(grad, x, indices, axis=axis)

    def vjp(self, k, wanted, upstream, out, grad, x, indices, *, axis):
        return (k.take(upstream, indices, axis=axis), None, None)


class TakeAlongAxis(Primitive):
    """Picks along one axis with another index for every place: what `argsort` returns.

        out_ab = x_{a, indices_ab}
        ∂L/∂x_ai = Σ g_ab over all b with indices_ab = i,   g = ∂L/∂out

    Shapes: x (a, n), indices (a, m) → out (a, m) for axis=1; the other axes broadcast.
    Raises: IndexError if an index is not in [-n, n); ValueError if the numbers of axes
    differ.
    """

    def forward(self, k, x, indices, *, axis):
        return k.take_along_axis(x, indices, axis=axis)

    def vjp(self, k, wanted, grad, out, x, indices, *, axis):
        return (k.take_along_axis_grad(grad, x, indices, axis=axis), None)


class TakeAlongAxisGrad(Primitive):
    """Adds grad to zeros of the shape of x: the gradient of `take_along_axis`.

        out_ai = Σ grad_ab over all b with indices_ab = i
        ∂L/∂grad_ab = g_{a, indices_ab},   g = ∂L/∂out

    Shapes: grad has the shape that take_along_axis(x, indices) has; out has that of x.
    Raises: IndexError if an index is not in [-n, n).
    """

    def forward(self, k, grad, x, indices, *, axis):
        return k.take_along_axis_grad(grad, x, indices, axis=axis)

    def vjp(self, k, wanted, upstream, out, grad, x, indices, *, axis):
        return (k.take_along_axis(upstream, indices, axis=axis), None, None)


class OneHot(Primitive):
    """Turns integers into rows that are 1 at one place; all 0 for one out of range.

        out_ij = 1 where j = indices_i, else 0

    No gradient: its input is an integer.

    Shapes: indices (...) → out (..., classes).
    """

    def forward(self, k, indices, *, classes, dtype):
        return k.one_hot(indices, classes=classes, dtype=dtype)

    def vjp(self, k, wanted, grad, out, indices, *, classes, dtype):
        return (None,)


class ArgSort(Primitive):
    """The indices that sort x along one axis; equals keep their order, nan comes last.

    No gradient: the result is an integer.  To sort with a gradient, take_along_axis.

    Shapes: x → out of int32 with the shape of x.
    Raises: ValueError if x has no such axis.
    """

    def forward(self, k, x, *, axis):
        return k.argsort(x, axis=axis)

    def vjp(self, k, wanted, grad, out, x, *, axis):
        return (None,)


def check_key(key):
    """Refuses what would make a copy: lists, arrays and truth values as indices."""
    for part in key if isinstance(key, tuple) else (key,):
        if part is None or part is Ellipsis or isinstance(part, slice):
            continue
        if not isinstance(part, int) or isinstance(part, bool):
            raise IndexError(
                f"getitem takes ints, slices, None and ...; got {part!r}. For arrays "
                "of indices use take or take_along_axis, for a mask where."
            )


getitem = GetItem()
getitem_grad = GetItemGrad()
take = Take()
take_grad = TakeGrad()
take_along_axis = TakeAlongAxis()
take_along_axis_grad = TakeAlongAxisGrad()
one_hot = OneHot()
argsort = ArgSort()
