"""Normalization: numbers are shifted and scaled to mean 0 and variance 1.

A batch normalization takes its statistics over all axes but that of the channels, each
of which has a scale of its own.  A layer normalization takes them over the very axes
along which the scales differ.  Forward they are alike; their gradients are not.
"""

import math

from minikeras.autograd.primitive import Primitive


class Standardize(Primitive):
    """Shifts x by a mean and scales it by a deviation; then scales and shifts it back.

        x̂ = (x - m) · r,   r = 1 / √(v + ε),   out = x̂ γ + β
        ∂L/∂x = g γ r,   ∂L/∂m = -Σ g γ r,   ∂L/∂v = -½ Σ g γ x̂ r²,
        ∂L/∂γ = Σ g x̂,   ∂L/∂β = Σ g,   g = ∂L/∂out

    Shapes: the mean m, the variance v, γ and β have the axes of x, each of its size or
    1; out has the shape of x.
    Raises: ValueError if they have others.
    """

    def forward(self, k, x, mean, variance, gamma, beta, *, epsilon):
        return k.standardize(x, mean, variance, gamma, beta, epsilon=epsilon)

    def vjp(self, k, wanted, grad, out, x, mean, variance, gamma, beta, *, epsilon):
        x_grad = mean_grad = variance_grad = gamma_grad = None
        scale = deviation_scale(k, variance, epsilon)
        if wanted[0] or wanted[1]:
            x_grad = k.multiply(grad, k.multiply(scale, gamma))
            mean_grad = k.negative(x_grad) if wanted[1] else None
        if wanted[2] or wanted[3]:
            gamma_grad = k.multiply(grad, k.multiply(k.subtract(x, mean), scale))
            terms = k.multiply(gamma_grad, gamma)
            variance_grad = k.multiply(terms, k.multiply(k.square(scale), -0.5))
        return x_grad, mean_grad, variance_grad, gamma_grad, grad


class BatchNormalization(Primitive):
    """Standardizes x by its own mean and variance along `axis`: all but the channels'.

        y = x̂ γ + β,   x̂ = (x - m) · r,   r = 1 / √(v + ε)
        m = Σ x / n,   v = Σ (x - m)² / n
        ∂L/∂x = γ r (g - Σ g / n - x̂ Σ g x̂ / n),   ∂L/∂γ = Σ g x̂,   ∂L/∂β = Σ g,
        g = ∂L/∂y

    Shapes: x (n, h, w, c) → y the same, m and v (1, 1, 1, c) for axis=(0, 1, 2); γ and
    β (1, 1, 1, c).
    Raises: ValueError if γ or β has another shape, or x has no such axis.
    Source: Ioffe and Szegedy, Batch normalization (2015), section 3.
    """

    def forward(self, k, x, gamma, beta, *, axis, epsilon):
        return k.batch_normalization(x, gamma, beta, axis=axis, epsilon=epsilon)

    def vjp(self, k, wanted, grad, out, x, gamma, beta, *, axis, epsilon):
        grad, mean_grad, variance_grad = grad
        _, mean, variance = out
        x_grad = gamma_grad = beta_grad = None
        if grad is not None:
            x_grad, gamma_grad, beta_grad = k.batch_normalization_grad(
                grad, x, mean, variance, gamma, axis=axis, epsilon=epsilon
            )
        slope = slope_of_moments(k, mean_grad, variance_grad, x, mean, axis)
        return added(k, x_grad, slope), gamma_grad, beta_grad


class LayerNormalization(Primitive):
    """Standardizes x by its own mean and variance along `axis`, usually the last one.

        y = x̂ γ + β,   x̂ = (x - m) · r,   r = 1 / √(v + ε)
        m = Σ x / n,   v = Σ (x - m)² / n
        ∂L/∂x = r (w - Σ w / n - x̂ Σ w x̂ / n),   w = g γ,   g = ∂L/∂y
        ∂L/∂γ = Σ g x̂,   ∂L/∂β = Σ g,   over the axes along which γ is repeated

    Shapes: x (rows, n) → y the same, m and v (rows, 1) for axis=1; γ and β (1, n): the
    axes of x, each of its size or 1.
    Raises: ValueError if γ or β has other axes, or x has no such axis.
    Source: Ba, Kiros and Hinton, Layer normalization (2016).
    """

    def forward(self, k, x, gamma, beta, *, axis, epsilon):
        return k.layer_normalization(x, gamma, beta, axis=axis, epsilon=epsilon)

    def vjp(self, k, wanted, grad, out, x, gamma, beta, *, axis, epsilon):
        grad, mean_grad, variance_grad = grad
        _, mean, variance = out
        x_grad = gamma_grad = beta_grad = None
        if grad is not None:
            x_grad, gamma_grad, beta_grad = k.layer_normalization_grad(
                grad, x, mean, variance, gamma, axis=axis, epsilon=epsilon
            )
        slope = slope_of_moments(k, mean_grad, variance_grad, x, mean, axis)
        return added(k, x_grad, slope), gamma_grad, beta_grad


class BatchNormalizationGrad(Primitive):
    """The gradients of a batch normalization for x, γ and β.

        out = [γ r u, s_1, s_0],   u = g - s_0 / n - x̂ s_1 / n
        s_0 = Σ g,   s_1 = Σ g x̂,   x̂ = (x - m) · r,   r = 1 / √(v + ε)

    m and v are inputs of their own: that they depend on x says `BatchNormalization`.
    With h = ∂L/∂out, q = h_0 γ r, c_0 = h_2 - Σ q / n and c_1 = h_1 - Σ q x̂ / n

        ∂L/∂g = q + c_0 + c_1 x̂,   ∂L/∂x̂ = c_1 g - q s_1 / n,   ∂L/∂γ = Σ h_0 r u,
        r ∂L/∂r = Σ q u besides that through x̂

    Shapes: g and x of one shape, m, v, γ and the last two results with size 1 along
    `axis`.
    Raises: ValueError if it is not so, or x has no such axis.
    """

    def forward(self, k, grad, x, mean, variance, gamma, *, axis, epsilon):
        return k.batch_normalization_grad(
            grad, x, mean, variance, gamma, axis=axis, epsilon=epsilon
        )

    def vjp(
        self, k, wanted, upstream, out, grad, x, mean, variance, gamma, *, axis, epsilon
    ):
        x_slope, gamma_slope, beta_slope = filled(k, upstream, out)
        _, gamma_grad, beta_grad = out
        size = size_along(x, axis)
        scale = deviation_scale(k, variance, epsilon)
        x_hat = k.multiply(k.subtract(x, mean), scale)
        product_mean = k.divide(gamma_grad, size)
        centred = k.subtract(grad, k.divide(beta_grad, size))
        rest = k.subtract(centred, k.multiply(x_hat, product_mean))
        scaled = k.multiply(x_slope, k.multiply(scale, gamma))
        scaled_mean = k.mean(scaled, axis=axis, keepdims=True)
        sum_slope = k.subtract(beta_slope, scaled_mean)
        product_slope = k.subtract(gamma_slope, mean_product(k, scaled, x_hat, axis))
        grad_slope = k.add(k.add(scaled, sum_slope), k.multiply(product_slope, x_hat))
        x_hat_slope = k.subtract(
            k.multiply(product_slope, grad), k.multiply(scaled, product_mean)
        )
        return (
            grad_slope,
            *through_standardized(
                k, x_hat_slope, x_hat, scale, k.multiply(scaled, rest)
            ),
            k.multiply(k.multiply(x_slope, scale), rest),
        )


class LayerNormalizationGrad(Primitive):
    """The gradients of a layer normalization for x, γ and β.

        out = [r (w - Σ w / n - x̂ Σ w x̂ / n), Σ g x̂, Σ g],   w = g γ
        x̂ = (x - m) · r,   r = 1 / √(v + ε)

    with the first two sums over the n elements along `axis`, the last two over the axes
    along which γ is repeated.  m and v are inputs of their own: that they depend on x
    says `LayerNormalization`.  With h = ∂L/∂out and q = h_0 r

        ∂L/∂w = q - Σ q / n - x̂ Σ q x̂ / n,   ∂L/∂g = γ ∂L/∂w + h_2 + h_1 x̂,
        ∂L/∂γ = Σ g ∂L/∂w,   ∂L/∂x̂ = h_1 g - (q Σ w x̂ + w Σ q x̂) / n,
        r ∂L/∂r = Σ h_0 out_0 besides that through x̂

    Shapes: g and x of one shape, m and v with size 1 along `axis`, γ with other sizes
    of 1; the last two results as γ.
    Raises: ValueError if it is not so, or x has no such axis.
    """

    def forward(self, k, grad, x, mean, variance, gamma, *, axis, epsilon):
        return k.layer_normalization_grad(
            grad, x, mean, variance, gamma, axis=axis, epsilon=epsilon
        )

    def vjp(
        self, k, wanted, upstream, out, grad, x, mean, variance, gamma, *, axis, epsilon
    ):
        x_slope, gamma_slope, beta_slope = filled(k, upstream, out)
        scale = deviation_scale(k, variance, epsilon)
        x_hat = k.multiply(k.subtract(x, mean), scale)
        weighted = k.multiply(grad, gamma)
        scaled = k.multiply(x_slope, scale)
        weighted_mean = mean_product(k, weighted, x_hat, axis)
        scaled_mean = mean_product(k, scaled, x_hat, axis)
        centred = k.subtract(scaled, k.mean(scaled, axis=axis, keepdims=True))
        weighted_slope = k.subtract(centred, k.multiply(x_hat, scaled_mean))
        grad_slope = k.add(
            k.multiply(weighted_slope, gamma),
            k.add(beta_slope, k.multiply(gamma_slope, x_hat)),
        )
        both_ways = k.add(
            k.multiply(scaled, weighted_mean), k.multiply(weighted, scaled_mean)
        )
        x_hat_slope = k.subtract(k.multiply(gamma_slope, grad), both_ways)
        scale_terms = k.multiply(x_slope, out[0])
        return (
            grad_slope,
            *through_standardized(k, x_hat_slope, x_hat, scale, scale_terms),
            k.multiply(weighted_slope, grad),
        )


def deviation_scale(k, variance, epsilon):
    """Returns r = 1 / √(v + ε)."""
    return k.rsqrt(k.add(variance, epsilon))


def slope_of_moments(k, mean_grad, variance_grad, x, mean, axis):
    """Returns what the gradients of m and v say of x, or None if there are none.

    ∂L/∂x_i = (g_m + 2 g_v (x_i - m)) / n
    """
    slope = None
    if mean_grad is not None:
        share = k.divide(mean_grad, size_along(x, axis))
        slope = k.broadcast_to(share, shape=x.shape) if x.shape else share
    if variance_grad is not None:
        share = k.divide(variance_grad, size_along(x, axis) / 2)
        slope = added(k, slope, k.multiply(k.subtract(x, mean), share))
    return slope


def through_standardized(k, x_hat_slope, x_hat, scale, scale_terms):
    """Returns the gradients of x, m and v, given that of x̂ = (x - m) · r.

    `scale_terms` is r · ∂L/∂r from where r is used besides.
    """
    x_slope = k.multiply(x_hat_slope, scale)
    terms = k.add(k.multiply(x_hat_slope, x_hat), scale_terms)
    variance_slope = k.multiply(terms, k.multiply(k.square(scale), -0.5))
    return x_slope, k.negative(x_slope), variance_slope


def filled(k, grads, results):
    """Returns a gradient for each result: zeros where nothing flowed."""
    return [
        k.zeros_like(result) if grad is None else grad
        for grad, result in zip(grads, results, strict=True)
    ]


def added(k, x, y):
    """Returns the sum of two gradients, each of which may be None."""
    if x is None or y is None:
        return y if x is None else x
    return k.add(x, y)


def mean_product(k, x, y, axis):
    """Returns the mean of the products along `axis`."""
    return k.mean(k.multiply(x, y), axis=axis, keepdims=True)


def size_along(x, axis):
    """Returns how many elements each statistic is made of."""
    axes = range(x.ndim) if axis is None else (axis,) if isinstance(axis, int) else axis
    return math.prod(x.shape[i] for i in axes)


standardize = Standardize()
batch_normalization = BatchNormalization()
layer_normalization = LayerNormalization()
batch_normalization_grad = BatchNormalizationGrad()
layer_normalization_grad = LayerNormalizationGrad()
