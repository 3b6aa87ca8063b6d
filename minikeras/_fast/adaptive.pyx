"""Steps that adapt to each weight. Contract: kernels/reference/optimizers.py."""

from cpython.object cimport PyObject
from cython cimport floating
from libc.math cimport pow, sqrt

from minikeras._fast.arrays cimport otherwise
from minikeras._fast.clones cimport cloned
from minikeras._fast.updates cimport (
    Update,
    as_it_is,
    flushed,
    moved,
    paced,
    root,
    update,
    updated,
)


# --- RMSprop: numbers are η, ρ, ε and, with momentum, μ -------------------------------

cdef inline floating variance_of(floating velocity, floating average) noexcept nogil:
    """v - a², which is no less than 0 but for rounding."""
    cdef floating variance = velocity - average * average
    return <floating> 0 if variance < 0 else variance


cdef cloned rmsprop_flat(
    floating** arrays, const double* numbers, Py_ssize_t n
) noexcept nogil:
    cdef floating* weight = arrays[0]
    cdef floating* velocity = arrays[1]
    cdef const floating* grad = arrays[2]
    cdef floating rate = <floating> numbers[0], epsilon = <floating> numbers[2], g, v
    cdef floating keep = <floating> numbers[1], take = <floating> (1 - numbers[1])
    cdef Py_ssize_t i
    for i in range(n):
        g = grad[i]
        v = moved(velocity[i], g * g, keep, take)
        velocity[i] = v
        weight[i] = weight[i] - rate * g / root(v + epsilon)

cdef Update RMSPROP = paced(
    update(2, 3, 2, <void*> rmsprop_flat[float], <void*> rmsprop_flat[double]), as_it_is
)

def rmsprop_update(weight, velocity, grad, learning_rate, *, rho, epsilon):
    """v ← ρ v + (1 - ρ) g²;  w ← w - η g / √(v + ε)."""
    cdef PyObject* arrays[3]
    cdef double numbers[2]
    arrays[0], arrays[1] = <PyObject*> weight, <PyObject*> velocity
    arrays[2] = <PyObject*> grad
    numbers[0], numbers[1] = rho, epsilon
    if not updated(&RMSPROP, arrays, numbers, learning_rate, None):
        otherwise(
            "rmsprop_update",
            (weight, velocity, grad, learning_rate),
            {"rho": rho, "epsilon": epsilon},
        )


cdef cloned rmsprop_momentum_flat(
    floating** arrays, const double* numbers, Py_ssize_t n
) noexcept nogil:
    cdef floating* weight = arrays[0]
    cdef floating* velocity = arrays[1]
    cdef floating* trace = arrays[2]
    cdef const floating* grad = arrays[3]
    cdef floating rate = <floating> numbers[0], epsilon = <floating> numbers[2], g, v, s
    cdef floating keep = <floating> numbers[1], take = <floating> (1 - numbers[1])
    cdef floating momentum = <floating> numbers[3]
    cdef Py_ssize_t i
    for i in range(n):
        g = grad[i]
        v = moved(velocity[i], g * g, keep, take)
        s = flushed(momentum * trace[i] + rate * g / root(v + epsilon))
        velocity[i] = v
        trace[i] = s
        weight[i] = weight[i] - s

cdef Update RMSPROP_MOMENTUM = paced(
    update(
        3, 4, 3, <void*> rmsprop_momentum_flat[float],
        <void*> rmsprop_momentum_flat[double],
    ),
    as_it_is,
)

def rmsprop_momentum_update(
    weight, velocity, trace, grad, learning_rate, *, rho, momentum, epsilon
):
    """v ← ρ v + (1 - ρ) g²;  s ← μ s + η g / √(v + ε);  w ← w - s, s the trace."""
    cdef PyObject* arrays[4]
    cdef double numbers[3]
    arrays[0], arrays[1] = <PyObject*> weight, <PyObject*> velocity
    arrays[2], arrays[3] = <PyObject*> trace, <PyObject*> grad
    numbers[0], numbers[1], numbers[2] = rho, epsilon, momentum
    if not updated(&RMSPROP_MOMENTUM, arrays, numbers, learning_rate, None):
        otherwise(
            "rmsprop_momentum_update",
            (weight, velocity, trace, grad, learning_rate),
            {"rho": rho, "momentum": momentum, "epsilon": epsilon},
        )


cdef cloned rmsprop_centered_flat(
    floating** arrays, const double* numbers, Py_ssize_t n
) noexcept nogil:
    cdef floating* weight = arrays[0]
    cdef floating* velocity = arrays[1]
    cdef floating* average = arrays[2]
    cdef const floating* grad = arrays[3]
    cdef floating rate = <floating> numbers[0], epsilon = <floating> numbers[2], g, v, a
    cdef floating keep = <floating> numbers[1], take = <floating> (1 - numbers[1])
    cdef Py_ssize_t i
    for i in range(n):
        g = grad[i]
        v = moved(velocity[i], g * g, keep, take)
        a = moved(average[i], g, keep, take)
        velocity[i] = v
        average[i] = a
        weight[i] = weight[i] - rate * g / root(variance_of(v, a) + epsilon)

cdef Update RMSPROP_CENTERED = paced(
    update(
        3, 4, 2, <void*> rmsprop_centered_flat[float],
        <void*> rmsprop_centered_flat[double],
    ),
    as_it_is,
)

def rmsprop_centered_update(
    weight, velocity, average, grad, learning_rate, *, rho, epsilon
):
    """v ← ρ v + (1 - ρ) g²;  a ← ρ a + (1 - ρ) g;  w ← w - η g / √(v - a² + ε)."""
    cdef PyObject* arrays[4]
    cdef double numbers[2]
    arrays[0], arrays[1] = <PyObject*> weight, <PyObject*> velocity
    arrays[2], arrays[3] = <PyObject*> average, <PyObject*> grad
    numbers[0], numbers[1] = rho, epsilon
    if not updated(&RMSPROP_CENTERED, arrays, numbers, learning_rate, None):
        otherwise(
            "rmsprop_centered_update",
            (weight, velocity, average, grad, learning_rate),
            {"rho": rho, "epsilon": epsilon},
        )


cdef cloned rmsprop_centered_momentum_flat(
    floating** arrays, const double* numbers, Py_ssize_t n
) noexcept nogil:
    cdef floating* weight = arrays[0]
    cdef floating* velocity = arrays[1]
    cdef floating* average = arrays[2]
    cdef floating* trace = arrays[3]
    cdef const floating* grad = arrays[4]
    cdef floating rate = <floating> numbers[0], epsilon = <floating> numbers[2]
    cdef floating keep = <floating> numbers[1], take = <floating> (1 - numbers[1])
    cdef floating momentum = <floating> numbers[3], g, v, a, s
    cdef Py_ssize_t i
    for i in range(n):
        g = grad[i]
        v = moved(velocity[i], g * g, keep, take)
        a = moved(average[i], g, keep, take)
        s = rate * g / root(variance_of(v, a) + epsilon)
        s = flushed(momentum * trace[i] + s)
        velocity[i] = v
        average[i] = a
        trace[i] = s
        weight[i] = weight[i] - s

cdef Update RMSPROP_CENTERED_MOMENTUM = paced(
    update(
        4, 5, 3, <void*> rmsprop_centered_momentum_flat[float],
        <void*> rmsprop_centered_momentum_flat[double],
    ),
    as_it_is,
)

def rmsprop_centered_momentum_update(
    weight, velocity, average, trace, grad, learning_rate, *, rho, momentum, epsilon
):
    """v ← ρ v + (1 - ρ) g²;  a ← ρ a + (1 - ρ) g;  s ← μ s + η g / √(v - a² + ε);
    w ← w - s, s the trace."""
    cdef PyObject* arrays[5]
    cdef double numbers[3]
    arrays[0], arrays[1] = <PyObject*> weight, <PyObject*> velocity
    arrays[2], arrays[3] = <PyObject*> average, <PyObject*> trace
    arrays[4] = <PyObject*> grad
    numbers[0], numbers[1], numbers[2] = rho, epsilon, momentum
    if not updated(&RMSPROP_CENTERED_MOMENTUM, arrays, numbers, learning_rate, None):
        otherwise(
            "rmsprop_centered_momentum_update",
            (weight, velocity, average, trace, grad, learning_rate),
            {"rho": rho, "momentum": momentum, "epsilon": epsilon},
        )


# --- Adam: numbers are α, β₁, β₂, ε ---------------------------------------------------

cdef double adam_rate(double rate, double step, const double* numbers) noexcept nogil:
    """α = η √(1 - β₂ᵗ) / (1 - β₁ᵗ), t = step + 1."""
    return (
        rate * sqrt(1 - pow(numbers[2], step + 1)) / (1 - pow(numbers[1], step + 1))
    )


cdef cloned adam_flat(
    floating** arrays, const double* numbers, Py_ssize_t n
) noexcept nogil:
    cdef floating* weight = arrays[0]
    cdef floating* momentum = arrays[1]
    cdef floating* velocity = arrays[2]
    cdef const floating* grad = arrays[3]
    cdef floating rate = <floating> numbers[0], epsilon = <floating> numbers[3]
    cdef floating take_1 = <floating> (1 - numbers[1])
    cdef floating take_2 = <floating> (1 - numbers[2]), g, m, v
    cdef Py_ssize_t i
    for i in range(n):
        g = grad[i]
        m = flushed(momentum[i] + take_1 * (g - momentum[i]))
        v = flushed(velocity[i] + take_2 * (g * g - velocity[i]))
        momentum[i] = m
        velocity[i] = v
        weight[i] = weight[i] - rate * m / (root(v) + epsilon)

cdef Update ADAM = paced(
    update(3, 4, 3, <void*> adam_flat[float], <void*> adam_flat[double]), adam_rate
)

def adam_update(
    weight, momentum, velocity, grad, learning_rate, step, *, beta_1, beta_2, epsilon
):
    """m ← m + (1 - β₁)(g - m);  v ← v + (1 - β₂)(g² - v);  w ← w - α m / (√v + ε)."""
    cdef PyObject* arrays[4]
    cdef double numbers[3]
    arrays[0], arrays[1] = <PyObject*> weight, <PyObject*> momentum
    arrays[2], arrays[3] = <PyObject*> velocity, <PyObject*> grad
    numbers[0], numbers[1], numbers[2] = beta_1, beta_2, epsilon
    if not updated(&ADAM, arrays, numbers, learning_rate, step):
        otherwise(
            "adam_update",
            (weight, momentum, velocity, grad, learning_rate, step),
            {"beta_1": beta_1, "beta_2": beta_2, "epsilon": epsilon},
        )


cdef cloned amsgrad_flat(
    floating** arrays, const double* numbers, Py_ssize_t n
) noexcept nogil:
    cdef floating* weight = arrays[0]
    cdef floating* momentum = arrays[1]
    cdef floating* velocity = arrays[2]
    cdef floating* peak = arrays[3]
    cdef const floating* grad = arrays[4]
    cdef floating rate = <floating> numbers[0], epsilon = <floating> numbers[3]
    cdef floating take_1 = <floating> (1 - numbers[1])
    cdef floating take_2 = <floating> (1 - numbers[2]), g, m, v, p
    cdef Py_ssize_t i
    for i in range(n):
        g = grad[i]
        m = flushed(momentum[i] + take_1 * (g - momentum[i]))
        v = flushed(velocity[i] + take_2 * (g * g - velocity[i]))
        p = peak[i]
        p = p if p > v else v
        momentum[i] = m
        velocity[i] = v
        peak[i] = p
        weight[i] = weight[i] - rate * m / (root(p) + epsilon)

cdef Update AMSGRAD = paced(
    update(4, 5, 3, <void*> amsgrad_flat[float], <void*> amsgrad_flat[double]),
    adam_rate,
)

def amsgrad_update(
    weight, momentum, velocity, peak, grad, learning_rate, step, *,
    beta_1, beta_2, epsilon
):
    """Adam with the largest v so far: p ← max(p, v);  w ← w - α m / (√p + ε)."""
    cdef PyObject* arrays[5]
    cdef double numbers[3]
    arrays[0], arrays[1] = <PyObject*> weight, <PyObject*> momentum
    arrays[2], arrays[3] = <PyObject*> velocity, <PyObject*> peak
    arrays[4] = <PyObject*> grad
    numbers[0], numbers[1], numbers[2] = beta_1, beta_2, epsilon
    if not updated(&AMSGRAD, arrays, numbers, learning_rate, step):
        otherwise(
            "amsgrad_update",
            (weight, momentum, velocity, peak, grad, learning_rate, step),
            {"beta_1": beta_1, "beta_2": beta_2, "epsilon": epsilon},
        )
