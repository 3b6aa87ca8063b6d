"""Steps of optimizers and assignments, a weight at a time.

The numbers here are NumPy's scalars, not Python floats: a step has several operations,
and each of them is rounded to the dtype of the weight, as in every set.
"""

import numpy as np

from minikeras.kernels.reference.optimizers import adam_rate
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


def numbers_of(value):
    """Returns the numbers as a list, because the target may be the same memory."""
    return list(np.asarray(value).flat)


def moved(average, x, momentum):
    """Returns a moving average, moved on by one number."""
    return flushed(momentum * average + (1 - momentum) * x)


def variance(velocity, average):
    """Returns v - a², which is no less than 0 but for rounding."""
    variance = velocity - average * average
    return type(variance)(0) if variance < 0 else variance


def flushed(slot):
    """Returns 0 for what is smaller than the smallest normal number of its dtype."""
    kind = type(slot)
    return kind(0) if abs(slot) < SMALLEST_NORMAL[kind] else slot
