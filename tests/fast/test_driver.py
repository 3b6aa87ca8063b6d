"""The driver takes arithmetic to arrays of any layout, and gives the rest to NumPy.

The expected results are NumPy's own, bit for bit. Where a test says `alone`, a kernel
that asks `reference` for help fails it: nothing is compiled in vain.
"""

import itertools
import threading

import numpy as np
import pytest

from minikeras._fast import arrays as driver
from minikeras.kernels.fast import fast
from minikeras.kernels.reference import reference
from tests.accuracy import assert_same_bits
from tests.strategies import (
    LAYOUTS,
    WRITABLE_LAYOUTS,
    broadcast,
    in_c_order,
    in_fortran_order,
    permuted,
    strided,
    unaligned,
)

floats = pytest.mark.parametrize("dtype", ["float32", "float64"])

# Pairs of shapes around the sizes where a block ends: a tile holds 512 float64, 1024
# float32 or 4096 bools; rows of 64 are worth a call of their own.
BROADCASTING = [
    ((), ()),
    ((), (3,)),
    ((0, 3), (3,)),
    ((4, 3), (3,)),
    ((4, 3), (4, 1)),
    ((4, 1), (1, 3)),
    ((2, 1, 3), (4, 1)),
    ((1, 1), (1,)),
    ((700, 3), (3,)),
    ((3, 63), (63,)),
    ((3, 64), (64,)),
    ((50, 65), (65,)),
    ((3, 700), (700,)),
    ((3, 1025), (3, 1)),
    ((5000,), (1,)),
    ((2, 3, 520), (3, 1)),
    ((2, 3, 4, 5), (4, 1)),
    ((3, 1, 2, 1, 7), (1, 5, 1, 3, 1)),
    ((300, 300), (300,)),
]


@pytest.fixture
def alone():
    """Makes every call fail that is not answered by compiled code."""
    driver.fall_back_on(NoKernels())
    yield
    driver.fall_back_on(reference)


class NoKernels:
    def __getattr__(self, name):
        raise AssertionError(f"{name} was left to the reference.")


def numbers(shape, dtype, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


# --- Layouts --------------------------------------------------------------------------


@floats
@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda f: f.__name__)
def test_every_layout_is_read_and_written(alone, layout, dtype):
    x, y = numbers((3, 4, 5), dtype, 1), numbers((3, 4, 5), dtype, 2)
    for other, third in itertools.product(LAYOUTS, WRITABLE_LAYOUTS):
        laid_out = layout(x), other(y)
        expected = np.subtract(*laid_out)
        assert_same_bits(fast.subtract(*laid_out), expected)
        out = third(np.full(x.shape, np.nan, dtype))
        assert fast.subtract(*laid_out, out=out) is out
        assert_same_bits(out, expected)


@floats
@pytest.mark.parametrize("shapes", BROADCASTING, ids=str)
def test_shapes_broadcast(alone, shapes, dtype):
    for left, right in (shapes, shapes[::-1]):
        x, y = numbers(left, dtype, 1), numbers(right, dtype, 2)
        expected = np.asarray(np.subtract(x, y))
        assert_same_bits(fast.subtract(x, y), expected)
        assert_same_bits(fast.subtract(strided(x), unaligned(y)), expected)
        for layout in (in_c_order, permuted, strided):
            out = layout(np.full(expected.shape, np.nan, dtype))
            assert fast.subtract(x, y, out=out) is out
            assert_same_bits(out, expected)


@floats
def test_results_lie_in_memory_like_the_inputs(dtype):
    for layout in (in_c_order, in_fortran_order, permuted):
        x = layout(numbers((3, 4, 5), dtype))
        for result in (fast.add(x, x), fast.exp(x), fast.less(x, 0.5)):
            assert result.flags.owndata
            assert np.argsort(result.strides).tolist() == np.argsort(x.strides).tolist()


@floats
def test_strides_of_what_is_repeated_do_not_shape_a_result(dtype):
    """The gradient of a mean is one: all that is computed from it would be permuted."""
    means = np.ones((2, 1, 1, 5), dtype)
    repeated = np.broadcast_to(means, (2, 3, 4, 5))
    x = np.ones((2, 3, 4, 5), dtype)
    assert fast.relu_grad(repeated, x).flags.c_contiguous
    assert fast.multiply(repeated, repeated).flags.c_contiguous
    assert fast.negative(repeated).flags.c_contiguous
    fortran = np.asfortranarray(x)
    assert fast.add(repeated, fortran).flags.f_contiguous


@floats
@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2), (1, 1)])
def test_results_are_arrays_even_if_they_are_small(alone, shape, dtype):
    x = numbers(shape, dtype)
    for result in (fast.add(x, x), fast.add(x, 1.0), fast.exp(x), fast.clip(x, **UNIT)):
        assert type(result) is np.ndarray
        assert (result.shape, result.dtype) == (shape, dtype)


UNIT = {"minimum": 0.0, "maximum": 1.0}


@floats
@pytest.mark.parametrize("size", [2**15 - 1, 2**15, 2**17])
def test_large_arrays_leave_the_interpreter_to_others(alone, size, dtype):
    x = numbers(size, dtype)
    results = [None, None]

    def compute(i):
        results[i] = [fast.add(x, x), fast.multiply(x[::2], 2.0), fast.exp(x)]

    threads = [threading.Thread(target=compute, args=(i,)) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for first, second in zip(*results, strict=True):
        assert_same_bits(first, second)
    assert_same_bits(results[0][0], x + x)
    assert_same_bits(results[0][1], x[::2] + x[::2])


# --- Python numbers -------------------------------------------------------------------


@floats
@pytest.mark.parametrize("number", [2, 0.1, -0.0, float("nan"), 1e300, 2**70])
def test_a_number_takes_the_dtype_of_the_array(alone, number, dtype):
    with np.errstate(over="ignore"):
        for size in (0, 1, 16, 1500):
            x = numbers(size, dtype)
            assert_same_bits(fast.subtract(number, x), np.subtract(number, x))
            assert_same_bits(fast.subtract(x, number), np.subtract(x, number))
            column = strided(x)[:, np.newaxis]
            assert_same_bits(fast.subtract(column, number), np.subtract(column, number))


@floats
def test_parameters_are_numbers(alone, dtype):
    for x in (numbers((3, 5), dtype), strided(numbers((40, 50), dtype))):
        clipped = fast.clip(x, minimum=-0.5, maximum=1)
        assert_same_bits(clipped, reference.clip(x, minimum=-0.5, maximum=1))
        leaky = fast.leaky_relu(x, negative_slope=0.1)
        assert_same_bits(leaky, reference.leaky_relu(x, negative_slope=0.1))


@pytest.mark.parametrize("number", [True, np.float64(0.1), np.float32(3), 1j])
def test_what_is_no_float_or_int_is_left_to_reference(number):
    x = numbers(3, "float32")
    result = fast.add(x, number)
    assert result.dtype == np.add(x, number).dtype
    np.testing.assert_array_equal(result, np.add(x, number))


def test_an_int_beyond_all_floats_is_refused_as_by_numpy():
    with pytest.raises(OverflowError):
        fast.add(numbers(3, "float64"), 10**400)


# --- `out` ----------------------------------------------------------------------------


@floats
@pytest.mark.parametrize("layout", [in_c_order, strided, permuted])
def test_out_may_be_an_input(alone, layout, dtype):
    for shape in ((4, 4), (60, 70)):
        x, y = numbers(shape, dtype, 1), numbers(shape, dtype, 2)
        for i, inputs in enumerate([[x, y], [x, y], [x, y[0]], [x, 2.0], [x, x]]):
            place = i if i == 1 else 0
            out = inputs[place] = layout(inputs[place])
            expected = np.subtract(*inputs)
            assert fast.subtract(*inputs, out=out) is out
            assert_same_bits(out, expected)


@floats
def test_out_may_overlap_an_input_elsewhere(dtype):
    """As with NumPy, the result is that of inputs which are read before."""
    for shift in (1, -1, 7, 2000):
        memory = numbers(5000, dtype)
        x, out = memory[2000:3000], memory[2000 + shift : 3000 + shift]
        expected = np.add(x, x)
        assert_same_bits(fast.add(x, x, out=out), expected)
    square = numbers((30, 30), dtype)
    expected = np.add(square, square.T)
    assert_same_bits(fast.add(square, square.T, out=square), expected)
    square = numbers((30, 30), dtype)
    expected = np.add(square, square[3])
    assert_same_bits(fast.add(square, square[3], out=square), expected)


def test_out_may_be_the_same_memory_in_another_dtype():
    x = np.arange(40, dtype="float32")
    expected = x < 20
    assert_same_bits(fast.less(x, 20, out=x.view(bool)[:40]), expected)


@pytest.mark.parametrize("kernel", ["add", "divide", "less"])
def test_an_out_that_does_not_fit_is_refused(kernel):
    x = numbers((3, 4), "float32")
    dtype = "bool" if kernel == "less" else "float32"
    read_only = np.empty((3, 4), dtype)
    read_only.flags.writeable = False
    for out in (read_only, np.empty((4, 3), dtype), np.empty((2, 3), dtype)):
        with pytest.raises(ValueError, match=r"read-only|shape|broadcast"):
            getattr(fast, kernel)(x, x, out=out)


# --- What is left to the reference ----------------------------------------------------


class Subclass(np.ndarray):
    pass


@pytest.mark.parametrize(
    "x",
    [
        np.array([1, 2, 3]),
        np.array([1, 2, 3], "uint8"),
        np.array([1, 2, 3], "float16"),
        np.array([1, 2, 3], "float32").astype(">f4"),
        np.array([1.0, 2, 3]).view(Subclass),
        [1.0, 2.0, 3.0],
        np.float32(3),
    ],
    ids=lambda x: f"{type(x).__name__} {getattr(x, 'dtype', '')}",
)
def test_other_inputs_are_left_to_reference(x):
    expected = reference.add(x, x)
    assert fast.add(x, x).dtype == expected.dtype
    np.testing.assert_array_equal(fast.add(x, x), expected)


def test_mixed_dtypes_are_left_to_reference():
    x, y = numbers(3, "float32"), numbers(3, "float64")
    assert_same_bits(fast.add(x, y), np.add(x, y))
    assert_same_bits(fast.add(x, np.arange(3)), np.add(x, np.arange(3)))


def test_errors_are_those_of_reference():
    with pytest.raises(ValueError, match="broadcast"):
        fast.add(numbers((3, 4), "float32"), numbers((4, 3), "float32"))
    with pytest.raises(TypeError):
        fast.add(numbers(3, "float32"), None)
    with pytest.raises(TypeError):
        fast.add(numbers(3, "float32"))


def test_without_a_reference_the_error_says_where_to_import_from():
    driver.fall_back_on(None)
    try:
        with pytest.raises(
            TypeError, match=r"add is compiled for .* minikeras\.kernels"
        ):
            fast.add(np.arange(3, dtype="uint8"), 1)
    finally:
        driver.fall_back_on(reference)


# --- Mixed types ----------------------------------------------------------------------


@floats
def test_conditions_select_in_every_layout(alone, dtype):
    x, y = numbers((5, 6, 7), dtype, 1), numbers((6, 1), dtype, 2)
    for layout in LAYOUTS:
        condition = layout(numbers((5, 6, 7), "float32", 3) > 0)
        assert_same_bits(fast.where(condition, x, y), np.where(condition, x, y))
        row = condition[0, 0]
        assert_same_bits(fast.where(row, x, 0.5), np.where(row, x, dtype_of(x, 0.5)))
        assert_same_bits(fast.where(row, 0, y), np.where(row, dtype_of(x, 0), y))


def dtype_of(x, number):
    return np.asarray(number, x.dtype)


@floats
def test_comparisons_give_bools_in_every_layout(alone, dtype):
    x, y = numbers((5, 6, 70), dtype, 1), numbers((6, 70), dtype, 2)
    for layout, third in itertools.product(LAYOUTS, WRITABLE_LAYOUTS):
        expected = np.less(layout(x), y)
        assert_same_bits(fast.less(layout(x), y), expected)
        out = third(~expected)
        assert fast.less(layout(x), y, out=out) is out
        assert_same_bits(out, expected)


def test_logic_takes_bools_of_any_byte(alone):
    """A view of other bytes as bool is true where they are not 0, as for NumPy."""
    x = np.array([0, 1, 2, 255, 0, 3], "uint8").view(bool)
    y = np.array([0, 2, 0, 1, 1, 128], "uint8").view(bool)
    assert fast.logical_and(x, y).view("uint8").tolist() == [0, 1, 0, 1, 0, 1]
    assert fast.logical_or(x, y).view("uint8").tolist() == [0, 1, 1, 1, 1, 1]
    assert fast.logical_xor(x, y).view("uint8").tolist() == [0, 0, 1, 0, 1, 0]
    assert fast.logical_not(x).view("uint8").tolist() == [1, 0, 0, 0, 1, 0]
    assert_same_bits(fast.logical_and(x[::-2], y[:3]), np.logical_and(x[::-2], y[:3]))


@pytest.mark.parametrize("target", ["float32", "float64"])
@pytest.mark.parametrize(
    "source", ["bool", "uint8", "int32", "int64", "float32", "float64"]
)
def test_casts_round_like_numpy(alone, source, target):
    integers = [0, 1, 3, 127, 2**24 + 1, 2**31 - 1, 2**62 + 2**9 + 1]
    x = np.array(integers, "int64").astype(source)
    for layout in WRITABLE_LAYOUTS:
        expected = x.astype(target)
        assert_same_bits(fast.cast(layout(x), dtype=target), expected)
        assert_same_bits(fast.cast(layout(x), dtype=np.dtype(target)), expected)
        out = layout(np.zeros(x.shape, target))
        assert fast.cast(x, dtype=target, out=out) is out
        assert_same_bits(out, expected)


def test_a_cast_to_the_same_dtype_is_the_array_itself():
    for dtype in ("float32", "int64", "bool", "float16"):
        x = np.ones(3, dtype)
        assert fast.cast(x, dtype=dtype) is x
        assert fast.cast(x, dtype=x.dtype) is x
    swapped = np.ones(3, ">f4")
    assert_same_bits(fast.cast(swapped, dtype="float32"), np.ones(3, "float32"))


def test_copies_are_in_c_order_and_independent():
    for layout in LAYOUTS:
        x = layout(numbers((3, 4), "float32"))
        copy = fast.copy(x)
        assert_same_bits(copy, x)
        assert copy.flags.c_contiguous
        assert copy.flags.writeable
        assert not np.shares_memory(copy, x)


# --- Rows -----------------------------------------------------------------------------


@floats
@pytest.mark.parametrize("kernel", ["softmax", "log_softmax"])
def test_rows_lie_along_any_axis(alone, kernel, dtype):
    function = getattr(fast, kernel)
    x = numbers((3, 4, 5), dtype)
    for layout, axis in itertools.product(LAYOUTS, (0, 1, 2, -1, -3)):
        laid_out = layout(x)
        rows = np.moveaxis(laid_out, axis, -1).copy()
        expected = np.moveaxis(function(rows, axis=-1), -1, axis)
        assert_same_bits(function(laid_out, axis=axis), expected)
        out = layout(np.zeros_like(x)) if layout is not broadcast else laid_out.copy()
        out = out if out.flags.writeable else out.copy()
        assert function(laid_out, axis=axis, out=out) is out
        assert_same_bits(out, expected)


@floats
@pytest.mark.parametrize("columns", [1, 2, 10, 15, 16, 17, 511, 512, 513, 1500])
def test_rows_of_any_length_add_up_to_one(alone, columns, dtype):
    x = 10 * numbers((60, columns), dtype)
    y = fast.softmax(x, axis=1)
    np.testing.assert_allclose(y.sum(axis=1), 1, rtol=4 * np.finfo(dtype).eps * 4)
    for i in (0, 1, 59):
        assert_same_bits(fast.softmax(x[i], axis=0), y[i])
        assert_same_bits(fast.softmax_grad(x, y, axis=1)[i], softmax_grad(x[i], y[i]))


def softmax_grad(grad, y):
    return fast.softmax_grad(grad, y, axis=0)


@floats
def test_softmax_may_write_where_it_reads(dtype):
    for kernel, shift in itertools.product(["softmax", "log_softmax"], (0, 8, 16)):
        memory = numbers((50, 8), dtype)
        flat = memory.reshape(-1)
        x = flat[:240].reshape(30, 8)
        out = flat[shift : 240 + shift].reshape(30, 8)
        expected = getattr(fast, kernel)(x.copy(), axis=1)
        getattr(fast, kernel)(x, axis=1, out=out)
        assert_same_bits(out, expected)
