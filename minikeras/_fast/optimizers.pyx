"""Assignments and gradient descent. Contract: kernels/reference/optimizers.py."""

from cpython.object cimport PyObject
from cython cimport floating
from libc.string cimport memmove
from numpy cimport (
    NPY_DOUBLE,
    NPY_FLOAT,
    PyArray_DATA,
    PyArray_NBYTES,
    PyArray_TYPE,
    import_array,
    ndarray,
)

from minikeras._fast.arrays cimport (
    is_flat,
    is_native,
    is_writeable,
    otherwise,
    same_shape,
)
from minikeras._fast.clones cimport cloned
from minikeras._fast.updates cimport Update, flushed, moved, number, updated

import_array()


# --- Assignments ----------------------------------------------------------------------

cdef cloned add_flat(
    floating** arrays, const double* numbers, Py_ssize_t n
) noexcept nogil:
    cdef floating* target = arrays[0]
    cdef const floating* value = arrays[1]
    cdef Py_ssize_t i
    for i in range(n):
        target[i] = target[i] + value[i]

cdef Update ADD = Update(1, 2, add_flat[float], add_flat[double])

def assign_add(target, value):
    """target ← target + value; the shapes must be equal."""
    cdef PyObject* arrays[2]
    arrays[0], arrays[1] = <PyObject*> target, <PyObject*> value
    if not updated(&ADD, arrays, NULL):
        otherwise("assign_add", (target, value), {})


cdef cloned subtract_flat(
    floating** arrays, const double* numbers, Py_ssize_t n
) noexcept nogil:
    cdef floating* target = arrays[0]
    cdef const floating* value = arrays[1]
    cdef Py_ssize_t i
    for i in range(n):
        target[i] = target[i] - value[i]

cdef Update SUBTRACT = Update(1, 2, subtract_flat[float], subtract_flat[double])

def assign_subtract(target, value):
    """target ← target - value; the shapes must be equal."""
    cdef PyObject* arrays[2]
    arrays[0], arrays[1] = <PyObject*> target, <PyObject*> value
    if not updated(&SUBTRACT, arrays, NULL):
        otherwise("assign_subtract", (target, value), {})


def assign(target, value):
    """target ← value, rounded to the target's dtype; the shapes must be equal."""
    if (
        is_native(target, NPY_FLOAT) or is_native(target, NPY_DOUBLE)
    ) and (
        is_native(value, PyArray_TYPE(<ndarray> target))
        and same_shape(target, value)
        and is_flat(target)
        and is_flat(value)
        and is_writeable(target)
    ):
        memmove(
            PyArray_DATA(<ndarray> target),
            PyArray_DATA(<ndarray> value),
            PyArray_NBYTES(<ndarray> target),
        )
    else:
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

cdef Update SGD = Update(1, 2, sgd_flat[float], sgd_flat[double])

def sgd_update(weight, grad, learning_rate):
    """w ← w - η g."""
    cdef PyObject* arrays[2]
    cdef double numbers[1]
    arrays[0], arrays[1] = <PyObject*> weight, <PyObject*> grad
    numbers[0] = number(learning_rate)
    if not updated(&SGD, arrays, numbers):
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

cdef Update MOMENTUM = Update(2, 3, momentum_flat[float], momentum_flat[double])


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

cdef Update NESTEROV = Update(2, 3, nesterov_flat[float], nesterov_flat[double])

def momentum_update(weight, velocity, grad, learning_rate, *, momentum, nesterov):
    """v ← μ v - η g;  w ← w + v, or with Nesterov's look-ahead w ← w + (μ v - η g)."""
    cdef PyObject* arrays[3]
    cdef double numbers[2]
    arrays[0], arrays[1] = <PyObject*> weight, <PyObject*> velocity
    arrays[2] = <PyObject*> grad
    numbers[0], numbers[1] = number(learning_rate), momentum
    if not updated(&NESTEROV if nesterov else &MOMENTUM, arrays, numbers):
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

cdef Update DECAY = Update(1, 1, decay_flat[float], decay_flat[double])

def decay_update(weight, learning_rate, *, rate):
    """w ← w - (η λ) w, λ the rate of decay."""
    cdef PyObject* arrays[1]
    cdef double numbers[1]
    arrays[0] = <PyObject*> weight
    numbers[0] = number(learning_rate) * <double> rate
    if not updated(&DECAY, arrays, numbers):
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

cdef Update AVERAGE = Update(1, 2, average_flat[float], average_flat[double])

def average_update(average, value, *, momentum):
    """a ← μ a + (1 - μ) value."""
    cdef PyObject* arrays[2]
    cdef double numbers[1]
    arrays[0], arrays[1] = <PyObject*> average, <PyObject*> value
    numbers[0] = momentum
    if not updated(&AVERAGE, arrays, numbers):
        otherwise("average_update", (average, value), {"momentum": momentum})
