"""Convolutions worked out by hand or another way; exact, on small integers."""

import math

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from minikeras.kernels.loops import loops
from tests.kernels.sets import ARRAY_SETS
from tests.strategies import LAYOUTS

every_set = pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


def integers(shape, dtype="float32"):
    """Returns small integers, in no order: their products and sums are exact."""
    numbers = np.arange(math.prod(shape)) * 7 % 11 - 5
    return numbers.astype(dtype).reshape(shape)


def window(axes, strides=1, padding=0, dilation=1, groups=1):
    """Returns the parameters of a convolution, the same along every axis."""
    return {
        "strides": (strides,) * axes,
        "padding": ((padding, padding),) * axes,
        "dilation": (dilation,) * axes,
        "groups": groups,
    }


def by_windows(x, kernel, *, strides, padding, dilation, groups):
    """Convolves window by window: other than by a product per tap."""
    axes = range(1, x.ndim - 1)
    reach = [
        (n - 1) * step + 1 for n, step in zip(kernel.shape[:-2], dilation, strict=True)
    ]
    padded = np.pad(x, [(0, 0), *padding, (0, 0)])
    windows = sliding_window_view(padded, reach, tuple(axes))
    places = (slice(None, None, n) for n in strides)
    taps = (slice(None, None, n) for n in dilation)
    windows = windows[(slice(None), *places, slice(None), *taps)]
    weights = np.moveaxis(kernel, -2, 0)  # (channels, *taps, filters), as the windows
    return np.concatenate(
        [
            np.tensordot(part, of_group, weights.ndim - 1)
            for part, of_group in zip(
                np.split(windows, groups, len(axes) + 1),
                np.split(weights, groups, -1),
                strict=True,
            )
        ],
        -1,
    )


@every_set
def test_a_window_goes_over_a_sequence(kernels):
    x = np.array([1.0, 2.0, 3.0, 4.0, 5.0]).reshape(1, 5, 1)
    kernel = np.array([1.0, 10.0]).reshape(2, 1, 1)
    out = kernels.convolution(x, kernel, **window(1))
    np.testing.assert_array_equal(out.ravel(), [21, 32, 43, 54])
    out = kernels.convolution(x, kernel, **window(1, strides=2, padding=1))
    np.testing.assert_array_equal(out.ravel(), [10, 32, 54])
    out = kernels.convolution(x, kernel, **window(1, dilation=3))
    np.testing.assert_array_equal(out.ravel(), [41, 52])


@every_set
def test_a_filter_sees_the_channels_of_its_group(kernels):
    x = np.array([1.0, 10.0, 100.0, 1000.0]).reshape(1, 1, 4)
    kernel = np.arange(1.0, 9.0).reshape(1, 2, 4)
    out = kernels.convolution(x, kernel, **window(1, groups=2))
    np.testing.assert_array_equal(out.ravel(), [51, 62, 7300, 8400])


SMALL = [
    ((2, 9, 5), (3, 5, 4), window(1)),
    ((1, 11, 12, 2), (5, 4, 2, 3), window(2, strides=3, padding=2)),
    ((1, 5, 4, 2), (3, 2, 2, 3), window(2, padding=3, dilation=2)),
    ((1, 9, 8, 2), (3, 3, 2, 3), window(2, strides=2, padding=2, dilation=3)),
    ((2, 3, 4, 6), (2, 3, 2, 6), window(2, padding=1, groups=3)),
    ((1, 3, 4, 3, 2), (2, 3, 3, 2, 3), window(3, padding=1)),
    ((3, 1, 1, 2), (3, 3, 2, 5), window(2, padding=1)),
    ((1, 2, 2, 2), (5, 5, 2, 3), window(2, padding=4)),
]
LARGE = [  # for plain loops they would take minutes
    ((3, 28, 28, 1), (3, 3, 1, 32), window(2)),
    ((2, 13, 13, 32), (3, 3, 32, 64), window(2)),
    ((2, 16, 18, 3), (3, 3, 3, 32), window(2, padding=1)),
    ((1, 8, 7, 16), (3, 3, 16, 48), window(2, padding=1)),
    ((2, 14, 14, 16), (5, 5, 16, 32), window(2, padding=2)),
    ((2, 9, 9, 24), (1, 1, 24, 17), window(2)),
    ((2, 15, 16, 8), (3, 3, 8, 20), window(2, strides=2, padding=1)),
    ((1, 11, 12, 7), (5, 4, 7, 9), window(2, strides=3, padding=2)),
    ((1, 12, 11, 6), (3, 2, 6, 5), window(2, padding=3, dilation=2)),
    ((1, 13, 14, 4), (3, 3, 4, 6), window(2, strides=2, padding=2, dilation=3)),
    ((2, 6, 6, 8), (3, 3, 2, 12), window(2, padding=1, groups=4)),
    ((2, 6, 7, 5), (3, 3, 1, 5), window(2, padding=1, groups=5)),
    ((1, 5, 6, 7, 4), (2, 3, 3, 4, 18), window(3, padding=1)),
    ((1, 7, 6, 5, 3), (3, 2, 2, 3, 6), window(3, strides=2, padding=1)),
]
every_case = pytest.mark.parametrize(
    ("kernels", "x", "kernel", "parameters"),
    [
        (kernels, *case)
        for kernels in ARRAY_SETS
        for case in (SMALL if kernels is loops else SMALL + LARGE)
    ],
    ids=str,
)


@both_dtypes
@every_case
def test_the_result_is_that_of_every_window(kernels, dtype, x, kernel, parameters):
    x, kernel = integers(x, dtype), integers(kernel, dtype)
    expected = by_windows(x, kernel, **parameters)
    np.testing.assert_array_equal(
        kernels.convolution(x, kernel, **parameters), expected
    )


@both_dtypes
@every_case
def test_the_gradients_are_its_transposes(kernels, dtype, x, kernel, parameters):
    """⟨g, convolution(x, w)⟩ = ⟨input_grad(g, w), x⟩ = ⟨kernel_grad(g, x), w⟩."""
    x, kernel = integers(x, dtype), integers(kernel, dtype)
    grad = integers(by_windows(x, kernel, **parameters).shape, dtype)
    x_grad = kernels.convolution_input_grad(grad, x, kernel, **parameters)
    kernel_grad = kernels.convolution_kernel_grad(grad, x, kernel, **parameters)
    assert x_grad.shape == x.shape
    assert kernel_grad.shape == kernel.shape
    generator = np.random.default_rng(0)
    for _ in range(4):
        like_x = generator.integers(-3, 4, x.shape).astype(dtype)
        like_kernel = generator.integers(-3, 4, kernel.shape).astype(dtype)
        moved = np.sum(grad * by_windows(like_x, kernel, **parameters), dtype="float64")
        assert moved == np.sum(x_grad * like_x, dtype="float64")
        moved = np.sum(grad * by_windows(x, like_kernel, **parameters), dtype="float64")
        assert moved == np.sum(kernel_grad * like_kernel, dtype="float64")


@both_dtypes
@every_case
def test_bias_and_relu_have_the_bits_of_three_calls(
    kernels, dtype, x, kernel, parameters
):
    generator = np.random.default_rng(0)
    x = generator.normal(size=x).astype(dtype)
    kernel = generator.normal(size=kernel).astype(dtype)
    bias = generator.normal(size=kernel.shape[-1:]).astype(dtype)
    sums = kernels.add(kernels.convolution(x, kernel, **parameters), bias)
    biased = kernels.convolution_bias(x, kernel, bias, **parameters)
    np.testing.assert_array_equal(biased, sums)
    rectified = kernels.convolution_bias_relu(x, kernel, bias, **parameters)
    np.testing.assert_array_equal(rectified, kernels.relu(sums))


@every_set
def test_relu_keeps_nan_and_gives_no_negative_zero(kernels):
    x = np.array([np.nan, -0.0, -1.0, 2.0]).reshape(1, 4, 1)
    one, nothing = np.ones((1, 1, 1)), np.array([-0.0])
    out = kernels.convolution_bias_relu(x, one, nothing, **window(1)).ravel()
    np.testing.assert_array_equal(out, [np.nan, 0, 0, 2])
    assert not np.signbit(out[1:]).any()


@every_set
def test_nothing_is_multiplied_by_the_padding(kernels):
    """A weight of inf meets no zeros around the border: 0 · inf would be nan."""
    x = np.ones((1, 3, 1))
    kernel = np.array([np.inf, 1.0, 1.0]).reshape(3, 1, 1)
    same = window(1, padding=1)
    out = kernels.convolution(x, kernel, **same)
    np.testing.assert_array_equal(out.ravel(), [2, np.inf, np.inf])
    grad = kernels.convolution_input_grad(x, x, kernel, **same)
    np.testing.assert_array_equal(grad.ravel(), [np.inf, np.inf, 2])
    infinite = np.array([1.0, 1.0, np.inf]).reshape(1, 3, 1)
    grad = kernels.convolution_kernel_grad(infinite, x, kernel, **same)
    np.testing.assert_array_equal(grad.ravel(), [np.inf, np.inf, 2])


@every_set
@pytest.mark.parametrize("layout_of_x", LAYOUTS)
@pytest.mark.parametrize("layout_of_kernel", LAYOUTS)
def test_every_pair_of_layouts(kernels, layout_of_x, layout_of_kernel):
    x = layout_of_x(integers((2, 5, 6, 3)))
    kernel = layout_of_kernel(integers((3, 2, 3, 4)))
    same = window(2, padding=1)
    out = kernels.convolution(x, kernel, **same)
    np.testing.assert_array_equal(
        out, by_windows(np.array(x), np.array(kernel), **same)
    )
    x_grad = kernels.convolution_input_grad(out, x, kernel, **same)
    expected = kernels.convolution_input_grad(
        np.array(out), np.array(x), np.array(kernel), **same
    )
    np.testing.assert_array_equal(x_grad, expected)


@every_set
@pytest.mark.parametrize(
    ("x", "kernel", "parameters", "message"),
    [
        ((5, 3), (3, 4), window(0), "three axes or more"),
        ((1, 5, 3), (2, 2, 3, 4), window(1), "both as many"),
        ((1, 5, 3), (6, 3, 4), window(1), "window of 6, over 5 numbers"),
        ((1, 5, 3), (3, 3, 4), window(1, dilation=3), "window of 7, over 5"),
        ((1, 5, 3), (3, 2, 4), window(1), "as many channels"),
        ((1, 5, 4), (3, 2, 5), window(1, groups=2), "5 filters and 2 groups"),
        ((1, 5, 3), (3, 3, 4), window(2), "needs 1 strides"),
        ((1, 5, 3), (3, 3, 4), window(1, strides=0), "from 1 on"),
        ((1, 5, 3), (3, 3, 4), window(1, padding=-1), "from 0 on"),
    ],
)
def test_what_does_not_fit_is_refused(kernels, x, kernel, parameters, message):
    with pytest.raises(ValueError, match=message):
        kernels.convolution(integers(x), integers(kernel), **parameters)


@every_set
def test_a_gradient_or_a_bias_of_another_shape_is_refused(kernels):
    x, kernel = integers((1, 5, 3)), integers((3, 3, 4))
    for gradient in (kernels.convolution_input_grad, kernels.convolution_kernel_grad):
        with pytest.raises(ValueError, match=r"\(1, 3, 4\); got \(1, 3, 3\)"):
            gradient(integers((1, 3, 3)), x, kernel, **window(1))
    for biased in (kernels.convolution_bias, kernels.convolution_bias_relu):
        with pytest.raises(ValueError, match=r"one bias per filter, of shape \(4,\)"):
            biased(x, kernel, integers((3,)), **window(1))
