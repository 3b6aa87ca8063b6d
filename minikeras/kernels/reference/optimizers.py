"""Steps of optimizers and assignments, in place, in NumPy: the definition of right.

Every set runs the same operations in the same order, each rounded to the dtype of the
weight; only the numbers that all weights share (a bias correction) are computed in
float64 and rounded once.  So the bits agree, although a step is a composite.

Slots (velocity, momentum …) are flushed: what is smaller than the smallest normal
number becomes 0.  A slot that decays would otherwise stay subnormal for thousands of
steps, and processors compute with subnormals many times slower.
"""

from math import sqrt

import numpy as np

from minikeras.kernels.shapes.optimizers import check_shapes


def assign(target, value):
    """target ← value, rounded to the target's dtype; the shapes must be equal."""
    check_shapes("assign", target, value)
    with np.errstate(all="ignore"):
        np.copyto(target, value, casting="unsafe")


def assign_add(target, value):
    """target ← target + value; the shapes must be equal."""
    check_shapes("assign_add", target, value)
    np.add(target, value, out=target)


def assign_subtract(target, value):
    """target ← target - value; the shapes must be equal."""
    check_shapes("assign_subtract", target, value)
    np.subtract(target, value, out=target)


def sgd_update(weight, grad, learning_rate):
    """w ← w - η g."""
    check_shapes("sgd_update", weight, grad)
    weight -= learning_rate.astype(weight.dtype) * grad


def momentum_update(weight, velocity, grad, learning_rate, *, momentum, nesterov):
    """v ← μ v - η g;  w ← w + v, or with Nesterov's look-ahead w ← w + (μ v - η g).

    Source: Sutskever et al., On the importance of initialization and momentum in deep
    learning (2013), section 2; Keras 3, SGD.
    """
    check_shapes("momentum_update", weight, velocity, grad)
    step = learning_rate.astype(weight.dtype) * grad
    np.subtract(momentum * velocity, step, out=velocity)
    flush(velocity)
    weight += momentum * velocity - step if nesterov else velocity


def decay_update(weight, learning_rate, *, rate):
    """w ← w - (η λ) w, λ the rate of decay.

    Source: Loshchilov and Hutter, Decoupled weight decay regularization (2019).
    """
    weight -= weight.dtype.type(float(learning_rate) * rate) * weight


def average_update(average, value, *, momentum):
    """a ← μ a + (1 - μ) value."""
    check_shapes("average_update", average, value)
    _move(average, value, momentum)


def rmsprop_update(weight, velocity, grad, learning_rate, *, rho, epsilon):
    """v ← ρ v + (1 - ρ) g²;  w ← w - η g / √(v + ε).

    Source: Tieleman and Hinton, Neural networks for machine learning, lecture 6e
    (2012); ε inside the root as in Keras 3.
    """
    check_shapes("rmsprop_update", weight, velocity, grad)
    _move(velocity, np.square(grad), rho)
    weight -= _scaled(grad, learning_rate, velocity, epsilon)


def rmsprop_momentum_update(
    weight, velocity, trace, grad, learning_rate, *, rho, momentum, epsilon
):
    """v ← ρ v + (1 - ρ) g²;  s ← μ s + η g / √(v + ε);  w ← w - s, s the trace."""
    check_shapes("rmsprop_momentum_update", weight, velocity, trace, grad)
    _move(velocity, np.square(grad), rho)
    step = _scaled(grad, learning_rate, velocity, epsilon)
    np.add(momentum * trace, step, out=trace)
    flush(trace)
    weight -= trace


def rmsprop_centered_update(
    weight, velocity, average, grad, learning_rate, *, rho, epsilon
):
    """v ← ρ v + (1 - ρ) g²;  a ← ρ a + (1 - ρ) g;  w ← w - η g / √(v - a² + ε).

    The variance v - a² counts as 0 where rounding made it negative.

    Source: Graves, Generating sequences with recurrent neural networks (2013),
    equations 38 to 45.
    """
    check_shapes("rmsprop_centered_update", weight, velocity, average, grad)
    _move(velocity, np.square(grad), rho)
    _move(average, grad, rho)
    weight -= _scaled(grad, learning_rate, _variance(velocity, average), epsilon)


def rmsprop_centered_momentum_update(
    weight, velocity, average, trace, grad, learning_rate, *, rho, momentum, epsilon
):
    """v ← ρ v + (1 - ρ) g²;  a ← ρ a + (1 - ρ) g;  s ← μ s + η g / √(v - a² + ε);
    w ← w - s, s the trace.

    The variance v - a² counts as 0 where rounding made it negative.
    """
    name = "rmsprop_centered_momentum_update"
    check_shapes(name, weight, velocity, average, trace, grad)
    _move(velocity, np.square(grad), rho)
    _move(average, grad, rho)
    step = _scaled(grad, learning_rate, _variance(velocity, average), epsilon)
    np.add(momentum * trace, step, out=trace)
    flush(trace)
    weight -= trace


def adam_update(
    weight, momentum, velocity, grad, learning_rate, step, *, beta_1, beta_2, epsilon
):
    """m ← m + (1 - β₁)(g - m);  v ← v + (1 - β₂)(g² - v);  w ← w - α m / (√v + ε).

    α = η √(1 - β₂ᵗ) / (1 - β₁ᵗ), t = step + 1: the correction of m and v for having
    started at 0, with ε outside of it.  β₁ and β₂ are in [0, 1).

    Source: Kingma and Ba, Adam (2015), end of section 2; Keras 3.
    """
    check_shapes("adam_update", weight, momentum, velocity, grad)
    _average_moments(momentum, velocity, grad, beta_1, beta_2)
    _adam_step(weight, momentum, velocity, learning_rate, step, beta_1, beta_2, epsilon)


def amsgrad_update(
    weight,
    momentum,
    velocity,
    peak,
    grad,
    learning_rate,
    step,
    *,
    beta_1,
    beta_2,
    epsilon,
):
    """Adam with the largest v so far: p ← max(p, v);  w ← w - α m / (√p + ε).

    Source: Reddi et al., On the convergence of Adam and beyond (2018); Keras 3.
    """
    check_shapes("amsgrad_update", weight, momentum, velocity, peak, grad)
    _average_moments(momentum, velocity, grad, beta_1, beta_2)
    np.copyto(peak, np.where(peak > velocity, peak, velocity))
    _adam_step(weight, momentum, peak, learning_rate, step, beta_1, beta_2, epsilon)


def lion_update(weight, momentum, grad, learning_rate, *, beta_1, beta_2):
    """w ← w - η sign(β₁ m + (1 - β₁) g);  m ← β₂ m + (1 - β₂) g.

    Source: Chen et al., Symbolic discovery of optimization algorithms (2023),
    algorithm 2.
    """
    check_shapes("lion_update", weight, momentum, grad)
    direction = np.sign(beta_1 * momentum + (1 - beta_1) * grad)
    weight -= learning_rate.astype(weight.dtype) * direction
    _move(momentum, grad, beta_2)


def adagrad_update(weight, accumulator, grad, learning_rate, *, epsilon):
    """a ← a + g²;  w ← w - η g / √(a + ε).

    Source: Duchi et al., Adaptive subgradient methods (2011); ε inside the root as in
    Keras 3.
    """
    check_shapes("adagrad_update", weight, accumulator, grad)
    accumulator += np.square(grad)
    flush(accumulator)
    weight -= _scaled(grad, learning_rate, accumulator, epsilon)


def adadelta_update(weight, velocity, drift, grad, learning_rate, *, rho, epsilon):
    """v ← ρ v + (1 - ρ) g²;  s = g √(d + ε) / √(v + ε);  d ← ρ d + (1 - ρ) s²;
    w ← w - η s.

    Source: Zeiler, Adadelta (2012), algorithm 1; d is his E[Δx²].
    """
    check_shapes("adadelta_update", weight, velocity, drift, grad)
    _move(velocity, np.square(grad), rho)
    with np.errstate(divide="ignore", invalid="ignore"):
        step = np.sqrt(drift + epsilon) * grad / np.sqrt(velocity + epsilon)
    _move(drift, np.square(step), rho)
    weight -= learning_rate.astype(weight.dtype) * step


def adamax_update(
    weight, momentum, norm, grad, learning_rate, step, *, beta_1, beta_2, epsilon
):
    """m ← m + (1 - β₁)(g - m);  u ← max(β₂ u, |g|);  w ← w - α m / (u + ε).

    α = η / (1 - β₁ᵗ), t = step + 1: v of Adam with the maximum for the mean of squares.

    Source: Kingma and Ba, Adam (2015), algorithm 2; ε as in Keras 3.
    """
    check_shapes("adamax_update", weight, momentum, norm, grad)
    momentum += (1 - beta_1) * (grad - momentum)
    flush(momentum)
    before, size = beta_2 * norm, np.abs(grad)
    np.copyto(norm, np.where(before > size, before, size))
    flush(norm)
    rate = weight.dtype.type(adamax_rate(learning_rate, step, beta_1))
    with np.errstate(divide="ignore", invalid="ignore"):
        weight -= rate * momentum / (norm + epsilon)


def nadam_update(
    weight,
    momentum,
    velocity,
    grad,
    learning_rate,
    step,
    product,
    *,
    beta_1,
    beta_2,
    epsilon,
):
    """m and v as in Adam;  w ← w - η m̂ / (√(v / (1 - β₂ᵗ)) + ε),
    m̂ = μ(t+1) / (1 - p μ(t+1)) · m + (1 - μ(t)) / (1 - p) · g.

    t = step + 1; p = μ(1) ⋯ μ(t) is the `product`, which `nadam_product_update` has
    brought to this step.

    Source: Dozat, Incorporating Nesterov momentum into Adam (2016), algorithm 2.
    """
    check_shapes("nadam_update", weight, momentum, velocity, grad)
    _average_moments(momentum, velocity, grad, beta_1, beta_2)
    of_momentum, of_grad, of_root = map(
        weight.dtype.type, nadam_factors(learning_rate, step, product, beta_1, beta_2)
    )
    with np.errstate(all="ignore"):
        mean = of_momentum * momentum + of_grad * grad
        weight -= mean / (of_root * np.sqrt(velocity) + epsilon)


def nadam_product_update(factor, step, *, beta_1):
    """p ← p μ(t),  μ(t) = β₁ (1 - ½ 0.96ᵗ), t = step + 1."""
    factor *= factor.dtype.type(nadam_schedule(beta_1, int(step) + 1))
    flush(factor)


def ftrl_update(
    weight, accumulator, linear, grad, learning_rate, *, power, l1, l2, shrinkage, beta
):
    """a' = a + g²;  z ← z + g + 2 λₛ w - (a'⁻ᵖ - a⁻ᵖ) / η · w;  a ← a';
    w ← (clip(z, -λ₁, λ₁) - z) / (a⁻ᵖ / η + 2 λ₂ + β / η).

    p is the `power`, at most 0; z is the `linear` term, and λₛ the `shrinkage`.

    Source: McMahan et al., Ad click prediction: a view from the trenches (2013),
    algorithm 1.
    """
    check_shapes("ftrl_update", weight, accumulator, linear, grad)
    of_dtype = weight.dtype.type
    rate, l1 = of_dtype(learning_rate), of_dtype(l1)
    before = _raised(accumulator, power)
    accumulator += np.square(grad)
    flush(accumulator)
    size = _raised(accumulator, power)
    with np.errstate(all="ignore"):
        pull = grad + of_dtype(2 * shrinkage) * weight - (size - before) / rate * weight
        linear += pull
        flush(linear)
        clipped = np.where(linear > l1, l1, np.where(linear < -l1, -l1, linear))
        curvature = size / rate + of_dtype(ftrl_l2(learning_rate, l2, beta))
        np.copyto(weight, (clipped - linear) / curvature)


def adam_rate(learning_rate, step, beta_1, beta_2):
    """Returns η √(1 - β₂ᵗ) / (1 - β₁ᵗ), t = step + 1, in float64."""
    t = int(step) + 1
    return float(learning_rate) * sqrt(1 - beta_2**t) / (1 - beta_1**t)


def adamax_rate(learning_rate, step, beta_1):
    """Returns η / (1 - β₁ᵗ), t = step + 1, in float64."""
    return float(learning_rate) / (1 - beta_1 ** (int(step) + 1))


def nadam_schedule(beta_1, t):
    """Returns μ(t) = β₁ (1 - ½ 0.96ᵗ)."""
    return beta_1 * (1 - 0.5 * 0.96**t)


def nadam_factors(learning_rate, step, product, beta_1, beta_2):
    """Returns what m, g and √v are multiplied by in a step of Nadam, in float64."""
    t = int(step) + 1
    rate, product = float(learning_rate), float(product)
    now, later = nadam_schedule(beta_1, t), nadam_schedule(beta_1, t + 1)
    return (
        rate * later / (1 - product * later),
        rate * (1 - now) / (1 - product),
        1 / sqrt(1 - beta_2**t),
    )


def ftrl_l2(learning_rate, l2, beta):
    """Returns 2 (λ₂ + β / 2η), in float64; inf or nan if η is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return 2 * (l2 + np.float64(beta) / (2 * np.float64(learning_rate)))


def flush(slot):
    """Sets to 0 what is smaller than the smallest normal number of its dtype."""
    slot[np.abs(slot) < np.finfo(slot.dtype).smallest_normal] = 0


def _move(average, value, momentum):
    np.add(momentum * average, (1 - momentum) * value, out=average)
    flush(average)


def _average_moments(momentum, velocity, grad, beta_1, beta_2):
    momentum += (1 - beta_1) * (grad - momentum)
    flush(momentum)
    velocity += (1 - beta_2) * (np.square(grad) - velocity)
    flush(velocity)


def _adam_step(
    weight, momentum, velocity, learning_rate, step, beta_1, beta_2, epsilon
):
    rate = weight.dtype.type(adam_rate(learning_rate, step, beta_1, beta_2))
    with np.errstate(divide="ignore", invalid="ignore"):
        weight -= rate * momentum / (np.sqrt(velocity) + epsilon)


def _raised(accumulator, power):
    """Returns a⁻ᵖ; a root is taken where it is one, for that is rounded correctly."""
    return np.sqrt(accumulator) if power == -0.5 else np.power(accumulator, -power)


def _variance(velocity, average):
    variance = velocity - np.square(average)
    return np.where(variance < 0, 0, variance)


def _scaled(grad, learning_rate, denominator, epsilon):
    """Returns η g / √(denominator + ε)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return learning_rate.astype(grad.dtype) * grad / np.sqrt(denominator + epsilon)
