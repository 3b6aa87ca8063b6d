"""What can be drawn: numbers of a distribution, classes, orders, and dropout."""

import operator
from collections.abc import Callable, Sequence

from minikeras.primitives import elementwise, indexing, reduction, shape
from minikeras.random.seeds import Seed, draw
from minikeras.values import Tensor
from minikeras.values.dtypes import is_float, is_int, standardize_dtype
from minikeras.values.tensor import as_float, as_tensor, cast
from minikeras.values.types import DType, ShapeLike, TensorLike


def normal(
    shape: Sequence[int],
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: DType | None = None,
    seed: Seed = None,
) -> Tensor:
    """Draws from the normal distribution.

    Shapes: `shape`.
    Raises: ValueError if the dtype is no floating-point one.
    """
    return draw(
        seed,
        "random_normal",
        shape=sides(shape),
        mean=float(mean),
        stddev=float(stddev),
        dtype=float_dtype(dtype, "normal"),
    )


def truncated_normal(
    shape: Sequence[int],
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: DType | None = None,
    seed: Seed = None,
) -> Tensor:
    """Draws from the normal distribution between mean ± 2 stddev.

    Shapes: `shape`.
    Raises: ValueError if the dtype is no floating-point one.
    """
    return draw(
        seed,
        "random_truncated_normal",
        shape=sides(shape),
        mean=float(mean),
        stddev=float(stddev),
        dtype=float_dtype(dtype, "truncated_normal"),
    )


def uniform(
    shape: Sequence[int],
    minval: float = 0.0,
    maxval: float = 1.0,
    dtype: DType | None = None,
    seed: Seed = None,
) -> Tensor:
    """Draws numbers that are equally likely everywhere in [minval, maxval).

    Shapes: `shape`.
    Raises: ValueError if the dtype is no floating-point one.
    """
    return draw(
        seed,
        "random_uniform",
        shape=sides(shape),
        low=float(minval),
        high=float(maxval),
        dtype=float_dtype(dtype, "uniform"),
    )


def randint(
    shape: Sequence[int],
    minval: int,
    maxval: int,
    dtype: DType = "int32",
    seed: Seed = None,
) -> Tensor:
    """Draws integers that are equally likely, from minval to maxval - 1.

    Shapes: `shape`.
    Raises: ValueError if there are none, or the dtype is no integer one.
    """
    dtype = standardize_dtype(dtype)
    if not is_int(dtype):
        raise ValueError(
            f"randint requires an integer `dtype`. Received: dtype={dtype}"
        )
    low, high = operator.index(minval), operator.index(maxval)
    return draw(
        seed, "random_integers", shape=sides(shape), low=low, high=high, dtype=dtype
    )


def gamma(
    shape: Sequence[int],
    alpha: TensorLike,
    dtype: DType | None = None,
    seed: Seed = None,
) -> Tensor:
    """Draws from the gamma distribution, whose density is x^(α-1) e⁻ˣ / Γ(α).

    No gradient goes back to `alpha`; where it is not positive the result is nan.

    Shapes: alpha broadcasts to `shape`, that of the result.
    Raises: ValueError if alpha is a number that is not positive, or does not broadcast,
    or if the dtype is no floating-point one.
    """
    return draw_with_parameters(
        "random_gamma", shape, float_dtype(dtype, "gamma"), seed, alpha=alpha
    )


def beta(
    shape: Sequence[int],
    alpha: TensorLike,
    beta: TensorLike,
    dtype: DType | None = None,
    seed: Seed = None,
) -> Tensor:
    """Draws from the beta distribution on [0, 1], of density ∝ x^(α-1) (1-x)^(β-1).

    No gradient goes back to `alpha` and `beta`; where one is not positive the result is
    nan.

    Shapes: alpha and beta broadcast to `shape`, that of the result.
    Raises: ValueError if one is a number that is not positive, or does not broadcast,
    or if the dtype is no floating-point one.
    """
    return draw_with_parameters(
        "random_beta", shape, float_dtype(dtype, "beta"), seed, alpha=alpha, beta=beta
    )


def binomial(
    shape: Sequence[int],
    counts: TensorLike,
    probabilities: TensorLike,
    dtype: DType | None = None,
    seed: Seed = None,
) -> Tensor:
    """Draws how many of `counts` trials succeed, each with a probability; as floats.

    Where there is no such count or probability the result is nan.

    Shapes: counts and probabilities broadcast to `shape`, that of the result.
    Raises: ValueError if counts is a negative number, probabilities one outside of
    [0, 1], or one does not broadcast, or if the dtype is no floating-point one.
    """
    return draw_with_parameters(
        "random_binomial",
        shape,
        float_dtype(dtype, "binomial"),
        seed,
        counts=counts,
        probabilities=probabilities,
    )


# What a parameter of a distribution must be: as a test of a number, and in words.
DOMAINS: dict[str, tuple[Callable[[float], bool], str]] = {
    "alpha": (lambda x: x > 0, "positive"),
    "beta": (lambda x: x > 0, "positive"),
    "counts": (lambda x: x >= 0, "0 or more"),
    "probabilities": (lambda x: 0 <= x <= 1, "between 0 and 1"),
}


def draw_with_parameters(
    kernel: str,
    shape: Sequence[int],
    dtype: str,
    seed: Seed,
    **parameters: TensorLike,
) -> Tensor:
    """Draws from a distribution whose parameters may differ from number to number."""
    tensors = []
    for name, value in parameters.items():
        is_valid, words = DOMAINS[name]
        if isinstance(value, (int, float)) and not is_valid(value):
            raise ValueError(f"{name} must be {words}; got {name}={value!r}.")
        tensors.append(as_tensor(value, "float64"))
    kind = next((x.result for x in tensors if x.symbolic), Tensor)
    inputs = [x.data for x in tensors]
    return draw(seed, kernel, kind, inputs, shape=sides(shape), dtype=dtype)


def categorical(
    logits: TensorLike, num_samples: int, dtype: DType = "int32", seed: Seed = None
) -> Tensor:
    """Draws classes: class j of a row with probability softmax(logits)_j.

    A uniform number u falls into the part of [0, 1) that belongs to a class, as wide as
    its probability: the class is how many of the running sums are ≤ u.

    Shapes: logits (n, classes) → (n, num_samples).
    Raises: ValueError if logits have another number of axes.
    """
    logits = as_float(logits)
    if logits.ndim != 2:
        raise ValueError(
            "categorical needs logits of shape (rows, classes); got shape "
            f"{logits.shape}."
        )
    total = reduction.logsumexp(logits, axis=1, keepdims=True)
    probabilities = elementwise.exp(
        cast(elementwise.subtract(logits, total), "float64")
    )
    sums = reduction.cumsum(probabilities, axis=1, reverse=False)
    # Rounding must not leave a gap below 1 that belongs to no class.
    sums = elementwise.divide(sums, indexing.getitem(sums, key=(..., slice(-1, None))))
    samples = (logits.shape[0], operator.index(num_samples), 1)
    u = draw(
        seed,
        "random_uniform",
        logits.result,
        shape=samples,
        low=0.0,
        high=1.0,
        dtype="float64",
    )
    passed = elementwise.less_equal(shape.expand_dims(sums, axis=1), u)
    drawn = reduction.sum(cast(passed, "int32"), axis=2, keepdims=False)
    return cast(drawn, standardize_dtype(dtype))


def shuffle(x: TensorLike, axis: int = 0, seed: Seed = None) -> Tensor:
    """Puts the slices along an axis in a random order.

    The order is that of random numbers, one drawn for each slice.
    """
    x = as_tensor(x)
    kind, sides = x.result, (x.shape[axis],)
    keys = draw(
        seed, "random_uniform", kind, shape=sides, low=0.0, high=1.0, dtype="float64"
    )
    return indexing.take(x, indexing.argsort(keys, axis=0), axis=axis)


def dropout(
    inputs: TensorLike,
    rate: float,
    noise_shape: ShapeLike | None = None,
    seed: Seed = None,
) -> Tensor:
    """Zeroes each element with probability `rate`, and divides the others by 1 - rate.

    Elements share their fate along the axes where `noise_shape` is 1; None in it stands
    for the size of the inputs.

    Raises: ValueError if the rate is outside of [0, 1].
    Source: Srivastava et al., Dropout (2014).
    """
    inputs = as_float(inputs)
    if not 0 <= rate <= 1:
        raise ValueError(f"dropout needs a rate between 0 and 1; got rate={rate!r}.")
    if rate == 0:
        return inputs
    sides = inputs.shape
    if noise_shape is not None:
        pairs = zip(inputs.shape, noise_shape, strict=True)
        sides = tuple(side if noise is None else noise for side, noise in pairs)
    mask = draw(
        seed,
        "dropout_mask",
        inputs.result,
        shape=sides,
        rate=float(rate),
        dtype=inputs.dtype,
    )
    return elementwise.multiply(inputs, mask)


def sides(shape: Sequence[int]) -> tuple[int, ...]:
    """Returns a shape as a tuple of ints."""
    return tuple(operator.index(side) for side in shape)


def float_dtype(dtype: DType | None, name: str) -> str:
    """Returns the name of a floating-point dtype, `floatx` for None."""
    dtype = standardize_dtype(dtype)
    if not is_float(dtype):
        raise ValueError(
            f"random.{name} requires a floating point `dtype`. Received: dtype={dtype}"
        )
    return dtype
