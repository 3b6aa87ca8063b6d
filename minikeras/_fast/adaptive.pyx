"""Steps divided by the size of gradients. Contract: kernels/reference/optimizers.py."""

from cpython.object cimport PyObject
from cython cimport floating

from minikeras._fast.arrays cimport otherwise
from minikeras._fast.clones cimport cloned
from minikeras._fast.updates cimport (
    Update,
    at_the_rate,
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
    update(2, 3, 2, <void*> rmsprop_flat[float], <void*> rmsprop_flat[double]), at_the_rate
)

def rmsprop_update(weight, velocity, grad, learning_rate, *, rho, epsilon):
    """v ← ρ v + (1 - ρ) g²;  w ← w - η g / √(v + ε)."""
    cdef PyObject* arrays[3]
    cdef double numbers[2]
    arrays[0], arrays[1] = <PyObject*> weight, <PyObject*> velocity
    arrays[2] = <PyObject*> grad
    numbers[0], numbers[1] = rho, epsilon
    if not updated(&RMSPROP, arrays, numbers, learning_rate):
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
    at_the_rate,
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
    if not updated(&RMSPROP_MOMENTUM, arrays, numbers, learning_rate):
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
    at_the_rate,
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
    if not updated(&RMSPROP_CENTERED, arrays, numbers, learning_rate):
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
    at_the_rate,
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
    if not updated(&RMSPROP_CENTERED_MOMENTUM, arrays, numbers, learning_rate):
        otherwise(
            "rmsprop_centered_momentum_update",
            (weight, velocity, average, trace, grad, learning_rate),
            {"rho": rho, "momentum": momentum, "epsilon": epsilon},
        )


# --- Adagrad and Adadelta -------------------------------------------------------------

cdef cloned adagrad_flat(
    floating** arrays, const double* numbers, Py_ssize_t n
) noexcept nogil:
    cdef floating* weight = arrays[0]
    cdef floating* accumulator = arrays[1]
    cdef const floating* grad = arrays[2]
    cdef floating rate = <floating> numbers[0], epsilon = <floating> numbers[1], g, a
    cdef Py_ssize_t i
    for i in range(n):
        g = grad[i]
        a = flushed(accumulator[i] + g * g)
        accumulator[i] = a
        weight[i] = weight[i] - rate * g / root(a + epsilon)

cdef Update ADAGRAD = paced(
    update(2, 3, 1, <void*> adagrad_flat[float], <void*> adagrad_flat[double]),
    at_the_rate,
)

def adagrad_update(weight, accumulator, grad, learning_rate, *, epsilon):
    """a ← a + g²;  w ← w - η g / √(a + ε)."""
    cdef PyObject* arrays[3]
    cdef double numbers[1]
    arrays[0], arrays[1] = <PyObject*> weight, <PyObject*> accumulator
    arrays[2] = <PyObject*> grad
    numbers[0] = epsilon
    if not updated(&ADAGRAD, arrays, numbers, learning_rate):
        otherwise(
            "adagrad_update",
            (weight, accumulator, grad, learning_rate),
            {"epsilon": epsilon},
        )


cdef cloned adadelta_flat(
    floating** arrays, const double* numbers, Py_ssize_t n
) noexcept nogil:
    cdef floating* weight = arrays[0]
    cdef floating* velocity = arrays[1]
    cdef floating* drift = arrays[2]
    cdef const floating* grad = arrays[3]
    cdef floating rate = <floating> numbers[0], epsilon = <floating> numbers[2]
    cdef floating keep = <floating> numbers[1], take = <floating> (1 - numbers[1])
    cdef floating g, v, step
    cdef Py_ssize_t i
    for i in range(n):
        g = grad[i]
        v = moved(velocity[i], g * g, keep, take)
        step = root(drift[i] + epsilon) * g / root(v + epsilon)
        velocity[i] = v
        drift[i] = moved(drift[i], step * step, keep, take)
        weight[i] = weight[i] - rate * step

cdef Update ADADELTA = paced(
    update(3, 4, 2, <void*> adadelta_flat[float], <void*> adadelta_flat[double]),
    at_the_rate,
)

def adadelta_update(weight, velocity, drift, grad, learning_rate, *, rho, epsilon):
    """v ← ρ v + (1 - ρ) g²;  s = g √(d + ε) / √(v + ε);  d ← ρ d + (1 - ρ) s²;
    w ← w - η s."""
    cdef PyObject* arrays[4]
    cdef double numbers[2]
    arrays[0], arrays[1] = <PyObject*> weight, <PyObject*> velocity
    arrays[2], arrays[3] = <PyObject*> drift, <PyObject*> grad
    numbers[0], numbers[1] = rho, epsilon
    if not updated(&ADADELTA, arrays, numbers, learning_rate):
        otherwise(
            "adadelta_update",
            (weight, velocity, drift, grad, learning_rate),
            {"rho": rho, "epsilon": epsilon},
        )


# --- Ftrl: numbers are η, 2 (λ₂ + β / 2η), β, λ₁, λ₂, λₛ ------------------------------

cdef void ftrl_pace(
    double rate, double step, double product, double* numbers
) noexcept nogil:
    numbers[0] = rate
    numbers[1] = 2 * (numbers[4] + numbers[2] / (2 * rate))


cdef cloned ftrl_flat(
    floating** arrays, const double* numbers, Py_ssize_t n
) noexcept nogil:
    cdef floating* weight = arrays[0]
    cdef floating* accumulator = arrays[1]
    cdef floating* linear = arrays[2]
    cdef const floating* grad = arrays[3]
    cdef floating rate = <floating> numbers[0], l2 = <floating> numbers[1]
    cdef floating l1 = <floating> numbers[3], shrinkage = <floating> (2 * numbers[5])
    cdef floating g, w, a, z, size, clipped
    cdef Py_ssize_t i
    for i in range(n):
        g = grad[i]
        w = weight[i]
        a = flushed(accumulator[i] + g * g)
        size = root(a)
        z = g + shrinkage * w - (size - root(accumulator[i])) / rate * w
        z = flushed(linear[i] + z)
        clipped = -l1 if z < -l1 else z
        clipped = l1 if z > l1 else clipped
        accumulator[i] = a
        linear[i] = z
        weight[i] = (clipped - z) / (size / rate + l2)

cdef Update FTRL = paced(
    update(3, 4, 4, <void*> ftrl_flat[float], <void*> ftrl_flat[double]), ftrl_pace, 2
)

def ftrl_update(
    weight, accumulator, linear, grad, learning_rate, *, power, l1, l2, shrinkage, beta
):
    """a' = a + g²;  z ← z + g + 2 λₛ w - (a'⁻ᵖ - a⁻ᵖ) / η · w;  a ← a';
    w ← (clip(z, -λ₁, λ₁) - z) / (a⁻ᵖ / η + 2 λ₂ + β / η).

    Compiled is p = -½, which everybody takes.
    """
    cdef PyObject* arrays[4]
    cdef double numbers[4]
    arrays[0], arrays[1] = <PyObject*> weight, <PyObject*> accumulator
    arrays[2], arrays[3] = <PyObject*> linear, <PyObject*> grad
    numbers[0], numbers[1], numbers[2], numbers[3] = beta, l1, l2, shrinkage
    if power != -0.5 or not updated(&FTRL, arrays, numbers, learning_rate):
        otherwise(
            "ftrl_update",
            (weight, accumulator, linear, grad, learning_rate),
            {
                "power": power, "l1": l1, "l2": l2, "shrinkage": shrinkage,
                "beta": beta,
            },
        )
