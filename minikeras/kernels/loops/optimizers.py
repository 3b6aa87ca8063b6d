"""Steps of optimizers and assignments, a weight at a time.

The numbers here are NumPy's scalars, not Python floats: a step has several operations,
and each of them is rounded to the dtype of the weight, as in every set.
"""

import numpy as np

from minikeras.kernels.reference.optimizers import (
    adam_rate,
    adamax_rate,
    ftrl_l2,
    nadam_factors,
    nadam_schedule,
)
from minikeras.kernels.shapes.optimizers import check_shapes

SMALLEST_NORMAL = {
    kind: np.finfo(kind).smallest_normal
    for kind in (np.float16, np.float32, np.float64)
}


def assign(target, value):
    """target_i ← value_i."""
    check_shapes("assign", target, value)
    numbers = target.flat
    with np.errstate(all="ignore"):
        for i, x in enumerate(numbers_of(value)):
            numbers[i] = x.astype(target.dtype)


def assign_add(target, value):
    """target_i ← target_i + value_i."""
    check_shapes("assign_add", target, value)
    numbers = target.flat
    with np.errstate(all="ignore"):
        for i, x in enumerate(numbers_of(value)):
            numbers[i] += x.astype(target.dtype)


def assign_subtract(target, value):
    """target_i ← target_i - value_i."""
    check_shapes("assign_subtract", target, value)
    numbers = target.flat
    with np.errstate(all="ignore"):
        for i, x in enumerate(numbers_of(value)):
            numbers[i] -= x.astype(target.dtype)


def sgd_update(weight, grad, learning_rate):
    """w_i ← w_i - η g_i."""
    check_shapes("sgd_update", weight, grad)
    rate = weight.dtype.type(learning_rate)
    weights = weight.flat
    with np.errstate(all="ignore"):
        for i, g in enumerate(grad.flat):
            weights[i] -= rate * g


def momentum_update(weight, velocity, grad, learning_rate, *, momentum, nesterov):
    """v_i ← μ v_i - η g_i;  w_i ← w_i + v_i, or with Nesterov's look-ahead
    w_i ← w_i + (μ v_i - η g_i)."""
    check_shapes("momentum_update", weight, velocity, grad)
    rate = weight.dtype.type(learning_rate)
    weights, velocities = weight.flat, velocity.flat
    with np.errstate(all="ignore"):
        for i, g in enumerate(grad.flat):
            v = flushed(momentum * velocities[i] - rate * g)
            velocities[i] = v
            weights[i] += momentum * v - rate * g if nesterov else v


def decay_update(weight, learning_rate, *, rate):
    """w_i ← w_i - (η λ) w_i."""
    factor = weight.dtype.type(float(learning_rate) * rate)
    weights = weight.flat
    with np.errstate(all="ignore"):
        for i, w in enumerate(weight.flat):
            weights[i] = w - factor * w


def average_update(average, value, *, momentum):
    """a_i ← μ a_i + (1 - μ) value_i."""
    check_shapes("average_update", average, value)
    averages = average.flat
    with np.errstate(all="ignore"):
        for i, x in enumerate(value.flat):
            averages[i] = moved(averages[i], x, momentum)


def rmsprop_update(weight, velocity, grad, learning_rate, *, rho, epsilon):
    """v_i ← ρ v_i + (1 - ρ) g_i²;  w_i ← w_i - η g_i / √(v_i + ε)."""
    check_shapes("rmsprop_update", weight, velocity, grad)
    rate = weight.dtype.type(learning_rate)
    weights, velocities = weight.flat, velocity.flat
    with np.errstate(all="ignore"):
        for i, g in enumerate(grad.flat):
            v = moved(velocities[i], g * g, rho)
            velocities[i] = v
            weights[i] -= rate * g / np.sqrt(v + epsilon)


def rmsprop_momentum_update(
    weight, velocity, trace, grad, learning_rate, *, rho, momentum, epsilon
):
    """v_i ← ρ v_i + (1 - ρ) g_i²;  s_i ← μ s_i + η g_i / √(v_i + ε);
    w_i ← w_i - s_i."""
    check_shapes("rmsprop_momentum_update", weight, velocity, trace, grad)
    rate = weight.dtype.type(learning_rate)
    weights, velocities, traces = weight.flat, velocity.flat, trace.flat
    with np.errstate(all="ignore"):
        for i, g in enumerate(grad.flat):
            v = moved(velocities[i], g * g, rho)
            s = flushed(momentum * traces[i] + rate * g / np.sqrt(v + epsilon))
            velocities[i] = v
            traces[i] = s
            weights[i] -= s


def rmsprop_centered_update(
    weight, velocity, average, grad, learning_rate, *, rho, epsilon
):
    """v_i ← ρ v_i + (1 - ρ) g_i²;  a_i ← ρ a_i + (1 - ρ) g_i;
    w_i ← w_i - η g_i / √(max(v_i - a_i², 0) + ε)."""
    check_shapes("rmsprop_centered_update", weight, velocity, average, grad)
    rate = weight.dtype.type(learning_rate)
    weights, velocities, averages = weight.flat, velocity.flat, average.flat
    with np.errstate(all="ignore"):
        for i, g in enumerate(grad.flat):
            v = moved(velocities[i], g * g, rho)
            a = moved(averages[i], g, rho)
            velocities[i] = v
            averages[i] = a
            weights[i] -= rate * g / np.sqrt(variance(v, a) + epsilon)


def rmsprop_centered_momentum_update(
    weight, velocity, average, trace, grad, learning_rate, *, rho, momentum, epsilon
):
    """v_i ← ρ v_i + (1 - ρ) g_i²;  a_i ← ρ a_i + (1 - ρ) g_i;
    s_i ← μ s_i + η g_i / √(max(v_i - a_i², 0) + ε);  w_i ← w_i - s_i."""
    name = "rmsprop_centered_momentum_update"
    check_shapes(name, weight, velocity, average, trace, grad)
    rate = weight.dtype.type(learning_rate)
    weights, velocities, averages = weight.flat, velocity.flat, average.flat
    traces = trace.flat
    with np.errstate(all="ignore"):
        for i, g in enumerate(grad.flat):
            v = moved(velocities[i], g * g, rho)
            a = moved(averages[i], g, rho)
            step = rate * g / np.sqrt(variance(v, a) + epsilon)
            s = flushed(momentum * traces[i] + step)
            velocities[i] = v
            averages[i] = a
            traces[i] = s
            weights[i] -= s


def adam_update(
    weight, momentum, velocity, grad, learning_rate, step, *, beta_1, beta_2, epsilon
):
    """m_i ← m_i + (1 - β₁)(g_i - m_i);  v_i ← v_i + (1 - β₂)(g_i² - v_i);
    w_i ← w_i - α m_i / (√v_i + ε)."""
    check_shapes("adam_update", weight, momentum, velocity, grad)
    rate = weight.dtype.type(adam_rate(learning_rate, step, beta_1, beta_2))
    weights, momenta, velocities = weight.flat, momentum.flat, velocity.flat
    with np.errstate(all="ignore"):
        for i, g in enumerate(grad.flat):
            m = flushed(momenta[i] + (1 - beta_1) * (g - momenta[i]))
            v = flushed(velocities[i] + (1 - beta_2) * (g * g - velocities[i]))
            momenta[i] = m
            velocities[i] = v
            weights[i] -= rate * m / (np.sqrt(v) + epsilon)


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
    """m_i and v_i as in Adam;  p_i ← max(p_i, v_i);  w_i ← w_i - α m_i / (√p_i + ε)."""
    check_shapes("amsgrad_update", weight, momentum, velocity, peak, grad)
    rate = weight.dtype.type(adam_rate(learning_rate, step, beta_1, beta_2))
    weights, momenta, velocities = weight.flat, momentum.flat, velocity.flat
    peaks = peak.flat
    with np.errstate(all="ignore"):
        for i, g in enumerate(grad.flat):
            m = flushed(momenta[i] + (1 - beta_1) * (g - momenta[i]))
            v = flushed(velocities[i] + (1 - beta_2) * (g * g - velocities[i]))
            p = peaks[i] if peaks[i] > v else v
            momenta[i] = m
            velocities[i] = v
            peaks[i] = p
            weights[i] -= rate * m / (np.sqrt(p) + epsilon)


def lion_update(weight, momentum, grad, learning_rate, *, beta_1, beta_2):
    """w_i ← w_i - η sign(β₁ m_i + (1 - β₁) g_i);  m_i ← β₂ m_i + (1 - β₂) g_i."""
    check_shapes("lion_update", weight, momentum, grad)
    rate = weight.dtype.type(learning_rate)
    weights, momenta = weight.flat, momentum.flat
    with np.errstate(all="ignore"):
        for i, g in enumerate(grad.flat):
            weights[i] -= rate * np.sign(beta_1 * momenta[i] + (1 - beta_1) * g)
            momenta[i] = moved(momenta[i], g, beta_2)


def adagrad_update(weight, accumulator, grad, learning_rate, *, epsilon):
    """a_i ← a_i + g_i²;  w_i ← w_i - η g_i / √(a_i + ε)."""
    check_shapes("adagrad_update", weight, accumulator, grad)
    rate = weight.dtype.type(learning_rate)
    weights, accumulators = weight.flat, accumulator.flat
    with np.errstate(all="ignore"):
        for i, g in enumerate(grad.flat):
            a = flushed(accumulators[i] + g * g)
            accumulators[i] = a
            weights[i] -= rate * g / np.sqrt(a + epsilon)


def adadelta_update(weight, velocity, drift, grad, learning_rate, *, rho, epsilon):
    """v_i ← ρ v_i + (1 - ρ) g_i²;  s_i = g_i √(d_i + ε) / √(v_i + ε);
    d_i ← ρ d_i + (1 - ρ) s_i²;  w_i ← w_i - η s_i."""
    check_shapes("adadelta_update", weight, velocity, drift, grad)
    rate = weight.dtype.type(learning_rate)
    weights, velocities, drifts = weight.flat, velocity.flat, drift.flat
    with np.errstate(all="ignore"):
        for i, g in enumerate(grad.flat):
            v = moved(velocities[i], g * g, rho)
            step = np.sqrt(drifts[i] + epsilon) * g / np.sqrt(v + epsilon)
            velocities[i] = v
            drifts[i] = moved(drifts[i], step * step, rho)
            weights[i] -= rate * step


def adamax_update(
    weight, momentum, norm, grad, learning_rate, step, *, beta_1, beta_2, epsilon
):
    """m_i ← m_i + (1 - β₁)(g_i - m_i);  u_i ← max(β₂ u_i, |g_i|);
    w_i ← w_i - α m_i / (u_i + ε)."""
    check_shapes("adamax_update", weight, momentum, norm, grad)
    rate = weight.dtype.type(adamax_rate(learning_rate, step, beta_1))
    weights, momenta, norms = weight.flat, momentum.flat, norm.flat
    with np.errstate(all="ignore"):
        for i, g in enumerate(grad.flat):
            m = flushed(momenta[i] + (1 - beta_1) * (g - momenta[i]))
            u, size = beta_2 * norms[i], abs(g)
            u = flushed(u if u > size else size)
            momenta[i] = m
            norms[i] = u
            weights[i] -= rate * m / (u + epsilon)


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
    """m_i and v_i as in Adam;  w_i ← w_i - (a m_i + b g_i) / (c √v_i + ε)."""
    check_shapes("nadam_update", weight, momentum, velocity, grad)
    a, b, c = map(
        weight.dtype.type, nadam_factors(learning_rate, step, product, beta_1, beta_2)
    )
    weights, momenta, velocities = weight.flat, momentum.flat, velocity.flat
    with np.errstate(all="ignore"):
        for i, g in enumerate(grad.flat):
            m = flushed(momenta[i] + (1 - beta_1) * (g - momenta[i]))
            v = flushed(velocities[i] + (1 - beta_2) * (g * g - velocities[i]))
            momenta[i] = m
            velocities[i] = v
            weights[i] -= (a * m + b * g) / (c * np.sqrt(v) + epsilon)


def nadam_product_update(factor, step, *, beta_1):
    """p_i ← p_i μ(t)."""
    now = factor.dtype.type(nadam_schedule(beta_1, int(step) + 1))
    factors = factor.flat
    with np.errstate(all="ignore"):
        for i, p in enumerate(factor.flat):
            factors[i] = flushed(p * now)


def ftrl_update(
    weight, accumulator, linear, grad, learning_rate, *, power, l1, l2, shrinkage, beta
):
    """a'_i = a_i + g_i²;  z_i ← z_i + g_i + 2 λₛ w_i - (a'_i⁻ᵖ - a_i⁻ᵖ) / η · w_i;
    a_i ← a'_i;  w_i ← (clip(z_i, -λ₁, λ₁) - z_i) / (a_i⁻ᵖ / η + 2 λ₂ + β / η)."""
    check_shapes("ftrl_update", weight, accumulator, linear, grad)
    of_dtype = weight.dtype.type
    rate, l1, shrinkage = of_dtype(learning_rate), of_dtype(l1), of_dtype(2 * shrinkage)
    added = of_dtype(ftrl_l2(learning_rate, l2, beta))
    weights, accumulators, linears = weight.flat, accumulator.flat, linear.flat
    with np.errstate(all="ignore"):
        for i, g in enumerate(grad.flat):
            w, before = weights[i], raised(accumulators[i], power)
            a = flushed(accumulators[i] + g * g)
            size = raised(a, power)
            z = g + shrinkage * w - (size - before) / rate * w
            z = flushed(linears[i] + z)
            clipped = l1 if z > l1 else -l1 if z < -l1 else z
            accumulators[i] = a
            linears[i] = z
            weights[i] = (clipped - z) / (size / rate + added)


def numbers_of(value):
    """Returns the numbers as a list, because the target may be the same memory."""
    return list(np.asarray(value).flat)


def moved(average, x, momentum):
    """Returns a moving average, moved on by one number."""
    return flushed(momentum * average + (1 - momentum) * x)


def raised(accumulator, power):
    """Returns a⁻ᵖ."""
    return np.sqrt(accumulator) if power == -0.5 else np.power(accumulator, -power)


def variance(velocity, average):
    """Returns v - a², which is no less than 0 but for rounding."""
    variance = velocity - average * average
    return type(variance)(0) if variance < 0 else variance


def flushed(slot):
    """Returns 0 for what is smaller than the smallest normal number of its dtype."""
    kind = type(slot)
    return kind(0) if abs(slot) < SMALLEST_NORMAL[kind] else slot
