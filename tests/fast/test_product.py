"""The blocked product: right with every instruction set, and the same bits anyhow."""

import numpy as np
import pytest

from minikeras._fast import product, tasks
from minikeras.kernels.fast import fast
from tests.accuracy import assert_same_bits, rounding

both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])

# Rows, terms and columns: below and above what is one piece of work, with ends that
# fill no tile; long sums, and one that is packed in several turns.
SIZES = [
    (3, 5, 2),
    (32, 100, 64),
    (61, 300, 75),
    (130, 513, 97),
    (300, 70, 1100),
    (33, 40_000, 17),
    (5, 7, 30_000),
    (21, 700, 333),
    (300, 600, 5),
]
VECTORS = [
    (1, 700, 901),
    (901, 700, 1),
    (1, 700, 3),
    (3, 700, 1),
    (1, 3, 50),
    (1, 9, 1),
]


@pytest.fixture(params=product.instruction_sets(), autouse=True)
def instructions(request):
    """Runs a test with each instruction set that the processor has."""
    product.choose_instructions(request.param)
    yield
    product.choose_instructions(product.instruction_sets()[0])


@pytest.fixture
def with_threads():
    before = tasks.threads()
    yield tasks.set_threads
    tasks.set_threads(before)


def numbers(shape, dtype, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def integers(shape, dtype):
    """Returns small integers: their products and sums are exact."""
    return np.random.default_rng(0).integers(-4, 5, shape).astype(dtype)


@both_dtypes
def test_every_number_of_rows_and_columns(dtype):
    for rows in range(40):
        for columns in (*range(20), 31, 32, 33, 63, 64, 65):
            x, y = integers((rows, 3), dtype), integers((3, columns), dtype)
            np.testing.assert_array_equal(fast.matmul(x, y), x @ y)


@both_dtypes
@pytest.mark.parametrize("size", SIZES + VECTORS, ids=str)
def test_sizes_of_blocks_and_all_transpositions(size, dtype):
    rows, depth, columns = size
    x, y = integers((rows, depth), dtype), integers((depth, columns), dtype)
    expected = x @ y
    for left in (x, x.T.copy().T, np.repeat(x, 2, axis=1)[:, ::2]):
        for right in (y, y.T.copy().T, np.repeat(y, 2, axis=1)[:, ::2]):
            np.testing.assert_array_equal(fast.matmul(left, right), expected)


@both_dtypes
@pytest.mark.parametrize("size", SIZES + VECTORS, ids=str)
def test_sums_are_within_the_bound_of_contractions(size, dtype):
    rows, depth, columns = size
    x, y = numbers((rows, depth), dtype), numbers((depth, columns), dtype, seed=1)
    exact = x.astype("longdouble") @ y.astype("longdouble")
    terms = np.abs(x).astype("longdouble") @ np.abs(y).astype("longdouble")
    error = np.abs(fast.matmul(x, y) - exact)
    assert (error <= (depth + 2) * rounding(dtype) * terms).all()


@both_dtypes
@pytest.mark.parametrize("size", SIZES + VECTORS, ids=str)
def test_bits_do_not_depend_on_threads(size, dtype, with_threads):
    rows, depth, columns = size
    x, y = numbers((3, rows, depth), dtype), numbers((3, depth, columns), dtype, seed=1)
    with_threads(1)
    one, stack = fast.matmul(x[0], y[0]), fast.matmul(x, y)
    assert_same_bits(stack[0], one)
    for threads in (2, 3, 8):
        with_threads(threads)
        assert_same_bits(fast.matmul(x[0], y[0]), one)
        assert_same_bits(fast.matmul(x, y), stack)


@both_dtypes
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_bits_depend_on_neither_layout_nor_neighbours(size, dtype):
    """A sum has one order, whatever the block or the tile that it is in."""
    rows, depth, columns = size
    x, y = numbers((rows, depth), dtype), numbers((depth, columns), dtype, seed=1)
    out = fast.matmul(x, y)
    assert_same_bits(fast.matmul(x.T.copy().T, y), out)
    assert_same_bits(fast.matmul(x, y.T.copy().T), out)
    assert_same_bits(fast.matmul(y.T, x.T), out.T)
    assert_same_bits(
        fast.matmul(x[1:3], y[:, : max(2, columns // 2)]),
        out[1:3, : max(2, columns // 2)],
    )


@both_dtypes
@pytest.mark.parametrize("size", [(32, 100, 64), (1, 90, 40), (60, 7, 1)], ids=str)
def test_a_product_is_noted_and_replayed(size, dtype):
    rows, depth, columns = size
    x, y = numbers((2, rows, depth), dtype), numbers((depth, columns), dtype, seed=1)
    bias, out = numbers(columns, dtype, seed=2), np.zeros((2, rows, columns), dtype)
    for kernel, inputs in (
        (fast.matmul, (x, y)),
        (fast.matmul, (x[::-1], y)),
        (fast.matmul_bias_relu, (x, y, bias)),
    ):
        tape = tasks.Tape()
        out[:] = 7
        assert tape.add(kernel, inputs, {"out": out})
        assert (out == 7).all()
        x += 1
        tape.run()
        assert_same_bits(out, kernel(*inputs))


def test_what_needs_a_copy_is_not_noted():
    """A copy of an input would be the same in every replay, whatever the input is."""
    tape, x = tasks.Tape(), np.ones((4, 4), "float32")
    spread = np.ones((4, 8), "float32")[:, ::2]
    assert not tape.add(fast.matmul, (x, x), {"out": spread})
    assert not tape.add(fast.matmul, (x, x), {"out": x})
    assert not tape.add(fast.matmul_bias, (x, x, spread[0]), {"out": x.copy()})


def test_unknown_instructions_are_refused():
    with pytest.raises(ValueError, match="got 'neon'"):
        product.choose_instructions("neon")


@both_dtypes
@pytest.mark.parametrize("size", [*SIZES, *VECTORS, (0, 3, 2), (4, 0, 3)], ids=str)
def test_a_bias_and_relu_have_the_bits_of_three_passes(size, dtype):
    rows, depth, columns = size
    x, y = numbers((rows, depth), dtype), numbers((depth, columns), dtype, seed=1)
    bias = numbers(columns, dtype, seed=2)
    out = fast.add(fast.matmul(x, y), bias)
    assert_same_bits(fast.matmul_bias(x, y, bias), out)
    assert_same_bits(fast.matmul_bias_relu(x, y, bias), fast.relu(out))


@both_dtypes
def test_relu_of_nan_and_of_zeros(dtype):
    x = np.array([[np.nan], [-0.0], [-1.0], [np.inf]], dtype)
    y, bias = np.ones((1, 20), dtype), np.full(20, -0.0, dtype)
    expected = np.repeat(np.array([[np.nan], [0.0], [0.0], [np.inf]], dtype), 20, 1)
    assert_same_bits(fast.matmul_bias_relu(x, y, bias), expected)
