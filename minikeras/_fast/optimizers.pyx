"""Steps of optimizers, in one pass. Contract: kernels/reference/optimizers.py.

A flat function has the arithmetic. It takes an array of pointers, what changes first,
and an array of the numbers that all weights share:

    void f(T** arrays, const double* numbers, Py_ssize_t n)

Each operation is rounded to T, in the order in which the reference does them: the bits
are the same.
"""

from cpython.object cimport PyObject
from cython cimport floating
from libc.math cimport fabs, fabsf, pow, sqrt, sqrtf
from libc.stdint cimport int32_t, int64_t
from libc.string cimport memmove
from numpy cimport (
    NPY_ARRAY_CARRAY_RO,
    NPY_DOUBLE,
    NPY_FLOAT,
    NPY_INT32,
    NPY_INT64,
    PyArray_DATA,
    PyArray_FROMANY,
    PyArray_ITEMSIZE,
    PyArray_NBYTES,
    PyArray_NDIM,
    PyArray_SIZE,
    PyArray_TYPE,
    import_array,
    ndarray,
)

from minikeras._fast.arrays cimport (
    LARGE,
    is_flat,
    is_native,
    is_writeable,
    otherwise,
    same_shape,
)
from minikeras._fast.clones cimport cloned

import_array()

cdef enum:
    MOST_ARRAYS = 5     # of an update; with more, gcc gives up on vectors

ctypedef void (*flat32)(float**, const double*, Py_ssize_t) noexcept nogil
ctypedef void (*flat64)(double**, const double*, Py_ssize_t) noexcept nogil

cdef struct Update:
    int changing        # how many arrays, from the first, it changes
    int count           # how many arrays it takes
    flat32 of_float32
    flat64 of_float64


# --- What the steps have in common ----------------------------------------------------

cdef inline floating flushed(floating slot) noexcept nogil:
    """0 for what is smaller than the smallest normal number."""
    if floating is float:
        return <float> 0 if fabsf(slot) < <float> 1.17549435e-38 else slot
    else:
        return 0 if fabs(slot) < 2.2250738585072014e-308 else slot


cdef inline floating root(floating x) noexcept nogil:
    return sqrtf(x) if floating is float else sqrt(x)


cdef inline floating moved(
    floating average, floating x, floating keep, floating take
) noexcept nogil:
    """A moving average, moved on by one number; keep + take = 1."""
    return flushed(keep * average + take * x)


cdef inline floating variance_of(floating velocity, floating average) noexcept nogil:
    """v - a², which is no less than 0 but for rounding."""
    cdef floating variance = velocity - average * average
    return <floating> 0 if variance < 0 else variance


# --- Gradient descent -----------------------------------------------------------------

cdef cloned add_flat(floating** arrays, const double* numbers, Py_ssize_t n) noexcept nogil:
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


cdef cloned sgd_flat(floating** arrays, const double* numbers, Py_ssize_t n) noexcept nogil:
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
    cdef floating rate = <floating> numbers[0], momentum = <floating> numbers[1], v, step
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


# --- RMSprop: numbers are η, ρ, ε and, with momentum, μ -------------------------------

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

cdef Update RMSPROP = Update(2, 3, rmsprop_flat[float], rmsprop_flat[double])

def rmsprop_update(weight, velocity, grad, learning_rate, *, rho, epsilon):
    """v ← ρ v + (1 - ρ) g²;  w ← w - η g / √(v + ε)."""
    cdef PyObject* arrays[3]
    cdef double numbers[3]
    arrays[0], arrays[1] = <PyObject*> weight, <PyObject*> velocity
    arrays[2] = <PyObject*> grad
    numbers[0], numbers[1], numbers[2] = number(learning_rate), rho, epsilon
    if not updated(&RMSPROP, arrays, numbers):
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

cdef Update RMSPROP_MOMENTUM = Update(
    3, 4, rmsprop_momentum_flat[float], rmsprop_momentum_flat[double]
)

def rmsprop_momentum_update(
    weight, velocity, trace, grad, learning_rate, *, rho, momentum, epsilon
):
    """v ← ρ v + (1 - ρ) g²;  s ← μ s + η g / √(v + ε);  w ← w - s, s the trace."""
    cdef PyObject* arrays[4]
    cdef double numbers[4]
    arrays[0], arrays[1] = <PyObject*> weight, <PyObject*> velocity
    arrays[2], arrays[3] = <PyObject*> trace, <PyObject*> grad
    numbers[0], numbers[1] = number(learning_rate), rho
    numbers[2], numbers[3] = epsilon, momentum
    if not updated(&RMSPROP_MOMENTUM, arrays, numbers):
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

cdef Update RMSPROP_CENTERED = Update(
    3, 4, rmsprop_centered_flat[float], rmsprop_centered_flat[double]
)

def rmsprop_centered_update(
    weight, velocity, average, grad, learning_rate, *, rho, epsilon
):
    """v ← ρ v + (1 - ρ) g²;  a ← ρ a + (1 - ρ) g;  w ← w - η g / √(v - a² + ε)."""
    cdef PyObject* arrays[4]
    cdef double numbers[3]
    arrays[0], arrays[1] = <PyObject*> weight, <PyObject*> velocity
    arrays[2], arrays[3] = <PyObject*> average, <PyObject*> grad
    numbers[0], numbers[1], numbers[2] = number(learning_rate), rho, epsilon
    if not updated(&RMSPROP_CENTERED, arrays, numbers):
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

cdef Update RMSPROP_CENTERED_MOMENTUM = Update(
    4, 5, rmsprop_centered_momentum_flat[float], rmsprop_centered_momentum_flat[double]
)

def rmsprop_centered_momentum_update(
    weight, velocity, average, trace, grad, learning_rate, *, rho, momentum, epsilon
):
    """v ← ρ v + (1 - ρ) g²;  a ← ρ a + (1 - ρ) g;  s ← μ s + η g / √(v - a² + ε);
    w ← w - s, s the trace."""
    cdef PyObject* arrays[5]
    cdef double numbers[4]
    arrays[0], arrays[1] = <PyObject*> weight, <PyObject*> velocity
    arrays[2], arrays[3] = <PyObject*> average, <PyObject*> trace
    arrays[4] = <PyObject*> grad
    numbers[0], numbers[1] = number(learning_rate), rho
    numbers[2], numbers[3] = epsilon, momentum
    if not updated(&RMSPROP_CENTERED_MOMENTUM, arrays, numbers):
        otherwise(
            "rmsprop_centered_momentum_update",
            (weight, velocity, average, trace, grad, learning_rate),
            {"rho": rho, "momentum": momentum, "epsilon": epsilon},
        )


# --- Adam: numbers are α, β₁, β₂, ε ---------------------------------------------------

cdef cloned adam_flat(floating** arrays, const double* numbers, Py_ssize_t n) noexcept nogil:
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

cdef Update ADAM = Update(3, 4, adam_flat[float], adam_flat[double])

def adam_update(
    weight, momentum, velocity, grad, learning_rate, step, *, beta_1, beta_2, epsilon
):
    """m ← m + (1 - β₁)(g - m);  v ← v + (1 - β₂)(g² - v);  w ← w - α m / (√v + ε)."""
    cdef PyObject* arrays[4]
    cdef double numbers[4]
    arrays[0], arrays[1] = <PyObject*> weight, <PyObject*> momentum
    arrays[2], arrays[3] = <PyObject*> velocity, <PyObject*> grad
    numbers[0] = adam_rate(number(learning_rate), number(step), beta_1, beta_2)
    numbers[1], numbers[2], numbers[3] = beta_1, beta_2, epsilon
    if not updated(&ADAM, arrays, numbers):
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

cdef Update AMSGRAD = Update(4, 5, amsgrad_flat[float], amsgrad_flat[double])

def amsgrad_update(
    weight, momentum, velocity, peak, grad, learning_rate, step, *,
    beta_1, beta_2, epsilon
):
    """Adam with the largest v so far: p ← max(p, v);  w ← w - α m / (√p + ε)."""
    cdef PyObject* arrays[5]
    cdef double numbers[4]
    arrays[0], arrays[1] = <PyObject*> weight, <PyObject*> momentum
    arrays[2], arrays[3] = <PyObject*> velocity, <PyObject*> peak
    arrays[4] = <PyObject*> grad
    numbers[0] = adam_rate(number(learning_rate), number(step), beta_1, beta_2)
    numbers[1], numbers[2], numbers[3] = beta_1, beta_2, epsilon
    if not updated(&AMSGRAD, arrays, numbers):
        otherwise(
            "amsgrad_update",
            (weight, momentum, velocity, peak, grad, learning_rate, step),
            {"beta_1": beta_1, "beta_2": beta_2, "epsilon": epsilon},
        )


cdef double adam_rate(double rate, double step, double beta_1, double beta_2) noexcept:
    """α = η √(1 - β₂ᵗ) / (1 - β₁ᵗ), t = step + 1."""
    return rate * sqrt(1 - pow(beta_2, step + 1)) / (1 - pow(beta_1, step + 1))


# --- From arrays to runs --------------------------------------------------------------

cdef bint updated(const Update* kernel, PyObject** arrays, const double* numbers) except -1:
    """Updates the first arrays; False, and nothing is done, if they are not for us.

    What changes must be one run in C order. What doesn't is copied if it is none.
    """
    cdef char* data[MOST_ARRAYS]
    cdef ndarray array, first
    cdef list copies = None
    cdef Py_ssize_t n
    cdef int i, type
    if is_native(<object> arrays[0], NPY_FLOAT):
        type = NPY_FLOAT
    elif is_native(<object> arrays[0], NPY_DOUBLE):
        type = NPY_DOUBLE
    else:
        return False
    first = <ndarray> arrays[0]
    for i in range(kernel.count):
        if not is_native(<object> arrays[i], type):
            return False
        array = <ndarray> arrays[i]
        if not same_shape(array, first):
            return False
        if i < kernel.changing:
            if not (is_flat(array) and is_writeable(array)):
                return False
        elif not is_flat(array):
            array = PyArray_FROMANY(array, type, 0, 0, NPY_ARRAY_CARRAY_RO)
            copies = copies or []
            copies.append(array)
        data[i] = <char*> PyArray_DATA(array)
    if any_overlap(data, kernel.count, PyArray_NBYTES(first)):
        return False

    n = PyArray_SIZE(first)
    if n < LARGE:
        run(kernel, type, data, numbers, n)
    else:
        with nogil:
            run(kernel, type, data, numbers, n)
    return True


cdef inline void run(
    const Update* kernel, int type, char** data, const double* numbers, Py_ssize_t n
) noexcept nogil:
    if type == NPY_FLOAT:
        kernel.of_float32(<float**> data, numbers, n)
    else:
        kernel.of_float64(<double**> data, numbers, n)


cdef inline bint any_overlap(char** data, int count, Py_ssize_t size) noexcept:
    """Tells if two runs of `size` bytes have a byte in common."""
    cdef int i, j
    for i in range(count):
        for j in range(i):
            if data[i] < data[j] + size and data[j] < data[i] + size:
                return True
    return False


cdef double number(object x) except? -1:
    """Returns what a 0-d array holds."""
    cdef ndarray array
    if is_native(x, NPY_FLOAT) or is_native(x, NPY_DOUBLE):
        array = <ndarray> x
        if PyArray_NDIM(array) == 0 and is_flat(array):
            if PyArray_ITEMSIZE(array) == 4:
                return (<float*> PyArray_DATA(array))[0]
            return (<double*> PyArray_DATA(array))[0]
    elif is_native(x, NPY_INT64) or is_native(x, NPY_INT32):
        array = <ndarray> x
        if PyArray_NDIM(array) == 0 and is_flat(array):
            if PyArray_ITEMSIZE(array) == 4:
                return (<int32_t*> PyArray_DATA(array))[0]
            return <double> (<int64_t*> PyArray_DATA(array))[0]
    return float(x)
