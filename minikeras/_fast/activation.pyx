"""Activations and their derivatives. Contract: kernels/reference/activation.py.

A parameter that is a number is a further input of the flat function. softmax.pyx has
what works on rows.
"""

from cython cimport floating

from minikeras._fast.arrays cimport (
    Elementwise,
    arithmetic,
    binary,
    costly,
    mapped,
    otherwise,
    unary,
)
from minikeras._fast.clones cimport cloned
from minikeras._fast.elementary cimport (
    erfc_of_libm,
    exp_of_double,
    exp_of_negative_half_square,
    exp_one,
    expm1_one,
    magnitude,
    scaled_normal_tail,
    sigmoid_one,
    softplus_one,
)

cdef double SQRT_HALF = 0.7071067811865476
cdef double SQRT_EIGHT_OVER_PI = 1.5957691216057308
cdef double TANH_CUBIC = 0.044715


# --- Rectifiers -----------------------------------------------------------------------

cdef cloned relu_flat(const floating* x, floating* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = x[i] if (x[i] > 0) | (x[i] != x[i]) else <floating> 0

cdef Elementwise RELU = arithmetic(
    "relu", <void*> relu_flat[float], <void*> relu_flat[double]
)

def relu(x, *, out=None):
    """max(x_i, 0); nan stays nan."""
    return unary(&RELU, x, out)


cdef cloned relu_grad_flat(
    const floating* grad, const floating* x, floating* out, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = grad[i] if x[i] > 0 else <floating> 0

cdef Elementwise RELU_GRAD = arithmetic(
    "relu_grad", <void*> relu_grad_flat[float], <void*> relu_grad_flat[double]
)

def relu_grad(grad, x, *, out=None):
    """grad_i where x_i > 0, else 0."""
    return binary(&RELU_GRAD, grad, x, out)


cdef cloned leaky_relu_flat(
    const floating* x, const floating* negative_slope, floating* out, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = x[i] if x[i] > 0 else negative_slope[i] * x[i]

cdef Elementwise LEAKY_RELU = arithmetic(
    "leaky_relu", <void*> leaky_relu_flat[float], <void*> leaky_relu_flat[double]
)

def leaky_relu(x, *, negative_slope, out=None):
    """x_i where x_i > 0, else negative_slope · x_i."""
    cdef object result = mapped(&LEAKY_RELU, 2, x, negative_slope, None, out)
    if result is None:
        parameters = {"negative_slope": negative_slope, "out": out}
        result = otherwise("leaky_relu", (x,), parameters)
    return result


cdef cloned leaky_relu_grad_flat(
    const floating* grad, const floating* x, const floating* negative_slope,
    floating* out, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = grad[i] if x[i] > 0 else negative_slope[i] * grad[i]

cdef Elementwise LEAKY_RELU_GRAD = arithmetic(
    "leaky_relu_grad",
    <void*> leaky_relu_grad_flat[float],
    <void*> leaky_relu_grad_flat[double],
)

def leaky_relu_grad(grad, x, *, negative_slope, out=None):
    """grad_i where x_i > 0, else negative_slope · grad_i."""
    cdef object result = mapped(&LEAKY_RELU_GRAD, 3, grad, x, negative_slope, out)
    if result is None:
        parameters = {"negative_slope": negative_slope, "out": out}
        result = otherwise("leaky_relu_grad", (grad, x), parameters)
    return result


# --- Exponential units ----------------------------------------------------------------

cdef cloned sigmoid_flat(const floating* x, floating* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = sigmoid_one(x[i])

cdef Elementwise SIGMOID = costly(
    arithmetic("sigmoid", <void*> sigmoid_flat[float], <void*> sigmoid_flat[double])
)

def sigmoid(x, *, out=None):
    """1 / (1 + exp(-x_i))."""
    return unary(&SIGMOID, x, out)


cdef cloned sigmoid_grad_flat(
    const floating* grad, const floating* y, floating* out, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = grad[i] * (y[i] * (<floating> 1 - y[i]))

cdef Elementwise SIGMOID_GRAD = arithmetic(
    "sigmoid_grad", <void*> sigmoid_grad_flat[float], <void*> sigmoid_grad_flat[double]
)

def sigmoid_grad(grad, y, *, out=None):
    """grad_i · y_i (1 - y_i), y = sigmoid(x)."""
    return binary(&SIGMOID_GRAD, grad, y, out)


cdef cloned tanh_grad_flat(
    const floating* grad, const floating* y, floating* out, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = grad[i] * ((<floating> 1 - y[i]) * (<floating> 1 + y[i]))

cdef Elementwise TANH_GRAD = arithmetic(
    "tanh_grad", <void*> tanh_grad_flat[float], <void*> tanh_grad_flat[double]
)

def tanh_grad(grad, y, *, out=None):
    """grad_i · (1 - y_i²), y = tanh(x)."""
    return binary(&TANH_GRAD, grad, y, out)


cdef cloned softplus_flat(
    const floating* x, floating* out, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = softplus_one(x[i])

cdef Elementwise SOFTPLUS = costly(
    arithmetic("softplus", <void*> softplus_flat[float], <void*> softplus_flat[double])
)

def softplus(x, *, out=None):
    """log(1 + exp(x_i))."""
    return unary(&SOFTPLUS, x, out)


cdef cloned silu_flat(const floating* x, floating* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = x[i] * sigmoid_one(x[i])

cdef Elementwise SILU = costly(
    arithmetic("silu", <void*> silu_flat[float], <void*> silu_flat[double])
)

def silu(x, *, out=None):
    """x_i · sigmoid(x_i)."""
    return unary(&SILU, x, out)


cdef cloned elu_flat(
    const floating* x, const floating* alpha, floating* out, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = x[i] if x[i] > 0 else alpha[i] * expm1_one(x[i])

cdef Elementwise ELU = costly(
    arithmetic("elu", <void*> elu_flat[float], <void*> elu_flat[double])
)

def elu(x, *, alpha, out=None):
    """x_i where x_i > 0, else alpha · (exp(x_i) - 1)."""
    cdef object result = mapped(&ELU, 2, x, alpha, None, out)
    if result is None:
        parameters = {"alpha": alpha, "out": out}
        result = otherwise("elu", (x,), parameters)
    return result


cdef cloned elu_grad_flat(
    const floating* grad, const floating* x, const floating* alpha,
    floating* out, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = grad[i] if x[i] > 0 else grad[i] * (alpha[i] * exp_one(x[i]))

cdef Elementwise ELU_GRAD = costly(
    arithmetic("elu_grad", <void*> elu_grad_flat[float], <void*> elu_grad_flat[double])
)

def elu_grad(grad, x, *, alpha, out=None):
    """grad_i where x_i > 0, else grad_i · alpha · exp(x_i)."""
    cdef object result = mapped(&ELU_GRAD, 3, grad, x, alpha, out)
    if result is None:
        parameters = {"alpha": alpha, "out": out}
        result = otherwise("elu_grad", (grad, x), parameters)
    return result


# --- GELU -----------------------------------------------------------------------------
#
# x Φ(x), Φ the normal distribution function, or its approximation by tanh. Exponents
# have more digits than float32: far below 0, rounding one would be all of the error.

cdef inline void normal_distribution(
    floating x, floating* probability, floating* density
) noexcept nogil:
    """Φ(x) and φ(x) = Φ′(x) = exp(-x²/2) / √2π. In float32 Φ is within 6 ulp."""
    cdef floating power = exp_of_negative_half_square(x), tail
    if floating is float:
        tail = power * scaled_normal_tail(magnitude(x))
        probability[0] = tail if x < 0 else <float> 1 - tail
    else:
        probability[0] = 0.5 * erfc_of_libm(-x * SQRT_HALF)
    density[0] = power * <floating> 0.3989422804014327  # 1/√2π


cdef inline void tanh_form(
    floating x, floating* probability, double* density
) noexcept nogil:
    """½ + ½ tanh(√(2/π) (x + 0.044715 x³)) and its derivative.

    Written as s and s (1 - s) u′ with s = sigmoid(u), u = √(8/π) (x + 0.044715 x³).
    """
    cdef double wide = x
    cdef double square = wide * wide
    cdef double u = SQRT_EIGHT_OVER_PI * (wide * (1 + TANH_CUBIC * square))
    cdef double slope = SQRT_EIGHT_OVER_PI * (1 + 3 * TANH_CUBIC * square)
    cdef floating small, share
    small = exp_of_double(-magnitude(u), x)
    share = <floating> 1 / (<floating> 1 + small)
    probability[0] = small * share if u < 0 else share
    density[0] = slope * (small * share * share)


cdef cloned gelu_flat(const floating* x, floating* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef floating probability, density
    for i in range(n):
        normal_distribution(x[i], &probability, &density)
        out[i] = x[i] * probability


cdef cloned gelu_by_tanh_flat(
    const floating* x, floating* out, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    cdef floating probability
    cdef double density
    for i in range(n):
        tanh_form(x[i], &probability, &density)
        out[i] = x[i] * probability

cdef Elementwise GELU = costly(
    arithmetic("gelu", <void*> gelu_flat[float], <void*> gelu_flat[double])
)
cdef Elementwise GELU_BY_TANH = costly(
    arithmetic(
        "gelu", <void*> gelu_by_tanh_flat[float], <void*> gelu_by_tanh_flat[double]
    )
)

def gelu(x, *, approximate, out=None):
    """x_i Φ(x_i), Φ the normal distribution function; or its approximation by tanh."""
    cdef const Elementwise* kernel = &GELU_BY_TANH if approximate else &GELU
    cdef object result = mapped(kernel, 1, x, None, None, out)
    if result is None:
        result = otherwise("gelu", (x,), {"approximate": approximate, "out": out})
    return result


cdef cloned gelu_grad_flat(
    const floating* grad, const floating* x, floating* out, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    cdef floating probability, density
    for i in range(n):
        normal_distribution(x[i], &probability, &density)
        out[i] = grad[i] * (probability + x[i] * density)


cdef cloned gelu_by_tanh_grad_flat(
    const floating* grad, const floating* x, floating* out, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    cdef floating probability
    cdef double density
    for i in range(n):
        tanh_form(x[i], &probability, &density)
        out[i] = <floating> (grad[i] * (probability + x[i] * density))

cdef Elementwise GELU_GRAD = costly(
    arithmetic(
        "gelu_grad", <void*> gelu_grad_flat[float], <void*> gelu_grad_flat[double]
    )
)
cdef Elementwise GELU_BY_TANH_GRAD = costly(
    arithmetic(
        "gelu_grad",
        <void*> gelu_by_tanh_grad_flat[float],
        <void*> gelu_by_tanh_grad_flat[double],
    )
)

def gelu_grad(grad, x, *, approximate, out=None):
    """grad_i · ∂gelu(x_i)/∂x_i."""
    cdef const Elementwise* kernel = &GELU_BY_TANH_GRAD if approximate else &GELU_GRAD
    cdef object result = mapped(kernel, 2, grad, x, None, out)
    if result is None:
        parameters = {"approximate": approximate, "out": out}
        result = otherwise("gelu_grad", (grad, x), parameters)
    return result
