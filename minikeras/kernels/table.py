"""The table of kernels: every function that computes numbers, with its promises.

It is data: the tests hold each kernel of each set to its row, and capture reads the
kind.  The columns are explained in README.md.
"""

from typing import NamedTuple


class Kernel(NamedTuple):
    """One row: what a kernel is called, what it takes, and what it promises.

    - `family`: the file that it is in, in every set.
    - `kind`: compute, view, update or random.
    - `inputs`: the names of its positional arguments (`*arrays`: any number of them).
    - `parameters`: the names of its keyword-only arguments, without `out`.
    - `accuracy`: the numeric class, A to D; views and updates have the class of what
      they write.
    - `aliases`: whether `out` may be one of the inputs.
    - `scalar`: whether the scalar set has it.
    """

    name: str
    family: str
    kind: str
    inputs: tuple[str, ...]
    parameters: tuple[str, ...]
    accuracy: str
    aliases: bool
    scalar: bool


def read_table(text: str) -> dict[str, Kernel]:
    """Returns {name: Kernel} from headings, each followed by its rows.

    A heading is `family kind accuracy:`, with "aliases" and "scalar" where they hold; a
    row is `name(input, input; parameter, parameter)`.
    """
    table = {}
    for section in text.strip().split("\n\n"):
        heading, _, rows = section.partition(":\n")
        family, kind, accuracy, *promises = heading.split()
        for row in rows.split(")")[:-1]:
            name, arguments = row.strip().split("(")
            inputs, _, parameters = arguments.partition(";")
            table[name] = Kernel(
                name,
                family,
                kind,
                names_in(inputs),
                names_in(parameters),
                accuracy,
                "aliases" in promises,
                "scalar" in promises,
            )
    return table


def names_in(arguments: str) -> tuple[str, ...]:
    """Returns the names in a list that commas divide."""
    return tuple(name.strip() for name in arguments.split(",") if name.strip())


TABLE = read_table(
    """
elementwise compute A aliases scalar:
    add(x, y)
    subtract(x, y)
    multiply(x, y)
    divide(x, y)
    floor_divide(x, y)
    remainder(x, y)
    maximum(x, y)
    minimum(x, y)
    share_of_maximum(x, y)
    negative(x)
    abs(x)
    sign(x)
    square(x)
    sqrt(x)
    reciprocal(x)
    floor(x)
    ceil(x)
    round(x)
    clip(x; minimum, maximum)

elementwise compute A scalar:
    equal(x, y)
    not_equal(x, y)
    less(x, y)
    less_equal(x, y)
    greater(x, y)
    greater_equal(x, y)
    logical_and(x, y)
    logical_or(x, y)
    logical_xor(x, y)
    logical_not(x)
    isnan(x)
    isinf(x)
    isfinite(x)
    where(condition, x, y)
    cast(x; dtype)
    copy(x)

elementwise compute B aliases scalar:
    power(x, y)
    arctan2(x, y)
    rsqrt(x)
    exp(x)
    expm1(x)
    log(x)
    log1p(x)
    log2(x)
    log10(x)
    sin(x)
    cos(x)
    tan(x)
    arcsin(x)
    arccos(x)
    arctan(x)
    sinh(x)
    cosh(x)
    tanh(x)
    arcsinh(x)
    arccosh(x)
    arctanh(x)
    erf(x)

activation compute A aliases scalar:
    relu(x)
    relu_grad(grad, x)
    leaky_relu(x; negative_slope)
    leaky_relu_grad(grad, x; negative_slope)

activation compute B aliases scalar:
    sigmoid(x)
    sigmoid_grad(grad, y)
    tanh_grad(grad, y)
    softplus(x)
    silu(x)
    gelu(x; approximate)
    gelu_grad(grad, x; approximate)
    elu(x; alpha)
    elu_grad(grad, x; alpha)

activation compute C:
    softmax(x; axis)
    softmax_grad(grad, y; axis)
    log_softmax(x; axis)

reduction compute C scalar:
    sum(x; axis, keepdims)
    mean(x; axis, keepdims)
    variance(x; axis, keepdims)
    prod(x; axis, keepdims)
    logsumexp(x; axis, keepdims)
    cumsum(x; axis, reverse)
    cumprod(x; axis, reverse)
    sum_to_shape_of(x, like)

reduction compute A:
    max(x; axis, keepdims)
    min(x; axis, keepdims)
    argmax(x; axis, keepdims)
    argmin(x; axis, keepdims)
    all(x; axis, keepdims)
    any(x; axis, keepdims)

shape view A:
    reshape(x; shape)
    expand_dims(x; axis)
    squeeze(x; axis)
    transpose(x; axes)
    swap_last(x)
    broadcast_to(x; shape)
    flip(x; axis)

shape compute A:
    contiguous(x)
    concatenate(*arrays; axis)
    pad(x; pad_width, value)
    full(; shape, value, dtype)
    arange(; start, stop, step, dtype)

shape compute A scalar:
    ones_like(x)
    zeros_like(x)

indexing view A:
    getitem(x; key)

indexing compute A:
    getitem_grad(grad, x; key)
    take(x, indices; axis)
    take_along_axis(x, indices; axis)
    one_hot(indices; classes, dtype)
    argsort(x; axis)

indexing compute C:
    take_grad(grad, x, indices; axis)
    take_along_axis_grad(grad, x, indices; axis)

matmul compute D:
    matmul(x, y)
    matmul_bias(x, y, bias)
    matmul_bias_relu(x, y, bias)

convolution compute D:
    convolution(x, kernel; strides, padding, dilation, groups)
    convolution_bias(x, kernel, bias; strides, padding, dilation, groups)
    convolution_bias_relu(x, kernel, bias; strides, padding, dilation, groups)
    convolution_input_grad(grad, x, kernel; strides, padding, dilation, groups)
    convolution_kernel_grad(grad, x, kernel; strides, padding, dilation, groups)

pooling compute A:
    max_pool(x; pool_size, strides, padding)
    max_pool_pick(values, places; pool_size, strides, padding)

pooling compute C:
    max_pool_grad(grad, places, x; pool_size, strides, padding)
    average_pool(x; pool_size, strides, padding)
    average_pool_grad(grad, x; pool_size, strides, padding)

attention compute D:
    attention(query, key, value; causal, scale)
    attention_grad(grad, query, key, value; causal, scale)
    masked_attention(query, key, value, mask; causal, scale)
    masked_attention_grad(grad, query, key, value, mask; causal, scale)

normalization compute B:
    standardize(x, mean, variance, gamma, beta; epsilon)

normalization compute C:
    batch_normalization(x, gamma, beta; axis, epsilon)
    batch_normalization_grad(grad, x, mean, variance, gamma; axis, epsilon)
    layer_normalization(x, gamma, beta; axis, epsilon)
    layer_normalization_grad(grad, x, mean, variance, gamma; axis, epsilon)

recurrent compute D:
    lstm(x, kernel, state, cell, mask, bias, recurrent_kernel)
    lstm_grad(
        outputs_grad, state_grad, cell_grad, cells, gates, cell, mask,
        recurrent_kernel
    )
    gru(
        x, kernel, state, mask, bias, recurrent_bias, recurrent_kernel; reset_after
    )
    gru_grad(
        outputs_grad, state_grad, outputs, gates, state, mask, recurrent_kernel;
        reset_after
    )

random random A:
    random_uniform(state; shape, low, high, dtype)
    random_integers(state; shape, low, high, dtype)
    dropout_mask(state; shape, rate, dtype)

random random B:
    random_normal(state; shape, mean, stddev, dtype)
    random_truncated_normal(state; shape, mean, stddev, dtype)

distributions random C:
    random_gamma(state, alpha; shape, dtype)
    random_beta(state, alpha, beta; shape, dtype)

distributions random A:
    random_binomial(state, counts, probabilities; shape, dtype)

random update A:
    advance_seed(state)

losses compute C:
    softmax_cross_entropy(logits, targets)
    sparse_softmax_cross_entropy(logits, labels)

losses compute B scalar:
    sigmoid_cross_entropy(logits, targets)

optimizers update A:
    assign(target, value)
    assign_add(target, value)
    assign_subtract(target, value)
    sgd_update(weight, grad, learning_rate)
    momentum_update(weight, velocity, grad, learning_rate; momentum, nesterov)
    decay_update(weight, learning_rate; rate)
    average_update(average, value; momentum)
    rmsprop_update(weight, velocity, grad, learning_rate; rho, epsilon)
    rmsprop_momentum_update(
        weight, velocity, trace, grad, learning_rate; rho, momentum, epsilon
    )
    rmsprop_centered_update(
        weight, velocity, average, grad, learning_rate; rho, epsilon
    )
    rmsprop_centered_momentum_update(
        weight, velocity, average, trace, grad, learning_rate; rho, momentum, epsilon
    )
    adam_update(
        weight, momentum, velocity, grad, learning_rate, step; beta_1, beta_2, epsilon
    )
    amsgrad_update(
        weight, momentum, velocity, peak, grad, learning_rate, step;
        beta_1, beta_2, epsilon
    )
    adamax_update(
        weight, momentum, norm, grad, learning_rate, step; beta_1, beta_2, epsilon
    )
    nadam_update(
        weight, momentum, velocity, grad, learning_rate, step, product;
        beta_1, beta_2, epsilon
    )
    nadam_product_update(factor, step; beta_1)
    adagrad_update(weight, accumulator, grad, learning_rate; epsilon)
    adadelta_update(weight, velocity, drift, grad, learning_rate; rho, epsilon)
    lion_update(weight, momentum, grad, learning_rate; beta_1, beta_2)
    ftrl_update(
        weight, accumulator, linear, grad, learning_rate;
        power, l1, l2, shrinkage, beta
    )
"""
)

# Inputs, by position, of which a kernel reads the shape only: a recorded step need not
# keep their numbers for it.
SHAPE_ONLY = {
    "ones_like": (0,),
    "zeros_like": (0,),
    "sum_to_shape_of": (1,),
    "getitem_grad": (1,),
    "take_grad": (1,),
    "take_along_axis_grad": (1,),
    "convolution_input_grad": (1,),
    "convolution_kernel_grad": (2,),
    "average_pool_grad": (1,),
    "max_pool_grad": (2,),
}
