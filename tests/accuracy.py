"""The numeric classes as functions: how far a kernel may be from `reference`.

u = 2⁻²⁴ in float32, 2⁻⁵³ in float64.

    A  the same bits, with the sign of zero and the place of nan
    B  ≤ 4 units in the last place, composites ≤ 8 where nothing cancels
    C  |out - exact| ≤ u·|out| + n·2⁻⁵³·Σ|terms|
    D  |out - exact| ≤ (k + 2)·u·(|A||B|) + k·smallest normal

What cancels, and what a class C kernel adds up, is said here kernel by kernel.
"""

import math

import numpy as np

from minikeras.kernels.reference import reference
from minikeras.kernels.table import TABLE
from tests import accuracy_of_sequences
from tests.accuracy_of_attention import attention_bound, attention_grad_bound

EPSILON = 2.0**-53  # of the float64 that sums are accumulated in


def rounding(dtype):
    """Returns u, the largest relative error of one rounding."""
    return float(np.finfo(dtype).eps) / 2


def assert_accurate(name, call, actual, expected, place=0):
    """Holds a result against the reference's by the numeric class of its kernel.

    `place` is which of its results that is, for a kernel that has several.
    """
    accuracy = TABLE[name].accuracy
    if accuracy == "A" or expected.dtype.kind != "f":
        assert_same_bits(actual, expected)
    elif accuracy == "B":
        assert_close_in_ulps(name, call, actual, expected)
    elif name in BOUNDS:
        assert_sum_accurate(name, call, actual, expected, place)
    elif name in NESTED:
        assert_nested_accurate(name, call, actual, expected, place)
    else:
        assert_contraction_accurate(name, call, actual)


# --- Class A --------------------------------------------------------------------------


def assert_same_bits(actual, expected):
    """Refuses any difference, -0 for 0 included; one nan is like another."""
    assert actual.dtype == expected.dtype
    assert actual.shape == expected.shape
    if expected.dtype.kind != "f":
        np.testing.assert_array_equal(actual, expected)
        return
    same = (bits(actual) == bits(expected)) | (np.isnan(actual) & np.isnan(expected))
    assert same.all(), difference(actual, expected, ~same)


def bits(x):
    """Returns the integers with the bits of x."""
    return np.array(x, order="C").view(f"i{x.dtype.itemsize}")


def difference(actual, expected, wrong):
    """Says where two arrays differ."""
    places = np.argwhere(wrong)
    first = tuple(map(int, places[0]))
    return (
        f"{len(places)} of {wrong.size} elements are wrong. At {list(first)} there is "
        f"{actual[first]!r} where {expected[first]!r} was expected."
    )


# --- Class B --------------------------------------------------------------------------


def ulp_distance(x, y):
    """Returns how many floating-point numbers lie between x and y; inf beside a nan."""
    x, y = np.broadcast_arrays(x, y)
    steps = np.abs(place_in_order(x) - place_in_order(y))
    distance = np.where(np.isnan(x) | np.isnan(y), np.inf, steps)
    return np.where(np.isnan(x) & np.isnan(y), 0.0, distance)


def place_in_order(x):
    """Returns the number of each float, counted from 0 in the order of their size."""
    integers = bits(x).astype(np.longdouble)
    lowest = -(2.0 ** (8 * x.dtype.itemsize - 1))
    return np.where(integers < 0, lowest - integers, integers)  # -0 is 0


def assert_close_in_ulps(name, call, actual, expected):
    """Allows 4 units in the last place, or 8, and rounding errors of what cancels."""
    ulps = 8 if name in COMPOSITES else 4
    wrong = ulp_distance(actual, expected) > ulps
    if name in CANCELLING and wrong.any():
        with np.errstate(all="ignore"):
            terms = CANCELLING[name](*in_float64(call.inputs), **call.parameters)
        allowed = 8 * rounding(expected.dtype) * np.broadcast_to(terms, expected.shape)
        wrong &= ~(error(actual, expected) <= allowed)
    assert not wrong.any(), difference(actual, expected, wrong)


COMPOSITES = {
    *("rsqrt", "sigmoid", "sigmoid_grad", "tanh_grad", "softplus", "silu"),
    *("gelu", "gelu_grad", "elu", "elu_grad", "sigmoid_cross_entropy"),
    *("random_normal", "random_truncated_normal", "standardize"),
}

# Kernel → the size of the terms whose sum may be much smaller than they are.
CANCELLING = {
    "sigmoid_grad": lambda grad, y: np.abs(grad * y) * (1 + np.abs(y)),
    "tanh_grad": lambda grad, y: np.abs(grad) * (1 + y * y),
    "gelu": lambda x, *, approximate: np.abs(x),
    "gelu_grad": lambda grad, x, *, approximate: np.abs(grad) * (1 + np.abs(x)),
    "sigmoid_cross_entropy": lambda x, t: np.abs(x) + np.abs(x * t) + 1,
    "standardize": lambda x, mean, variance, gamma, beta, *, epsilon: (
        (np.abs(x) + np.abs(mean)) / np.sqrt(variance + epsilon) * np.abs(gamma)
        + np.abs(beta)
    ),
    "random_normal": lambda state, *, mean, stddev, **_: abs(mean) + abs(stddev),
    "random_truncated_normal": lambda state, *, mean, stddev, **_: (
        abs(mean) + abs(stddev)
    ),
}


# --- Class C --------------------------------------------------------------------------


def assert_sum_accurate(name, call, actual, expected, place):
    """Allows twice the bound of class C: each result is within it of the exact one."""
    inputs = in_float64(call.inputs)
    finite = [np.where(np.isfinite(x), x, 0.0) if is_float(x) else x for x in inputs]
    distance = error(actual, expected)
    allowed = 2 * bound_of_sum(name, call, inputs, expected.dtype, place)
    # Where what is finite overflows by itself, the order of the sum decides.
    undecided = np.isinf(bound_of_sum(name, call, finite, expected.dtype, place))
    wrong = ~((distance == 0) | (distance <= allowed) | undecided)
    assert not wrong.any(), difference(actual, expected, wrong)


def bound_of_sum(name, call, inputs, dtype, place):
    """Returns how far a result of class C may be from the exact one.

    A kernel with several results has a bound that takes and gives a tuple.
    """
    with np.errstate(all="ignore"):
        exact_enough = getattr(reference, name)(*inputs, **call.parameters)
        several = isinstance(exact_enough, tuple)
        size = tuple(map(np.abs, exact_enough)) if several else np.abs(exact_enough)
        bound = BOUNDS[name](rounding(dtype), size, *inputs, **call.parameters)
    bound = bound[place] if several else bound
    return bound + float(np.finfo(dtype).smallest_subnormal)


def error(actual, expected):
    """Returns |actual - expected|; 0 where both are nan or the same infinity."""
    actual, expected = actual.astype(np.float64), expected.astype(np.float64)
    with np.errstate(all="ignore"):
        distance = np.abs(actual - expected)
    same = (actual == expected) | (np.isnan(actual) & np.isnan(expected))
    return np.where(same, 0.0, distance)


def sum_bound(u, out, x, *, axis, keepdims):
    return u * out + terms_of(x, axis) * EPSILON * reference.sum(
        np.abs(x), axis=axis, keepdims=keepdims
    )


def mean_bound(u, out, x, *, axis, keepdims):
    return u * out + (terms_of(x, axis) + 1) * EPSILON * reference.mean(
        np.abs(x), axis=axis, keepdims=keepdims
    )


def variance_bound(u, out, x, *, axis, keepdims):
    """The mean is off by δ, which adds δ²; each x - mean is rounded."""
    n = terms_of(x, axis)
    largest = np.abs(x).max(initial=0.0)
    spread = np.sqrt(out)
    return (
        u * out + n * EPSILON * (out + largest * spread) + (n * EPSILON * largest) ** 2
    )


def product_bound(u, out, x, *, axis, keepdims):
    n = terms_of(x, axis)
    exponents = np.sum(np.abs(exponents_of(x)), axis=axis, keepdims=keepdims)
    return (u + n * EPSILON) * out + unless_in_range(exponents)


def logsumexp_bound(u, out, x, *, axis, keepdims):
    n = max(terms_of(x, axis), 1)
    return 8 * u * (out + 1 + math.log(n)) + n * EPSILON


def cumsum_bound(u, out, x, *, axis, reverse):
    return u * out + x.shape[axis] * EPSILON * reference.cumsum(
        np.abs(x), axis=axis, reverse=reverse
    )


def cumprod_bound(u, out, x, *, axis, reverse):
    exponents = reference.cumsum(np.abs(exponents_of(x)), axis=axis, reverse=reverse)
    return (u + x.shape[axis] * EPSILON) * out + unless_in_range(exponents)


def sum_to_shape_bound(u, out, x, like):
    n = x.size / max(1, np.size(like))
    return u * out + n * EPSILON * reference.sum_to_shape_of(np.abs(x), like)


def softmax_bound(u, out, x, *, axis):
    """An error in x_i - max is multiplied by that difference, and exp is of class B."""
    n = x.shape[axis]
    return out * (16 * u + u * depth(x, axis) + u * math.log(max(n, 1)) + n * EPSILON)


def log_softmax_bound(u, out, x, *, axis):
    n = max(x.shape[axis], 1)
    return 8 * u * (out + depth(x, axis) + 1 + math.log(n)) + n * EPSILON


def softmax_grad_bound(u, out, grad, y, *, axis):
    products = np.sum(np.abs(grad * y), axis=axis, keepdims=True)
    return 8 * u * np.abs(y) * (np.abs(grad) + products) + (
        y.shape[axis] * EPSILON * np.abs(y) * products
    )


def take_grad_bound(u, out, grad, x, indices, *, axis):
    terms = reference.take_grad(np.abs(grad), x, indices, axis=axis)
    return u * out + np.size(indices) * EPSILON * terms


def take_along_axis_grad_bound(u, out, grad, x, indices, *, axis):
    terms = reference.take_along_axis_grad(np.abs(grad), x, indices, axis=axis)
    return u * out + grad.shape[axis] * EPSILON * terms


def max_pool_grad_bound(u, out, grad, places, x, **windows):
    terms = reference.max_pool_grad(np.abs(grad), places, x, **windows)
    return u * out + math.prod(windows["pool_size"]) * EPSILON * terms


def average_pool_bound(u, out, x, **windows):
    terms = reference.average_pool(np.abs(x), **windows)
    return u * out + (math.prod(windows["pool_size"]) + 1) * EPSILON * terms


def average_pool_grad_bound(u, out, grad, x, **windows):
    terms = reference.average_pool_grad(np.abs(grad), x, **windows)
    return u * out + (math.prod(windows["pool_size"]) + 2) * EPSILON * terms


def softmax_cross_entropy_bound(u, out, logits, targets):
    n = max(logits.shape[-1], 1)
    losses = depth(logits, -1) + math.log(n) + 1
    terms = np.where(targets == 0, 0.0, np.abs(targets) * losses)
    return 8 * u * (out + np.sum(terms, axis=-1)) + n * EPSILON * np.sum(terms, axis=-1)


def sparse_softmax_cross_entropy_bound(u, out, logits, labels):
    n = max(logits.shape[-1], 1)
    return 8 * u * (out + 1 + math.log(n)) + n * EPSILON


def normalization_bound(u, out, x, gamma, beta, *, axis, epsilon):
    """Statistics are sums; what they are off by, all that is made of them is, too."""
    y, mean, variance = out
    mean_error = mean_bound(u, mean, x, axis=axis, keepdims=True)
    n = terms_of(x, axis)
    largest = np.max(np.abs(x), axis=axis, keepdims=True, initial=0.0)
    variance_error = u * variance + (n * EPSILON * largest) ** 2
    variance_error += n * EPSILON * (variance + largest * np.sqrt(variance))
    scale = 1 / np.sqrt(variance + epsilon)
    x_hat = (np.abs(x) + mean) * scale
    off = mean_error * scale + x_hat * variance_error * scale**2
    y_error = np.abs(gamma) * (8 * u * x_hat + off) + 8 * u * np.abs(beta) + 0 * y
    return y_error, mean_error, variance_error


def batch_normalization_grad_bound(
    u, out, grad, x, mean, variance, gamma, *, axis, epsilon
):
    """What is added up may be larger than the result, or cancel in x - mean."""
    terms, scale = gradient_terms(grad, x, mean, variance, gamma, axis, epsilon)
    n = terms_of(x, axis)
    sums = bounds_of_sums(u, out, grad, x, mean, scale, axis)
    return ((8 * u + n * EPSILON) * terms, *sums)


def layer_normalization_grad_bound(
    u, out, grad, x, mean, variance, gamma, *, axis, epsilon
):
    """The same, but γ and β are summed over other axes than the means of x."""
    terms, scale = gradient_terms(grad, x, mean, variance, gamma, axis, epsilon)
    repeated = tuple(i for i, side in enumerate(gamma.shape) if side == 1)
    sums = bounds_of_sums(u, out, grad, x, mean, scale, repeated)
    return ((16 * u + terms_of(x, axis) * EPSILON) * terms, *sums)


def gradient_terms(grad, x, mean, variance, gamma, axis, epsilon):
    """Returns the size of what the gradient of x is the sum of, and 1 / √(v + ε)."""
    scale = 1 / np.sqrt(variance + epsilon)
    weighted = np.abs(grad * gamma)
    x_hat = (np.abs(x) + np.abs(mean)) * scale
    n = max(terms_of(x, axis), 1)
    weighted_mean = np.sum(weighted, axis=axis, keepdims=True) / n
    product_mean = np.sum(weighted * x_hat, axis=axis, keepdims=True) / n
    return scale * (weighted + weighted_mean + x_hat * product_mean), scale


def bounds_of_sums(u, out, grad, x, mean, scale, axis):
    """Returns how far the gradients of γ and β may be off, which are sums."""
    terms = np.abs(grad) * (np.abs(x) + np.abs(mean)) * scale, np.abs(grad)
    share = (terms_of(x, axis) + 8) * EPSILON
    return [
        u * total + share * np.sum(part, axis=axis, keepdims=True)
        for total, part in zip(out[1:], terms, strict=True)
    ]


def drawn_bound(u, out, state, *inputs, shape, dtype):
    """Logarithms of numbers are computed, in float64: some may be in the thousands."""
    with np.errstate(divide="ignore"):
        depth_of_log = np.where(out > 0, 1 + np.abs(np.log(out)), 0.0)
    return u * out + 2.0**-40 * out * depth_of_log


BOUNDS = {
    "sum": sum_bound,
    "mean": mean_bound,
    "variance": variance_bound,
    "prod": product_bound,
    "logsumexp": logsumexp_bound,
    "cumsum": cumsum_bound,
    "cumprod": cumprod_bound,
    "sum_to_shape_of": sum_to_shape_bound,
    "softmax": softmax_bound,
    "log_softmax": log_softmax_bound,
    "softmax_grad": softmax_grad_bound,
    "take_grad": take_grad_bound,
    "take_along_axis_grad": take_along_axis_grad_bound,
    "max_pool_grad": max_pool_grad_bound,
    "average_pool": average_pool_bound,
    "average_pool_grad": average_pool_grad_bound,
    "softmax_cross_entropy": softmax_cross_entropy_bound,
    "sparse_softmax_cross_entropy": sparse_softmax_cross_entropy_bound,
    "batch_normalization": normalization_bound,
    "layer_normalization": normalization_bound,
    "batch_normalization_grad": batch_normalization_grad_bound,
    "layer_normalization_grad": layer_normalization_grad_bound,
    "random_gamma": drawn_bound,
    "random_beta": drawn_bound,
    **accuracy_of_sequences.BOUNDS,
}


def terms_of(x, axis):
    """Returns how many elements go into each result of a reduction."""
    if axis is None:
        return x.size
    axes = axis if isinstance(axis, tuple) else (axis,)
    return math.prod(x.shape[i] for i in axes)


def depth(x, axis):
    """Returns how far each element is below the maximum along the axis."""
    return x.max(axis=axis, keepdims=True, initial=-np.inf) - x


def exponents_of(x):
    """Returns log₂|x|, 0 for what has none."""
    exponents = np.log2(np.abs(x))
    return np.where(np.isfinite(exponents), exponents, 0.0)


def unless_in_range(exponents):
    """Returns inf where a partial product may leave the range in one order only."""
    return np.where(exponents < 1000, 0.0, np.inf)


# --- Class D --------------------------------------------------------------------------


def assert_contraction_accurate(name, call, actual):
    """Holds sums of products against the exact ones, in higher precision."""
    contract = getattr(reference, name)
    inputs = [x.astype(np.longdouble) for x in call.inputs]
    sizes = [np.abs(x) for x in inputs]
    k = TERMS[name](*call.inputs)
    limits = np.finfo(actual.dtype)
    with np.errstate(all="ignore"):
        exact = contract(*inputs, **call.parameters)
        expected = exact.astype(actual.dtype)
        size = contract(*sizes, **call.parameters)
        allowed = (k + 2) * rounding(actual.dtype) * size
        distance = np.abs(actual - exact)
        # Where what is finite overflows by itself, the order of the sum decides.
        finite = [np.where(np.isfinite(x), x, 0) for x in sizes]
        terms = contract(*finite, **call.parameters)
    same = (actual == expected) | (np.isnan(actual) & np.isnan(expected))
    undecided = terms > limits.max / 2
    wrong = ~((distance <= allowed + k * limits.tiny) | same | undecided)
    assert not wrong.any(), difference(actual, expected, wrong)


# Kernel → the number of terms of each sum.
TERMS = {
    "matmul": lambda x, y: x.shape[-1],
    "matmul_bias": lambda x, y, bias: x.shape[-1] + 1,
    "matmul_bias_relu": lambda x, y, bias: x.shape[-1] + 1,
    "convolution": lambda x, kernel: math.prod(kernel.shape[:-1]),
    "convolution_bias": lambda x, kernel, bias: math.prod(kernel.shape[:-1]) + 1,
    "convolution_bias_relu": lambda x, kernel, bias: math.prod(kernel.shape[:-1]) + 1,
    "convolution_input_grad": lambda grad, x, kernel: kernel.size,
    "convolution_kernel_grad": lambda grad, x, kernel: math.prod(grad.shape[:-1]),
}


def assert_nested_accurate(name, call, actual, expected, place):
    """Allows four times what products of products may be off, to first order.

    `expected`, from the reference, may be as far from the exact result as `actual` is.
    """
    inputs = [x.astype(np.longdouble) if is_float(x) else x for x in call.inputs]
    with np.errstate(all="ignore"):
        bounds = NESTED[name](rounding(actual.dtype), *inputs, **call.parameters)
    allowed = 4 * bounds[place] + float(np.finfo(actual.dtype).tiny)
    wrong = error(actual, expected) > allowed
    assert not wrong.any(), difference(actual, expected, wrong)


NESTED = {
    "attention": attention_bound,
    "attention_grad": attention_grad_bound,
    "masked_attention": attention_bound,
    "masked_attention_grad": attention_grad_bound,
}


def in_float64(inputs):
    """Returns the inputs with every floating-point array as float64."""
    return [x.astype(np.float64) if is_float(x) else x for x in inputs]


def is_float(x):
    """Whether x is an array of floating-point numbers."""
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"
