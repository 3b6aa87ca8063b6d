"""Activations, and the kernels of their derivatives as operations of their own.

A derivative that is one kernel (`relu_grad`, …) is a primitive too, with a rule for its
own derivative: that is where second derivatives come from.  Throughout g = ∂L/∂out, and
all operations act elementwise but softmax and log_softmax.
"""

import math

from minikeras.autograd.primitive import Primitive

ONE_OVER_SQRT_TWO_PI = 1.0 / math.sqrt(2.0 * math.pi)
SQRT_EIGHT_OVER_PI = math.sqrt(8.0 / math.pi)
TANH_CUBIC = 0.044715  # of the tanh form of GELU


class Relu(Primitive):
    """out = max(x, 0);   ∂L/∂x = g where x > 0, else 0.

    Source: Glorot, Bordes and Bengio, Deep sparse rectifier neural networks (2011).
    """

    def forward(self, k, x):
        return k.relu(x)

    def vjp(self, k, wanted, grad, out, x):
        return (k.relu_grad(grad, x),)


class ReluGrad(Primitive):
    """out = grad where x > 0, else 0: linear in grad, constant in x."""

    def forward(self, k, grad, x):
        return k.relu_grad(grad, x)

    def vjp(self, k, wanted, grad_out, out, grad, x):
        return k.relu_grad(grad_out, x), None


class LeakyRelu(Primitive):
    """out = x where x > 0, else a x;   ∂L/∂x = g where x > 0, else a g.

    a is `negative_slope`.

    Source: Maas, Hannun and Ng, Rectifier nonlinearities improve neural network
    acoustic models (2013).
    """

    def forward(self, k, x, *, negative_slope):
        return k.leaky_relu(x, negative_slope=negative_slope)

    def vjp(self, k, wanted, grad, out, x, *, negative_slope):
        return (k.leaky_relu_grad(grad, x, negative_slope=negative_slope),)


class LeakyReluGrad(Primitive):
    """out = grad where x > 0, else a grad: linear in grad, constant in x."""

    def forward(self, k, grad, x, *, negative_slope):
        return k.leaky_relu_grad(grad, x, negative_slope=negative_slope)

    def vjp(self, k, wanted, grad_out, out, grad, x, *, negative_slope):
        return k.leaky_relu_grad(grad_out, x, negative_slope=negative_slope), None


class Sigmoid(Primitive):
    """out = 1 / (1 + e⁻ˣ);   ∂L/∂x = g · out (1 - out)."""

    def forward(self, k, x):
        return k.sigmoid(x)

    def vjp(self, k, wanted, grad, out, x):
        return (k.sigmoid_grad(grad, out),)


class SigmoidGrad(Primitive):
    """out = grad · y (1 - y), with y = sigmoid(x).

    ∂L/∂grad = g · y (1 - y),   ∂L/∂y = g · grad (1 - 2y)
    """

    def forward(self, k, grad, y):
        return k.sigmoid_grad(grad, y)

    def vjp(self, k, wanted, grad_out, out, grad, y):
        slope = k.subtract(1.0, k.multiply(2.0, y))
        return (
            k.sigmoid_grad(grad_out, y) if wanted[0] else None,
            k.multiply(k.multiply(grad_out, grad), slope) if wanted[1] else None,
        )


class TanhGrad(Primitive):
    """out = grad · (1 - y²), with y = tanh(x).

    ∂L/∂grad = g · (1 - y²),   ∂L/∂y = -2 g · grad · y
    """

    def forward(self, k, grad, y):
        return k.tanh_grad(grad, y)

    def vjp(self, k, wanted, grad_out, out, grad, y):
        return (
            k.tanh_grad(grad_out, y) if wanted[0] else None,
            k.multiply(k.multiply(grad_out, grad), k.multiply(-2.0, y)),
        )


class Softplus(Primitive):
    """out = log(1 + eˣ), a smooth relu;   ∂L/∂x = g · sigmoid(x).

    Source: Dugas et al., Incorporating second-order functional knowledge for better
    option pricing (2001).
    """

    def forward(self, k, x):
        return k.softplus(x)

    def vjp(self, k, wanted, grad, out, x):
        return (k.multiply(grad, k.sigmoid(x)),)


class Silu(Primitive):
    """out = x s, with s = sigmoid(x);   ∂L/∂x = g · (s + out (1 - s)).

    Source: Elfwing, Uchibe and Doya, Sigmoid-weighted linear units for neural network
    function approximation in reinforcement learning (2018).
    """

    def forward(self, k, x):
        return k.silu(x)

    def vjp(self, k, wanted, grad, out, x):
        s = k.sigmoid(x)
        slope = k.add(s, k.multiply(out, k.subtract(1.0, s)))
        return (k.multiply(grad, slope),)


class Gelu(Primitive):
    """Weighs x by the probability that a normal number is below it.

        out = x Φ(x),   Φ(x) = ½ (1 + erf(x/√2))
        out = x ½ (1 + tanh(√(2/π) (x + 0.044715 x³)))   if `approximate`
        ∂L/∂x = g · (Φ(x) + x φ(x)),   φ = Φ′

    Source: Hendrycks and Gimpel, Gaussian error linear units (2016), section 2.
    """

    def forward(self, k, x, *, approximate):
        return k.gelu(x, approximate=approximate)

    def vjp(self, k, wanted, grad, out, x, *, approximate):
        return (k.gelu_grad(grad, x, approximate=approximate),)


class GeluGrad(Primitive):
    """out = grad · gelu′(x).

    ∂L/∂grad = g · gelu′(x),   ∂L/∂x = g · grad · gelu″(x)
    """

    def forward(self, k, grad, x, *, approximate):
        return k.gelu_grad(grad, x, approximate=approximate)

    def vjp(self, k, wanted, grad_out, out, grad, x, *, approximate):
        grad_grad = x_grad = None
        if wanted[0]:
            grad_grad = k.gelu_grad(grad_out, x, approximate=approximate)
        if wanted[1]:
            curvature = (tanh_gelu_curvature if approximate else gelu_curvature)(k, x)
            x_grad = k.multiply(k.multiply(grad_out, grad), curvature)
        return grad_grad, x_grad


class Elu(Primitive):
    """out = x where x > 0, else α (eˣ - 1);   ∂L/∂x = g where x > 0, else g · α eˣ.

    Source: Clevert, Unterthiner and Hochreiter, Fast and accurate deep network learning
    by exponential linear units (2016).
    """

    def forward(self, k, x, *, alpha):
        return k.elu(x, alpha=alpha)

    def vjp(self, k, wanted, grad, out, x, *, alpha):
        return (k.elu_grad(grad, x, alpha=alpha),)


class EluGrad(Primitive):
    """out = grad where x > 0, else grad · α eˣ.

    ∂L/∂grad is the same of g;   ∂L/∂x = 0 where x > 0, else g · out
    """

    def forward(self, k, grad, x, *, alpha):
        return k.elu_grad(grad, x, alpha=alpha)

    def vjp(self, k, wanted, grad_out, out, grad, x, *, alpha):
        grad_grad = x_grad = None
        if wanted[0]:
            grad_grad = k.elu_grad(grad_out, x, alpha=alpha)
        if wanted[1]:
            x_grad = k.where(k.greater(x, 0.0), 0.0, k.multiply(grad_out, out))
        return grad_grad, x_grad


class Softmax(Primitive):
    """Turns scores into probabilities along `axis`.

        y_i = exp(x_i) / Σ_j exp(x_j)
        ∂L/∂x = y · (g - Σ_j g_j y_j)

    Shapes: x (..., classes) → y (..., classes); each row of y sums to 1.
    Raises: ValueError if x has no axis, or not this one.
    Source: Goodfellow et al., Deep Learning, eq. 6.29.
    """

    def forward(self, k, x, *, axis):
        check_axis("softmax", x, axis)
        return k.softmax(x, axis=axis)

    def vjp(self, k, wanted, grad, y, x, *, axis):
        return (k.softmax_grad(grad, y, axis=axis),)


class SoftmaxGrad(Primitive):
    """What reaches the scores through softmax probabilities y.

        out = y · (h - m),   m = Σ_j h_j y_j,   h = grad
        ∂L/∂h = y · (g - n),   ∂L/∂y = g · (h - m) - h · n,   n = Σ_j g_j y_j

    Shapes: all as y (..., classes).
    """

    def forward(self, k, grad, y, *, axis):
        return k.softmax_grad(grad, y, axis=axis)

    def vjp(self, k, wanted, grad_out, out, grad, y, *, axis):
        grad_grad = y_grad = None
        if wanted[0]:
            grad_grad = k.softmax_grad(grad_out, y, axis=axis)
        if wanted[1]:
            m = k.sum(k.multiply(grad, y), axis=axis, keepdims=True)
            n = k.sum(k.multiply(grad_out, y), axis=axis, keepdims=True)
            y_grad = k.subtract(
                k.multiply(grad_out, k.subtract(grad, m)), k.multiply(grad, n)
            )
        return grad_grad, y_grad


class LogSoftmax(Primitive):
    """The logarithms of the softmax probabilities along `axis`, without overflow.

        y_i = x_i - log Σ_j exp(x_j)
        ∂L/∂x_i = g_i - exp(y_i) Σ_j g_j

    Shapes: x (..., classes) → y (..., classes).
    Raises: ValueError if x has no axis, or not this one.
    """

    def forward(self, k, x, *, axis):
        check_axis("log_softmax", x, axis)
        return k.log_softmax(x, axis=axis)

    def vjp(self, k, wanted, grad, y, x, *, axis):
        total = k.sum(grad, axis=axis, keepdims=True)
        return (k.subtract(grad, k.multiply(k.exp(y), total)),)


def check_axis(name, x, axis):
    if not -x.ndim <= axis < x.ndim:
        raise ValueError(
            f"{name} needs x to have the axis {axis} that it sums over; got shape "
            f"{x.shape}. Reshape x, or name another axis?"
        )


def gelu_curvature(k, x):
    """gelu″(x) = φ(x) (2 - x²)."""
    square = k.square(x)
    density = k.multiply(ONE_OVER_SQRT_TWO_PI, k.exp(k.multiply(-0.5, square)))
    return k.multiply(density, k.subtract(2.0, square))


def tanh_gelu_curvature(k, x):
    """The second derivative of x s(u), s the sigmoid, u = √(8/π) (x + 0.044715 x³).

    (x s)″ = 2 s′u′ + x (s″u′² + s′u″),   s′ = s (1 - s),   s″ = s′ (1 - 2s)
    """
    square = k.square(x)
    cubic = k.multiply(TANH_CUBIC, square)
    s = k.sigmoid(k.multiply(SQRT_EIGHT_OVER_PI, k.multiply(x, k.add(cubic, 1.0))))
    s1 = k.multiply(s, k.subtract(1.0, s))
    s2 = k.multiply(s1, k.subtract(1.0, k.multiply(2.0, s)))
    u1 = k.multiply(SQRT_EIGHT_OVER_PI, k.add(k.multiply(3.0, cubic), 1.0))
    u2 = k.multiply(6.0 * TANH_CUBIC * SQRT_EIGHT_OVER_PI, x)
    bend = k.add(k.multiply(s2, k.square(u1)), k.multiply(s1, u2))
    return k.add(k.multiply(2.0, k.multiply(s1, u1)), k.multiply(x, bend))


relu = Relu()
relu_grad = ReluGrad()
leaky_relu = LeakyRelu()
leaky_relu_grad = LeakyReluGrad()
sigmoid = Sigmoid()
sigmoid_grad = SigmoidGrad()
tanh_grad = TanhGrad()
softplus = Softplus()
silu = Silu()
gelu = Gelu()
gelu_grad = GeluGrad()
elu = Elu()
elu_grad = EluGrad()
softmax = Softmax()
softmax_grad = SoftmaxGrad()
log_softmax = LogSoftmax()
