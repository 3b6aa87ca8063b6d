"""Assignments and gradient descent. Contract: kernels/reference/optimizers.py."""

from cpython.object cimport PyObject
from cython cimport floating
from numpy cimport (
    PyArray_CheckExact,
    PyArray_TYPE,
    import_array,
    ndarray,
    npy_uint32,
    npy_uint64,
)

from minikeras._fast.arrays cimport otherwise
from minikeras._fast.clones cimport cloned
from minikeras._fast.comparison cimport cast_to_type
from minikeras._fast.updates cimport (
    Update,
    at_the_rate,
    counting,
    flushed,
    moved,
    paced,
    update,
    updated,
)

import_array()


# --- Assignments ----------------------------------------------------------------------

ctypedef fused number:
    float
    double
    npy_uint32          # for signed integers, too: the bits of a result are the same,
    npy_uint64          # and overflow is defined


cdef cloned add_flat(
    number** arrays, const double* numbers, Py_ssize_t n
) noexcept nogil:
    cdef number* target = arrays[0]
    cdef const number* value = arrays[1]
    cdef Py_ssize_t i
    for i in range(n):
        target[i] = target[i] + value[i]

cdef Update ADD = counting(
    update(1, 2, 0, <void*> add_flat[float], <void*> add_flat[double]),
    <void*> add_flat[npy_uint32],
    <void*> add_flat[npy_uint64],
)

def assign_add(target, value):
    """target ← target + value; the shapes must be equal."""
    cdef PyObject* arrays[2]
    arrays[0], arrays[1] = <PyObject*> target, <PyObject*> value
    if not updated(&ADD, arrays, NULL):
        otherwise("assign_add", (target, value), {})


cdef cloned subtract_flat(
    number** arrays, const double* numbers, Py_ssize_t n
) noexcept nogil:
    cdef number* target = arrays[0]
    cdef const number* value = arrays[1]
    cdef Py_ssize_t i
    for i in range(n):
        target[i] = target[i] - value[i]

cdef Update SUBTRACT = counting(
    update(1, 2, 0, <void*> subtract_flat[float], <void*> subtract_flat[double]),
    <void*> subtract_flat[npy_uint32],
    <void*> subtract_flat[npy_uint64],
)

def assign_subtract(target, value):
    """target ← target - value; the shapes must be equal."""
    cdef PyObject* arrays[2]
    arrays[0], arrays[1] = <PyObject*> target, <PyObject*> value
    if not updated(&SUBTRACT, arrays, NULL):
        otherwise("assign_subtract", (target, value), {})


def assign(target, value):
    """target ← value, rounded to the target's dtype; the shapes must be equal."""
    cdef object result = None
    if PyArray_CheckExact(target) and PyArray_CheckExact(value):
        result = cast_to_type(value, PyArray_TYPE(<ndarray> target), target)
    if result is None:
        otherwise("assign", (target, value), {})


# --- Gradient descent -----------------------------------------------------------------

cdef cloned sgd_flat(
    floating** arrays, const double* numbers, Py_ssize_t n
) noexcept nogil:
    cdef floating* weight = arrays[0]
    cdef const floating* grad = arrays[1]
    cdef floating rate = <floating> numbers[0]
    cdef Py_ssize_t i
    for i in range(n):
        weight[i] = weight[i] - rate * grad[i]

cdef Update SGD = paced(
    update(1, 2, 0, <void*> sgd_flat[float], <void*> sgd_flat[double]), at_the_rate
)

def sgd_update(weight, grad, learning_rate):
    """w ← w - η g."""
    cdef PyObject* arrays[2]
    arrays[0], arrays[1] = <PyObject*> weight, <PyObject*> grad
    if not updated(&SGD, arrays, NULL, learning_rate):
        otherwise("sgd_update", (weight, grad, learning_rate), {})


cdef cloned momentum_flat(
    floating** arrays, const double* numbers, Py_ssize_t n
) noexcept nogil:
    cdef floating* weight = arrays[0]
    cdef floating* velocity = arrays[1]
    cdef const floating* grad = arrays[2]
    cdef floating rate = <floating> numbers[0], momentum = <floating> numbers[1], v
    cdef Py_ssize_t i
    for i in range(n):
        v = flushed(momentum * velocity[i] - rate * grad[i])
        velocity[i] = v
        weight[i] = weight[i] + v

cdef Update MOMENTUM = paced(
    update(2, 3, 1, <void*> momentum_flat[float], <void*> momentum_flat[double]),
    at_the_rate,
)


cdef cloned nesterov_flat(
    floating** arrays, const double* numbers, Py_ssize_t n
) noexcept nogil:
    cdef floating* weight = arrays[0]
    cdef floating* velocity = arrays[1]
    cdef const floating* grad = arrays[2]
    cdef floating rate = <floating> numbers[0], momentum = <floating> numbers[1]
    cdef floating v, step
    cdef Py_ssize_t i
    for i in range(n):
        step = rate * grad[i]
        v = flushed(momentum * velocity[i] - step)
        velocity[i] = v
        weight[i] = weight[i] + (momentum * v - step)

cdef Update NESTEROV = paced(
    update(2, 3, 1, <void*> nesterov_flat[float], <void*> nesterov_flat[double]),
    at_the_rate,
)

def momentum_update(weight, velocity, grad, learning_rate, *, momentum, nesterov):
    """v ← μ v - η g;  w ← w + v, or with Nesterov's look-ahead w ← w + (μ v - η g)."""
    cdef const Update* kernel = &NESTEROV if nesterov else &MOMENTUM
    cdef PyObject* arrays[3]
    cdef double numbers[1]
    arrays[0], arrays[1] = <PyObject*> weight, <PyObject*> velocity
    arrays[2] = <PyObject*> grad
    numbers[0] = momentum
    if not updated(kernel, arrays, numbers, learning_rate):
        otherwise(
            "momentum_update",
            (weight, velocity, grad, learning_rate),
            {"momentum": momentum, "nesterov": nesterov},
        )


cdef cloned decay_flat(
    floating** arrays, const double* numbers, Py_ssize_t n
) noexcept nogil:
    cdef floating* weight = arrays[0]
    cdef floating factor = <floating> numbers[0]
    cdef Py_ssize_t i
    for i in range(n):
        weight[i] = weight[i] - factor * weight[i]

cdef void decay_now(
    double rate, double step, double product, double* numbers
) noexcept nogil:
    """η λ."""
    numbers[0] = rate * numbers[1]

cdef Update DECAY = paced(
    update(1, 1, 1, <void*> decay_flat[float], <void*> decay_flat[double]), decay_now
)

def decay_update(weight, learning_rate, *, rate):
    """w ← w - (η λ) w, λ the rate of decay."""
    cdef PyObject* arrays[1]
    cdef double numbers[1]
    arrays[0] = <PyObject*> weight
    numbers[0] = rate
    if not updated(&DECAY, arrays, numbers, learning_rate):
        otherwise("decay_update", (weight, learning_rate), {"rate": rate})


cdef cloned average_flat(
    floating** arrays, const double* numbers, Py_ssize_t n
) noexcept nogil:
    cdef floating* average = arrays[0]
    cdef const floating* value = arrays[1]
    cdef floating keep = <floating> numbers[0], take = <floating> (1 - numbers[0])
    cdef Py_ssize_t i
    for i in range(n):
        average[i] = moved(average[i], value[i], keep, take)

cdef Update AVERAGE = update(
    1, 2, 1, <void*> average_flat[float], <void*> average_flat[double]
)

def average_update(average, value, *, momentum):
    """a ← μ a + (1 - μ) value."""
    cdef PyObject* arrays[2]
    cdef double numbers[1]
    arrays[0], arrays[1] = <PyObject*> average, <PyObject*> value
    numbers[0] = momentum
    if not updated(&AVERAGE, arrays, numbers):
        otherwise("average_update", (average, value), {"momentum": momentum})


cdef inline floating sign(floating x) noexcept nogil:
    """1, -1 or 0; nan of nan."""
    cdef floating rest = <floating> 0 if x == 0 else x
    cdef floating negative = <floating> -1 if x < 0 else rest
    return <floating> 1 if x > 0 else negative


cdef cloned lion_flat(
    floating** arrays, const double* numbers, Py_ssize_t n
) noexcept nogil:
    cdef floating* weight = arrays[0]
    cdef floating* momentum = arrays[1]
    cdef const floating* grad = arrays[2]
    cdef floating rate = <floating> numbers[0], g, m
    cdef floating keep_1 = <floating> numbers[1], take_1 = <floating> (1 - numbers[1])
    cdef floating keep_2 = <floating> numbers[2], take_2 = <floating> (1 - numbers[2])
    cdef Py_ssize_t i
    for i in range(n):
        g = grad[i]
        m = momentum[i]
        momentum[i] = moved(m, g, keep_2, take_2)
        weight[i] = weight[i] - rate * sign(keep_1 * m + take_1 * g)

cdef Update LION = paced(
    update(2, 3, 2, <void*> lion_flat[float], <void*> lion_flat[double]), at_the_rate
)

def lion_update(weight, momentum, grad, learning_rate, *, beta_1, beta_2):
    """w ← w - η sign(β₁ m + (1 - β₁) g);  m ← β₂ m + (1 - β₂) g."""
    cdef PyObject* arrays[3]
    cdef double numbers[2]
    arrays[0], arrays[1] = <PyObject*> weight, <PyObject*> momentum
    arrays[2] = <PyObject*> grad
    numbers[0], numbers[1] = beta_1, beta_2
    if not updated(&LION, arrays, numbers, learning_rate):
        otherwise(
            "lion_update",
            (weight, momentum, grad, learning_rate),
            {"beta_1": beta_1, "beta_2": beta_2},
        )
