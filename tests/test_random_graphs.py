"""Graphs of up to 30 operations with sharing: every kernel set against differences."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikeras.autograd import Leaf, grad, hessian_vector_product
from minikeras.compiled import capture
from minikeras.kernels.reference import reference
from minikeras.kernels.scalar import scalar
from minikeras.primitives import recorded
from minikeras.values import Scalar, Tensor, using
from tests.gradients import FIRST_ORDER, SECOND_ORDER, assert_close
from tests.kernels.sets import ARRAY_SETS
from tests.strategies import SEEDS, arrays, away_from, shapes

MAX_OPERATIONS = 30


def bounded(x):
    """Keeps values within ±1, smoothly; tanh would let gradients vanish."""
    return recorded.sin(x)


# On values within ±1, all smooth there: name → what is done with x, or with x and y.
UNARY = {
    "negative": recorded.negative,
    "square": recorded.square,
    "exp": lambda x: bounded(recorded.exp(x)),
    "sin": recorded.sin,
    "tanh": recorded.tanh,
    "sigmoid": recorded.sigmoid,
    "softplus": lambda x: bounded(recorded.softplus(x)),
    "log": lambda x: bounded(recorded.log(recorded.add(recorded.square(x), 0.5))),
    "sqrt": lambda x: bounded(recorded.sqrt(recorded.add(recorded.square(x), 0.5))),
    "reciprocal": lambda x: bounded(recorded.reciprocal(recorded.add(x, 2.0))),
}
BINARY = {
    "add": lambda x, y: bounded(recorded.add(x, y)),
    "subtract": lambda x, y: bounded(recorded.subtract(x, y)),
    "multiply": recorded.multiply,
    "divide": lambda x, y: bounded(recorded.divide(x, recorded.add(y, 2.0))),
    "power": lambda x, y: bounded(recorded.power(recorded.add(x, 2.0), y)),
}

# On arrays alone: these look along an axis, or change the shape.  Those that make an
# array smaller are added to what it was made from, or soon all would be constants.
SMALLER = {
    "sum": lambda x: recorded.sum(x, axis=-1, keepdims=True),
    "mean": lambda x: recorded.mean(x, axis=0, keepdims=False),
    "variance": lambda x: recorded.variance(x, axis=None, keepdims=False),
    "logsumexp": lambda x: recorded.logsumexp(x, axis=0, keepdims=False),
    "softmax": lambda x: recorded.softmax(x, axis=-1),
    "log_softmax": lambda x: recorded.log_softmax(x, axis=0),
    "getitem": lambda x: recorded.getitem(x, key=(slice(0, 1),)),
}
SHAPING = {
    "cumsum": lambda x: recorded.cumsum(x, axis=-1, reverse=False),
    "transpose": lambda x: recorded.transpose(x, axes=None),
    "flip": lambda x: recorded.flip(x, axis=0),
    "take": lambda x: recorded.take(x, np.array([1, 1, 0]), axis=0),
    "matmul": lambda x: recorded.matmul(recorded.transpose(x, axes=None), x),
}
ARRAYS = (*SMALLER, *SHAPING)


@st.composite
def programs(draw, unary=tuple(UNARY), binary=tuple(BINARY)):
    """Draws the operations of a graph: (name, number of x, number of y).

    Inputs are counted from the last value back: so graphs are deep, and they still make
    sense when Hypothesis leaves an operation out.
    """
    names = st.sampled_from([*unary, *binary])
    back = st.integers(0, 5)
    count = draw(st.integers(1, MAX_OPERATIONS))
    operation = st.tuples(names, back, back)
    return draw(st.lists(operation, min_size=count, max_size=count))


def run(program, *values):
    """Computes a program; operands whose shapes don't broadcast are added up first."""
    values = list(values)
    for name, first, second in program:
        x = values[max(-1 - first, -len(values))]
        y = values[max(-1 - second, -len(values))]
        if name in BINARY:
            values.append(BINARY[name](x, fitting(y, x)))
        elif name in UNARY:
            values.append(UNARY[name](x))
        elif name in SMALLER:
            values.append(bounded(recorded.add(x, SMALLER[name](x))))
        else:
            values.append(bounded(SHAPING[name](x)))
    return total(values[-1])


def fitting(y, x):
    """Returns y, or one number made of it where its shape does not fit that of x."""
    try:
        np.broadcast_shapes(x.shape, y.shape)
    except ValueError:
        return total(y)
    return y


def total(x):
    """Returns a single number: a mean in which no two elements count the same."""
    if x.shape:
        x = recorded.multiply(x, np.cos(np.arange(x.size)).reshape(x.shape))
    return recorded.mean(x, axis=None, keepdims=False)


LEAVES = arrays(
    shape=shapes(2, 2, min_side=2, max_side=3), values=away_from(low=-1.0, high=1.0)
)


@pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
@given(
    program=programs(unary=(*UNARY, *ARRAYS)),
    x=LEAVES,
    y=LEAVES,
    seed=SEEDS,
)
def test_gradients_match_differences(kernels, program, x, y, seed):
    generator = np.random.default_rng(seed)
    directions = [generator.normal(size=leaf.shape) for leaf in (x, y)]
    length = math.sqrt(sum(np.sum(d * d) for d in directions))
    directions = [d / length for d in directions]
    step = 6e-6 * max(1.0, math.sqrt(np.sum(x * x) + np.sum(y * y)))

    def moved(distance):
        leaves = zip((x, y), directions, strict=True)
        return [Tensor(leaf + distance * d) for leaf, d in leaves]

    def f(x, y):
        return run(program, x, y)

    with using(Tensor, kernels):
        gradients = grad(f, (0, 1))(Tensor(x), Tensor(y))
        difference = (f(*moved(step)).item() - f(*moved(-step)).item()) / (2 * step)
        slope = sum(
            float(np.sum(g.data * d))
            for g, d in zip(gradients, directions, strict=True)
        )
        assert_close(difference, slope, abs(f(*moved(0.0)).item()), step, FIRST_ORDER)


@pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
@given(program=programs(unary=(*UNARY, *ARRAYS)), x=LEAVES, seed=SEEDS)
def test_second_derivatives_match_differences(kernels, program, x, seed):
    """Hessian times a direction, against the difference of gradients."""
    direction = np.random.default_rng(seed).normal(size=x.shape)
    direction = direction / np.linalg.norm(direction)
    step = 6e-6 * max(1.0, float(np.linalg.norm(x)))

    def f(x):
        return run(program, x)

    with using(Tensor, kernels):
        product = hessian_vector_product(f, Tensor(x), Tensor(direction)).data
        ahead = grad(f)(Tensor(x + step * direction)).data
        behind = grad(f)(Tensor(x - step * direction)).data
        size = float(np.max(np.abs(ahead)))
        assert_close((ahead - behind) / (2 * step), product, size, step, SECOND_ORDER)


@given(program=programs(unary=(*UNARY, *ARRAYS)), x=LEAVES, y=LEAVES)
def test_all_sets_agree(program, x, y):
    """Values and gradients, to within what 30 operations in float64 may add up to."""
    results = []
    for kernels in ARRAY_SETS:
        with using(Tensor, kernels):
            leaves = [Tensor(x, requires_grad=True), Tensor(y, requires_grad=True)]
            out = run(program, *leaves)
            if out.requires_grad:
                out.backward()
            results.append([out, *(leaf.grad for leaf in leaves)])
    for result in results:
        for value, expected in zip(result, results[0], strict=True):
            if expected is None:
                assert value is None
            else:
                np.testing.assert_allclose(
                    value.data, expected.data, rtol=1e-9, atol=1e-12
                )


@given(program=programs(), x=st.sampled_from(away_from(low=-1.0, high=1.0)))
def test_scalars_agree_with_tensors(program, x):
    number, array = Scalar(x), Tensor(np.array(x), requires_grad=True)
    with using(Scalar, scalar), using(Tensor, reference):
        results = [run(program, leaf, leaf) for leaf in (number, array)]
        for result in results:
            result.backward()
    assert results[0].item() == pytest.approx(results[1].item(), rel=1e-9, abs=1e-12)
    assert number.grad.item() == pytest.approx(array.grad.item(), rel=1e-9, abs=1e-12)


def differentiated(program):
    """Returns a step that computes a program of x and y, and both gradients.

    All values have one shape, and no array comes from elsewhere, as recording needs.
    """

    def step(batch):
        x, y = (Tensor.wrap(leaf.data, Leaf()) for leaf in batch)
        values = [x, y]
        for name, first, second in program:
            a = values[max(-1 - first, -len(values))]
            b = values[max(-1 - second, -len(values))]
            if name in BINARY:
                values.append(BINARY[name](a, b))
            elif name in UNARY:
                values.append(UNARY[name](a))
            else:
                values.append(bounded(recorded.add(a, SMALLER[name](a))))
        products = recorded.add(values[-1], recorded.multiply(x, y))
        out = recorded.mean(products, axis=None, keepdims=False)
        out.backward()
        return {"out": out.detach(), "dx": x.grad, "dy": y.grad}

    return step


@pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
@given(program=programs(unary=(*UNARY, *SMALLER)), x=LEAVES, other=SEEDS)
def test_a_recorded_graph_replays_to_the_bits_of_a_new_run(kernels, program, x, other):
    generator = np.random.default_rng(other)
    recorded_on = (Tensor(np.array(x)), Tensor(np.cos(x)))
    replayed_on = tuple(Tensor(generator.uniform(-1, 1, x.shape)) for _ in range(2))
    step = differentiated(program)
    with using(Tensor, kernels):
        _, replay = capture(step, recorded_on)
        expected = step(replayed_on)
        for fixed, new in zip(replay.inputs, replayed_on, strict=True):
            np.copyto(fixed, new.data)
        replay.run()
    for name, value in expected.items():
        np.testing.assert_array_equal(replay.outputs[name], value.data)


@pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
@given(x=LEAVES, seed=SEEDS)
def test_a_batch_of_two_is_two_batches(kernels, x, seed):
    weights = np.random.default_rng(seed).normal(size=(x.shape[1], 3))

    def gradient(rows):
        def loss(w):
            scores = recorded.softmax(recorded.matmul(Tensor(rows), w), axis=-1)
            squares = recorded.square(recorded.sin(scores))
            return recorded.sum(squares, axis=None, keepdims=False)

        return grad(loss)(Tensor(weights)).data

    with using(Tensor, kernels):
        together = gradient(x)
        apart = sum(gradient(x[i : i + 1]) for i in range(len(x)))
    np.testing.assert_allclose(together, apart, rtol=1e-12, atol=1e-13)
