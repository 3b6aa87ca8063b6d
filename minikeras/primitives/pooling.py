"""Pooling: a window of numbers becomes one, its largest or its average.

x is (samples, *places, channels), with one to three axes of places. Windows of
`pool_size` places begin every `strides` places; with padding "same" some reach beyond
the borders, where there is nothing, and have fewer members.
"""

from minikeras.autograd.primitive import Primitive


class MaxPool(Primitive):
    """The largest number of each window, nan if there is one; and its place.

        out_w = max_{i ∈ w} x_i
        ∂L/∂x_i = Σ g_w over the windows whose first maximum is i,   g = ∂L/∂out

    The place is a second result: the number, within the window, of its first maximum.

    Shapes: x (n, a, b, c) → out and places (n, a', b', c), where a' = ⌊(a - size) /
    stride⌋ + 1 with padding "valid" and ⌈a / stride⌉ with "same".
    Raises: ValueError if x has another number of axes, or no window fits.
    """

    def forward(self, k, x, *, pool_size, strides, padding):
        return k.max_pool(x, pool_size=pool_size, strides=strides, padding=padding)

    def vjp(self, k, wanted, grad, out, x, **windows):
        grad, _ = grad
        if grad is None:
            return (None,)
        _, places = out
        return (k.max_pool_grad(grad, places, x, **windows),)


class MaxPoolGrad(Primitive):
    """Sends what each window got to the place that was chosen in it: the gradient of
    `max_pool`.

        out_i = Σ grad_w over the windows w whose place is i
        ∂L/∂grad_w = g_i for the i that is the place of w,   g = ∂L/∂out

    Of x only the shape counts.

    Shapes: grad and places have the shape that max_pool(x) has; out has that of x.
    Raises: ValueError if they have another.
    """

    def forward(self, k, grad, places, x, *, pool_size, strides, padding):
        return k.max_pool_grad(
            grad, places, x, pool_size=pool_size, strides=strides, padding=padding
        )

    def vjp(self, k, wanted, upstream, out, grad, places, x, **windows):
        return (k.max_pool_pick(upstream, places, **windows), None, None)


class MaxPoolPick(Primitive):
    """Picks, for each window, the value at the place that was chosen in it.

        out_w = values_i for the i that is the place of w
        ∂L/∂values_i = Σ g_w over the windows w whose place is i,   g = ∂L/∂out

    Shapes: places and out have the shape that max_pool(values) has.
    Raises: ValueError if places have another.
    """

    def forward(self, k, values, places, *, pool_size, strides, padding):
        return k.max_pool_pick(
            values, places, pool_size=pool_size, strides=strides, padding=padding
        )

    def vjp(self, k, wanted, grad, out, values, places, **windows):
        return (k.max_pool_grad(grad, places, values, **windows), None)


class AveragePool(Primitive):
    """The average of each window: of those members that lie inside.

        out_w = Σ_{i ∈ w} x_i / |w|
        ∂L/∂x_i = Σ_{w ∋ i} g_w / |w|,   g = ∂L/∂out

    Shapes: as `MaxPool`.
    Raises: ValueError if x has another number of axes, or no window fits.
    """

    def forward(self, k, x, *, pool_size, strides, padding):
        return k.average_pool(x, pool_size=pool_size, strides=strides, padding=padding)

    def vjp(self, k, wanted, grad, out, x, **windows):
        return (k.average_pool_grad(grad, x, **windows),)


class AveragePoolGrad(Primitive):
    """Spreads what each window got over its members: the gradient of `average_pool`.

        out_i = Σ_{w ∋ i} grad_w / |w|
        ∂L/∂grad_w = Σ_{i ∈ w} g_i / |w|,   g = ∂L/∂out

    Shapes: grad has the shape that average_pool(x) has; out has that of x.
    """

    def forward(self, k, grad, x, *, pool_size, strides, padding):
        return k.average_pool_grad(
            grad, x, pool_size=pool_size, strides=strides, padding=padding
        )

    def vjp(self, k, wanted, upstream, out, grad, x, **windows):
        return (k.average_pool(upstream, **windows), None)


max_pool = MaxPool()
max_pool_grad = MaxPoolGrad()
max_pool_pick = MaxPoolPick()
average_pool = AveragePool()
average_pool_grad = AveragePoolGrad()
