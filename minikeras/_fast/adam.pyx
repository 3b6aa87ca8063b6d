"""Adam and its kin. Contract: kernels/reference/optimizers.py."""

from cpython.object cimport PyObject
from cython cimport floating
from libc.math cimport fabs, fabsf, pow, sqrt

from minikeras._fast.arrays cimport otherwise
from minikeras._fast.clones cimport cloned
from minikeras._fast.updates cimport Update, flushed, paced, root, update, updated


# --- Adam: numbers are α, β₁, β₂, ε ---------------------------------------------------

cdef void adam_pace(
    double rate, double step, double product, double* numbers
) noexcept nogil:
    """α = η √(1 - β₂ᵗ) / (1 - β₁ᵗ), t = step + 1."""
    cdef double t = step + 1
    numbers[0] = rate * sqrt(1 - pow(numbers[2], t)) / (1 - pow(numbers[1], t))


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
    update(3, 4, 3, <void*> adam_flat[float], <void*> adam_flat[double]), adam_pace
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
    adam_pace,
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


# --- Adamax: numbers are η / (1 - β₁ᵗ), β₁, β₂, ε -------------------------------------

cdef void adamax_pace(
    double rate, double step, double product, double* numbers
) noexcept nogil:
    numbers[0] = rate / (1 - pow(numbers[1], step + 1))


cdef inline floating absolute(floating x) noexcept nogil:
    return fabsf(x) if floating is float else fabs(x)


cdef cloned adamax_flat(
    floating** arrays, const double* numbers, Py_ssize_t n
) noexcept nogil:
    cdef floating* weight = arrays[0]
    cdef floating* momentum = arrays[1]
    cdef floating* norm = arrays[2]
    cdef const floating* grad = arrays[3]
    cdef floating rate = <floating> numbers[0], epsilon = <floating> numbers[3]
    cdef floating take = <floating> (1 - numbers[1]), keep = <floating> numbers[2]
    cdef floating g, m, u, size
    cdef Py_ssize_t i
    for i in range(n):
        g = grad[i]
        m = flushed(momentum[i] + take * (g - momentum[i]))
        u = keep * norm[i]
        size = absolute(g)
        u = flushed(u if u > size else size)
        momentum[i] = m
        norm[i] = u
        weight[i] = weight[i] - rate * m / (u + epsilon)

cdef Update ADAMAX = paced(
    update(3, 4, 3, <void*> adamax_flat[float], <void*> adamax_flat[double]),
    adamax_pace,
)

def adamax_update(
    weight, momentum, norm, grad, learning_rate, step, *, beta_1, beta_2, epsilon
):
    """m ← m + (1 - β₁)(g - m);  u ← max(β₂ u, |g|);  w ← w - η / (1 - β₁ᵗ) m / (u + ε).
    """
    cdef PyObject* arrays[4]
    cdef double numbers[3]
    arrays[0], arrays[1] = <PyObject*> weight, <PyObject*> momentum
    arrays[2], arrays[3] = <PyObject*> norm, <PyObject*> grad
    numbers[0], numbers[1], numbers[2] = beta_1, beta_2, epsilon
    if not updated(&ADAMAX, arrays, numbers, learning_rate, step):
        otherwise(
            "adamax_update",
            (weight, momentum, norm, grad, learning_rate, step),
            {"beta_1": beta_1, "beta_2": beta_2, "epsilon": epsilon},
        )


# --- Nadam: numbers are those of m, g and √v in the step, then β₁, β₂, ε --------------

cdef inline double schedule(double beta_1, double t) noexcept nogil:
    """μ(t) = β₁ (1 - ½ 0.96ᵗ)."""
    return beta_1 * (1 - 0.5 * pow(0.96, t))


cdef void nadam_pace(
    double rate, double step, double product, double* numbers
) noexcept nogil:
    cdef double t = step + 1, now, later
    now, later = schedule(numbers[3], t), schedule(numbers[3], t + 1)
    numbers[0] = rate * later / (1 - product * later)
    numbers[1] = rate * (1 - now) / (1 - product)
    numbers[2] = 1 / sqrt(1 - pow(numbers[4], t))


cdef cloned nadam_flat(
    floating** arrays, const double* numbers, Py_ssize_t n
) noexcept nogil:
    cdef floating* weight = arrays[0]
    cdef floating* momentum = arrays[1]
    cdef floating* velocity = arrays[2]
    cdef const floating* grad = arrays[3]
    cdef floating of_m = <floating> numbers[0], of_g = <floating> numbers[1]
    cdef floating of_v = <floating> numbers[2], epsilon = <floating> numbers[5]
    cdef floating take_1 = <floating> (1 - numbers[3])
    cdef floating take_2 = <floating> (1 - numbers[4]), g, m, v
    cdef Py_ssize_t i
    for i in range(n):
        g = grad[i]
        m = flushed(momentum[i] + take_1 * (g - momentum[i]))
        v = flushed(velocity[i] + take_2 * (g * g - velocity[i]))
        momentum[i] = m
        velocity[i] = v
        weight[i] = weight[i] - (of_m * m + of_g * g) / (of_v * root(v) + epsilon)

cdef Update NADAM = paced(
    update(3, 4, 3, <void*> nadam_flat[float], <void*> nadam_flat[double]),
    nadam_pace, 3,
)

def nadam_update(
    weight, momentum, velocity, grad, learning_rate, step, product, *,
    beta_1, beta_2, epsilon
):
    """Adam's m and v;  w ← w - (a m + b g) / (√(v / (1 - β₂ᵗ)) + ε)."""
    cdef PyObject* arrays[4]
    cdef double numbers[3]
    arrays[0], arrays[1] = <PyObject*> weight, <PyObject*> momentum
    arrays[2], arrays[3] = <PyObject*> velocity, <PyObject*> grad
    numbers[0], numbers[1], numbers[2] = beta_1, beta_2, epsilon
    if not updated(&NADAM, arrays, numbers, learning_rate, step, product):
        otherwise(
            "nadam_update",
            (weight, momentum, velocity, grad, learning_rate, step, product),
            {"beta_1": beta_1, "beta_2": beta_2, "epsilon": epsilon},
        )


cdef void factor_now(
    double rate, double step, double product, double* numbers
) noexcept nogil:
    numbers[0] = schedule(numbers[1], step + 1)


cdef cloned scale_flat(
    floating** arrays, const double* numbers, Py_ssize_t n
) noexcept nogil:
    cdef floating* factor = arrays[0]
    cdef Py_ssize_t i
    for i in range(n):
        factor[i] = flushed(factor[i] * <floating> numbers[0])

cdef Update NADAM_PRODUCT = paced(
    update(1, 1, 1, <void*> scale_flat[float], <void*> scale_flat[double]), factor_now
)

def nadam_product_update(factor, step, *, beta_1):
    """p ← p μ(t): the product of Nadam's schedule so far."""
    cdef PyObject* arrays[1]
    cdef double numbers[1]
    arrays[0] = <PyObject*> factor
    numbers[0] = beta_1
    if not updated(&NADAM_PRODUCT, arrays, numbers, None, step):
        otherwise("nadam_product_update", (factor, step), {"beta_1": beta_1})
