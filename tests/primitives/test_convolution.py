"""What the rules of convolutions compute, of what is wanted, and of which layouts."""

import numpy as np
import pytest

from minikeras.kernels.kernel_set import watched
from minikeras.kernels.shapes import shapes
from minikeras.kernels.shapes.shape_dtype import ShapeDtype
from minikeras.primitives import recorded
from minikeras.primitives.convolution import (
    convolution,
    convolution_bias,
    convolution_bias_relu,
)
from tests.kernels.sets import ARRAY_SETS

every_set = pytest.mark.parametrize("kernels", ARRAY_SETS, ids=str)
WINDOW = {"strides": (1,), "padding": ((0, 0),), "dilation": (1,), "groups": 1}
X = np.array([1.0, 2.0, 3.0, 4.0]).reshape(1, 4, 1)
KERNEL = np.array([1.0, -1.0]).reshape(2, 1, 1)
# The inputs of which not only the shape is used.
READ = {
    "convolution": (0, 1),
    "convolution_input_grad": (0, 2),
    "convolution_kernel_grad": (0, 1),
}
GRAD = np.array([1.0, 0.0, 10.0]).reshape(1, 3, 1)


@every_set
def test_gradients_of_differences_of_neighbours(kernels):
    x_grad, kernel_grad = convolution.vjp(
        kernels, (True, True), GRAD, None, X, KERNEL, **WINDOW
    )
    np.testing.assert_array_equal(x_grad.ravel(), [1, -1, 10, -10])
    np.testing.assert_array_equal(kernel_grad.ravel(), [31, 42])


@every_set
def test_no_gradient_flows_where_relu_is_zero(kernels):
    """The results are -1 + bias; the middle one is 0, the kink, and gives nothing."""
    x = np.array([1.0, 2.0, 3.0, 5.0]).reshape(1, 4, 1)
    bias = np.array([1.0])
    kernel = -KERNEL  # x_{i+1} - x_i - 2: -1, -1, 0
    out = convolution_bias_relu.forward(kernels, x, kernel, bias - 2.5, **WINDOW)
    np.testing.assert_array_equal(out.ravel(), [0, 0, 0.5])
    *_, bias_grad = convolution_bias_relu.vjp(
        kernels, (True, True, True), GRAD, out, x, kernel, bias, **WINDOW
    )
    np.testing.assert_array_equal(bias_grad.ravel(), [0, 0, 10])


@every_set
@pytest.mark.parametrize("wanted", [(True, False), (False, True), (False, False)])
def test_what_is_not_wanted_is_not_computed(kernels, wanted):
    calls = []
    watching = watched(kernels, lambda name, *_: calls.append(name))
    gradients = convolution.vjp(watching, wanted, GRAD, None, X, KERNEL, **WINDOW)
    assert [x is not None for x in gradients] == list(wanted)
    assert calls.count("convolution_input_grad") == wanted[0]
    assert calls.count("convolution_kernel_grad") == wanted[1]


@every_set
@pytest.mark.parametrize(
    "name", ["convolution", "convolution_input_grad", "convolution_kernel_grad"]
)
def test_kernels_are_given_arrays_in_c_order(kernels, name):
    """Compiled code reads those without a copy, and a replay of it needs no Python."""
    orders = []

    def look(name, inputs, *_):
        if name in READ:
            orders.extend(inputs[i].flags.c_contiguous for i in READ[name])

    x = np.ones((2, 5, 4, 3)).transpose(0, 2, 1, 3)
    kernel = np.ones((2, 2, 3, 6)).transpose(1, 0, 2, 3)
    grad = np.ones((2, 4, 3, 6)).transpose(0, 2, 1, 3)
    window = {
        "strides": (1, 1),
        "padding": ((0, 0), (0, 0)),
        "dilation": (1, 1),
        "groups": 1,
    }
    rule = getattr(recorded, name)
    inputs = (x, kernel) if name == "convolution" else (grad, x, kernel)
    out = rule.forward(watched(kernels, look), *inputs, **window)
    h = np.ones(out.shape[::-1]).T
    rule.vjp(watched(kernels, look), [True] * 3, h, out, *inputs, **window)
    assert len(orders) == 6
    assert all(orders)


def test_unknown_sizes_stay_unknown():
    x = ShapeDtype((None, None, 3), "float32")
    kernel, bias = ShapeDtype((2, 3, 8), "float32"), ShapeDtype((8,), "float32")
    out = convolution_bias.forward(shapes, x, kernel, bias, **WINDOW)
    assert out == ShapeDtype((None, None, 8), "float32")
