"""ops.conv: what it takes, in which order of axes, and with which padding."""

import numpy as np
import pytest

from minikeras import KerasTensor, Tensor, ops
from tests.golden.golden_files import read

CASES = [case for case in read("convolution") if "arguments" in case]
IMAGES = np.arange(2 * 5 * 6 * 4, dtype="float32").reshape(2, 5, 6, 4)
KERNEL = np.ones((2, 3, 4, 3), "float32")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_it_computes_what_keras_computes(case):
    out = ops.conv(*case["arguments"], **case["keywords"])
    np.testing.assert_allclose(out.numpy(), case["result"], rtol=2e-5, atol=2e-6)


def test_channels_may_be_first():
    last = ops.conv(IMAGES, KERNEL, 2, "same", "channels_last")
    first = ops.conv(IMAGES.transpose(0, 3, 1, 2), KERNEL, 2, "same", "channels_first")
    np.testing.assert_array_equal(first.numpy().transpose(0, 2, 3, 1), last.numpy())


@pytest.mark.parametrize(
    ("taps", "expected"),
    [(2, [3, 7, 11]), (3, [6, 12, 11]), (4, [6, 14, 15]), (1, [1, 3, 5])],
)
def test_the_same_puts_what_is_odd_at_the_end(taps, expected):
    x = np.arange(1.0, 7.0, dtype="float32").reshape(1, 6, 1)
    ones = np.ones((taps, 1, 1), "float32")
    out = ops.conv(x, ones, strides=2, padding="SAME")
    np.testing.assert_array_equal(out.numpy().ravel(), expected)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_gradients_reach_inputs_and_kernel(data_format):
    x, kernel = Tensor(IMAGES[:, :4, :4], requires_grad=True), np.ones((2, 2, 4, 3))
    kernel = Tensor(kernel.astype("float32"), requires_grad=True)
    ops.sum(ops.conv(x, kernel, data_format=data_format)).backward()
    assert x.grad.shape == x.shape
    assert kernel.grad.shape == kernel.shape
    inner = (slice(None), slice(1, 3), slice(1, 3))
    if data_format == "channels_first":
        inner = (slice(None), slice(None), slice(1, 3), slice(1, 3))
    assert (x.grad.numpy()[inner] == 12).all()  # 4 taps of 3 filters


def test_dtypes_are_promoted():
    assert ops.conv(IMAGES.astype("float64"), KERNEL).dtype == "float64"
    assert ops.conv(IMAGES.astype("int32"), KERNEL).dtype == "float32"
    assert ops.conv(IMAGES.astype("int32"), KERNEL.astype("int32")).dtype == "int32"


def test_unknown_sizes_stay_unknown():
    x = KerasTensor((None, None, 6, 4))
    assert ops.conv(x, KERNEL).shape == (None, None, 4, 3)
    assert ops.conv(x, KERNEL, 2, "same").shape == (None, None, 3, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((IMAGES[0, 0], KERNEL), "takes inputs of 3, 4 or 5 axes"),
        ((IMAGES[None, None], KERNEL), "takes inputs of 3, 4 or 5 axes"),
        ((IMAGES, KERNEL[0]), "both as many"),
        ((IMAGES, KERNEL[:, :, :3]), "multiple of those of the kernel, 3"),
        ((IMAGES, np.ones((2, 2, 2, 3))), "3 filters and 2 groups"),
        ((IMAGES, np.ones((7, 7, 4, 1))), "window of 7, over 5 numbers"),
        ((IMAGES, KERNEL, 0), "`strides` argument must be"),
        ((IMAGES, KERNEL, (1, 2, 3)), "`strides` argument must be"),
        ((IMAGES, KERNEL, 1, "causal"), "`padding` argument must be one of valid"),
        ((IMAGES, KERNEL, 1, "same", "last"), "`data_format` argument must be"),
        ((IMAGES, KERNEL, 1, "same", None, 0), "`dilation_rate` argument must be"),
    ],
)
def test_mistakes_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        ops.conv(*arguments)
