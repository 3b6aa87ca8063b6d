"""What pooling means: windows at the borders, ties, nan, and what does not fit."""

import numpy as np
import pytest

from minikeras.kernels.shapes import shapes
from minikeras.kernels.shapes.pooling import padded_before, window_count
from minikeras.kernels.shapes.shape_dtype import ShapeDtype
from tests.kernels.sets import ARRAY_SETS

every_set = pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
LINE = np.arange(1.0, 7.0).reshape(1, 6, 1)
NAN = np.nan


def windows(size, stride, padding="valid", dims=1):
    return {"pool_size": (size,) * dims, "strides": (stride,) * dims} | {
        "padding": padding
    }


def line(*numbers, dtype="float64"):
    """Returns one sample of one channel."""
    return np.array(numbers, dtype).reshape(1, -1, 1)


# --- Where windows are ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("side", "size", "stride", "count", "before"),
    [
        (6, 3, 2, 3, 0),
        (5, 3, 2, 3, 1),
        (6, 4, 1, 6, 1),
        (6, 2, 3, 2, 0),
        (0, 2, 1, 0, 0),
    ],
)
def test_padding_is_the_same_at_both_ends_or_one_more_at_the_end(
    side, size, stride, count, before
):
    assert window_count(side, size, stride, "same") == count
    assert padded_before(side, size, stride, "same") == before


@every_set
def test_averages_leave_out_what_is_outside(kernels):
    pooled = kernels.average_pool(LINE, **windows(3, 1, "same"))
    np.testing.assert_array_equal(pooled, line(1.5, 2.0, 3.0, 4.0, 5.0, 5.5))
    pooled = kernels.average_pool(LINE, **windows(3, 2, "same"))
    np.testing.assert_array_equal(pooled, line(2.0, 4.0, 5.5))


@every_set
def test_windows_may_leave_out_elements(kernels):
    pooled, places = kernels.max_pool(LINE, **windows(1, 4))
    np.testing.assert_array_equal(pooled, line(1.0, 5.0))
    grad = kernels.max_pool_grad(line(7.0, 8.0), places, LINE, **windows(1, 4))
    np.testing.assert_array_equal(grad, line(7, 0, 0, 0, 8, 0))
    grad = kernels.average_pool_grad(line(6.0), LINE, **windows(3, 4))
    np.testing.assert_array_equal(grad, line(2, 2, 2, 0, 0, 0))


@every_set
def test_channels_and_samples_are_apart(kernels):
    x = np.arange(2 * 4 * 4 * 3, dtype="float64").reshape(2, 4, 4, 3)
    blocks = x.reshape(2, 2, 2, 2, 2, 3)
    parameters = windows(2, 2, dims=2)
    np.testing.assert_array_equal(
        kernels.max_pool(x, **parameters)[0], blocks.max(axis=(2, 4))
    )
    np.testing.assert_array_equal(
        kernels.average_pool(x, **parameters), blocks.mean(axis=(2, 4))
    )


# --- Which is the maximum -------------------------------------------------------------


@every_set
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("numbers", "largest", "first"),
    [
        ((1.0, 3.0, 3.0), 3.0, 1),
        ((NAN, 3.0, NAN), NAN, 0),
        ((3.0, NAN, 4.0), NAN, 1),
        ((-np.inf, -np.inf, -np.inf), -np.inf, 0),
        ((-0.0, 0.0, -1.0), -0.0, 0),
        ((0.0, -0.0, -1.0), 0.0, 0),
    ],
)
def test_the_first_maximum_counts_and_nan_is_above_all(
    kernels, dtype, numbers, largest, first
):
    # Two samples, and channels enough for vectors of the processor.
    x = np.ones((2, 3, 19), dtype) * line(*numbers, dtype=dtype)
    pooled, places = kernels.max_pool(x, **windows(3, 3))
    np.testing.assert_array_equal(pooled, np.full((2, 1, 19), largest, dtype))
    np.testing.assert_array_equal(places, np.full((2, 1, 19), first, "uint8"))
    if largest == 0:
        assert (np.signbit(pooled) == np.signbit(largest)).all()
    grad = np.full_like(pooled, 5.0)
    grad = kernels.max_pool_grad(grad, places, x, **windows(3, 3))
    assert (grad[:, first] == 5.0).all()
    assert grad.sum() == 5.0 * pooled.size
    values = np.ones((2, 3, 19), dtype) * line(10.0, 11.0, 12.0, dtype=dtype)
    picked = kernels.max_pool_pick(values, places, **windows(3, 3))
    assert (picked == 10.0 + first).all()


@every_set
def test_an_element_that_is_the_maximum_of_many_windows_gets_all_their_gradients(
    kernels,
):
    """They are added in float64: in float32 2²⁴ + 1 + 1 would stay 2²⁴."""
    x = line(0, 0, 9, 0, 0, dtype="float32")
    grad = line(2.0**24, 1.0, 1.0, dtype="float32")
    places = line(2, 1, 0, dtype="uint8")
    total = kernels.max_pool_grad(grad, places, x, **windows(3, 1))
    np.testing.assert_array_equal(total, line(0, 0, 2.0**24 + 2, 0, 0))
    total = kernels.average_pool_grad(3 * grad, x, **windows(3, 1))
    assert total[0, 2, 0] == 2.0**24 + 2


@every_set
def test_integers_have_maxima(kernels):
    x = line(-5, -7, -6, -8, dtype="int32")
    pooled, places = kernels.max_pool(x, **windows(2, 2))
    assert pooled.dtype == "int32"
    np.testing.assert_array_equal(pooled, line(-5, -6))
    np.testing.assert_array_equal(places, line(0, 0))


@every_set
def test_places_in_large_windows_need_more_than_a_byte(kernels):
    x = np.zeros((1, 17, 17, 1))
    x[0, 16, 15] = 1.0
    parameters = windows(17, 1, dims=2)
    _, places = kernels.max_pool(x, **parameters)
    assert places.dtype == "int32"
    assert places.item() == 16 * 17 + 15
    grad = kernels.max_pool_grad(np.ones((1, 1, 1, 1)), places, x, **parameters)
    np.testing.assert_array_equal(grad, x)
    assert kernels.max_pool_pick(x, places, **parameters).item() == 1.0


@every_set
def test_places_are_counted_in_the_whole_window_also_at_borders(kernels):
    _, places = kernels.max_pool(LINE, **windows(3, 1, "same"))
    np.testing.assert_array_equal(places, line(2, 2, 2, 2, 2, 1))
    _, places = kernels.max_pool(-LINE, **windows(3, 1, "same"))
    np.testing.assert_array_equal(places, line(1, 0, 0, 0, 0, 0))


# --- Large ones -----------------------------------------------------------------------


@every_set
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("size", "stride"), [(2, 2), (3, 2), (2, 1), (3, 3), (2, 3)])
def test_every_window_is_found_in_images(kernels, size, stride, padding):
    """Against each window cut out by hand, on images with many channels."""
    x = np.random.default_rng(0).normal(size=(2, 7, 9, 5))
    parameters = windows(size, stride, padding, dims=2)
    largest, places = kernels.max_pool(x, **parameters)
    average = kernels.average_pool(x, **parameters)
    before = [padded_before(n, size, stride, padding) for n in (7, 9)]
    for i, j in np.ndindex(largest.shape[1:3]):
        top, left = i * stride - before[0], j * stride - before[1]
        window = x[:, max(top, 0) : top + size, max(left, 0) : left + size]
        np.testing.assert_array_equal(largest[:, i, j], window.max(axis=(1, 2)))
        np.testing.assert_allclose(average[:, i, j], window.mean(axis=(1, 2)))
    picked = kernels.max_pool_pick(x, places, **parameters)
    np.testing.assert_array_equal(picked, largest)


# --- What does not fit ----------------------------------------------------------------


@pytest.mark.parametrize("kernels", [*ARRAY_SETS, shapes], ids=str)
@pytest.mark.parametrize("name", ["max_pool", "average_pool"])
def test_windows_that_do_not_fit_are_refused(kernels, name):
    def call(shape, **parameters):
        x = ShapeDtype(shape, "float64") if kernels is shapes else np.ones(shape)
        return getattr(kernels, name)(x, **parameters)

    with pytest.raises(ValueError, match=r"No window of \(3,\) fits into shape \(1, 2"):
        call((1, 2, 4), **windows(3, 1))
    with pytest.raises(ValueError, match=r"needs 3 axes: samples, 1 to pool over"):
        call((2, 4), **windows(2, 1))
    results = call((1, 2, 4), **windows(3, 1, "same"))
    for result in results if name == "max_pool" else [results]:
        assert result.shape == (1, 2, 4)


@pytest.mark.parametrize("kernels", [*ARRAY_SETS, shapes], ids=str)
def test_gradients_and_places_of_another_shape_are_refused(kernels):
    x, right, wrong = LINE, LINE[:, :3], LINE[:, :5]
    if kernels is shapes:
        x, right, wrong = (ShapeDtype(a.shape, a.dtype) for a in (x, right, wrong))
    pairs = windows(2, 2)
    message = r"The gradient must have the shape .*, \(1, 3, 1\); got \(1, 5, 1\)"
    with pytest.raises(ValueError, match=message):
        kernels.average_pool_grad(wrong, x, **pairs)
    with pytest.raises(ValueError, match=message):
        kernels.max_pool_grad(wrong, right, x, **pairs)
    message = r"The places must have the shape .*, \(1, 3, 1\); got \(1, 5, 1\)"
    with pytest.raises(ValueError, match=message):
        kernels.max_pool_grad(right, wrong, x, **pairs)
    with pytest.raises(ValueError, match=message):
        kernels.max_pool_pick(x, wrong, **pairs)


def test_unknown_sizes_stay_unknown():
    x = ShapeDtype((None, None, 5, 3), "float32")
    for padding, rows in (("valid", 2), ("same", 3)):
        pooled, _ = shapes.max_pool(x, **windows(2, 2, padding, dims=2))
        assert pooled == ShapeDtype((None, None, rows, 3), "float32")
